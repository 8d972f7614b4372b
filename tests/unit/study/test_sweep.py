"""zip, include and exclude against a naive enumeration, and the words of their refusals."""

import json
from itertools import product
from typing import Any

import jsonschema
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mtdis.errors import ConfigError
from mtdis.specs.dataset import Dataset
from mtdis.study import Study, combine, sweep
from mtdis.study.schema import config_schema

KINDS = ("random", "multi_head", "one_head")
SEEDS = (1, 2, 3)
EPOCHS = (5, 6, 7)
LEFT_OUT = object()
"""A field of the usual ones that a zip gives instead."""
Naive = tuple[str, int, int | None]


def study(**body: Any) -> Study:
    fields = {"kind": "multi_head", "seed": 1, "dataset": "dsprites_rendered"} | body
    return of({k: v for k, v in fields.items() if v is not LEFT_OUT})


def of(fields: dict[str, Any]) -> Study:
    return Study.from_config(
        {"name": "t", "metrics": {"mig": None}, "experiments": {"one": fields}}
    )


def seen(made: Study, *paths: str) -> list[tuple[Any, ...]]:
    """(kind, value of each dotted path) of each run, in order."""
    return [
        (run.name(), *(_value(run.resolved(), p.split(".")) for p in paths))
        for run in made.runs.values()
    ]


def _value(fields: Any, path: list[str]) -> Any:
    for key in path:
        fields = fields.get(key) if isinstance(fields, dict) else None
    return fields


def naive(kind: str, seed: int, epochs: int) -> Naive:
    return kind, seed, None if kind == "random" else epochs  # an untrained network reads no epochs


def some(values: tuple[Any, ...]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.sampled_from(values), min_size=1, max_size=len(values), unique=True)


@settings(deadline=None, max_examples=60)
@given(
    kinds=some(KINDS),
    seeds=some(SEEDS),
    epochs=some(EPOCHS),
    excludes=st.lists(
        st.fixed_dictionaries(
            {},
            optional={"kind": some(KINDS), "seed": st.sampled_from(SEEDS), "epochs": some(EPOCHS)},
        ).filter(bool),
        max_size=2,
    ),
    includes=st.lists(st.tuples(*map(st.sampled_from, (KINDS, SEEDS, EPOCHS))), max_size=3),
)
def test_an_experiment_is_its_product_less_excludes_and_includes(
    kinds: list[str],
    seeds: list[int],
    epochs: list[int],
    excludes: list[dict[str, Any]],
    includes: list[tuple[str, int, int]],
) -> None:
    assume(kinds != ["random"] or len(epochs) == 1)  # a sweep that no kind reads is refused
    points = {naive(*point) for point in product(kinds, seeds, epochs)}

    def matched(point: Naive, exclude: dict[str, Any]) -> bool:
        names = ("kind", "seed", "epochs")
        wanted = [
            (value, exclude[name])
            for name, value in zip(names, point, strict=True)
            if name in exclude
        ]
        return all(value in (one if isinstance(one, list) else [one]) for value, one in wanted)

    left = {p for p in points if not any(matched(p, e) for e in excludes)}
    body = {"kind": kinds, "seed": seeds, "epochs": epochs, "exclude": excludes}
    body["include"] = [dict(zip(("kind", "seed", "epochs"), one, strict=True)) for one in includes]
    if not left or not all(any(matched(p, e) for p in points) for e in excludes):
        with pytest.raises(ConfigError, match=r"experiments\.one\.exclude"):
            study(**body)
        return
    found = seen(study(**body), "seed", "epochs")
    assert len(found) == len(set(found))
    assert set(found) == left | {naive(*one) for one in includes}


@settings(deadline=None, max_examples=40)
@given(
    pairs=st.lists(
        st.tuples(st.sampled_from((1, 2)), st.sampled_from((8, 16, 32))), min_size=1, max_size=4
    ),
    others=st.lists(
        st.tuples(st.sampled_from((1e-3, 1e-4)), st.sampled_from(EPOCHS)), min_size=1, max_size=3
    ),
    seeds=some(SEEDS),
)
def test_zips_advance_together_and_are_crossed(
    pairs: list[tuple[int, int]], others: list[tuple[float, int]], seeds: list[int]
) -> None:
    first = {"tasks.count": [c for c, _ in pairs], "dataset": {"image_size": [s for _, s in pairs]}}
    second = {"learning_rate": [r for r, _ in others], "epochs": [e for _, e in others]}
    made = study(seed=seeds, zip=[first, second])
    found = seen(made, "tasks.count", "dataset.image_size", "learning_rate", "epochs", "seed")
    expected = {
        ("multi_head", *pair, *other, seed) for pair in pairs for other in others for seed in seeds
    }
    assert set(found) == expected
    assert len(found) == len(expected)


def test_kind_and_setting_can_be_zipped() -> None:
    made = study(
        zip={"kind": ["one_head", ["random", "multi_head"]], "setting": ["paper", "released"]},
        kind=LEFT_OUT,
        seed=[1, 2],
    )
    found = set(seen(made, "initialisation"))
    assert found == {("one_head", "pytorch"), ("random", "released"), ("multi_head", "released")}
    assert len(made.runs) == 6


def test_a_sweep_that_only_one_zipped_kind_reads_is_taken() -> None:
    made = study(
        zip={"kind": ["random", "multi_head"], "seed": [1, 2]},
        kind=LEFT_OUT,
        seed=LEFT_OUT,
        epochs=[5, 6],
    )
    assert seen(made, "seed", "epochs") == [
        ("random", 1, None),
        ("multi_head", 2, 5),
        ("multi_head", 2, 6),
    ]
    assert made.experiments["one"].dropped == {"random": ("epochs",)}


def test_a_zip_of_lists_gives_a_list_field_one_list_each_time() -> None:
    made = study(zip={"head_layers": [[300, 300], [64]], "epochs": [5, 6]})
    assert seen(made, "head_layers", "epochs") == [
        ("multi_head", [300, 300], 5),
        ("multi_head", [64], 6),
    ]


def test_an_include_lies_over_the_fields_that_are_no_lists() -> None:
    made = study(
        kind=["random", "multi_head"],
        seed=[1, 2],
        tasks={"count": [5, 6], "subsets": "halves"},
        dataset={
            "name": "dsprites_rendered",
            "image_size": 32,
            "classes": {"shape": [0, 1]},
            "subgrid": {"scale": 3},
        },
        head_layers=[64, 64],
        include=[{"kind": "one_head", "seed": [4, 5], "dataset.image_size": 16}],
    )
    added = [run.resolved() for run in made.runs.values() if run.name() == "one_head"]
    assert [run["seed"] for run in added] == [4, 5]
    for run in added:
        assert run["head_layers"] == [64, 64]
        assert (run["tasks"]["count"], run["tasks"]["subsets"]) == (
            10,
            "halves",
        )  # the list of counts is left out
        assert run["dataset"]["image_size"] == 16
        assert (run["dataset"]["classes"], run["dataset"]["subgrid"]) == (
            {"shape": [0, 1]},
            {"scale": 3},
        )


def test_an_include_keeps_what_unnamed_datasets_are_laid_over() -> None:
    config = {
        "name": "t",
        "metrics": {"mig": None},
        "defaults": {
            "dataset": {"name": "dsprites_rendered", "image_size": 8},
            "learning_rate": 0.1,
            "tables": [],
        },
        "experiments": {
            "one": {
                "kind": "random",
                "seed": 1,
                "dataset": {"classes": {"shape": [[0], [0, 1]], "scale": [0, 1]}},
                "include": {"kind": "multi_head", "seed": 2, "setting": "released"},
            }
        },
    }
    *_, added = (run.resolved() for run in Study.from_config(config).runs.values())
    assert (added["dataset"]["image_size"], added["dataset"]["classes"]) == (8, {"scale": [0, 1]})
    assert added["learning_rate"] == 1e-4  # a setting lies over the defaults, whoever names it


def test_an_include_may_bring_back_what_is_excluded_and_counts_once() -> None:
    made = study(
        seed=[1, 2, 3], exclude=[{"seed": [2, 3]}], include=[{"seed": 1}, {"seed": 3}, {"seed": 3}]
    )
    assert seen(made, "seed") == [("multi_head", 1), ("multi_head", 3)]
    assert len(made.experiments["one"].runs) == 2


EXCLUDED: list[tuple[dict[str, Any], int]] = [
    ({"kind": "single_task", "tasks": {"count": 50}}, 8 - 2),
    ({"kind": "single_task", "tasks.count": 50}, 8 - 2),
    ({"learning_rate": "1e-4"}, 0 + 4),  # YAML reads 1e-4 as text
    ({"tasks": {"count": [5, 50]}, "kind": "one_head"}, 8 - 4),
    ({"dataset": "dsprites_rendered", "tasks.count": 5}, 8 - 4),
    ({"dataset": {"name": "dsprites_rendered", "subgrid": {"scale": 3}}, "tasks.count": 5}, 8 - 4),
    ({"head_layers": [64], "tasks.count": 5}, 8 - 4),
    ({"head_layers": [[64], [65]], "tasks.count": 5}, 8 - 4),
    ({"setting": "paper", "tasks.count": 5}, 8 - 4),
]


@pytest.mark.parametrize(("exclude", "left"), EXCLUDED, ids=[str(e) for e, _ in EXCLUDED])
def test_excludes_match_values_however_they_are_written(exclude: dict[str, Any], left: int) -> None:
    made = study(
        kind=["single_task", "one_head"],
        tasks={"count": [5, 50]},
        learning_rate=[1e-3, 1e-4],
        head_layers=[64],
        dataset={"name": "dsprites_rendered", "subgrid": {"scale": 3}},
        exclude=[exclude],
    )
    assert len(made.runs) == left


def test_a_run_of_two_settings_stays_if_one_is_excluded() -> None:
    body = {
        "head_layers": [64],
        "head_activation": "relu",
        "learning_rate": 1e-3,
        "initialisation": "pytorch",
    }
    made = study(setting=["paper", "released"], exclude={"setting": "released"}, **body)
    assert len(made.runs) == 1


def test_outputs_need_a_kind_that_is_left() -> None:
    with pytest.raises(ConfigError, match=r"figures: figure4 shows multi_head, one_head"):
        study(kind=["random", "multi_head"], exclude={"kind": "multi_head"}, figures=["figure4"])


def test_the_part_of_one_experiment_gives_its_runs_again() -> None:
    made = study(
        kind=["random", "multi_head"],
        zip={"latent_size": [4, 5], "epochs": [5, 6]},
        exclude={"epochs": 5},
        include={"seed": 9, "kind": "one_head"},
    )
    assert len(made.runs) == 2 + 1 + 1
    assert list(Study.from_config(json.loads(made.only("one"))).runs) == list(made.runs)


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"zip": {"epochs": [1, 2], "latent_size": [3]}},
        r"one\.zip: .*length; epochs has 2, latent_size has 1 values",
    ),
    ({"zip": [{"epochs": 5}]}, r"one\.zip\.0\.epochs: a zip needs a list of values; found 5"),
    ({"zip": {"epochs": []}}, r"one\.zip\.epochs: a zip needs a list of values; found \[\]"),
    ({"zip": 3}, r"one\.zip: a mapping of fields to values is needed; found 3"),
    ({"zip": [{}]}, r"one\.zip\.0: a mapping of fields to values is needed; found \{\}"),
    (
        {"zip": {"epohcs": [1]}},
        r"one\.zip\.epohcs: unknown setting 'epohcs'\. Did you mean 'epochs'",
    ),
    ({"zip": {"tables": [1]}}, r"one\.zip\.tables: unknown setting"),
    ({"zip": {"seed": [2, 3]}}, r"one\.zip: 'seed' is given 2 times in the experiment; keep one"),
    ({"zip": [{"epochs": [2]}, {"epochs": [3]}]}, r"one\.zip: 'epochs' is given 2 times"),
    (
        {"zip": {"tasks": {"count": [1]}, "tasks.count": [2]}},
        r"one\.zip: 'tasks\.count' is given 2 times",
    ),
    ({"zip": {"tasks.count": [0]}}, r"one\.tasks\.count: .*greater than or equal to 1; found 0"),
    (
        {"kind": "random", "zip": {"epochs": [1, 2]}},
        r"one\.zip\.epochs: a sweep that no selected kind reads",
    ),
    (
        {"include": [{"sead": 1}]},
        r"one\.include\.0\.sead: unknown setting 'sead'\. Did you mean 'seed'",
    ),
    ({"seed": [1, 2], "include": [{"epochs": 3}]}, r"one\.include\.0\.seed: a value is needed"),
    (
        {"kind": ["random", "one_head"], "include": [{"seed": 3}]},
        r"one\.include\.0\.kind: a value is needed",
    ),
    ({"include": [{"seed": 1}, {"tasks.count": 0}]}, r"one\.include\.1\.tasks\.count: .*found 0"),
    (
        {"include": [{"kind": "random", "epochs": [1, 2]}]},
        r"include\.0\.epochs: a sweep that no selected kind reads",
    ),
    ({"include": {"zip": {"epochs": [1]}}}, r"one\.include\.zip: unknown setting 'zip'"),
    (
        {"exclude": [{"seed": 2}]},
        r"one\.exclude\.0: no point has seed 2; the points have 1\. Mend it or take it out",
    ),
    (
        {"exclude": [{"seed": True}]},
        r"one\.exclude\.0: no point has seed True; the points have 1\.",
    ),
    (
        {"exclude": [{"seed": "one"}]},
        r"one\.exclude\.0: no point has seed 'one'; the points have 1\.",
    ),
    (
        {"exclude": [{"tasks": {"cuont": 5}}]},
        r"exclude\.0: no point has this field; .*'tasks\.cuont'.*'tasks\.count'",
    ),
    ({"exclude": [{"sead": 2}]}, r"one\.exclude\.0\.sead: unknown setting 'sead'"),
    ({"exclude": [{"seed": 1}]}, r"one\.exclude: all 1 points are excluded"),
    (
        {"exclude": ["seed"]},
        r"one\.exclude\.0: a mapping of fields to values is needed; found 'seed'",
    ),
    (
        {
            "zip": {"epochs": [2, 3], "latent_size": [4, 5]},
            "exclude": {"epochs": 2, "latent_size": 5},
        },
        (
            r"one\.exclude: there are points with each of epochs 2, latent_size 5, but none with"
            r" all of them"
        ),
    ),
]


@pytest.mark.parametrize(("change", "message"), REFUSED, ids=[str(c) for c, _ in REFUSED])
def test_errors_name_place_value_and_what_is_allowed(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        study(**change)


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        {"zip": {"learning_rate": ["1e-3", 1e-4], "epochs": [1, 2]}},
        {
            "zip": [
                {"tasks": {"count": [1, 2]}, "dataset.image_size": [8, 16]},
                {"head_layers": [[3, 3], [4]]},
            ]
        },
        {"zip": None, "include": None, "exclude": None},
        {
            "seed": [1, 2],
            "include": [{"seed": 3, "tasks.count": 3}],
            "exclude": {"seed": 1, "tasks": {"count": 10}},
        },
    ],
)
def test_what_the_study_takes_the_schema_takes(body: dict[str, Any]) -> None:
    study(**body)
    experiment = {"kind": "multi_head", "seed": 1, "dataset": "dsprites_rendered"} | body
    jsonschema.validate({"name": "t", "experiments": {"one": experiment}}, config_schema())


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        {"zip": {"epohcs": [1]}},
        {"zip": {"epochs": 5}},
        {"zip": {"tasks.count": 5}},
        {"include": [{"sead": 1}]},
        {"include": [{"tasks.cuont": 1}]},
        {"exclude": [{"tables": ["table5"]}]},
        {"exclude": ["seed"]},
    ],
)
def test_typos_in_combinations_are_marked_in_the_editor(body: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(
            {"name": "t", "experiments": {"one": {"kind": "random"} | body}}, config_schema()
        )


def test_defaults_take_no_combinations() -> None:
    config = {
        "name": "t",
        "defaults": {"zip": {"seed": [1]}},
        "experiments": {"one": {"kind": "random"}},
    }
    with pytest.raises(ConfigError, match=r"defaults\.zip: unknown setting 'zip'"):
        Study.from_config(config)


def test_what_is_empty_in_yaml_combines_nothing() -> None:
    assert seen(study(zip=None, include=None, exclude=None), "seed") == [("multi_head", 1)]


def test_dotted_and_nested_fields_are_the_same() -> None:
    assert combine.nested({"a.b": 1, "a": {"c.d": 2}}) == {"a": {"b": 1, "c": {"d": 2}}}
    assert combine.nested({"dataset": "x", "dataset.image_size": 8}) == {
        "dataset": {"name": "x", "image_size": 8}
    }


def test_singles_leave_out_lists_except_a_list_fields_one_value() -> None:
    types = {"numbers": tuple[int, ...], "seed": int}
    assert sweep.singles(types, {"numbers": [1, 2], "seed": [1]}) == {"numbers": [1, 2]}
    assert sweep.singles(types, {"numbers": [[1], [2]], "seed": 1}) == {"seed": 1}
    both = {"name": ["dsprites_rendered", "dsprites_rendered"], "image_size": 32}
    assert (
        sweep.singles({"dataset": Dataset}, {"dataset": both}) == {}
    )  # settings of a name that sweeps go with it
