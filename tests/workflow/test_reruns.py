"""What a second run, a new value, field, dimension, version or a touched file makes snakemake do:
job counts.
"""

import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import yaml

from .conftest import AGGREGATES, CONFIG, PLANNED, StudyFolder


def test_a_finished_study_does_nothing(finished: StudyFolder) -> None:
    assert finished.planned() == {}


def test_snakemake_looks_for_jobs_to_start_where_one_ends_and_no_more_often(
    finished: StudyFolder,
) -> None:
    logs = (finished.path / ".snakemake/log").glob("*.log")
    said = "".join(path.read_text() for path in logs)
    ended = sum(PLANNED.values())
    assert 0 < said.count("Ready jobs: ") <= ended


def test_the_study_ends_in_tables_and_figures(finished: StudyFolder) -> None:
    study = finished.path / "results/studies/small"
    produced = sorted(str(p.relative_to(study)) for p in study.rglob("*") if p.is_file())
    assert produced == [
        "figures/one/figure3.pdf",
        "figures/one/figure3.png",
        "figures/one/figure3.seal.json",
        "index.html",
        "study.json",
        "tables/long.csv",
        "tables/long.parquet",
        "tables/long.parquet.sha256",
        "tables/one/long.csv",
        "tables/one/long.parquet",
        "tables/one/long.parquet.sha256",
        "tables/one/table5.csv",
        "tables/one/table5.html",
        "tables/one/table5.md",
        "tables/one/table5.seal.json",
        "tables/one/table5.tex",
    ]
    table = pd.read_csv(study / "tables/one/table5.csv")
    assert set(table["row"]) == {"random", "multi_head"}
    assert table["n"].eq(1).all()


def test_one_more_seed_adds_its_jobs_and_the_aggregates(finished: StudyFolder) -> None:
    finished.change(seed=[1, 2])
    assert finished.planned() == AGGREGATES | {"train": 2, "scores": 2}


def test_a_list_on_the_learning_rate_adds_the_kinds_that_learn(finished: StudyFolder) -> None:
    finished.change(learning_rate=[1e-3, 1e-4])  # 1e-3 is the default: that run is there
    assert finished.planned() == AGGREGATES | {"train": 1, "scores": 1}


def test_another_dataset_size_meets_no_old_result(finished: StudyFolder) -> None:
    finished.change(dataset=CONFIG["experiments"]["one"]["dataset"] | {"image_size": 16})
    assert finished.planned() == AGGREGATES | {"dataset": 1, "targets": 1, "train": 2, "scores": 2}


def test_a_calibration_adds_its_own_jobs_and_leaves_scores_as_they_are(
    finished: StudyFolder,
) -> None:
    kept = {
        path: path.read_bytes()
        for place in ("results/runs", "results/scores", "data")
        for path in (finished.path / place).rglob("*.json")
    }
    calibration = {"rotations": 9, "permutations": 2}
    finished.write(CONFIG | {"calibration": calibration})
    assert finished.planned() == AGGREGATES | {"calibrate": 2, "nulls": 1}
    done = finished.snakemake()
    assert done.returncode == 0, done.stdout
    assert {path: path.read_bytes() for path in kept} == kept
    assert finished.planned() == {}
    folder = finished.path / "results/studies/small/tables/one"
    nulls = pd.read_parquet(folder / "nulls.parquet")
    counts = nulls.groupby(["kind", "key", "transform"])["draw"].agg(["size", "max"])
    assert counts.loc[("random", "discrete_mig", "whitened")].tolist() == [9, 9]
    assert counts.loc[("multi_head", "discrete_mig", "permuted")].tolist() == [2, 2]
    long = pd.read_parquet(folder / "long.parquet")
    assert set(long["transform"]) == {"none", "standardised", "whitened", "oriented", "perfect"}
    means = long[long["key"].eq("discrete_mig.null_mean")].set_index("kind")["value"]
    of_draws = nulls[nulls["transform"].eq("whitened")].groupby("kind")["value"].mean()
    assert means.to_dict() == pytest.approx(of_draws.to_dict())
    # more rotations: another calibration, and the scores and trainings stay
    finished.write(CONFIG | {"calibration": calibration | {"rotations": 19}})
    assert finished.planned() == AGGREGATES | {"calibrate": 2, "nulls": 1}
    finished.write(CONFIG)
    assert finished.planned() == AGGREGATES


def test_a_new_metric_scores_and_trains_nothing(finished: StudyFolder) -> None:
    config = CONFIG | {
        "metrics": CONFIG["metrics"] | {"factor_vae": {"num_train": 50, "num_eval": 50}}
    }
    finished.write(config)
    assert finished.planned() == AGGREGATES | {"scores": 2}


def test_another_experiment_label_trains_nothing(finished: StudyFolder) -> None:
    finished.write(
        CONFIG | {"experiments": CONFIG["experiments"] | {"two": CONFIG["experiments"]["one"]}}
    )
    assert finished.planned() == AGGREGATES


def test_a_comment_or_another_order_in_the_config_does_nothing(finished: StudyFolder) -> None:
    body = dict(reversed(CONFIG["experiments"]["one"].items()))
    text = "# a comment\n" + yaml.safe_dump(
        CONFIG | {"experiments": {"one": body}}, sort_keys=False
    )
    (finished.path / "config.yaml").write_text(text)
    assert finished.planned() == {}


def test_a_new_field_at_its_default_adds_no_training(
    finished: StudyFolder, other_checkout: Path
) -> None:
    edit(
        other_checkout / "mtdis/specs/run.py",
        r"(    epochs: int = )",
        r"    warm_up: float = Field(0.9, ge=0)\n\1",
    )
    assert replace(finished, checkout=other_checkout).planned() == {}
    finished.change(warm_up=[0.9, 0.5])
    assert replace(finished, checkout=other_checkout).planned() == AGGREGATES | {
        "train": 1,
        "scores": 1,
    }


def test_a_raised_training_version_trains_again(
    finished: StudyFolder, other_checkout: Path
) -> None:
    edit(other_checkout / "mtdis/specs/run.py", r"TRAINING_VERSION = 2", "TRAINING_VERSION = 3")
    assert replace(finished, checkout=other_checkout).planned() == AGGREGATES | {
        "train": 2,
        "scores": 2,
    }


def edit(path: Path, pattern: str, replacement: str) -> None:
    text, count = re.subn(pattern, replacement, path.read_text())
    assert count == 1
    path.write_text(text)


def test_another_wording_of_a_rule_trains_nothing(
    finished: StudyFolder, other_checkout: Path
) -> None:
    edit(
        other_checkout / "workflow/rules/train.smk",
        r'"mtdis train --spec',
        '"mtdis train --checkpoint-seconds 60 --spec',
    )
    assert replace(finished, checkout=other_checkout).planned() == {}


def test_metrics_in_another_order_and_another_figure_compute_no_score(
    finished: StudyFolder,
) -> None:
    other = {"factor_vae": {"num_train": 50, "num_eval": 50}}
    finished.write(CONFIG | {"metrics": CONFIG["metrics"] | other})
    assert finished.snakemake().returncode == 0
    finished.write(CONFIG | {"metrics": other | CONFIG["metrics"]})
    assert finished.planned() == {}
    finished.change(figures=["figure3", "figure4"])
    assert finished.planned() == {"figure": 1, "page": 1, "study": 1}


def test_touched_files_do_nothing(finished: StudyFolder) -> None:
    folders = (finished.path / "data", finished.path / "results/runs")
    touched = [p for folder in folders for p in folder.rglob("*") if p.is_file()]
    assert {p.suffix for p in touched} == {".json", ".h5", ".csv", ".safetensors"}
    for path in touched:
        os.utime(path)
    assert finished.planned() == {}


def test_copied_results_are_not_computed_again(finished: StudyFolder) -> None:
    """Without `.snakemake` and with shuffled dates: parents newer than children, and the reverse.

    Tables and figures go by dates all the same: they take seconds.
    """
    finished.change(stages={"decoder": {"epochs": 1, "batch_size": 16}})
    done = finished.snakemake()
    assert done.returncode == 0, done.stdout
    shutil.rmtree(finished.path / ".snakemake")
    files = sorted(
        path
        for folder in ("data", "results")
        for path in (finished.path / folder).rglob("*")
        if path.is_file()
    )
    for order in (1, -1):
        for age, path in enumerate(files[::order]):
            os.utime(path, (1e9 - 1e3 * age,) * 2)
        assert set(finished.planned()) <= set(AGGREGATES)


def test_targets_for_one_experiment_and_one_run(finished: StudyFolder) -> None:
    finished.write(
        CONFIG
        | {
            "experiments": (
                CONFIG["experiments"] | {"two": CONFIG["experiments"]["one"] | {"seed": [2, 3]}}
            )
        }
    )
    assert finished.planned("one") == {}
    two = finished.planned("two")
    assert (two["train"], two["long_table"]) == (4, 1)
    run = "results/scores/random+version=2+dataset=dsprites_rendered+seed=2"
    run += "+dataset.image_size=8+dataset.subgrid.scale=2"
    (index,) = {
        p
        for p in re.findall(
            r"\S+index\.json", finished.snakemake("-n", "--logger-mtdis-jobs", "two").stdout
        )
        if p.startswith(run)
    }
    assert finished.planned(index) == {"train": 1, "scores": 1}
