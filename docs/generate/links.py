"""Links between files of the repository, as they lead within the built pages.

Sources link to each other by their places in the repository, as GitHub shows them. In the built
pages README is the first page, results of benchmarks are pages too, and any other file is a
download.
"""

import os
import re
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?\)")
"""A link or an image that leads to a file: its place, and the heading after #."""
README = PurePosixPath("README.md")
RESULTS = PurePosixPath("benchmarks/results")
MEASURED = "measured"
"""Folder of the built pages that the results of benchmarks lie in."""


def resolve(text: str, folder: str, page: str) -> str:
    """The text of a file in a folder of the repository, with links as a built page has them.

    `page` is the built page's name, such as `reference/config`.
    """
    return LINK.sub(lambda link: f"]({_target(link[1], folder, page)}{link[2] or ''})", text)


def _target(place: str, folder: str, page: str) -> str:
    path = PurePosixPath(os.path.normpath(PurePosixPath(folder, place)))
    if path == README:
        return "/index.md"
    if path.parent == RESULTS and path.suffix == ".md":
        return f"/{MEASURED}/{path.name}"
    if path.is_relative_to("docs"):
        return f"/{path.relative_to('docs')}"
    return os.path.relpath(path, PurePosixPath("docs", page).parent)
