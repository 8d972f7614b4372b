"""workflow/configs/rigour.yaml and controls.yaml, laid over config.yaml: the runs and calibrations
they stand for.

The demo's overlays are held by the demo itself.
"""

from collections import Counter
from typing import Any

import pytest
from helpers.places import ROOT

from mtdis.specs.expectation import symmetry
from mtdis.study import Study
from mtdis.study.config_files import read_configs

SEEDS, DATASETS = 10, 3
KINDS = {"random", "single_task", "multi_head", "one_head"}
EXPERIMENTS = ["headline", "task_draws", "no_axes", "true_factors"]


@pytest.fixture(scope="module")
def paper() -> Study:
    return Study.from_config(read_configs([ROOT / "config.yaml"]))


@pytest.fixture(scope="module")
def rigour() -> Study:
    return Study.from_config(
        read_configs([ROOT / "config.yaml", ROOT / "workflow/configs/rigour.yaml"])
    )


def runs_of(study: Study, experiment: str) -> list[Any]:
    return [study[run] for run in study.run_ids(experiment)]


def test_the_overlay_builds_its_experiments_and_only_these(rigour: Study) -> None:
    assert list(rigour.experiments) == EXPERIMENTS


@pytest.mark.parametrize("experiment", ["headline", "task_draws", "no_axes"])
def test_each_arm_has_ten_seeds_of_each_kind_on_each_dataset(
    rigour: Study, experiment: str
) -> None:
    runs = runs_of(rigour, experiment)
    found = Counter((run.name(), run.dataset.name()) for run in runs)
    assert set(found.values()) == {SEEDS}
    assert len(found) == len(KINDS) * DATASETS
    assert {kind for kind, _ in found} == KINDS


def test_the_papers_own_runs_are_among_them(paper: Study, rigour: Study) -> None:
    """Nothing that the paper's study has trained is trained again."""
    assert set(paper.run_ids("headline")) < set(rigour.run_ids("headline"))


def test_one_arm_keeps_the_papers_tasks_and_one_has_new_ones_for_each_seed(rigour: Study) -> None:
    fixed = [run for run in runs_of(rigour, "headline") if run.name() != "random"]
    drawn = [run for run in runs_of(rigour, "task_draws") if run.name() != "random"]
    assert {run.tasks.seed for run in fixed} == {658}
    assert all(run.tasks.seed == run.seed for run in drawn)
    assert {run.tasks.seed for run in drawn} == set(range(1, SEEDS + 1))


def test_the_negative_control_is_the_one_for_which_there_is_a_theorem(rigour: Study) -> None:
    """Gradient descent and normal initial values: mtdis/training, test_rotation_theorem.py."""
    runs = runs_of(rigour, "no_axes")
    assert {run.initialisation for run in runs} == {"gaussian"}
    assert {run.optimiser for run in runs if run.name() != "random"} == {"sgd"}


def test_the_positive_control_is_the_factors_themselves(rigour: Study) -> None:
    runs = runs_of(rigour, "true_factors")
    found = {(run.name(), run.scaling, run.dataset.name()) for run in runs}
    assert len(found) == len(runs) == 2 * DATASETS
    assert {kind for kind, *_ in found} == {"ground_truth"}


def test_every_run_is_calibrated_by_rotations_that_carry_a_verdict(rigour: Study) -> None:
    assert set(rigour.calibrated_runs) == set(rigour.runs)
    found = {metric.name(): calibration.rotations for metric, calibration in rigour.calibrations}
    assert found == {"mig": 499, "factor_vae": 499, "sap": 19, "dci": 99}
    assert all(calibration.permutations for _, calibration in rigour.calibrations)


def test_the_default_stays_the_paper(paper: Study) -> None:
    assert paper.calibrations == ()


CONTROLS = "workflow/configs/controls.yaml"


def test_the_controls_stand_for_what_theory_says_of_them() -> None:
    study = Study.from_config(read_configs([ROOT / f for f in ("config.yaml", CONTROLS)]))
    found = {
        name: {(run.name(), symmetry(run)) for run in runs_of(study, name)}
        for name in study.experiments
    }
    adam = "not O(d): adam, uniform initialisation"
    relu = f"{adam}, relu codes"
    pressed = {adam, relu, f"{relu}, L1 on the codes"}
    untrained = "not O(d): uniform initialisation"
    assert found == {
        "no_training": {
            *(("noise", "O(d)"), ("linear_mix", "O(d)"), ("pca", "axes of variance")),
            *(("ground_truth", "axes of factors"), ("random", untrained)),
            ("random", f"{untrained}, standardised codes"),
        },
        "no_axes": {(kind, "O(d)") for kind in ("random", "multi_head", "supervised")},
        "sparse": {("multi_head", said) for said in pressed},
        "supervised": {("supervised", said) for said in pressed},
    }
    assert len(study.runs) == 102
    assert set(study.calibrated_runs) == set(study.runs)
