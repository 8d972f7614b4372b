"""Links between files of the repository, as they lead within the built pages.

Sources link to each other by their places in the repository, as GitHub shows them. In the built
pages README is the first page, results of benchmarks and pages beside README are pages too, and any
other file is a download.
"""

import os
import re
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(#[^)\s]*)?\)")
"""A link or an image that leads to a file: its place, and the heading after #."""
README = PurePosixPath("README.md")
RESULTS = PurePosixPath("benchmarks/results")
MEASURED, PROJECT = "measured", "project"
"""Folders of the built pages for results of benchmarks, and for other pages beside README."""

BUILT = {RESULTS: MEASURED, PurePosixPath("."): PROJECT}
"""Folder of the repository: that of the built pages which its pages are copied to."""


def resolve(text: str, folder: str, page: str) -> str:
    """The text of a file in a folder of the repository, with links as a built page has them.

    `page` is the built page's name, such as `reference/config`.
    """
    return LINK.sub(lambda link: f"]({_target(link[1], folder, page)}{link[2] or ''})", text)


def _target(place: str, folder: str, page: str) -> str:
    path = PurePosixPath(os.path.normpath(PurePosixPath(folder, place)))
    if path == README:
        return "/index.md"
    if path.suffix == ".md" and path.parent in BUILT:
        return f"/{BUILT[path.parent]}/{path.name}"
    if path.is_relative_to("docs"):
        return f"/{path.relative_to('docs')}"
    return os.path.relpath(path, PurePosixPath("docs", page).parent)
