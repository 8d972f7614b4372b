"""The lock, the conda environment and the ranges of pyproject.toml name the same packages and
versions.
"""

import re
import tomllib

import yaml
from helpers.places import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def name_of(requirement: str) -> str:
    return re.split(r"[<>=\[ ]", requirement)[0].lower().replace("_", "-")


def pins(lines: list[str]) -> dict[str, str]:
    found = dict(line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    return {name_of(name): version for name, version in found.items()}


LOCK = pins((ROOT / "envs/lock.txt").read_text().splitlines())
CONDA = pins(yaml.safe_load((ROOT / "envs/mtdis.yaml").read_text())["dependencies"][-1]["pip"])


def test_lock_and_conda_environment_pin_the_same_versions() -> None:
    assert {name: LOCK[name] for name in CONDA} == CONDA


def test_every_dependency_is_pinned_within_its_range() -> None:
    extras = [r for extra in PROJECT["optional-dependencies"].values() for r in extra]
    for requirement in [*PROJECT["dependencies"], *extras]:
        version = numbers(LOCK[name_of(requirement)])
        for bound in re.findall(r">=([\d.]+)", requirement):
            assert version >= numbers(bound), requirement
        for bound in re.findall(r"<([\d.]+)", requirement):
            assert version < numbers(bound), requirement
    assert set(map(name_of, PROJECT["dependencies"])) <= set(CONDA)


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def test_torch_is_pinned_without_a_local_tag() -> None:
    assert LOCK["torch"] == CONDA["torch"] == "2.13.0"
    assert not any("+" in version for version in LOCK.values())


def test_what_builds_the_package_is_pinned() -> None:
    (builder,) = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert builder == f"setuptools=={LOCK['setuptools']}"


def test_every_pin_but_torch_has_a_hash() -> None:
    """pip's --require-hashes is all or nothing, and torch has another build on each index."""
    lines = (ROOT / "envs/hashes.txt").read_text().splitlines()
    found = [re.fullmatch(r"(\S+==\S+)((?: --hash=sha256:[0-9a-f]{64})+)", row) for row in lines]
    assert all(match or row.startswith("#") for match, row in zip(found, lines, strict=True))
    hashed = pins([match[1] for match in found if match])
    assert hashed == {name: version for name, version in LOCK.items() if name != "torch"}
