"""The page of the command line, from the parsers of the commands."""

from argparse import Action, HelpFormatter
from collections.abc import Iterator

from docs.generate.fields import cell, table
from mtdis.commands import _overview
from mtdis.discover import constant, names

FORMATTER = HelpFormatter("mtdis")
"""How argparse writes the values of an option."""
INTRODUCTION = """# The command line

`mtdis COMMAND --help` says the same. Completion in bash and zsh:
`eval "$(register-python-argcomplete mtdis)"`."""


def page() -> str:
    """The page of all commands, by what they are for."""
    groups = {name: constant("mtdis.commands", name, "GROUP") for name in names("mtdis.commands")}
    parts = [INTRODUCTION]
    for group, title in _overview.GROUPS.items():
        own = [n for n, its in groups.items() if (its if its in _overview.GROUPS else "") == group]
        if own:
            parts.append(f"## {title[0].upper()}{title[1:]}")
        for name in own:
            parts += _command(name)
    return "\n\n".join(parts) + "\n"


def _command(name: str) -> Iterator[str]:
    parser = _overview.parser_of(name)
    yield f"### mtdis {name}"
    yield "\n".join(_line(line) for line in (parser.description or "").strip().splitlines())
    if options := [_option(action) for action in parser._actions if action.dest != "help"]:
        yield table(("option", "meaning"), options)


def _line(line: str) -> str:
    """A line of a description; indented ones are code."""
    return line if line.startswith("    ") else cell(line)


def _option(action: Action) -> tuple[str, str]:
    """An option's words and its meaning."""
    value = "" if action.nargs == 0 else FORMATTER._format_args(action, _placeholder(action))
    words = max(action.option_strings, key=len, default="")
    needed = " (needed)" if action.required and action.option_strings else ""
    said = (action.help or "") % {**vars(action), "prog": "mtdis"}
    return f"`{f'{words} {value}'.strip()}`{needed}", cell(said)


def _placeholder(action: Action) -> str:
    if isinstance(action.metavar, str):
        return action.metavar
    if action.choices is not None:
        return "{" + ",".join(map(str, action.choices)) + "}"
    return action.dest.upper() if action.option_strings else action.dest
