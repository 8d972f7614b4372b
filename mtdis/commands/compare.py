"""Compare two studies: settings that differ, scores that moved with intervals, what one lacks.

    mtdis compare before after
    mtdis compare results/studies/demo ../elsewhere/results/studies/demo --html compared.html

A study is named, or given by its folder. Runs are paired by kind, dataset, seed and every field
whose values both studies share; a field whose values are all others (a changed setting) pairs
nothing. Differences are the second study's minus the first's, over the pairs that both have;
intervals invert the sign-flip test, at the level that so few pairs have. Scores that are equal to
the last bit are counted alone. Entries of configs are compared where each study's folder holds the
config that it was started with (study.json).
"""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mtdis.artifacts import files
from mtdis.commands._text import aligned
from mtdis.operations.compare import compare
from mtdis.reporting.formats.pages import Part, page
from mtdis.reporting.labels import dataset_label, in_words, row_label, shown
from mtdis.reporting.long_table import unlike_metric

GROUP = "look"
HEAD = ("score", "dataset", "runs", "first", "second", "difference", "interval (level)", "n")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("first", metavar="STUDY", help="name of a study, or its folder")
    parser.add_argument("second", metavar="STUDY", help="the one it is compared with")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the same as a page, too")


def run(args: Namespace) -> None:
    """Print the differences, and write them as a page if asked to."""
    found = compare(args.first, args.second)
    parts = described(found)
    names = [study["name"] for study in found["studies"]]
    if args.html:
        files.write_text(args.html, page(f"{names[0]} and {names[1]}", parts))
    print(json.dumps(found, indent=1) if args.json else "\n\n".join(map(_text, parts)))


def described(found: Mapping[str, Any]) -> list[Part]:
    """What `compare` found, as tables under headings."""
    studies = ", ".join(f"{s['name']} ({s['folder']}, {s['runs']} runs)" for s in found["studies"])
    return [_settings(found, studies), *_config(found), _scores(found), _only(found)]


def _settings(found: Mapping[str, Any], studies: str) -> Part:
    lines = [
        [line["field"], row_label(line["kind"]), dataset_label(line["dataset"]),
         *(" | ".join(line[side]) or "not read" for side in ("first", "second"))]
        for line in found["settings"]
    ]  # fmt: skip
    words = f"First and second: {studies}."
    words += "" if lines else " All fields of runs of the same kind and dataset are equal."
    return Part("Settings that differ", words, ["field", "kind", "dataset", *HEAD[3:5]], lines)


def _config(found: Mapping[str, Any]) -> list[Part]:
    """The entries of configs; nothing where one of them is not there."""
    if found["config"] is None:
        return []
    lines = [
        [
            line["entry"],
            *("–" if line[side] is None else line[side] for side in ("first", "second")),
        ]
        for line in found["config"]
    ]
    words = f"{len(lines)} entries differ." if lines else "The configs are equal."
    return [Part("Configs", words, ["entry", *HEAD[3:5]], lines)]


def _scores(found: Mapping[str, Any]) -> Part:
    lines = [_cells(line) for line in found["moved"]]
    words = f"{len(lines)} scores and errors moved, {found['unmoved']} are equal to the last bit."
    if not lines and not found["unmoved"]:
        words = "No run of one study has a counterpart in the other: nothing is paired."
    return Part("Scores that moved", words, HEAD, lines)


def _cells(line: Mapping[str, Any]) -> list[str]:
    """One score's line: `+0.021`, `[-0.004, +0.050] (0.75)`, `3, 1 diverged`."""
    places = shown(line["metric"], line["key"]).decimals
    lost = [f"{line[word]} {word}" for word in ("diverged", "failed") if line[word]]
    other = unlike_metric(line["settings"], line["metric"])
    bounds = "–"
    if line["level"] is not None:
        bounds = f"[{line['low']:+.{places}f}, {line['high']:+.{places}f}] ({line['level']:.2g})"
    numbers = [_number(line[n], f".{places}f") for n in ("first", "second")]
    return [
        line["label"] + (f" ({in_words(other)})" if other else ""),
        dataset_label(line["dataset"]),
        ", ".join(filter(None, [row_label(line["kind"]), in_words(line["variant"])])),
        *numbers,
        _number(line["difference"], f"+.{places}f"),
        bounds,
        ", ".join([str(line["n"]), *lost]),
    ]


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def _only(found: Mapping[str, Any]) -> Part:
    lines = [
        [study["name"], what, "; ".join(names)]
        for study, only in zip(found["studies"], found["only"], strict=True)
        for what, names in only.items()
    ]
    words = "" if lines else "Both have the same kinds, datasets, seeds, scores and stages."
    return Part("What only one has", words, ["study", "what", "which"], lines)


def _text(part: Part) -> str:
    """A part for a terminal."""
    table: Sequence[Sequence[object]] = [part.head, *part.lines]
    body = [aligned(table, indent=2)] if part.lines else []
    return "\n".join(filter(None, [part.heading, part.words, *body]))
