"""The page of a config's keys: top level, experiment, tasks, claims, calibration, outputs."""

import re
from collections.abc import Iterator

from docs.generate.fields import HEAD, cell, rows, table
from mtdis.discover import constant, names
from mtdis.specs.claim import PAPER, Claim
from mtdis.specs.tasks import Tasks
from mtdis.study.calibrations import Wanted
from mtdis.study.config import Config
from mtdis.study.schema import config_schema

EXPERIMENT = {
    "tables": "names of [tables](#tables) to make",
    "figures": "names of [figures](#figures) to draw",
}
"""Keys of an experiment that say nothing of themselves in the schema."""
INTRODUCTION = """# The config

`config.yaml` is the study of the paper. A file of your own is laid over it key by key, and takes
away what it sets to `null`. `mtdis schema --write` writes a JSON schema of all this; an editor that
knows `yaml-language-server` then completes and checks a file whose first line is
`# yaml-language-server: $schema=workflow/config.schema.json`."""


def page() -> str:
    """The page of the keys that are no fields of a dataset, kind, metric or stage."""
    return "\n\n".join(_parts()) + "\n"


def _parts() -> Iterator[str]:
    yield INTRODUCTION
    yield "## Top level"
    yield table(HEAD, rows(Config))
    yield "## An experiment"
    yield (
        "`kind`, `setting` (`paper` or `released`), every field of its [kinds](kinds.md), with"
        " [`dataset`](datasets.md) and [`tasks`](#tasks), and:"
    )
    yield table(("key", "meaning"), _experiment())
    yield "## Tasks"
    yield "`tasks: {…}` of an experiment or of the stage `heads`. Every field takes a list."
    yield table(HEAD, rows(Tasks))
    yield "## Claims"
    yield (
        "`claims: {NAME: {…}}` of an experiment. Names of the paper's claims, whose fields are then"
        " the defaults: " + ", ".join(f"`{name}`" for name in PAPER) + "."
    )
    yield table(HEAD, rows(Claim))
    yield "## Calibration"
    yield "`calibration: {…}` at the top level; [what it is for](../claims.md)."
    yield table(HEAD, rows(Wanted))
    for folder in ("tables", "figures"):
        yield f"## {folder.capitalize()}"
        yield table(("name", "what it shows"), _outputs(folder))


def _experiment() -> Iterator[tuple[str, str]]:
    keys = config_schema()["$defs"]["experiment"]["properties"]
    for name, schema in keys.items():
        if name in EXPERIMENT:
            yield f"`{name}`", EXPERIMENT[name]
        elif "description" in schema:  # the fields of runs refer to their own definitions
            yield f"`{name}`", cell(schema["description"])


def _outputs(folder: str) -> Iterator[tuple[str, str]]:
    package = f"mtdis.reporting.{folder}"
    for name in names(package):
        caption = str(constant(package, name, "CAPTION"))
        yield f"`{name}`", cell(re.split(r"(?<=[.?]) ", caption)[0])
