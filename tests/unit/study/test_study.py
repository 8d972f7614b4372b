"""The config: what it expands to, and what it refuses with which words."""

import copy
import subprocess
import sys
from typing import Any

import pytest
import yaml
from helpers.places import ROOT

from mtdis.errors import ConfigError
from mtdis.specs.ids import identify
from mtdis.specs.run import Run
from mtdis.study import Study
from mtdis.study.config_files import parse_yaml, read_configs

FACTORS = ("shape", "scale", "orientation", "posX", "posY")
SMALL: dict[str, Any] = {
    "name": "test",
    "metrics": {"mig": None},
    "experiments": {
        "one": {"kind": ["random", "multi_head"], "seed": [1, 2], "dataset": "dsprites_rendered"},
    },
}


def study(**experiment: Any) -> Study:
    return Study.from_config(
        SMALL | {"experiments": {"one": SMALL["experiments"]["one"] | experiment}}
    )


def test_the_shipped_configs_are_right() -> None:
    paper = Study.from_config(read_configs([ROOT / "config.yaml"]))
    # Section 4.1: an untrained, ten single-task, a multi-head and a one-head network, three
    # datasets and seeds each.
    headline = paper.run_ids("headline")
    assert len(headline) == 4 * 3 * 3
    assert sum(len(paper.runs[r].networks) for r in headline) == (1 + 10 + 1 + 1) * 3 * 3
    demo = Study.from_config(
        read_configs([ROOT / "config.yaml", ROOT / "workflow/configs/demo.yaml"])
    )
    assert demo.name == "demo"
    assert list(demo.experiments) == ["demo"]


def test_lists_are_dimensions_and_an_experiment_is_their_product() -> None:
    made = study(
        learning_rate=[1e-3, "1e-4"],
        tasks={"count": [2, 3]},
        dataset={"name": "dsprites_rendered", "image_size": [32, 64]},
    )
    kinds = [run.name() for run in made.runs.values()]
    assert kinds.count("multi_head") == 2 * 2 * 2 * 2
    assert (
        kinds.count("random") == 2 * 2
    )  # neither learning rate nor tasks are read: seed and image size remain


def test_a_word_stands_for_the_papers_datasets_and_sweeps_over_them() -> None:
    made = study(dataset="rendered", tasks={"count": 2})
    assert [d.replica_of for d in made.datasets.values()] == ["dSprites", "Shapes3D", "MPI3D"]
    assert len(made.runs) == 3 * 4
    small = study(dataset={"name": "rendered", "image_size": 16})
    assert {d.image_shape[0] for d in small.datasets.values()} == {16}
    both = study(dataset={"name": ["rendered", "dsprites_rendered"]}, seed=1, kind="random")
    assert len(both.runs) == 3  # the one that is wanted twice is planned once


def test_an_include_is_not_laid_over_a_word_that_sweeps() -> None:
    made = study(
        dataset="rendered", include=[{"kind": "random", "seed": 9, "dataset": "dsprites_rendered"}]
    )
    assert [r.dataset.name() for r in made.runs.values() if r.seed == 9] == ["dsprites_rendered"]
    with pytest.raises(ConfigError, match="dataset: a value is needed"):
        study(dataset="rendered", include=[{"kind": "random", "seed": 9}])


def test_a_list_of_lists_sweeps_over_a_field_that_is_a_list() -> None:
    assert len(study(kind="multi_head", head_layers=[300, 300]).runs) == 2
    assert len(study(kind="multi_head", head_layers=[[300, 300], [64]]).runs) == 4


def test_equal_values_and_shared_runs_are_planned_once() -> None:
    body = SMALL["experiments"]["one"]
    made = Study.from_config(
        SMALL | {"experiments": {"one": body | {"learning_rate": [1e-3]}, "two": body}}
    )
    assert len(made.runs) == 4
    assert made.run_ids("one") == made.run_ids("two")


def test_what_a_kind_does_not_read_is_dropped_and_said() -> None:
    made = study(learning_rate=1e-4)
    assert made.experiments["one"].dropped == {"random": ("learning_rate",)}
    assert not any("learning_rate" in r for r in made.runs if r.startswith("random"))


def test_experiments_overlay_the_defaults_field_by_field() -> None:
    config = SMALL | {"defaults": {"tasks": {"count": 3, "subsets": "halves"}, "epochs": 7}}
    config["experiments"] = {
        "one": SMALL["experiments"]["one"] | {"kind": "multi_head", "tasks": {"count": 5}}
    }
    run, *_ = Study.from_config(config).runs.values()
    resolved = run.resolved()
    assert (resolved["tasks"]["count"], resolved["tasks"]["subsets"], resolved["epochs"]) == (
        5,
        "halves",
        7,
    )


def test_the_released_setting_differs_where_the_released_code_does() -> None:
    made = study(kind="multi_head", seed=1, setting=["paper", "released"])
    paper, released = (run.resolved() for run in made.runs.values())
    differing = {k: released[k] for k in paper if paper[k] != released[k]}
    assert differing == {
        "learning_rate": 1e-4,
        "initialisation": "released",
        "head_layers": [300] * 4,
        "head_activation": "tanh",
    }


def test_the_released_factor_vae_has_a_capacity() -> None:
    made = study(kind="factor_vae", seed=1, setting=["paper", "released"])
    paper, released = (run.resolved() for run in made.runs.values())
    assert {k: released[k] for k in paper if paper[k] != released[k]} == {
        "initialisation": "released",
        "capacity": 25.0,
    }


def test_what_is_empty_in_yaml_is_nothing() -> None:
    config = SMALL | {"defaults": None, "metrics": None}
    assert len(Study.from_config(config).runs) == 4
    with pytest.raises(ConfigError, match=r"experiments\.one\.kind: a value is needed"):
        Study.from_config(config | {"experiments": {"one": None}})


def test_scores_are_needed_for_tables_and_figures() -> None:
    with pytest.raises(
        ConfigError, match=r"experiments\.one: table5 show scores and the study has no metrics"
    ):
        Study.from_config(
            {
                **SMALL,
                "metrics": {},
                "experiments": {"one": SMALL["experiments"]["one"] | {"tables": "table5"}},
            }
        )


def test_whole_numbers_may_be_written_with_exponents() -> None:
    (run,) = study(kind="multi_head", seed=parse_yaml("1e3", "a config")).runs.values()
    assert run.seed == 1000


def test_dropped_fields_do_not_depend_on_the_order_of_settings() -> None:
    for settings in (["paper", "released"], ["released", "paper"]):
        made = study(kind=["random", "one_head"], setting=settings, epochs=3)
        assert made.experiments["one"].dropped == {"random": ("epochs",)}


def test_select_chooses_experiments() -> None:
    body = SMALL["experiments"]["one"]
    config = SMALL | {"experiments": {"one": body, "two": body | {"seed": [9]}}, "select": ["two"]}
    assert list(Study.from_config(config).experiments) == ["two"]


def test_parents_are_the_files_that_training_reads() -> None:
    made = study(seed=1)
    assert made.parents("random+version=2+dataset=dsprites_rendered+seed=1") == {
        "dataset": "data/dsprites_rendered.json",
        "targets": [],
    }
    assert (
        made.parents("multi_head+version=2+dataset=dsprites_rendered+seed=1")["targets"]
        == "data/targets/dataset=dsprites_rendered.json"
    )


def test_a_spec_passed_as_json_is_the_same_run() -> None:
    for key, run in study().runs.items():
        assert Run.from_fields(yaml.safe_load(study().spec(key))) == run
        assert Run.from_fields(run.resolved()) == run
        assert identify(run) == key


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"sead": 1}, r"experiments\.one\.sead: unknown setting 'sead'\. Did you mean 'seed'"),
    ({"dataset": "dsprite"}, r"unknown dataset 'dsprite'\. Did you mean 'dsprites'"),
    (
        {"tasks": {"count": 0}},
        r"experiments\.one\.tasks\.count: input should be greater than or equal to 1; found 0",
    ),
    ({"tasks": {"cuont": 3}}, r"experiments\.one\.tasks\.cuont: .*Did you mean 'count'"),
    ({"tasks": 3}, r"experiments\.one\.tasks: a mapping of settings is needed; found 3"),
    ({"seed": [[1, 2]]}, r"experiments\.one\.seed: a list can't be here; found \[1, 2\]"),
    ({"seed": []}, r"experiments\.one\.seed: an empty list sweeps over nothing"),
    ({"seed": True}, r"experiments\.one\.seed: a truth value is not allowed"),
    ({"kind": ["multihead"]}, r"unknown model kind 'multihead'\. Did you mean 'multi_head'"),
    ({"kind": None}, r"experiments\.one\.kind: a value is needed"),
    ({"learning_rate": "fast"}, r"experiments\.one\.learning_rate: .*valid number.*found 'fast'"),
    ({"learning_rate": float("nan")}, r"experiments\.one\.learning_rate: .*finite"),
    (
        {"kind": "random", "epochs": [1, 2]},
        r"experiments\.one\.epochs: a sweep that no selected kind reads",
    ),
    (
        {"dataset": {"name": "dsprites_rendered", "subgrid": {"scale": 9}}},
        r"subgrid: scale has 6 classes: keep 1 to 6",
    ),
    (
        {"dataset": {"name": "dsprites_rendered", "subgrid": {"sclae": 2}}},
        r"unknown factor 'sclae'\. Did you mean 'scale'",
    ),
    (
        {"dataset": {"name": "dsprites_rendered", "classes": {"shape": [2, 0]}}},
        r"list those kept, each once, ascending",
    ),
    (
        {"dataset": {"name": "dsprites_rendered", "image_size": 48}},
        r"image_size: .*use 8, 16, 32 or 64; found 48",
    ),
    (
        {
            "dataset": {
                "name": "dsprites_rendered",
                "subgrid": {"scale": 2},
                "classes": {"scale": [0]},
            }
        },
        r"'scale' stands in subgrid and in classes",
    ),
    (
        {"figures": ["figure33"]},
        r"experiments\.one\.figures: unknown figure 'figure33'\. Did you mean 'figure3'",
    ),
    ({"kind": []}, r"experiments\.one\.kind: a value is needed"),
    ({"setting": []}, r"experiments\.one\.setting: a value is needed"),
    ({"head_layers": [0]}, r"head_layers\.0: .*greater than or equal to 1; found 0"),
    (
        {"batch_size": 10**6},
        r"training split has 552960 rows, fewer than one batch of 1000000; lower batch_size",
    ),
    (
        {"dataset": {"name": "dsprites_rendered", "subgrid": dict.fromkeys(FACTORS, 1)}},
        r"a split needs 8 images",
    ),
    (
        {
            "tasks": {"subsets": "halves"},
            "dataset": {"name": "dsprites_rendered", "subgrid": {"shape": 1, "scale": 1}},
        },
        r"subsets 'halves' needs factors that vary in each half",
    ),
    (
        {"kind": "random", "figures": ["figure4"]},
        r"figures: figure4 shows multi_head, one_head; select one of them",
    ),
    ({"setting": "papr"}, r"unknown setting 'papr'\. Did you mean 'paper'"),
]


@pytest.mark.parametrize(("change", "message"), REFUSED, ids=[str(c) for c, _ in REFUSED])
def test_errors_name_place_value_and_what_is_allowed(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        study(**change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"nmae": "x"}, r"config\.nmae: unknown setting 'nmae'\. Did you mean 'name'"),
        ({"name": "../away"}, r"config\.name: string should match pattern .*found '\.\./away'"),
        ({"name": ["a", "b"]}, r"config\.name: .*valid string; found \['a', 'b'\]"),
        ({"select": ["oen"]}, r"select: unknown experiment 'oen'\. Did you mean 'one'"),
        ({"select": []}, "an empty list builds nothing"),
        ({"metrics": {"migg": {}}}, r"unknown metric 'migg'\. Did you mean 'mig'"),
        (
            {"metrics": {"dci": {"num_trian": 5}}},
            r"metrics\.dci\.num_trian: .*Did you mean 'num_train'",
        ),
        (
            {"metrics": {"mig": {"num_train": 0}}},
            r"metrics\.mig\.num_train: .*greater than or equal to 2; found 0",
        ),
        ({"experiments": {"train": {}}}, r"experiments\.train: .*is none of .*rename it"),
        ({"experiments": {"a/b": {}}}, r"experiments\.a/b: an experiment's name"),
        ({"experiments": {}}, r"config\.experiments: .*at least 1"),
    ],
)
def test_errors_at_the_top_level(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Study.from_config(copy.deepcopy(SMALL) | change)


def test_planning_needs_no_numpy_torch_or_pandas() -> None:
    heavy = {"numpy", "torch", "pandas", "sklearn", "matplotlib"}
    code = f"import sys, mtdis.study; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
