"""Score anyone's codes by one metric and print its values as JSON.

    mtdis score --metric mig --codes codes.npy --factors factors.npy

Codes are (N, d) numbers, factors (N, K) integer classes; .npy, .npz (one array, or named codes and
factors) or .h5 (a dataset of that name). On a complete grid in C order the sample is the one that
disentanglement_lib draws. Where the values mislead, `notes` beside them say why.

With --calibrate, `calibration` holds what each value is beside those of rotated codes (is it above
what the same codes with meaningless axes score?) and of permuted factors (its chance level).
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from mtdis.discover import members
from mtdis.errors import ConfigError, UserError
from mtdis.metrics import FactorTable, factor_table
from mtdis.scoring import run_scores
from mtdis.scoring.calibration import calibrate, stream
from mtdis.scoring.user_arrays import read_table
from mtdis.specs.calibration import Calibration
from mtdis.specs.metric import Metric
from mtdis.specs.nulls import summarise


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--metric", required=True, help=f"name of a metric: {', '.join(members('metrics'))}"
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


def run(args: Namespace) -> None:
    """Print the metric's values as one JSON mapping, with `notes` on what misleads in them."""
    cls = Metric.member(args.metric)
    metric = cls.parse({"seed": args.seed} | dict(_setting(text) for text in args.set), args.metric)
    calibration = _calibration(metric, args)
    codes, factors = read_table(args.codes, "codes"), read_table(args.factors, "factors")
    try:
        table = factor_table(factors)
        values: dict[str, Any] = {**run_scores.score_codes(metric, codes, table)}
        if calibration is not None:
            values["calibration"] = _calibrated(metric, codes, table, calibration)
    except UserError:
        raise
    except ValueError as error:  # the metrics refuse what can't be scored
        raise ConfigError(f"{args.metric}: {error}") from None
    if table.dropped:
        columns = ", ".join(map(str, table.dropped))
        print(f"factors with one class, left out: columns {columns}", file=sys.stderr)
    names = [f"column {column}" for column in range(factors.shape[1])]
    notes = run_scores.notes(metric, table, names, constant=run_scores.are_constant(codes))
    print(json.dumps(values | ({"notes": notes} if notes else {})))


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
    """By key the score's transforms and what its nulls say, and the codes' spectrum."""
    draws = stream(calibration.seed, "", "")
    found = calibrate(metric, codes, factors, calibration, draws)
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
