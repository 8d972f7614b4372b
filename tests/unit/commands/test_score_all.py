"""`mtdis score`: each metric's own values, over seeds and beside their nulls, for people and as
JSON; what one that refuses costs the others.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from mtdis.cli import main
from mtdis.commands.score import CALIBRATED
from mtdis.discover import members

SMALL = {"num_train": 60, "num_test": 60, "num_eval": 60}
SETTINGS = [word for name, value in SMALL.items() for word in ("--set", f"{name}={value}")]


def score(folder: Path, metric: str, codes: np.ndarray, **settings: int) -> int:
    """The status of scoring codes of a grid of 3 × 4 × 5."""
    np.save(folder / "codes.npy", codes)
    np.save(folder / "factors.npy", np.indices((3, 4, 5)).reshape(3, -1).T)
    words = ["--codes", str(folder / "codes.npy"), "--factors", str(folder / "factors.npy")]
    chosen = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
    return main(["score", "--metric", metric, "--json", *words, "--seed", "3", *chosen])


def test_values_are_those_of_each_metric(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = np.random.RandomState(0).standard_normal((60, 3))
    assert score(tmp_path, "all", codes, **SMALL) == 0
    found = json.loads(capsys.readouterr().out)
    assert list(found) == list(members("metrics"))
    assert score(tmp_path, "mig", codes, num_train=60) == 0
    assert json.loads(capsys.readouterr().out) == found["mig"]
    assert score(tmp_path, "factor_vae", codes, num_train=60, num_eval=60) == 0
    assert json.loads(capsys.readouterr().out) == found["factor_vae"]


def test_where_a_metric_refuses_the_others_go_on_and_the_status_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert score(tmp_path, "all", np.arange(60.0)[:, None], **SMALL) == 2
    out, err = capsys.readouterr()
    found = json.loads(out)
    refused = {name for name, values in found.items() if "error" in values}
    assert {"mig", "dci", "sap"} <= refused
    assert not {"irs", "mig_sup", "factor_vae"} & refused
    message = "mig: this metric compares codes: at least 2 are needed, got 1"
    assert found["mig"] == {"error": message}
    assert f"mtdis: error: {message}\n" in err
    assert len(err.splitlines()) == len(refused)


def test_a_calibration_that_too_few_codes_are_left_to_says_how_to_go_without(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = np.column_stack([np.arange(60.0), np.ones((60, 2))])
    assert score(tmp_path, "mig", codes) == 0
    words = ["--codes", str(tmp_path / "codes.npy"), "--factors", str(tmp_path / "factors.npy")]
    assert main(["score", "--metric", "mig", "--calibrate", *words]) == 2
    message = "which leaves out constant codes: this metric compares codes: at least 2 are needed"
    error = capsys.readouterr().err
    assert message in error
    assert "leave --calibrate out for the score alone" in error


def test_a_setting_that_no_metric_has_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert score(tmp_path, "all", np.ones((60, 2)), num_trian=5) == 2
    assert "unknown setting 'num_trian'. Did you mean 'num_train'?" in capsys.readouterr().err


def words_of(folder: Path, *others: str) -> list[str]:
    """The words that score codes of noise on a grid of 3 × 4 × 5."""
    np.save(folder / "codes.npy", np.random.RandomState(0).standard_normal((60, 3)))
    np.save(folder / "factors.npy", np.indices((3, 4, 5)).reshape(3, -1).T)
    files = ["--codes", str(folder / "codes.npy"), "--factors", str(folder / "factors.npy")]
    return ["score", *files, *others]


def test_seeds_give_the_mean_and_deviation_of_the_values_that_each_gives_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = words_of(tmp_path, "--metric", "mig", "--set", "num_train=60", "--json")
    alone = []
    for seed in (4, 5, 6):
        assert main([*words, "--seed", str(seed)]) == 0
        alone.append(json.loads(capsys.readouterr().out)["discrete_mig"])
    assert main([*words, "--seed", "4", "--seeds", "3"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["seeds"] == [4, 5, 6]
    assert found["by_seed"] == {"discrete_mig": alone}
    assert found["discrete_mig"] == pytest.approx(np.mean(alone))
    assert found["sd"]["discrete_mig"] == pytest.approx(np.std(alone, ddof=1))


def test_people_get_a_table_of_the_same_numbers_and_the_cautions_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = ("--metric", "mig", "--seeds", "2", "--calibrate", "--rotations", "9")
    words = words_of(tmp_path, *chosen, "--permutations", "1")
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert main(words) == 0
    head, line, legend, note = capsys.readouterr().out.splitlines()
    assert head.split() == ["metric", "score", "value", "sd", *CALIBRATED]
    said = found["calibration"]["discrete_mig"]
    numbers = [found["discrete_mig"], found["sd"]["discrete_mig"], said["whitened"]]
    numbers += [said["null_mean"], said["p_whitened"], said["oriented"], said["permuted_mean"]]
    assert line.split() == ["mig", "MIG", *(f"{number:.3f}" for number in numbers)]
    assert all(f"{name}:" in legend or f"{name} the" in legend for name in CALIBRATED)
    assert note == f"note: {found['notes'][0]}"


def test_what_is_best_at_its_lowest_says_so_and_refusals_stand_below(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words_of(tmp_path, "--metric", "jemmig")) == 0
    assert "JEMMIG (nats), lower is better" in capsys.readouterr().out
    words = words_of(tmp_path, "--metric", "all", *SETTINGS)
    np.save(tmp_path / "codes.npy", np.arange(60.0)[:, None])
    assert main(words) == 2
    out = capsys.readouterr().out
    assert "no score of mig: mig: this metric compares codes" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [(("--seeds", "0"), "--seeds 0: at least 1"), (("--set", "seed=3"), "write --seed 3")],
)
def test_a_wrong_number_of_seeds_is_refused_before_anything_is_read(
    words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    files = ["--codes", "none.npy", "--factors", "none.npy"]
    assert main(["score", "--metric", "mig", *files, *words]) == 2
    assert message in capsys.readouterr().err
