"""`mtdis calibrate` takes anyone's codes and factors as `mtdis score` does, by the same reader."""

import json
from pathlib import Path

import h5py
import numpy as np
import pytest

from mtdis.cli import main
from mtdis.specs.metric import Metric

RNG = np.random.default_rng(0)
FACTORS = RNG.integers(0, 3, (60, 2))
CODES = (FACTORS + 0.2 * RNG.normal(size=FACTORS.shape)).astype(np.float32)
SMALL = ("--metric", "mig")


@pytest.fixture(autouse=True)
def _few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("rotations", "permutations"):
        monkeypatch.setattr(Metric.member("mig"), name, 2)


def arrays(folder: Path, suffix: str) -> list[str]:
    """The options that name both arrays, in one file if its kind holds several."""
    if suffix == "npy":
        np.save(folder / "c.npy", CODES)
        np.save(folder / "f.npy", FACTORS)
        return ["--codes", str(folder / "c.npy"), "--factors", str(folder / "f.npy")]
    path = folder / f"both.{suffix}"
    if suffix == "npz":
        np.savez(path, codes=CODES, factors=FACTORS.astype(float))
    else:
        with h5py.File(path, "w") as file:
            file["codes"], file["factors"] = CODES, FACTORS
    return ["--codes", str(path), "--factors", str(path)]


@pytest.mark.parametrize("suffix", ["npy", "npz", "h5"])
def test_arrays_are_taken_as_score_takes_them(
    suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*arrays(tmp_path, suffix), *SMALL]
    assert main(["calibrate", *words]) == 0
    table = capsys.readouterr().out
    assert main(["score", "--calibrate", *words]) == 0
    assert capsys.readouterr().out == table
    assert main(["calibrate", "--json", *words]) == 0
    assert {"null_mean", "permuted_mean"} <= set(
        json.loads(capsys.readouterr().out)["calibration"]["discrete_mig"]
    )


def test_what_score_refuses_is_refused_in_the_same_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*arrays(tmp_path, "npy"), *SMALL]
    np.save(tmp_path / "f.npy", FACTORS + 0.5)
    said = []
    for command in (["calibrate"], ["score", "--calibrate"]):
        assert main([*command, *words]) == 2
        said.append(capsys.readouterr().err)
    assert said[0] == said[1]
    assert "factors must be whole numbers" in said[0]


@pytest.mark.parametrize("words", [[], ["--codes", "c.npy"], ["--run", "r.json", "--codes", "c"]])
def test_half_of_the_options_are_refused_with_both_ways(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["calibrate", *words]) == 2
    said = capsys.readouterr().err
    assert "of codes of your own: --codes, --factors." in said
    assert "of a run: --spec, --run, --dataset, --out, --calibrations;" in said
