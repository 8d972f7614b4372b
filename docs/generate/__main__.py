"""Write the pages of docs/reference, or say which are stale.

python -m docs.generate [--check]
"""

import argparse
import sys
from pathlib import Path

from docs.generate import command_line, config_page, families
from mtdis.specs.dataset import Dataset
from mtdis.specs.metric import Metric
from mtdis.specs.run import Run
from mtdis.specs.stage import Stage

FOLDER = Path(__file__).parents[1] / "reference"
COMMENT = (
    "<!-- Made by python -m docs.generate from specs and parsers: change them, not this. -->\n"
)


def pages() -> dict[str, str]:
    """Every page by its file name."""
    found = {
        "config.md": config_page.page(),
        "datasets.md": families.page(Dataset),
        "kinds.md": families.page(Run),
        "metrics.md": families.page(Metric),
        "stages.md": families.page(Stage),
        "command_line.md": command_line.page(),
    }
    return {name: COMMENT + text for name, text in found.items()}


def main() -> int:
    """Write the pages; with --check print the stale ones, 1 if there is any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; 1 if any is stale")
    check = parser.parse_args().check
    stale = []
    for name, text in pages().items():
        path = FOLDER / name
        if check and (not path.exists() or path.read_text() != text):
            stale.append(f"docs/reference/{name} is stale: run python -m docs.generate")
        if not check:
            path.write_text(text)
    print("\n".join(stale), end="\n" if stale else "")
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main())
