"""README and docs: lengths, links, and what they say that the code and other pages hold."""

import re
from pathlib import Path

import pytest
import yaml
from helpers.places import ROOT

from docs.generate import links, offline
from mtdis.reporting.long_table import COLUMNS

README = (ROOT / "README.md").read_text()
SOURCES = [
    ROOT / "README.md",
    *(ROOT / "benchmarks/results").glob("*.md"),
    *(
        p
        for p in (ROOT / "docs").rglob("*.md")
        if not {"_build", "measured", "project"} & set(p.parts)
    ),
]


def cells(text: str) -> list[list[str]]:
    """The lines of all tables of a page."""
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in text.splitlines()
        if line.startswith("|")
    ]


def headings(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub and MyST make them."""
    found = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in found}


def test_readme_is_short() -> None:
    assert README.count("\n") <= 120


@pytest.mark.parametrize("page", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_to_files_and_headings_that_are_there(page: Path) -> None:
    for place, anchor in links.LINK.findall(page.read_text()):
        target = page.parent / place
        assert target.exists(), place
        if anchor:
            assert anchor[1:] in headings(target), (place, anchor)


DEMO = yaml.safe_load((ROOT / "workflow/configs/demo.yaml").read_text())
KINDS = DEMO["experiments"]["demo"]["kind"]


def label(kind: str) -> str:
    return kind.replace("_", "-")


def test_the_demo_s_page_is_of_the_demo_s_config() -> None:
    page = (ROOT / "docs/demo.md").read_text()
    dci = DEMO["metrics"]["dci"]
    assert f"DCI from {dci['num_train']:,} images and tested on {dci['num_test']:,}" in page
    first = {row[0].partition(",")[0] for row in cells(page)}
    of_the_paper = map(label, ("random", "single_task", "multi_head", "one_head"))
    assert first.intersection(of_the_paper) == {label(kind) for kind in KINDS}


def test_the_page_of_the_long_table_has_its_columns_in_order() -> None:
    rows = cells((ROOT / "docs/long_table.md").read_text())[2:]
    assert [row[0].strip("`") for row in rows] == [*COLUMNS, "spec.<field>", "stage.<field>"]


@pytest.mark.parametrize(
    ("link", "folder", "page", "built"),
    [
        ("docs/start.md", "", "index", "/start.md"),
        ("config.yaml", "", "index", "../config.yaml"),
        ("../README.md#two-commands", "docs", "start", "/index.md#two-commands"),
        ("../benchmarks/results/a.md", "docs", "speed", "/measured/a.md"),
        ("../claims.md", "docs/reference", "reference/config", "/claims.md"),
        ("../../docs/sweeps.md", "benchmarks/results", "measured/a", "/sweeps.md"),
        ("CHANGELOG.md", "", "index", "/project/CHANGELOG.md"),
        ("docs/extending.md", "", "project/CONTRIBUTING", "/extending.md"),
        ("b.md", "benchmarks/results", "measured/a", "/measured/b.md"),
        ("../workflow/configs/demo.yaml", "docs", "demo", "../workflow/configs/demo.yaml"),
        ("https://a.b/c.md", "docs", "demo", "https://a.b/c.md"),
        ("#two-commands", "docs", "demo", "#two-commands"),
    ],
)
def test_links_of_built_pages(link: str, folder: str, page: str, built: str) -> None:
    assert links.resolve(f"see [x]({link}).", folder, page) == f"see [x]({built})."


@pytest.mark.parametrize(
    ("name", "text", "loads"),
    [
        ("a.html", '<script src="https://cdn.org/a.js"></script>', ["https://cdn.org/a.js"]),
        ("a.html", '<link rel="stylesheet" href="//fonts.org/a.css">', ["//fonts.org/a.css"]),
        ("a.html", "<style>@import 'https://fonts.org/b'</style>", ["https://fonts.org/b"]),
        ("a.css", "a { background: url(http://a.org/b.png) }", ["http://a.org/b.png"]),
        ("a.html", '<a href="https://arxiv.org">x</a> <img src="_images/a.png">', []),
        ("a.html", '<link rel="canonical" href="https://a.org/">', []),
    ],
)
def test_what_pages_load_from_a_network_is_found(
    name: str, text: str, loads: list[str], tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    assert [place for _, place in offline.remote_loads(tmp_path)] == loads
