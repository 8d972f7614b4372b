"""What catalogs, citation tools and package indexes read says the same as the project itself."""

import re
import subprocess
import sys
import tomllib
from datetime import date

import yaml
from helpers.places import ROOT

from mtdis.discover import members

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_the_citation_has_what_the_format_requires_and_the_version_of_the_package() -> None:
    """Keys that the schema of CFF 1.2.0 requires, of the file and of a reference."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    assert (citation["version"], citation["license"]) == (PROJECT["version"], PROJECT["license"])
    assert citation["authors"] == PROJECT["authors"]
    assert all({"type", "title", "authors"} <= set(one) for one in citation["references"])


def test_the_page_of_the_config_is_the_one_that_is_made_of_it() -> None:
    words = [sys.executable, ".ci/config_readme.py", "--check"]
    subprocess.run(words, cwd=ROOT, check=True)


def test_the_catalog_is_told_where_the_command_comes_from() -> None:
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text("utf-8"))["usage"]
    assert "pip install -r envs/lock.txt -e ." in usage["mandatory-flags"]["desc"]
    packages = yaml.safe_load((ROOT / "envs/mtdis.yaml").read_text("utf-8"))["dependencies"][-1]
    alone = any(package.startswith("mtdis") for package in packages["pip"])
    assert usage["software-stack-deployment"]["conda"] == alone


def test_the_changelog_keeps_its_format_and_names_metrics_that_exist() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    sections = re.findall(r"^### (.+)$", text, re.MULTILINE)
    known = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
    assert sections == [name for name in known if name in sections]
    for section in text.split("\n### ")[1:]:
        days = [
            date.fromisoformat(day) for day in re.findall(r"^- (\d{4}-\d\d-\d\d):", section, re.M)
        ]
        assert len(days) == section.count("\n- ") > 0
        assert days == sorted(days, reverse=True), "the newest first"
    named = re.search(r"metrics (`[^;]+`);", text)
    assert named
    assert set(re.findall(r"`(\w+)`", named[1])) <= set(members("metrics"))


def test_what_contributors_are_told_to_run_and_write_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    for folder in re.findall(r"`(mtdis/[\w/]+)/x\.py`", text):
        assert (ROOT / folder).is_dir()
    for path in re.findall(r"`((?:tests|envs|\.ci|mtdis)/[\w/.-]+)`", text):
        if not path.endswith("/x.py"):
            assert (ROOT / path).exists(), path
