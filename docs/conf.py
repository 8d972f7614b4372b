"""How Sphinx builds these pages: sphinx-build -W --keep-going -q docs docs/_build/html."""

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from docs.generate import offline, sources

project = "mtdis"
html_title = project
author = "the developers of mtdis"
extensions = ["myst_parser"]
exclude_patterns = ["_build"]
smartquotes = False  # options begin with two hyphens
myst_enable_extensions = ["html_image"]
myst_heading_anchors = 3
html_theme = "furo"
html_show_sourcelink = False
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["tables.css"]
templates_path: list[str] = []


def setup(app: Any) -> None:
    """Bring README and results of benchmarks into the tree; see that no page needs a network."""
    sources.connect(app)
    app.connect("build-finished", offline.check)
