"""Score anyone's codes by one metric, or by all, and print its values as JSON.

    mtdis score --metric mig --codes codes.npy --factors factors.npy
    mtdis score --metric all --codes codes.npy --factors factors.npy

Codes are (N, d) numbers, factors (N, K) integer classes; .npy, .npz (one array, or named codes and
factors) or .h5 (a dataset of that name). On a complete grid in C order the sample is the one that
disentanglement_lib draws. Where the values mislead, `notes` beside them say why.

With --calibrate, `calibration` holds what each value is beside those of rotated codes (is it above
what the same codes with meaningless axes score?) and of permuted factors (its chance level).

With --metric all, each metric's values stand under its name, and --set is for those that have the
setting. A metric that refuses has an `error` there and on standard error; the others go on, and the
exit status is 2.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from mtdis.discover import members
from mtdis.errors import ConfigError, UserError, unknown
from mtdis.metrics import FactorTable, factor_table
from mtdis.scoring import run_scores
from mtdis.scoring.calibration import calibrate, stream
from mtdis.scoring.user_arrays import read_table
from mtdis.specs.calibration import Calibration
from mtdis.specs.metric import Metric
from mtdis.specs.nulls import summarise

GROUP = "own"

ALL = "all"
"""Stands for every metric."""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--metric",
        required=True,
        help=f"{ALL}, for every metric, or the name of one: {', '.join(members('metrics'))}",
    )
    parser.add_argument("--codes", type=Path, required=True, help="file of the codes (N, d)")
    parser.add_argument(
        "--factors", type=Path, required=True, help="file of the factor classes (N, K)"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the sample (default 0)")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another setting, e.g. num_train=2000",
    )
    parser.add_argument(
        "--calibrate",
        action="store_true",
        help="compare the score with those of rotated codes and permuted factors",
    )
    for name, field in Calibration.model_fields.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}" if name != "seed" else "--calibration-seed",
            type=int,
            dest=f"calibration_{name}",
            help=f"with --calibrate: {field.description}",
        )


def run(args: Namespace) -> int:
    """Print the values of the metric, or of each by its name, as one JSON mapping, with `notes` on
    what misleads in them; 2 if one of all metrics refuses.
    """
    metrics = _metrics(args)
    calibrations = [_calibration(metric, args) for metric in metrics]
    codes, factors = read_table(args.codes, "codes"), read_table(args.factors, "factors")
    try:
        table = factor_table(factors)
    except ValueError as error:
        raise ConfigError(f"{args.metric}: {error}") from None
    if table.dropped:
        columns = ", ".join(map(str, table.dropped))
        print(f"factors with one class, left out: columns {columns}", file=sys.stderr)
    scored = [
        partial(_scored, metric, codes, table, factors.shape[1], calibration)
        for metric, calibration in zip(metrics, calibrations, strict=True)
    ]
    if args.metric != ALL:
        print(json.dumps(scored[0]()))
        return 0
    found = {m.name(): _or_error(one) for m, one in zip(metrics, scored, strict=True)}
    print(json.dumps(found))
    return 2 if any("error" in values for values in found.values()) else 0


def _metrics(args: Namespace) -> list[Metric]:
    """The metrics that the options name, with their settings.

    Of all metrics each takes the settings that it has; ConfigError for one that none has.
    """
    given = {"seed": args.seed} | dict(_setting(text) for text in args.set)
    if args.metric != ALL:
        return [Metric.member(args.metric).parse(given, args.metric)]
    classes = {name: Metric.member(name) for name in members("metrics")}
    known = {field for cls in classes.values() for field in cls.model_fields}
    for name in given:
        if name not in known:
            raise ConfigError(f"--set {unknown('setting', name, known)}")
    return [
        cls.parse({n: v for n, v in given.items() if n in cls.model_fields}, name)
        for name, cls in classes.items()
    ]


def _scored(
    metric: Metric,
    codes: NDArray[Any],
    factors: FactorTable,
    columns: int,
    calibration: Calibration | None,
) -> dict[str, Any]:
    """The metric's values, with its calibration and notes if there are any; ConfigError if it
    refuses.
    """
    try:
        values: dict[str, Any] = {**run_scores.score_codes(metric, codes, factors)}
        if calibration is not None:
            values["calibration"] = _calibrated(metric, codes, factors, calibration)
    except UserError:
        raise
    except (ArithmeticError, ValueError) as error:  # the metrics refuse what can't be scored
        raise ConfigError(f"{metric.name()}: {error}") from None
    names = [f"column {column}" for column in range(columns)]
    notes = run_scores.notes(metric, factors, names, constant=run_scores.are_constant(codes))
    return values | ({"notes": notes} if notes else {})


def _or_error(scored: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a metric's values are, or why there are none, which is printed, too."""
    try:
        return scored()
    except UserError as error:
        print(f"mtdis: error: {error}", file=sys.stderr, flush=True)
        return {"error": str(error)}


def _calibration(metric: Metric, args: Namespace) -> Calibration | None:
    """The calibration that the options ask for, by the metric's own numbers of draws."""
    given = {n: getattr(args, f"calibration_{n}") for n in Calibration.model_fields}
    given = {name: value for name, value in given.items() if value is not None}
    if not args.calibrate:
        if given:
            raise ConfigError(f"{', '.join(given)}: settings of a calibration; add --calibrate.")
        return None
    defaults = {"rotations": metric.rotations, "permutations": metric.permutations}
    return Calibration.parse(defaults | given, "calibration")


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


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f"--set {text}: write it as NAME=VALUE.")
    return name, value
