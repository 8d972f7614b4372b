"""Reads and writes scores: a file per metric and network, and the index of a run's scores.

Reading needs neither numpy nor h5py, so that a status of a thousand runs is told at once.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mtdis.artifacts.records import FORMAT, read_json
from mtdis.errors import ArtifactError, UserError
from mtdis.specs.metric import Metric

HEAD = '{\n "summary": '
"""How an index begins: its summary is read without its rows."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Key:
    """What a score is of: a metric with its settings, and the codes of a network."""

    network: str
    metric: Metric
    codes_sha256: str
    """Of the file that holds the codes."""


@dataclass(frozen=True)
class Summary:
    """What an index holds, told without its rows."""

    networks: tuple[str, ...]
    diverged: tuple[str, ...]
    """Those of the networks that diverged."""
    metrics: frozenset[tuple[str, int]]
    """Settings (the metric's id without its seed) and seed of each metric, failed ones too."""
    failed: Mapping[str, int]
    """Number of rows with an error, by settings."""
    rows: int


def read_score(path: Path, key: Key) -> dict[str, float] | None:
    """The stored values of a score; None if there are none, or they are of something else.

    Settings added since they were stored count as having had their defaults.
    """
    try:
        content = read_json(path, "mtdis scores")
        metric = Metric.from_fields(content["metric"])
    except UserError:
        return None
    found = Key(content["network"], metric, content["codes_sha256"])
    return dict(content["values"]) if found == key else None


def write_score(path: Path, key: Key, values: Mapping[str, float]) -> None:
    """Write the values of a score beside what it is of."""
    from mtdis.artifacts.files import write_json  # brings h5py, which reading goes without

    about = asdict(key) | {"metric": key.metric.resolved()}
    write_json(path, {"format": FORMAT, "values": values} | about)


def read_index(path: Path, run_id: str) -> dict[str, Any]:
    """A run's score index; ArtifactError if it is of another run."""
    index = read_json(path, "mtdis scores")
    if index["run"] != run_id:
        raise ArtifactError(
            f"{path} is of run {index['run']}, expected {run_id}. Delete it and run snakemake."
        )
    return index


def write_index(
    path: Path, run_id: str, dropped_factors: Sequence[str], rows: Sequence[Row]
) -> None:
    """Write a run's score index, its summary first."""
    from mtdis.artifacts.files import write_text

    summary = summarise(rows)
    content = {
        "summary": asdict(summary) | {"metrics": sorted(summary.metrics)},
        "dropped_factors": list(dropped_factors),
        "format": FORMAT,
        "rows": [dict(sorted(row.items())) for row in rows],
        "run": run_id,
    }
    write_text(path, json.dumps(content, indent=1, allow_nan=False) + "\n")


def summarise(rows: Sequence[Row]) -> Summary:
    """The summary of an index's rows."""
    return Summary(
        networks=tuple(dict.fromkeys(row["network"] for row in rows)),
        diverged=tuple(dict.fromkeys(row["network"] for row in rows if row["diverged"])),
        metrics=frozenset((row["settings"], row["metric_seed"]) for row in rows),
        failed=dict(Counter(row["settings"] for row in rows if row["error"])),
        rows=len(rows),
    )


def read_summary(path: Path) -> Summary | None:
    """The summary of a score index; None if the index is missing or damaged.

    Of an index from before there were summaries it is made from the rows.
    """
    try:
        text = path.read_text(encoding="utf-8")
        if not text.startswith(HEAD):
            return summarise(json.loads(text)["rows"])
        stored, _ = json.JSONDecoder().raw_decode(text, len(HEAD))
        return Summary(
            networks=tuple(stored["networks"]),
            diverged=tuple(stored["diverged"]),
            metrics=frozenset((settings, seed) for settings, seed in stored["metrics"]),
            failed=stored["failed"],
            rows=stored["rows"],
        )
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None
