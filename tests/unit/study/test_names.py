"""A name ends where it ends, and text that looks like a number stays text."""

from typing import Any

import pytest
from helpers.small_study import DATASET

from mtdis.errors import ConfigError
from mtdis.study import Study
from mtdis.study.config_files import parse_yaml

OWN: dict[str, Any] = {
    "name": "own",
    "label": "beads",
    "images": "images.npy",
    "table": "factors.csv",
    "factors": ["hue"],
    "class_counts": [8],
    "rows": 8,
    "image_size": 8,
    "checksum": "sha256-0123456789abcdef",
}


def study(dataset: Any = DATASET, experiment: str = "one", **top: Any) -> Study:
    body = {"kind": "random", "seed": 1, "dataset": dataset}
    config = {"name": "small", "metrics": {"mig": {}}, "experiments": {experiment: body}}
    return Study.from_config(config | top)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "small\n"}, r"config\.name: .*found 'small\\n'"),
        ({"experiment": "one\n"}, "an experiment's name is made of letters"),
        ({"dataset": "dsprites_rendered\n"}, "unknown dataset"),
        ({"dataset": OWN | {"label": "beads\n"}}, r"dataset\.label: a name without a folder"),
        ({"dataset": OWN | {"table": "factors.csv\n"}}, r"dataset\.table: a name without"),
        ({"dataset": OWN | {"factors": ["hue\n"]}}, r"dataset\.factors: factor 'hue"),
        ({"dataset": OWN | {"checksum": OWN["checksum"] + "\n"}}, "this is no checksum"),
    ],
)
def test_a_name_with_a_line_break_behind_it_is_refused(fields: dict[str, Any], words: str) -> None:
    assert study(OWN).datasets
    with pytest.raises(ConfigError, match=words):
        study(**fields)


@pytest.mark.parametrize("label", ["010", "1e3", "2024", "1.0", "true", "null"])
def test_a_quoted_label_that_looks_like_a_number_stays_what_it_is(label: str) -> None:
    written = "\n".join(f"{key}: {value!r}" for key, value in (OWN | {"label": label}).items())
    [dataset] = study(parse_yaml(written, "c.yaml")).datasets.values()
    assert dataset.elided()["label"] == label


def test_a_label_that_is_a_number_is_refused_with_the_way_to_write_it() -> None:
    with pytest.raises(ConfigError, match=r"quote a text that looks like a number: '2024'"):
        study(OWN | {"label": 2024})
