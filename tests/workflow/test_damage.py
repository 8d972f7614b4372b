"""A damaged study: `mtdis retry --damaged --yes` and the next snakemake make anew what was damaged
and what stands on it, nothing else, and end in the same tables.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.places import ROOT

from .conftest import AGGREGATES, StudyFolder

CODES = "results/runs/multi_head+*/codes.h5"
INDEX = "results/scores/random+*/index.json"
LONG = "results/studies/small/tables/one/long.parquet"


def mtdis(study: StudyFolder, *words: str) -> tuple[int, str]:
    """The exit status of a command in the study's folder, and all that it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "mtdis.cli", *words],
        cwd=study.path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def flip(study: StudyFolder, pattern: str) -> Path:
    """Change one bit of the one file of this name, as a disk does: its date stays. Its path in the
    study.
    """
    (path,) = study.path.glob(pattern)
    content, date = bytearray(path.read_bytes()), path.stat().st_mtime_ns
    content[len(content) * 2 // 3] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(date, date))
    return path.relative_to(study.path)


def tables(study: StudyFolder) -> dict[str, bytes]:
    """The tables that hold no dates, by name."""
    folder = study.path / "results/studies/small/tables"
    found = {p for suffix in ("csv", "md", "tex", "html") for p in folder.rglob(f"*.{suffix}")}
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


@pytest.mark.parametrize(
    ("pattern", "planned"),
    [
        (CODES, AGGREGATES | {"train": 1, "scores": 1}),
        ("results/runs/random+*/weights.safetensors", AGGREGATES | {"train": 1, "scores": 1}),
        (INDEX, AGGREGATES | {"scores": 1}),
        (LONG, AGGREGATES),
        # Nothing asks for these until something is computed from them.
        ("results/scores/random+*/mig*/random.json", {}),
        ("data/*.h5", {}),
    ],
)
def test_what_is_damaged_and_what_stands_on_it_is_planned_anew(
    pattern: str, planned: dict[str, int], finished: StudyFolder
) -> None:
    damaged = flip(finished, pattern)
    status, said = mtdis(finished, "doctor", "--results")
    assert status == 1
    assert str(damaged) in said
    # the table and the figure that were made of a long table stand on it
    bad = 3 if pattern == LONG else 1
    assert said.count("BAD") == bad
    assert finished.planned() == {}  # snakemake itself looks at no bytes
    status, said = mtdis(finished, "retry", "--damaged", "--yes")
    assert status == 0
    assert f"{bad} files deleted" in said
    assert finished.planned() == planned


def test_a_damaged_study_ends_in_the_same_tables(finished: StudyFolder) -> None:
    finished.change(
        stages={"decoder": {"epochs": 1, "batch_size": 16}}, tables=["table4", "table5"], figures=[]
    )
    done = finished.snakemake()
    assert done.returncode == 0, done.stdout
    before = tables(finished)
    assert {"one/table4.csv", "one/table5.csv", "one/long.csv", "long.csv"} <= set(before)
    sound = [*finished.path.glob("results/runs/random+*/*"), *finished.path.glob("data/*.h5")]
    made = {path: path.stat().st_mtime_ns for path in sound}
    for pattern in (CODES, INDEX, LONG, "results/stages/random+*/arrays.h5"):
        flip(finished, pattern)
    assert mtdis(finished, "retry", "--damaged", "--yes")[0] == 0
    jobs = AGGREGATES | {"table": 2, "train": 1, "scores": 2, "stage": 2}
    assert finished.planned() == {rule: n for rule, n in jobs.items() if rule != "figure"}
    done = finished.snakemake()
    assert done.returncode == 0, done.stdout
    status, said = mtdis(finished, "doctor", "--results")
    assert status == 0, said
    assert tables(finished) == before
    assert {path: path.stat().st_mtime_ns for path in made} == made
