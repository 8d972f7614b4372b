"""The papers that the parts of a study are from, as BibTeX: references.bib, by key."""

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from mtdis.errors import ConfigError, unknown

ENTRY = re.compile(r"^@\w+\{([\w-]+),\n.*?^\}$", re.MULTILINE | re.DOTALL)


@cache
def entries() -> dict[str, str]:
    """Key → its entry."""
    source = files("mtdis").joinpath("reporting/published/references.bib")
    text = source.read_text(encoding="utf-8")
    return {found[1]: found[0] for found in ENTRY.finditer(text)}


def bibtex(keys: Iterable[str]) -> str:
    """The entries of these keys, each once, in the order of the file.

    ConfigError for a key that it lacks.
    """
    known, wanted = entries(), set(keys)
    for key in sorted(wanted - set(known)):
        raise ConfigError(f"references.bib: {unknown('key', key, known)}")
    return "\n\n".join(entry for key, entry in known.items() if key in wanted) + "\n"
