"""The container recipes: the files that they copy make the package and plan a study.

The images themselves were never built here.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.places import ROOT

from .conftest import HALF_WRITTEN, job_counts, snakemake

DOCKERFILE = (ROOT / "envs/Dockerfile").read_text()
DEFINITION = (ROOT / "envs/apptainer.def").read_text()


def of_dockerfile() -> list[str]:
    """What COPY names; folders under their own name."""
    found = []
    for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE):
        *sources, target = line.split()
        assert target == "./" or [target] == sources
        found += sources
    return sorted(found)


def of_definition() -> list[str]:
    """What %files names."""
    lines = DEFINITION.partition("%files\n")[2].partition("\n\n")[0].splitlines()
    assert {line.split()[1] for line in lines} == {"/opt/mtdis/"}
    return sorted(line.split()[0] for line in lines)


def test_both_recipes_are_the_same() -> None:
    assert of_dockerfile() == of_definition()
    for recipe, command in ((DOCKERFILE, "RUN "), (DEFINITION, "    ")):
        assert f"\n{command}pip install --no-cache-dir -r envs/lock.txt -e .\n" in recipe
    bases = re.findall(r"^(?:FROM|From:) (.+)$", f"{DOCKERFILE}\n{DEFINITION}", re.MULTILINE)
    assert bases == ["python:3.11-slim"] * 2


@pytest.mark.slow
def test_a_study_plans_with_the_files_of_the_container(tmp_path: Path) -> None:
    image = tmp_path / "opt"
    image.mkdir()
    for name in of_dockerfile():
        copied = (ROOT / name, image / name)
        if (ROOT / name).is_dir():
            shutil.copytree(*copied, ignore=HALF_WRITTEN)
        else:
            shutil.copy(*copied)
    build = [sys.executable, "setup.py", "-q", "egg_info", "--egg-base", str(tmp_path)]
    made = subprocess.run(build, cwd=image, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    study = tmp_path / "study"
    study.mkdir()
    shutil.copy(image / "config.yaml", study)
    profile = str(image / "profiles/default")
    done = snakemake("-n", "--workflow-profile", profile, "headline", checkout=image, folder=study)
    here = snakemake("-n", "--workflow-profile", profile, "headline", folder=study)
    assert job_counts(done) == job_counts(here) != {}
