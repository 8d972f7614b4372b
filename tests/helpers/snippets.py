"""Snippets of README and docs: found by sybil, each run by its language or marked as not run."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from helpers.places import ROOT
from sybil import Document, Example, Region, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

from mtdis.study import Study
from mtdis.study.config import Config
from mtdis.study.config_files import read_configs
from mtdis.study.schema import config_schema

FENCE = FencedCodeBlockLexer(r".*", {"language": "arguments", "source": "source"})
NOT_RUN = re.compile(r"<!-- not run: (\S.*?) -->\s*\Z")
ELSEWHERE = re.compile(r"<!-- (demo|tests) -->\s*\Z")
"""README's two commands, which .ci/run takes from the page and runs."""
RUN_BY = re.compile(r"\A.*?<!-- snippets in (\S+) are run by (\S+\.py) -->", re.DOTALL)
"""A page whose snippets in some languages (`python,diff`) a test of its own runs."""
OUTPUT = "text"
"""Language of what a command prints; a directive of Sphinx begins with a brace."""
MINE = Path("mine.yaml")
"""The file that pages say a whole config is written to."""


@dataclass(frozen=True)
class Snippet:
    """A fenced block: why it is not run, empty if it is, and the test that runs it instead."""

    page: str
    line: int
    language: str
    reason: str
    run_by: str

    @property
    def known(self) -> bool:
        """Whether it is run, here or by another test, or marked."""
        return bool(self.reason or self.run_by) or self.language in EVALUATORS


def snippets(path: Path) -> list[Snippet]:
    """All snippets of a page, run or not."""
    text = path.read_text()
    document = Document(text, str(path))
    page = str(path.relative_to(ROOT))
    return [
        Snippet(page, text.count("\n", 0, region.start) + 1, *_about(text, region))
        for region in FENCE(document)
        if not _is_no_snippet(region)
    ]


def examples(path: Path) -> list[Example]:
    """The examples of a page that are run here, in its order."""
    return list(Sybil([_run_here]).parse(path).examples())


def _run_here(document: Document) -> Iterator[Region]:
    for region in FENCE(document):
        if not _is_no_snippet(region):
            language, reason, run_by = _about(document.text, region)
            if language in EVALUATORS and not reason and not run_by:
                region.parsed = region.lexemes["source"]
                region.evaluator = EVALUATORS[language]
                yield region


def _is_no_snippet(region: Region) -> bool:
    language = region.lexemes["arguments"]
    return language == OUTPUT or language.startswith("{")


def _about(text: str, region: Region) -> tuple[str, str, str]:
    """Language, reason not to run it, and what runs it instead."""
    language, before = str(region.lexemes["arguments"]), text[: region.start]
    marked, elsewhere, page = NOT_RUN.search(before), ELSEWHERE.search(before), RUN_BY.match(text)
    if elsewhere:
        return language, "", ".ci/run"
    if marked:
        return language, marked[1], ""
    run_by = page[2] if page and language in page[1].split(",") else ""
    return language, "", run_by


def run_bash(example: Example) -> None:
    """Run the lines as a shell does that stops at the first failure, in the working folder."""
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", str(example.parsed)],
        env=os.environ | {"PATH": tools, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{example.path}:{example.line}\n{example.parsed}\n{done.stdout}"


def plan_yaml(example: Example) -> None:
    """Check a config as editors do, and plan it laid over config.yaml.

    Keys of an experiment alone are those of one. A whole config is written to MINE, which later
    commands of the page name.
    """
    written = yaml.safe_load(str(example.parsed))
    if written is None:  # the line that tells editors the schema
        assert "$schema=" in str(example.parsed)
        return
    config = written if set(written) <= set(Config.model_fields) else _experiment(written)
    text = str(example.parsed) if config is written else yaml.safe_dump(config)
    if (own := example.namespace.get("own")) and "mtdis own" in text:
        text = re.sub(r"^ *dataset: +# in place of this line.*$", str(own), text, flags=re.M)
    SCHEMA.validate(yaml.safe_load(text))
    MINE.write_text(text)
    read = read_configs([ROOT / "config.yaml", MINE])
    assert Study.from_config(read).runs


def _experiment(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "mine",
        "experiments": {"mine": {"kind": "random", "seed": 1} | fields},
        "select": ["mine"],
    }


SCHEMA = jsonschema.Draft202012Validator(config_schema())
"""What editors check a config by."""
EVALUATORS: dict[str, Callable[[Example], None]] = {
    "bash": run_bash,
    "python": PythonEvaluator(),
    "yaml": plan_yaml,
}
