"""The name of the study that a `snakemake` command will build, for its profiles: they are read before the workflow."""

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

import yaml

ELSEWHERE = ("-d", "--directory")
CONFIGFILE = ("--configfile", "--configfiles")


def study_name(words: Sequence[str], default: Path = Path("config.yaml")) -> str:
    """The name in the last config file of a command's words that has one, else in the default one; empty without.

    A command that works in another folder has no name: what is here says nothing of what is there.
    """
    if any(word.partition("=")[0] in ELSEWHERE for word in words):
        return ""
    names = [name for name in map(_name, [default, *_config_files(words)]) if name]
    return names[-1] if names else ""


def _config_files(words: Sequence[str]) -> list[Path]:
    """The files that follow `--configfile` up to the next option; of several such options the last counts."""
    files: list[str] = []
    for place, word in enumerate(words):
        option, equals, value = word.partition("=")
        if option in CONFIGFILE:
            files = [value] if equals else list(takewhile(lambda text: not text.startswith("-"), words[place + 1 :]))
    return [Path(file) for file in files]


def _name(file: Path) -> str:
    """The study's name in a config file; empty for one that has none or can't be read, which the workflow will say."""
    try:
        config = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return ""
    return str(config.get("name") or "") if isinstance(config, dict) else ""
