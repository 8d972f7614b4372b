"""The command `mtdis`: a sub-command per rule of the workflow and the user's own, each a file in
mtdis/commands.
"""

import codecs
import errno
import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper

from mtdis import discover, kernels, program
from mtdis.commands import _overview
from mtdis.errors import ConfigError, Interrupted, UserError, unknown

FULL = (errno.ENOSPC, errno.EDQUOT)
"""Errors of a full disk, met by what no `artifacts.atomic` writes: output that goes to a file."""

ASCII = {"–": "-", "−": "-", "…": "...", "×": "x", "±": "+-", "·": "*", "²": "2", "→": "->"} | {
    "≥": ">=",
    "≤": "<=",
    "≈": "~",
}
"""Characters of our messages, for terminals that are not UTF-8. No letters: users' names must stay
what they are.
"""

SAID = {"-h": _overview.overview, "--help": _overview.overview, "help": _overview.overview} | {
    "-V": _overview.version_text,
    "--version": _overview.version_text,
}
"""What is said instead of running a command."""


def main(arguments: list[str] | None = None) -> int:
    """Run one sub-command.

    0 if it ended well, 2 with one short message if the user can mend what went wrong, 128 and the
    signal's number if one ended it.
    """
    codecs.register_error("mtdis", _in_ascii)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="mtdis")
    words = sys.argv[1:] if arguments is None else arguments
    try:
        status = _run(words[0] if words else "--help", words[1:])
        sys.stdout.flush()
        return status
    except UserError as error:
        return _failed(str(error))
    except PermissionError as error:
        return _failed(
            f"{error.filename or 'a file'}: {error.strerror or error}. See that you may read and"
            " write there."
        )
    except KeyboardInterrupt as error:
        stopped = error if isinstance(error, Interrupted) else Interrupted(signal.SIGINT)
        print(f"mtdis: {stopped}", file=sys.stderr)
        return stopped.status
    except BrokenPipeError:  # the reader has seen enough, as in `mtdis plan | head`
        _drop_output()
        return 0
    except OSError as error:
        if error.errno not in FULL:
            raise
        _drop_output()
        return _failed(
            f"{error.filename or 'output or log'}: {error.strerror}. Free some space and run the"
            " same command again; what is finished stays."
        )


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    """Write what a terminal's encoding lacks: our typography as ASCII has it, the rest escaped."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    known = (ASCII.get(one) or one.encode("ascii", "backslashreplace").decode() for one in text)
    return "".join(known), error.end


def _drop_output() -> None:
    """Let what standard output still holds go nowhere: the interpreter would try it again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _failed(message: str) -> int:
    """Print a message to standard error; the exit status."""
    with suppress(OSError):  # a log on a full disk
        print(f"mtdis: error: {message}", file=sys.stderr)
    return 2


def _run(name: str, words: list[str]) -> int:
    _overview.complete()
    if name in SAID:
        print(SAID[name]())
        return 0
    kernels.fix()
    program.hold()
    # Only the chosen command is imported: planning must not wait for torch.
    if name not in discover.names("mtdis.commands"):
        raise ConfigError(unknown("command", name, discover.names("mtdis.commands")))
    parser = _overview.parser_of(name)
    return int(import_module(f"mtdis.commands.{name}").run(parser.parse_args(words)) or 0)


if __name__ == "__main__":
    sys.exit(main())
