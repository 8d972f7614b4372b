"""The locks, the conda environment and the ranges of pyproject.toml name the same packages and
versions, and what runs is locked apart from what tests.
"""

import re
import sys
import tomllib
from importlib.metadata import requires, version

import pytest
import yaml
from helpers.places import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def name_of(requirement: str) -> str:
    return re.split(r"[<>=\[ ]", requirement)[0].lower().replace("_", "-")


def pins(lines: list[str]) -> dict[str, str]:
    found = dict(line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    return {name_of(name): version for name, version in found.items()}


RUNS, TESTS = (
    pins((ROOT / f"envs/{name}.txt").read_text().splitlines()) for name in ("lock", "lock-test")
)
LOCK = RUNS | TESTS
CONDA = pins(yaml.safe_load((ROOT / "envs/mtdis.yaml").read_text())["dependencies"][-1]["pip"])


AS_LOCKED = pytest.mark.skipif(
    sys.version_info[:2] != (3, 11) or "+cpu" not in version("torch"),
    reason="the locks are of Python 3.11 and torch's CPU build",
)


@AS_LOCKED
def test_what_runs_is_all_that_the_dependencies_need_and_nothing_of_what_tests() -> None:
    """By the metadata of what is installed."""
    slurm = PROJECT["optional-dependencies"]["slurm"]
    assert set(RUNS) == needed([*PROJECT["dependencies"], *slurm])
    assert not set(RUNS) & set(TESTS)


@AS_LOCKED
def test_what_tests_is_what_the_extras_need_beside_it() -> None:
    extras = [r for extra in PROJECT["optional-dependencies"].values() for r in extra]
    assert set(TESTS) == needed([*extras, *PAGES]) - set(RUNS)


PAGES = ("sphinx", "myst-parser", "furo")
"""What builds the pages."""


def needed(requirements: list[str]) -> set[str]:
    """The names of all that these requirements bring, by the metadata of what is installed."""
    found: set[str] = set()
    seen: set[tuple[str, frozenset[str], str]] = set()
    todo = [(Requirement(text), "") for text in requirements]
    while todo:
        one, extra = todo.pop()
        key = (canonicalize_name(one.name), frozenset(one.extras), extra)
        if key in seen or (one.marker and not one.marker.evaluate({"extra": extra})):
            continue
        seen.add(key)
        found.add(key[0])
        inner = map(Requirement, requires(one.name) or [])
        todo += [(each, name) for each in inner for name in ("", *one.extras)]
    return found


def test_lock_and_conda_environment_pin_the_same_versions() -> None:
    assert {name: LOCK[name] for name in CONDA} == CONDA


def test_every_dependency_is_pinned_within_its_range() -> None:
    extras = [r for extra in PROJECT["optional-dependencies"].values() for r in extra]
    for requirement in [*PROJECT["dependencies"], *extras]:
        pinned = numbers(LOCK[name_of(requirement)])
        for bound in re.findall(r">=([\d.]+)", requirement):
            assert pinned >= numbers(bound), requirement
        for bound in re.findall(r"<([\d.]+)", requirement):
            assert pinned < numbers(bound), requirement
    assert set(map(name_of, PROJECT["dependencies"])) <= set(CONDA)


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def test_torch_is_pinned_without_a_local_tag() -> None:
    assert LOCK["torch"] == CONDA["torch"] == "2.13.0"
    assert not any("+" in version for version in LOCK.values())


def test_what_builds_the_package_is_pinned() -> None:
    (builder,) = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert builder == f"setuptools=={LOCK['setuptools']}"


@pytest.mark.parametrize(("name", "locked"), [("hashes", RUNS), ("hashes-test", TESTS)])
def test_every_pin_has_a_hash(name: str, locked: dict[str, str]) -> None:
    lines = (ROOT / f"envs/{name}.txt").read_text().splitlines()
    found = [re.fullmatch(r"(\S+==\S+)((?: --hash=sha256:[0-9a-f]{64})+)", row) for row in lines]
    assert all(match or row.startswith("#") for match, row in zip(found, lines, strict=True))
    assert pins([match[1] for match in found if match]) == locked
    several = [match[1] for match in found if match and match[2].count("sha256") > 1]
    assert several == (["torch==2.13.0"] if "torch" in locked else [])  # CPU and CUDA build
