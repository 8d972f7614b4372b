"""`when` and `override`: which points get other values, and the words of the refusals, with the
lines to paste.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from mtdis.cli import main
from mtdis.errors import ConfigError
from mtdis.pasting import as_yaml
from mtdis.specs.dataset import Dataset
from mtdis.specs.tasks import Tasks
from mtdis.study import Study

FIELDS: dict[str, Any] = {"kind": ["random", "multi_head"], "seed": [1, 2], "dataset": "rendered"}


def study(override: dict[str, Any] | None = None, **body: Any) -> Study:
    config = {"name": "t", "metrics": {"mig": None}, "experiments": {"one": FIELDS | body}}
    return Study.from_config(config | ({"override": override} if override else {}))


def epochs(made: Study) -> dict[tuple[str, int], list[int]]:
    found: dict[tuple[str, int], list[int]] = {}
    for run in made.runs.values():
        if run.name() == "multi_head":
            found.setdefault((run.dataset.name(), run.seed), []).append(run.resolved()["epochs"])
    return found


def test_a_rule_changes_the_points_that_it_is_for_and_no_others() -> None:
    plain, ruled = (
        study(),
        study(when={"if": {"dataset": "mpi3d_real_rendered"}, "then": {"epochs": 400}}),
    )
    assert {key: [400 if key[0].startswith("mpi3d") else 200] for key in epochs(plain)} == epochs(
        ruled
    )
    assert [i for i in plain.runs if "mpi3d" not in i] == [
        i for i in ruled.runs if "mpi3d" not in i
    ]
    assert (
        sum(i.startswith("random") for i in ruled.runs) == 6
    )  # random networks read no epochs: as they were


def test_a_list_sweeps_and_rules_follow_each_other() -> None:
    rules = [
        {"if": {"seed": 2}, "then": {"epochs": [50, 60]}},
        {
            "if": {"epochs": 60, "dataset": ["dsprites_rendered", "shapes3d_rendered"]},
            "then": {"epochs": 70},
        },
    ]
    made = epochs(study(when=rules))
    assert made[("dsprites_rendered", 1)] == [200]
    assert made[("dsprites_rendered", 2)] == made[("shapes3d_rendered", 2)] == [50, 70]
    assert made[("mpi3d_real_rendered", 2)] == [50, 60]


def test_a_rule_reaches_into_tasks_and_datasets() -> None:
    rule = {
        "if": {"seed": 1, "kind": "multi_head"},
        "then": {"tasks.count": 3, "dataset": {"image_size": 32}},
    }
    changed = [
        r.resolved()
        for r in study(when=[rule]).runs.values()
        if r.seed == 1 and r.name() == "multi_head"
    ]
    assert {(r["tasks"]["count"], r["dataset"]["image_size"]) for r in changed} == {(3, 32)}
    assert len({r["dataset"]["name"] for r in changed}) == 3


def test_includes_are_left_as_they_stand_and_excludes_see_the_change() -> None:
    added = {"kind": "multi_head", "seed": 1, "dataset": "dsprites_rendered", "epochs": 9}
    rule = {"if": {"kind": "multi_head"}, "then": {"epochs": 7}}
    made = study(when=rule, include=added, exclude={"epochs": 7, "seed": 2})
    assert epochs(made)[("dsprites_rendered", 1)] == [7, 9]
    assert ("dsprites_rendered", 2) not in epochs(made)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            {"if": {"seed": 3}, "then": {"epochs": 5}},
            r"when\.if: no point has seed 3; the points have 1, 2",
        ),
        (
            {"if": {"sead": 1}, "then": {"epochs": 5}},
            r"when\.if\.sead: unknown setting 'sead'. Did you mean 'seed'",
        ),
        (
            {"if": {"seed": 1}, "then": {"epoch": 5}},
            r"(?s)when\.then\.epoch: .*Did you mean 'epochs'.*epochs: 5",
        ),
        (
            {"if": {"seed": 1}, "then": {"epochs": 0}},
            r"when\.then\.epochs: .*greater than or equal to 1; found 0",
        ),
        (
            {"if": {"seed": 1}, "then": {"kind": "random"}},
            r"when\.then\.kind: a rule can't change it",
        ),
        (
            {"if": {"kind": "random"}, "then": {"epochs": 5}},
            r"when\.then\.epochs: none of the points .*kind random",
        ),
        ({"if": {"seed": 1}}, r"when\.then: a rule is of the form"),
        (
            {"if": {"seed": 1}, "then": {"epochs": 5}, "else": {}},
            r"when\.else: unknown setting 'else'",
        ),
    ],
    ids=str,
)
def test_a_rule_that_can_not_be_is_refused(rule: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        study(when=rule)


def test_an_override_is_laid_over_every_point_and_checked() -> None:
    added = {"kind": "multi_head", "seed": 9, "dataset": "dsprites_rendered", "epochs": 9}
    made = study(override={"epochs": "5", "tasks.count": "4"}, epochs=[10, 20], include=added)
    assert {r.resolved()["epochs"] for r in made.runs.values() if r.name() == "multi_head"} == {5}
    assert {
        r.resolved()["tasks"]["count"] for r in made.runs.values() if r.name() == "multi_head"
    } == {4}
    assert 9 in {r.seed for r in made.runs.values()}
    for wrong, message in (
        ({"epochs": "many"}, "epochs: .*integer"),
        ({"epoch": 5}, "override.epoch: unknown"),
    ):
        with pytest.raises(ConfigError, match=message):
            study(override=wrong)


def test_only_an_override_that_is_there_enters_what_the_tables_depend_on() -> None:
    assert "override" not in study().only("one")
    assert '"epochs": 5' in study(override={"epochs": 5}).only("one")


def test_the_lines_to_paste_are_yaml_that_the_study_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = FIELDS | {"tasks": {"cuont": 4}}
    config = {"name": "t", "metrics": {"mig": None}, "experiments": {"one": body}}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    assert main(["plan", "--config", str(tmp_path / "config.yaml")]) == 2
    said = capsys.readouterr().err
    lines = yaml.safe_load(said.partition(" Write\n")[2])
    assert lines == {"experiments": {"one": {"tasks": {"count": 4}}}}


def test_places_in_lists_are_written_as_items() -> None:
    text = as_yaml(["experiments", "one", "include", "0", "tasks", "count"], [1, 2])
    assert yaml.safe_load(text) == {
        "experiments": {"one": {"include": [{"tasks": {"count": [1, 2]}}]}}
    }


LEARNED: dict[str, Any] = {"kind": "multi_head", "seed": [1, 2]}


def overridden(
    over: dict[str, Any], defaults: dict[str, Any] | None = None, **body: Any
) -> set[tuple[Any, ...]]:
    """(dataset, its image size, seed, epochs, number of tasks) of the runs of an experiment under
    an override.
    """
    config = {
        "name": "t",
        "metrics": {"mig": None},
        "defaults": defaults or {},
        "experiments": {"one": LEARNED | body},
    }
    runs = [run.resolved() for run in Study.from_config(config | {"override": over}).runs.values()]
    assert len(runs) == len({str(run) for run in runs})
    return {
        (
            r["dataset"]["name"],
            r["dataset"]["image_size"],
            r["seed"],
            r["epochs"],
            r["tasks"]["count"],
        )
        for r in runs
    }


def test_an_override_wins_over_rules() -> None:
    rules = [
        {"if": {"seed": 1}, "then": {"epochs": 400, "tasks.count": 7}},
        {"if": {"seed": 2}, "then": {"epochs": 500}},
    ]
    over = {"epochs": 5, "dataset": "dsprites_rendered"}
    found = overridden(over, dataset="rendered", when=rules)
    assert found == {("dsprites_rendered", 64, 1, 5, 7), ("dsprites_rendered", 64, 2, 5, 10)}
    named = {
        "if": {"seed": 1},
        "then": {"dataset": {"name": "mpi3d_real_rendered", "image_size": 16}},
    }
    found = overridden({"dataset.image_size": 32}, dataset="dsprites_rendered", when=named)
    assert {one[:3] for one in found} == {
        ("mpi3d_real_rendered", 32, 1),
        ("dsprites_rendered", 32, 2),
    }


def test_rules_and_excludes_for_what_an_override_replaces_go() -> None:
    rule = {"if": {"dataset": "mpi3d_real_rendered"}, "then": {"epochs": 400}}
    over = {"dataset": "dsprites_rendered", "epochs": "7"}
    found = overridden(
        {"dataset": "dsprites_rendered"},
        dataset="rendered",
        when=rule,
        exclude={"dataset": "dsprites"},
    )
    assert {one[3] for one in found} == {200}
    assert overridden(over, dataset="rendered", epochs=[7, 8], exclude={"epochs": 8})
    left = overridden(
        {"dataset": "rendered"}, dataset="dsprites", exclude={"dataset": "dsprites_rendered"}
    )
    assert {one[0] for one in left} == {"shapes3d_rendered", "mpi3d_real_rendered"}


@pytest.mark.parametrize(
    "two",
    [
        ["dsprites_rendered", "shapes3d_rendered"],
        [{"name": "dsprites_rendered", "image_size": 16}, {"name": "shapes3d_rendered"}],
        {"name": ["dsprites_rendered", "shapes3d_rendered"]},
    ],
    ids=str,
)
@pytest.mark.parametrize("place", ["body", "defaults"])
def test_an_override_is_laid_over_each_dataset_of_a_list(two: Any, place: str) -> None:
    defaults = {"dataset": two if place == "defaults" else "mpi3d_real_rendered"}
    found = overridden(
        {"dataset.image_size": 32}, defaults, **({"dataset": two} if place == "body" else {})
    )
    assert {one[:2] for one in found} == {("dsprites_rendered", 32), ("shapes3d_rendered", 32)}


def test_an_override_is_laid_over_each_mapping_of_tasks() -> None:
    tasks = [{"count": 5}, {"count": 6, "subsets": "halves"}]
    assert {
        one[4] for one in overridden({"tasks.count": 4}, dataset="dsprites_rendered", tasks=tasks)
    } == {4}


def test_an_override_wins_over_zips() -> None:
    zips = [
        {"epochs": [10, 20], "tasks.count": [3, 4]},
        {"dataset": ["dsprites_rendered", "shapes3d_rendered"]},
    ]
    found = overridden({"epochs": 5, "dataset.image_size": 32}, zip=zips, seed=1)
    assert found == {
        (f"{name}_rendered", 32, 1, 5, count)
        for name in ("dsprites", "shapes3d")
        for count in (3, 4)
    }
    assert {
        one[3]
        for one in overridden({"epochs": 5}, dataset="dsprites_rendered", zip={"epochs": [1, 2]})
    } == {5}
    named = {
        "dataset.name": ["dsprites_rendered", "shapes3d_rendered"],
        "dataset.image_size": [16, 24],
    }
    found = overridden({"dataset": {"image_size": 32}}, zip=named)
    assert {one[:2] for one in found} == {("dsprites_rendered", 32), ("shapes3d_rendered", 32)}


def test_an_override_touches_the_selected_experiments_only_and_is_named_in_errors() -> None:
    control = {
        "kind": "ground_truth",
        "seed": 1,
        "scaling": ["raw", "standardised"],
        "dataset": "dsprites_rendered",
    }
    config: dict[str, Any] = {
        "name": "t",
        "metrics": {"mig": None},
        "experiments": {"one": FIELDS, "two": control},
        "override": {"kind": "multi_head"},
    }
    made = Study.from_config(config | {"select": ["one"]})
    assert {run.name() for run in made.runs.values()} == {"multi_head"}
    for select in ({}, {"select": ["one", "two"]}):
        with pytest.raises(
            ConfigError,
            match=r'^override: {"kind": "multi_head"} does not fit experiments.two\. .*scal',
        ):
            Study.from_config(config | select)
    wrong = config | {"experiments": {"one": FIELDS | {"epochs": 0}}}
    with pytest.raises(
        ConfigError, match=r"^experiments\.one\.epochs"
    ):  # wrong without the override, too
        Study.from_config(wrong)


def test_a_rule_applies_to_datasets_and_tasks_of_a_later_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rule = {"if": {"kind": "multi_head"}, "then": {"epochs": 7, "dataset.image_size": 32}}
    fields = {
        "dataset": {
            "name": "dsprites_rendered",
            "correlated": ["scale", "posX"],
            "correlation": 1.4,
        }
    }
    for cls in (Dataset.member("dsprites_rendered"), Tasks):
        monkeypatch.setattr(cls, "version", cls.version + 1)
    changed = [
        run.resolved()
        for run in study(when=rule, **fields).runs.values()
        if run.name() == "multi_head"
    ]
    assert {
        (r["epochs"], r["dataset"]["image_size"], r["dataset"]["correlation"]) for r in changed
    } == {(7, 32, 1.4)}
