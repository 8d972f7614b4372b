"""Scores of a user's codes by one metric: each seed, mean and deviation, calibration, cautions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean, stdev
from typing import Any

from numpy.typing import NDArray

from mtdis.errors import ConfigError, UserError
from mtdis.metrics import FactorTable
from mtdis.scoring import run_scores
from mtdis.scoring.calibration import calibrate, stream
from mtdis.specs.calibration import Calibration
from mtdis.specs.metric import Metric
from mtdis.specs.nulls import summarise


@dataclass(frozen=True)
class Wanted:
    """A metric, once for each seed, and how its first is calibrated, if at all."""

    metrics: tuple[Metric, ...]
    calibration: Calibration | None

    @property
    def name(self) -> str:
        """The metric's name."""
        return self.metrics[0].name()

    @property
    def steps(self) -> int:
        """How many times `score` says that something is done."""
        return len(self.metrics) + (self.calibration is not None)


@dataclass(frozen=True)
class UserScore:
    """What a metric says of a user's codes, or why it says nothing."""

    wanted: Wanted
    by_seed: Mapping[str, list[float]] = field(default_factory=dict)
    """Key → its value for each seed."""
    calibration: Mapping[str, Any] = field(default_factory=dict)
    """Key → transforms and what the nulls say; `codes` has the codes' spectrum."""
    notes: Sequence[str] = ()
    error: str = ""

    def mean(self, key: str) -> float:
        """Of a key over the seeds."""
        return fmean(self.by_seed[key])

    def sd(self, key: str) -> float | None:
        """Of a key over the seeds, ddof 1; None for one seed."""
        return stdev(self.by_seed[key]) if len(self.by_seed[key]) > 1 else None

    def plain(self) -> dict[str, Any]:
        """All of it as JSON values; of one seed the keys' values alone, without deviations."""
        if self.error:
            return {"error": self.error}
        seeds = [metric.seed for metric in self.wanted.metrics]
        said: dict[str, Any] = {key: self.mean(key) for key in self.by_seed}
        if len(seeds) > 1:
            said["sd"] = {key: self.sd(key) for key in self.by_seed}
            said |= {"seeds": seeds, "by_seed": dict(self.by_seed)}
        if self.calibration:
            said["calibration"] = dict(self.calibration)
        return said | ({"notes": list(self.notes)} if self.notes else {})


def score(
    wanted: Wanted,
    codes: NDArray[Any],
    factors: FactorTable,
    columns: int,
    done: Callable[[], object],
) -> UserScore:
    """The score of codes (N, d) for a table of `columns` factors, varying or not.

    `done` is called after each seed and after the calibration. ConfigError if the metric refuses.
    """
    first = wanted.metrics[0]
    found: dict[str, Any] = {}
    by_seed: dict[str, list[float]] = {}
    try:
        for metric in wanted.metrics:
            for key, value in run_scores.score_codes(metric, codes, factors).items():
                by_seed.setdefault(key, []).append(value)
            done()
        if wanted.calibration is not None:
            found = _calibrated(first, codes, factors, wanted.calibration)
            done()
    except UserError:
        raise
    except (ArithmeticError, ValueError) as error:  # the metrics refuse what can't be scored
        raise ConfigError(f"{wanted.name}: {error}") from None
    names = [f"column {column}" for column in range(columns)]
    notes = run_scores.notes(first, factors, names, constant=run_scores.are_constant(codes))
    return UserScore(wanted, by_seed, found, notes)


def _calibrated(
    metric: Metric, codes: NDArray[Any], factors: FactorTable, calibration: Calibration
) -> dict[str, Any]:
    """By key the score's transforms and what its nulls say, and the codes' spectrum; ConfigError
    if too few codes vary.
    """
    draws = stream(calibration.seed, "", "")
    try:
        found = calibrate(metric, codes, factors, calibration, draws)
    except (ArithmeticError, ValueError) as error:  # the metric took the codes as they are
        raise ConfigError(
            f"{metric.name()}: its calibration, which leaves out constant codes: {error}; leave"
            " --calibrate out for the score alone"
        ) from None
    said: dict[str, Any] = {}
    for key, values in found.values.items():
        transforms = {name: value for name, value in values.items() if isinstance(value, float)}
        summary = summarise(values, metric.best(key), calibration.stop_after)
        said[key] = {**transforms, **summary}
    return said | {"codes": asdict(found.spectrum) | asdict(found.linear_r2)}
