"""The section `calibration` of a config: what it wants by default, and what it refuses."""

import json
from typing import Any

import pytest

from mtdis.errors import ConfigError
from mtdis.specs.calibration import CalibratedMetric
from mtdis.specs.ids import identify
from mtdis.study import Study

CONFIG: dict[str, Any] = {
    "name": "test",
    "metrics": {"mig": {"num_train": 200}, "dci": {}, "sap": {"seed": [3, 4]}},
    "experiments": {
        name: {"kind": "random", "seed": [1, 2], "dataset": "dsprites_rendered"}
        for name in ("one", "other")
    },
}


def study(**calibration: Any) -> Study:
    return Study.from_config(CONFIG | {"calibration": calibration})


def test_without_the_section_nothing_is_calibrated() -> None:
    for config in (CONFIG, CONFIG | {"calibration": None}):
        made = Study.from_config(config)
        assert (made.calibrations, made.calibrated, made.calibrated_runs) == ((), (), ())
        assert made.results("one")["calibrations"] == []

        assert "calibration" not in made.only("one")


def test_an_empty_section_takes_each_metrics_own_defaults() -> None:
    found = {m.name(): (m, c) for m, c in study().calibrations}
    assert {name: c.rotations for name, (_, c) in found.items()} == {
        "mig": 499,
        "dci": 19,
        "sap": 19,
    }
    assert {name: c.permutations for name, (_, c) in found.items()} == {
        "mig": 19,
        "dci": 5,
        "sap": 19,
    }
    assert found["dci"][0].num_train == 2000  # another number than that of 10,000: named so
    assert identify(found["dci"][0]) == "dci+num_train=2000+num_test=1000"
    assert found["mig"][0].num_train == 200  # the study's own settings
    assert found["sap"][0].seed == 3  # the first of a sweep over seeds


def test_numbers_and_settings_of_the_config_win() -> None:
    made = study(
        metrics=["mig", "dci"],
        rotations={"mig": 99},
        permutations=2,
        stop_after={"mig": 5},
        seed=7,
        settings={"dci": {"num_train": 10000}},
    )
    (mig, first), (dci, second) = made.calibrations
    assert (mig.name(), first.rotations, first.permutations) == ("mig", 99, 2)
    assert (first.stop_after, second.stop_after, first.seed) == (5, 0, 7)
    assert (dci.num_train, dci.num_test, second.rotations) == (10000, 1000, 19)


def test_a_number_for_all_metrics_is_not_for_those_that_rotations_leave() -> None:
    config = CONFIG | {"metrics": {"mig": {}, "linear_r2": {}}}
    for asked, wanted in ((9, [9, 0]), ({"linear_r2": 9}, [499, 9])):
        made = Study.from_config(config | {"calibration": {"rotations": asked}})
        assert [c.rotations for _, c in made.calibrations] == wanted


def test_sizes_are_lowered_never_raised() -> None:
    config = CONFIG | {"metrics": {"dci": {"num_train": 300}}, "calibration": {}}
    ((dci, _),) = Study.from_config(config).calibrations
    assert (dci.num_train, dci.num_test) == (300, 1000)


def test_named_experiments_alone_are_calibrated() -> None:
    made = study(experiments=["other"])
    assert made.calibrated == ("other",)
    assert list(made.calibrated_runs) == made.run_ids("other")
    assert made.results("one")["calibrations"] == []
    assert len(made.results("other")["calibrations"]) == 2
    # each experiment's long table reads that part of the section which concerns it
    assert Study.from_config(_parsed(made.only("one"))).calibrated == ()
    assert Study.from_config(_parsed(made.only("other"))).calibrated == ("other",)


def test_what_the_workflow_hands_on_is_read_back() -> None:
    made = study(seed=3)
    pairs = [CalibratedMetric.from_fields(f) for f in _parsed(made.calibration_specs)]
    assert set(pairs) == set(made.calibrations)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"rotation": 3}, "calibration.rotation: unknown setting.*'rotations'"),
        ({"rotations": {"mog": 3}}, "calibration.rotations: unknown metric.*'mig'"),
        ({"rotations": -1}, "calibration.rotations: .*greater than or equal to 0; found -1"),
        ({"rotations": {"mig": 2.5}}, "calibration.rotations.*found 2.5"),
        ({"rotations": True}, "calibration.rotations.*found True"),
        ({"experiments": ["ones"]}, "calibration.experiments: unknown experiment.*'one'"),
        ({"metrics": ["irs"]}, "calibration.metrics: unknown metric of the study 'irs'"),
        ({"metrics": ["mig", "mig"]}, "'mig' is given 2 times"),
        ({"settings": {"dci": {"trees": 3}}}, "calibration.settings.dci.trees: unknown setting"),
        ({"seed": -1}, "calibration.seed: .*found -1"),
    ],
)
def test_what_can_not_be_is_refused_in_words(section: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        study(**section)


def test_a_table_of_calibrated_scores_is_refused_where_there_are_none() -> None:
    one = CONFIG["experiments"]["one"] | {"tables": ["calibration"]}
    config = CONFIG | {"experiments": {"one": one, "other": CONFIG["experiments"]["other"]}}
    for section in (None, {"experiments": ["other"]}):
        with pytest.raises(ConfigError, match=r"one\.tables: calibration shows calibrated scores"):
            Study.from_config(config | {"calibration": section})
    made = Study.from_config(config | {"calibration": {"experiments": ["one"]}})
    assert made.experiments["one"].tables == ("calibration",)


def _parsed(text: str) -> Any:
    return json.loads(text)
