"""README and docs: every command and snippet is run, here or by a test that is named, or says why
it is not; and the commands within their sentences are ones that the parsers know.
"""

import re
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import yaml
from helpers import small_results
from helpers.beads import write_beads
from helpers.places import ROOT
from helpers.small_study import DATASET
from helpers.snippets import EVALUATORS, MINE, examples, snippets

from mtdis.cli import main
from mtdis.commands._overview import parser_of
from mtdis.discover import names

MADE = ("reference", "metrics", "measured", "project", "_build")
"""Folders of docs whose pages are made, and hold no snippets."""
PAGES = [
    ROOT / "README.md",
    *sorted(
        p
        for p in (ROOT / "docs").rglob("*.md")
        if p.relative_to(ROOT / "docs").parts[0] not in MADE
    ),
]
RUN = [page for page in PAGES if examples(page)]
OF_RESULTS = ("operating.md", "results.md", "long_table.md")
"""Pages whose snippets look at the results of a study."""
FEW = {
    "name": "mine",
    "experiments": {"few": {"kind": "random", "seed": 1, "dataset": DATASET}},
    "select": ["few"],
}
"""What mine.yaml is on pages whose commands name it before they show one."""
WORDS = re.compile(r"`mtdis ([a-z_]+)((?: [^`]*)?)`")
OPTION = re.compile(r"--[a-z][a-z-]*")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout as its user has it: the config of the paper, own images, codes of an encoder."""
    for name in ("workflow", "profiles"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("Snakefile", "config.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    write_beads(tmp_path / "own/beads", count=100, side=8)
    factors = np.indices((4, 3, 5)).reshape(3, -1).T.repeat(10, axis=0)
    np.save(tmp_path / "factors.npy", factors)
    np.save(tmp_path / "codes.npy", factors + np.random.default_rng(0).normal(size=factors.shape))
    return tmp_path


def with_results(folder: Path) -> None:
    """Put a small finished study in place of the paper's, with its long table."""
    study = small_results.study_in(folder)
    for run in study.runs:
        small_results.finish(study, run)
        small_results.score(study, run)
    assert main(["tables", "--partial"]) == 0
    partial = folder / "results/studies/small/partial"
    shutil.copytree(partial, folder / "results/studies/small/tables")


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN, ids=lambda page: page.stem)
def test_snippets_of_a_page_do_what_they_say(
    page: Path, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if page.name in OF_RESULTS:
        with_results(checkout)
    assert main(["own", "beads"]) == 0
    own = capsys.readouterr().out.rstrip()
    (checkout / MINE).write_text(yaml.safe_dump(FEW))
    for example in examples(page):
        example.namespace["own"] = own
        example.evaluate()


def test_every_snippet_is_run_or_says_why_not() -> None:
    found = [snippet for page in PAGES for snippet in snippets(page)]
    assert [s for s in found if not s.known] == []
    counted = Counter(
        "run" if not (s.reason or s.run_by) else "elsewhere" if s.run_by else "marked"
        for s in found
    )
    assert counted["run"] == sum(len(examples(page)) for page in RUN)
    assert counted["run"] > counted["marked"] > 0
    named = {s.run_by for s in found if s.run_by}
    assert all((ROOT / path).exists() for path in named), named


@pytest.mark.parametrize("language", ["", "sh", "console"])
def test_a_snippet_of_another_language_is_told(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpers.snippets.ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n```{language}\nmtdis plan\n```\n")
    assert [s.known for s in snippets(page)] == [False]
    page.write_text(f"# Page\n\n<!-- not run: a reason -->\n```{language}\nmtdis plan\n```\n")
    assert [s.known for s in snippets(page)] == [True]


def test_commands_in_sentences_are_ones_that_parse() -> None:
    """Each option stands in the command's own help."""
    commands = names("mtdis.commands")
    for page in PAGES:
        for command, rest in WORDS.findall(page.read_text()):
            assert command in commands, (page.name, command)
            known = parser_of(command)._option_string_actions
            unknown = set(OPTION.findall(rest)) - set(known)
            assert not unknown, (page.name, command, unknown)


assert set(EVALUATORS) == {"bash", "python", "yaml"}
