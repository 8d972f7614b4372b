"""The top level of config.yaml, and what of it can be checked before anything is expanded."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from mtdis.errors import MAX_LINE, ConfigError, check_distinct, unknown
from mtdis.pasting import flow, shell
from mtdis.specs.base import explain
from mtdis.study import expand

SLUG = r"^[A-Za-z][A-Za-z0-9_-]{0,59}$"


RULES = (
    "all",
    "study",
    "download",
    "dataset",
    "targets",
    "train",
    "stage",
    "scores",
    "calibrate",
    "long_table",
    "nulls",
    "study_table",
    "table",
    "figure",
    "page",
)
"""Rule names of the workflow, which an experiment can't take: `snakemake <experiment>` is its
target.
"""

# A key whose lines are all commented out is null in YAML: nothing stands there.
EMPTY = BeforeValidator(lambda value: {} if value is None else value)


Fields = Annotated[dict[str, Any], EMPTY]


class Config(BaseModel):
    """The top level of config.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(
        pattern=SLUG,
        description="folder of the study's tables and figures: letters, digits, _ and -",
    )
    defaults: Fields = Field(default_factory=dict, description="fields of every experiment's runs")
    metrics: Annotated[dict[str, Fields], EMPTY] = Field(
        default_factory=dict, description="metric: its settings; a list sweeps"
    )
    experiments: Annotated[dict[str, Fields], EMPTY] = Field(
        min_length=1,
        description=(
            "experiment: fields of its runs; lists sweep, their product is run; zip, include,"
            " exclude"
        ),
    )
    override: Fields = Field(
        default_factory=dict,
        description=(
            "fields laid over the selected experiments; for the command line: --config override=…"
        ),
    )
    calibration: dict[str, Any] | None = Field(
        None,
        description=(
            "scores of rotated codes beside each score: rotations, permutations and stop_after, a"
            " number or one per metric; metrics, experiments, seed, settings; {} takes the defaults"
        ),
    )
    limit: int = Field(
        100_000, ge=1, description="points that an experiment may have; more are refused at once"
    )
    select: list[str] | None = Field(
        None, description="the experiments that are built; all of them by default"
    )


def _override(key: str, value: Any) -> str:
    """The words that lay a field over all experiments; of a long value, where it is written."""
    words = shell("snakemake", "--config", f"override={flow({key: value})}")
    return words if len(words) < MAX_LINE // 2 else "write it below `override` in the config."


def check(config: Mapping[str, Any]) -> Config:
    """The top level of a config; ConfigError for what it can't hold, and for names of experiments.

    What its experiments hold is checked where they are expanded.
    """
    for key, value in config.items():
        if key not in Config.model_fields and key.partition(".")[0] in expand.point_fields():
            raise ConfigError(
                f"{key}: a field of runs stands below an experiment, or below `defaults`. To lay it"
                f" over all of them: {_override(key, value)}"
            )
    try:
        checked = Config.model_validate(dict(config))
    except ValidationError as error:
        raise ConfigError(explain(error, Config, "config")) from None
    for name in checked.experiments:
        if not re.fullmatch(SLUG, name) or name in RULES:
            raise ConfigError(
                f"experiments.{name}: an experiment's name is made of letters, digits, _ and -, "
                f"begins with a letter and is none of {', '.join(RULES)}; rename it."
            )
    known = ", ".join(checked.experiments)
    check_distinct(checked.select or (), "select")
    if checked.select == []:
        raise ConfigError(f"select: an empty list builds nothing; name some of {known}.")
    for name in checked.select or ():
        if name not in checked.experiments:
            raise ConfigError(f"select: {unknown('experiment', name, checked.experiments)}")
    return checked
