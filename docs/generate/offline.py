"""The built pages need no server and no network: what they load lies beside them."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
"""Elements that a browser loads something for, and the attribute that says what."""
NO_LOAD = ("canonical", "next", "prev", "index", "search")
"""Relations of links that are only told."""
REMOTE = re.compile(r"(?:https?:)?//")
IN_STYLES = re.compile(r"""(?:@import\s*|url\(\s*)["']?((?:https?:)?//[^"')\s]+)""")


class _Loads(HTMLParser):
    """What a page loads from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        place = given.get(LOADED.get(tag, "")) or ""
        if REMOTE.match(place) and given.get("rel") not in NO_LOAD:
            self.found.append(place)


def remote_loads(folder: Path) -> Iterator[tuple[str, str]]:
    """(file, address) of everything that pages and styles of a folder load from a network."""
    for path in sorted(folder.rglob("*.html")):
        parser = _Loads()
        parser.feed(text := path.read_text())
        yield from ((path.name, place) for place in [*parser.found, *IN_STYLES.findall(text)])
    for path in sorted(folder.rglob("*.css")):
        yield from ((path.name, place) for place in IN_STYLES.findall(path.read_text()))


def check(app: Any, exception: Exception | None) -> None:
    """End a finished build with an error if its pages load anything from a network."""
    if exception is None and (found := list(remote_loads(Path(app.outdir)))):
        raise RuntimeError(
            f"{found[0][0]} loads {found[0][1]}: the pages are read without a network"
        )
