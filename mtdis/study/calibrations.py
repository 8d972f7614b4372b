"""The calibrations of a config: which scores are compared with those of rotated codes, and how."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mtdis.errors import ConfigError, check_distinct, unknown
from mtdis.specs.base import explain
from mtdis.specs.calibration import CalibratedMetric, Calibration
from mtdis.specs.metric import Metric

WHERE = "calibration"


class Wanted(BaseModel):
    """The section `calibration` of a config."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    metrics: list[str] | None = Field(
        None, description="metrics of the study that are calibrated; all of them by default"
    )
    experiments: list[str] | None = Field(
        None, description="experiments whose runs are calibrated; all of them by default"
    )
    rotations: int | dict[str, int] = Field(
        default_factory=dict, description="of the codes: a number, or one per metric"
    )
    permutations: int | dict[str, int] = Field(
        default_factory=dict, description="of the factors: a number, or one per metric"
    )
    stop_after: int | dict[str, int] = Field(
        default_factory=dict,
        description="a null ends once as many draws reach the score: a number, or one per metric",
    )
    seed: int = Field(0, description="seed of all draws")
    settings: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="metric: settings that it has in its calibration, such as num_train",
    )


def wanted(section: Mapping[str, Any] | None, experiments: Sequence[str]) -> Wanted | None:
    """The section of a config, checked; None if it has none.

    ConfigError for what it can't hold, and for experiments that there are not.
    """
    if section is None:
        return None
    try:
        found = Wanted.model_validate(dict(section))
    except ValidationError as error:
        raise ConfigError(explain(error, Wanted, WHERE)) from None
    _check_names(found.experiments, experiments, "experiments", "experiment")
    return found


def experiments(section: Wanted | None, selected: Sequence[str]) -> tuple[str, ...]:
    """The selected experiments whose scores are calibrated."""
    if section is None:
        return ()
    named = selected if section.experiments is None else section.experiments
    return tuple(name for name in selected if name in named)


def calibrations(section: Wanted | None, metrics: Sequence[Metric]) -> tuple[CalibratedMetric, ...]:
    """Each metric of a study that is calibrated, with how; of one that is swept over seeds the
    first seed.

    Sizes are lowered to those at which a calibration is affordable (`calibrated_at` of the metric),
    unless `settings` give others. ConfigError names what is wrong.
    """
    if section is None:
        return ()
    first: dict[str, Metric] = {}
    for metric in metrics:
        first.setdefault(metric.settings_id, metric)
    names = dict.fromkeys(metric.name() for metric in metrics)
    _check_names(section.metrics, names, "metrics", "metric of the study")
    for field in ("rotations", "permutations", "stop_after", "settings"):
        if isinstance(given := getattr(section, field), dict):
            _check_names(list(given), names, field, "metric of the study")
    chosen = names if section.metrics is None else section.metrics
    pairs = [
        CalibratedMetric(_affordable(metric, section), _calibration(metric, section))
        for metric in first.values()
        if metric.name() in chosen
    ]
    return tuple(dict.fromkeys(pairs))


def _affordable(metric: Metric, section: Wanted) -> Metric:
    own = section.settings.get(metric.name(), {})
    lowered = {k: min(getattr(metric, k), v) for k, v in metric.calibrated_at.items()}
    fields = {k: v for k, v in metric.elided().items() if k not in ("name", "version")}
    where = f"{WHERE}.settings.{metric.name()}"
    return type(metric).parse(fields | lowered | own, where)


def _calibration(metric: Metric, section: Wanted) -> Calibration:
    defaults = {"rotations": metric.rotations, "permutations": metric.permutations}
    given = {"seed": section.seed}
    for field in ("rotations", "permutations", "stop_after"):
        value = getattr(section, field)
        if isinstance(value, dict):
            value = value.get(metric.name(), defaults.get(field, 0))
        elif field == "rotations" and not metric.rotations:
            value = 0  # of a number for all metrics: rotations leave this one as it is
        given[field] = value
    return Calibration.parse(given, WHERE)


def _check_names(
    given: Sequence[str] | None, known: Sequence[str] | Mapping[str, Any], field: str, thing: str
) -> None:
    check_distinct(given or (), f"{WHERE}.{field}")
    for name in given or ():
        if name not in known:
            raise ConfigError(f"{WHERE}.{field}: {unknown(thing, name, known)}")
