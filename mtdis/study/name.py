"""The name of the study that a `snakemake` command will build, for its profiles: they are read
before the workflow.
"""

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

import yaml

ELSEWHERE = ("-d", "--directory")
CONFIGFILE = ("--configfile", "--configfiles")
CONFIG = ("--config", "-C")


def study_name(words: Sequence[str], default: Path = Path("config.yaml")) -> str:
    """The name that a command's words give by `--config name=…`, or by the last config file with
    one; empty without.

    The default config file comes first. A command that works in another folder has no name: what is
    here says nothing of what is there.
    """
    if any(word.partition("=")[0] in ELSEWHERE for word in words):
        return ""
    pairs = [pair.partition("=") for pair in _values(words, CONFIG)]
    given = [_scalar(value) for key, _, value in pairs if key == "name"]
    names = [name for name in map(_name, [default, *map(Path, _values(words, CONFIGFILE))]) if name]
    return [*names, *given][-1] if names or given else ""


def _values(words: Sequence[str], options: Sequence[str]) -> list[str]:
    """The words that follow an option up to the next one.

    Of several such options the last counts.
    """
    values: list[str] = []
    for place, word in enumerate(words):
        option, equals, value = word.partition("=")
        if option in options:
            following = words[place + 1 :]
            values = (
                [value]
                if equals
                else list(takewhile(lambda text: not text.startswith("-"), following))
            )
    return values


def _scalar(text: str) -> str:
    """A value as snakemake reads it; as it stands where it is none, which the workflow will say."""
    try:
        return str(yaml.safe_load(text))
    except yaml.YAMLError:
        return text


def _name(file: Path) -> str:
    """The study's name in a config file.

    Empty for one that has none or can't be read, which the workflow will say.
    """
    try:
        config = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return ""
    return str(config.get("name") or "") if isinstance(config, dict) else ""
