"""What the built pages take from elsewhere: README, pages beside it, results of benchmarks."""

from pathlib import Path
from typing import Any

from docs.generate.links import BUILT, MEASURED, PROJECT, README, RESULTS, ROOT, resolve

MEASURED_INDEX = """# What was measured

A page per measurement: the machine, the day, the command, the numbers.

```{toctree}
:maxdepth: 1
:glob:

2*
```
"""
CARDS = """
```{toctree}
:hidden:
:glob:

*
```
"""
"""The pages of metrics below their index, whose links alone would not put them into the tree."""


def connect(app: Any) -> None:
    """Have Sphinx bring them in."""
    app.connect("builder-inited", lambda app: copy_pages(Path(app.srcdir)))
    app.connect("source-read", _replace)


def _replace(_: Any, page: str, source: list[str]) -> None:
    source[0] = built(page, source[0])


def copy_pages(pages: Path) -> None:
    """Copy what lies elsewhere into the tree: results, with a title, and pages beside README."""
    for folder in (MEASURED, PROJECT):
        (pages / folder).mkdir(exist_ok=True)
    (pages / MEASURED / "index.md").write_text(MEASURED_INDEX)
    for result in (ROOT / RESULTS).glob("*.md"):
        (pages / MEASURED / result.name).write_text(f"# {title(result)}\n\n{result.read_text()}")
    for beside in ROOT.glob("*.md"):
        if beside.name != README.name:
            (pages / PROJECT / beside.name).write_text(beside.read_text())


def title(result: Path) -> str:
    """The name and the day of a result: `config fuzz, 2026-11-30`."""
    day, name = result.stem[:10], result.stem[11:]
    return f"{name.replace('-', ' ').capitalize()}, {day}"


def built(page: str, text: str) -> str:
    """The text of a page as it is built: its links resolved, README before the index."""
    if page == "index":
        return resolve((ROOT / README).read_text(), "", page) + text
    above = str(Path(page).parent)
    copied = {built: str(folder) for folder, built in BUILT.items()}
    below = CARDS if page == "metrics/index" else ""
    return resolve(text, copied.get(above, f"docs/{above}"), page) + below
