"""What `mtdis` says of itself: the commands by what they are for, its version, and what a shell
completes.
"""

import ast
import os
import shlex
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import argcomplete

from mtdis import commands, discover, program

GROUPS = {
    "study": "a study",
    "look": "look at results",
    "own": "your own images, your own codes",
    "": "others",
    "step": "steps of the workflow, called by its rules",
}
"""What the commands of a GROUP are for, in the order of the overview."""
USAGE = """usage: mtdis COMMAND ...    mtdis --version

`snakemake` runs a study; these look at it, check it, and do its steps."""
HINT = """mtdis COMMAND --help explains one of them. For completion in bash and zsh:
eval "$(register-python-argcomplete mtdis)\""""


def overview() -> str:
    """All commands, by what they are for."""
    found = {name: _about(name) for name in discover.names("mtdis.commands")}
    parts = []
    for group, title in GROUPS.items():
        own = {name: summary for name, (its, summary) in found.items() if its == group}
        if own:
            parts.append("\n".join([f"{title}:", *(f"  {n:<12} {own[n]}" for n in own)]))
    return "\n\n".join([USAGE, *parts, HINT])


def version_text() -> str:
    """The version, and in a checkout its commit."""
    commit = program.commit()
    return f"mtdis {version('mtdis')}" + (f" ({commit[:7]}{commit[40:]})" if commit else "")


def parser_of(name: str) -> ArgumentParser:
    """The parser of a command, which is imported for it."""
    command = import_module(f"mtdis.commands.{name}")
    parser = ArgumentParser(
        f"mtdis {name}",
        description=command.__doc__,
        formatter_class=RawDescriptionHelpFormatter,
        fromfile_prefix_chars="@",  # for what is longer than a command line may be
    )
    command.add_arguments(parser)
    return parser


def complete() -> None:
    """Answer a shell that asks how a line goes on, and end; return if none asks."""
    if "_ARGCOMPLETE" not in os.environ:
        return
    known = discover.names("mtdis.commands")
    line = os.environ.get("COMP_LINE", "")[: int(os.environ.get("COMP_POINT", "0"))]
    chosen = [word for word in _words(line)[1:2] if word in known]
    whole = ArgumentParser("mtdis")
    inner = whole.add_subparsers()
    for name in known:  # only the chosen one is imported: a shell waits for the answer
        parents = [parser_of(name)] if name in chosen else []
        inner.add_parser(name, parents=parents, add_help=not parents)
    argcomplete.autocomplete(whole)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:  # a quotation mark that is still open
        return line.split()


def _about(name: str) -> tuple[str, str]:
    """The GROUP of a command, empty if it has none, and the beginning of what it says of itself."""
    group = discover.constant("mtdis.commands", name, "GROUP")
    source = Path(commands.__path__[0], f"{name}.py").read_text(encoding="utf-8")
    first, _, _ = (ast.get_docstring(ast.parse(source)) or "").partition("\n\n")
    said = " ".join(first.split())
    ends = [end for mark in (": ", ". ", "; ", ", which ") if (end := said.find(mark)) > 0]
    return group if group in GROUPS else "", said[: min(ends, default=len(said))].rstrip(".")
