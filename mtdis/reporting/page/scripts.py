"""The programs of a page, and the policy by which the browser runs no other and asks no network."""

import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from importlib.metadata import version
from importlib.resources import files as resources
from pathlib import Path
from typing import NamedTuple

from mtdis.artifacts import files
from mtdis.errors import ArtifactError

VEGA_LITE = "6.4"
"""The version of Vega-Lite whose specs Altair writes (a test holds it)."""
ON_WINDOW = "window.vegaEmbed = vegaEmbed;"
TABLES = re.compile(r"export\s*\{(?P<names>[^{}]*)\}")
CLOSING = re.compile(r"<(?=/script|script|!--)", re.IGNORECASE)


class Library(NamedTuple):
    """A program of the page as a module of JavaScript, and the styles that it needs."""

    script: str
    style: str = ""


def vega() -> str:
    """Vega, Vega-Lite and Vega-Embed with the interpreter of expressions, which needs no eval.

    Bundling takes seconds, so that it is kept where Python keeps what it compiles, if that can be
    written: whoever may write there may change the program anyway.
    """
    name = f"vega-lite-{VEGA_LITE}-{version('vl-convert-python')}.js"
    kept = Path(__file__).with_name("__pycache__") / name
    if kept.exists():
        return kept.read_text(encoding="utf-8")
    import vl_convert

    found: str = vl_convert.javascript_bundle(ON_WINDOW, vl_version=VEGA_LITE)
    try:
        files.write_text(kept, found)
    except ArtifactError:  # an installation that can't be written goes without
        return found
    return found


def data_tables() -> Library:
    """DataTables as itables ships it, its jQuery and its class of tables on the window."""
    folder = resources("itables").joinpath("html")
    script = folder.joinpath("dt_bundle.js").read_text(encoding="utf-8")
    style = folder.joinpath("dt_bundle.css").read_text(encoding="utf-8")
    return Library(on_window(script), style)


def on_window(script: str) -> str:
    """A module that exports `jQuery` with DataTables, which it puts on the window instead: a module
    within a page can't be imported without an address.

    ValueError if it exports none.
    """
    found = TABLES.search(script)
    pairs = [pair.partition(" as ") for pair in found["names"].split(",")] if found else []
    names = {exported: name for name, _, exported in pairs}
    if "jQuery" not in names:
        raise ValueError("itables' bundle exports no jQuery: its version is another than expected.")
    return TABLES.sub(f"window.jQuery={names['jQuery']}", script, count=1)


def closed(script: str) -> str:
    r"""A script that can't end its element early: in texts `<` may be written `\x3C`."""
    return CLOSING.sub(r"\\x3C", script)


def policy(scripts: Iterable[str], pictures_beside: bool) -> str:
    """The Content-Security-Policy of a page with these scripts and no other, which may load nothing
    from anywhere; pictures that lie beside it are its own.
    """
    hashes = " ".join(f"'sha256-{digest(script)}'" for script in scripts)
    images = "data: 'self' file:" if pictures_beside else "data:"
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {hashes}",
            "style-src 'unsafe-inline'",  # of elements too: both libraries set styles
            f"img-src {images}",
            "font-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def digest(script: str) -> str:
    """The SHA-256 of a script as policies have it."""
    return b64encode(sha256(script.encode()).digest()).decode()
