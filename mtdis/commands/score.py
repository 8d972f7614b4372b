"""Score anyone's codes by one metric, or by all.

    mtdis score --metric mig --codes codes.npy --factors factors.npy
    mtdis score --metric all --seeds 5 --codes codes.npy --factors factors.npy
    mtdis score --metric mig --calibrate --json --codes codes.npy --factors factors.npy

Codes are (N, d) numbers, factors (N, K) integer classes; .npy, .npz (one array, or named codes and
factors) or .h5 (a dataset of that name). On a complete grid in C order the sample is the one that
disentanglement_lib draws. Notes below the table say where the values mislead: fewer rows than a
metric draws, factors with single images, constant codes.

With --seeds N each metric draws N samples: the table has mean and standard deviation (ddof 1).
With --calibrate it also has the score of the whitened codes, the mean of their rotations (null),
the share p of these that reach it, the best rotation (ceiling), and chance: the score where rows
have each other's factors. --json prints everything: values by name, `calibration`, `notes`.

With --metric all, --set is for those that have the setting. A metric that refuses says so; the
others go on, and the exit status is 2.
"""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

from mtdis.commands._text import aligned
from mtdis.discover import members
from mtdis.errors import ConfigError, UserError, unknown
from mtdis.metrics import factor_table
from mtdis.pasting import shell
from mtdis.progress import progress_bar
from mtdis.scoring import user_scores
from mtdis.scoring.user_arrays import read_table
from mtdis.scoring.user_scores import UserScore, Wanted
from mtdis.specs import cautions
from mtdis.specs.calibration import Calibration
from mtdis.specs.metric import Metric
from mtdis.specs.shown import Shown

GROUP = "own"

ALL = "all"
"""Stands for every metric."""

HEAD = ("metric", "score", "value")
CALIBRATED = ("whitened", "null", "p", "ceiling", "chance")
LEGEND = (
    "whitened: without scale; null: these codes with their axes rotated, p the share of such that"
    " reach it; ceiling: the best rotation; chance: factors of other rows"
)


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
        "--seeds",
        type=int,
        default=1,
        metavar="N",
        help="score N samples, of the seeds from --seed on: mean and deviation (default 1)",
    )
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
    parser.add_argument("--json", action="store_true", help="print JSON")
    for name, field in Calibration.model_fields.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}" if name != "seed" else "--calibration-seed",
            type=int,
            dest=f"calibration_{name}",
            help=f"with --calibrate: {field.description}",
        )


def run(args: Namespace) -> int:
    """Print the values of the metric, or of all, with notes on what misleads in them; 2 if one of
    all metrics refuses.
    """
    wanted = _wanted(args)
    codes, factors = read_table(args.codes, "codes"), read_table(args.factors, "factors")
    try:
        table = factor_table(factors)
    except ValueError as error:
        raise ConfigError(f"{args.metric}: {error}") from None
    if table.dropped:
        columns = ", ".join(map(str, table.dropped))
        print(f"factors with one class, left out: columns {columns}", file=sys.stderr)
    found = []
    with progress_bar(sum(one.steps for one in wanted), "scored", "scores") as bar:
        for one in wanted:
            bar.set_description(one.name)
            try:
                found.append(user_scores.score(one, codes, table, factors.shape[1], bar.update))
            except UserError as error:
                if args.metric != ALL:
                    raise
                bar.write(f"mtdis: error: {error}", sys.stderr)
                found.append(UserScore(one, error=str(error)))
    print(_as_json(found, args.metric) if args.json else as_text(found))
    return 2 if any(one.error for one in found) else 0


def _as_json(found: Sequence[UserScore], metric: str) -> str:
    """Of one metric its values; of all, each metric's under its name."""
    if metric != ALL:
        return json.dumps(found[0].plain())
    return json.dumps({one.wanted.name: one.plain() for one in found})


def as_text(found: Sequence[UserScore]) -> str:
    """A line per value, below them each note once, and what was refused."""
    several = any(len(one.wanted.metrics) > 1 for one in found)
    calibrated = any(one.calibration for one in found)
    head = [*HEAD, *(["sd"] if several else []), *(CALIBRATED if calibrated else [])]
    lines = [line for one in found for line in _lines(one, several, calibrated)]
    notes = cautions.together(note for one in found for note in one.notes)
    said = [LEGEND] if calibrated else []
    said += [f"note: {note}" for note in notes]
    refused = [f"no score of {one.wanted.name}: {one.error}" for one in found if one.error]
    return "\n".join([aligned([head, *lines]), *said, *refused])


def _lines(one: UserScore, several: bool, calibrated: bool) -> Iterator[list[object]]:
    """A line for each key of a metric, those that its tables show first."""
    shown = one.wanted.metrics[0].shown
    for key in [
        *(k for k in shown if k in one.by_seed),
        *(k for k in one.by_seed if k not in shown),
    ]:
        label, best, _ = shown.get(key, Shown(key))
        about = f"{label}, lower is better" if best == "lowest" else label
        said = one.calibration.get(key, {})
        names = ("whitened", "null_mean", "p_whitened", "oriented", "permuted_mean")
        nulls = [said.get(name) for name in names]
        yield [
            one.wanted.name,
            about,
            _three(one.mean(key)),
            *([_three(one.sd(key))] if several else []),
            *(map(_three, nulls) if calibrated else []),
        ]


def _three(value: float | None) -> str | None:
    """A number with three decimals; None stays what it is."""
    return None if value is None else f"{value:.3f}"


def _wanted(args: Namespace) -> list[Wanted]:
    """The metrics that the options name, with their settings, seeds and calibration.

    Of all metrics each takes the settings that it has; ConfigError for one that none has.
    """
    if args.seeds < 1:
        raise ConfigError(f"--seeds {args.seeds}: at least 1 is needed.")
    names = members("metrics") if args.metric == ALL else [args.metric]
    classes = {name: Metric.member(name) for name in names}
    given = dict(_setting(text) for text in args.set)
    if "seed" in given:
        raise ConfigError(f"--set seed={given['seed']}: write {shell('--seed', given['seed'])}")
    if args.metric == ALL:
        known = {field for cls in classes.values() for field in cls.model_fields}
        for name in given:
            if name not in known:
                raise ConfigError(f"--set {unknown('setting', name, known)}")
    wanted = []
    for name, cls in classes.items():
        own = {k: v for k, v in given.items() if args.metric != ALL or k in cls.model_fields}
        seeds = range(args.seed, args.seed + args.seeds)
        metrics = tuple(cls.parse({"seed": seed} | own, name) for seed in seeds)
        wanted.append(Wanted(metrics, _calibration(metrics[0], args)))
    return wanted


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


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f"--set {text}: write it as NAME=VALUE.")
    return name, value
