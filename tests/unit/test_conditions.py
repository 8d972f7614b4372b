"""`when` and `override`: which points get other values, and the words of the refusals, with the lines to paste."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from mtdis.cli import main
from mtdis.errors import ConfigError, as_yaml
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
    plain, ruled = study(), study(when={"if": {"dataset": "mpi3d_real_rendered"}, "then": {"epochs": 400}})
    assert {key: [400 if key[0].startswith("mpi3d") else 200] for key in epochs(plain)} == epochs(ruled)
    assert [i for i in plain.runs if "mpi3d" not in i] == [i for i in ruled.runs if "mpi3d" not in i]
    assert sum(i.startswith("random") for i in ruled.runs) == 6  # random networks read no epochs: as they were


def test_a_list_sweeps_and_rules_follow_each_other() -> None:
    rules = [
        {"if": {"seed": 2}, "then": {"epochs": [50, 60]}},
        {"if": {"epochs": 60, "dataset": ["dsprites_rendered", "shapes3d_rendered"]}, "then": {"epochs": 70}},
    ]
    made = epochs(study(when=rules))
    assert made[("dsprites_rendered", 1)] == [200]
    assert made[("dsprites_rendered", 2)] == made[("shapes3d_rendered", 2)] == [50, 70]
    assert made[("mpi3d_real_rendered", 2)] == [50, 60]


def test_a_rule_reaches_into_tasks_and_datasets() -> None:
    rule = {"if": {"seed": 1, "kind": "multi_head"}, "then": {"tasks.count": 3, "dataset": {"image_size": 32}}}
    changed = [r.resolved() for r in study(when=[rule]).runs.values() if r.seed == 1 and r.name() == "multi_head"]
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
        ({"if": {"seed": 3}, "then": {"epochs": 5}}, r"when\.if: no point has seed 3; the points have 1, 2"),
        ({"if": {"sead": 1}, "then": {"epochs": 5}}, r"when\.if\.sead: unknown setting 'sead'. Did you mean 'seed'"),
        ({"if": {"seed": 1}, "then": {"epoch": 5}}, r"(?s)when\.then\.epoch: .*Did you mean 'epochs'.*epochs: 5"),
        ({"if": {"seed": 1}, "then": {"epochs": 0}}, r"when\.then\.epochs: .*greater than or equal to 1; found 0"),
        ({"if": {"seed": 1}, "then": {"kind": "random"}}, r"when\.then\.kind: a rule can't change it"),
        (
            {"if": {"kind": "random"}, "then": {"epochs": 5}},
            r"when\.then\.epochs: none of the points .*kind random",
        ),
        ({"if": {"seed": 1}}, r"when\.then: a rule is of the form"),
        ({"if": {"seed": 1}, "then": {"epochs": 5}, "else": {}}, r"when\.else: unknown setting 'else'"),
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
    assert {r.resolved()["tasks"]["count"] for r in made.runs.values() if r.name() == "multi_head"} == {4}
    assert 9 in {r.seed for r in made.runs.values()}
    for wrong, message in (({"epochs": "many"}, "epochs: .*integer"), ({"epoch": 5}, "override.epoch: unknown")):
        with pytest.raises(ConfigError, match=message):
            study(override=wrong)


def test_only_an_override_that_is_there_enters_what_the_tables_depend_on() -> None:
    assert "override" not in study().only("one")
    assert '"epochs": 5' in study(override={"epochs": 5}).only("one")


def test_the_lines_to_paste_are_yaml_that_the_study_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = FIELDS | {"tasks": {"cuont": 4}}
    config = {"name": "t", "metrics": {"mig": None}, "experiments": {"one": body}}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    assert main(["plan", "--config", str(tmp_path / "config.yaml")]) == 2
    said = capsys.readouterr().err
    lines = yaml.safe_load(said.partition(" Write\n")[2])
    assert lines == {"experiments": {"one": {"tasks": {"count": 4}}}}


def test_places_in_lists_are_written_as_items() -> None:
    text = as_yaml(["experiments", "one", "include", "0", "tasks", "count"], [1, 2])
    assert yaml.safe_load(text) == {"experiments": {"one": {"include": [{"tasks": {"count": [1, 2]}}]}}}
