"""Score anyone's codes by one metric and print its values as JSON.

    mtdis score --metric mig --codes codes.npy --factors factors.npy

Codes are (N, d) numbers, factors (N, K) integer classes; .npy, .npz (one array, or named codes and
factors) or .h5 (a dataset of that name). On a complete grid in C order the sample is the one that
disentanglement_lib draws. Where the
values mislead, `notes` beside them say why.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from mtdis.discover import members
from mtdis.errors import ConfigError, UserError
from mtdis.metrics import factor_table
from mtdis.scoring import run_scores
from mtdis.scoring.user_arrays import read_table
from mtdis.specs.metric import Metric


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


def run(args: Namespace) -> None:
    """Print the metric's values as one JSON mapping, with `notes` on what misleads in them."""
    cls = Metric.member(args.metric)
    metric = cls.parse({"seed": args.seed} | dict(_setting(text) for text in args.set), args.metric)
    codes, factors = read_table(args.codes, "codes"), read_table(args.factors, "factors")
    try:
        table = factor_table(factors)
        values = run_scores.score_codes(metric, codes, table)
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


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f"--set {text}: write it as NAME=VALUE.")
    return name, value
