"""Reads and writes scores: a file per metric and network, and the index of a run's scores.

Reading needs neither numpy nor h5py, so that a status of a thousand runs is told at once.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mtdis.artifacts.records import check_shape, entry_of, read_json, read_text
from mtdis.artifacts.shapes import IndexContent, IndexSummary, ScoreContent
from mtdis.errors import ArtifactError, UserError
from mtdis.specs.metric import Metric

MADE_BY = "mtdis scores"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Key:
    """A metric with its settings, and the codes of a network: one score is of these."""

    network: str
    metric: Metric
    codes_sha256: str
    """Of the file that holds the codes."""


@dataclass(frozen=True)
class Summary:
    """The content of an index without its rows."""

    codes_sha256: str
    """Of the codes that were scored; empty for an index of format 1, which does not name them."""
    networks: tuple[str, ...]
    diverged: tuple[str, ...]
    """Those of the networks that diverged."""
    metrics: frozenset[tuple[str, int]]
    """Settings (the metric's id without its seed) and seed of each metric, failed ones too."""
    failed: Mapping[str, int]
    """Number of rows with an error, by settings."""
    rows: int
    execution: Mapping[str, Any] = field(default_factory=dict)
    """What wrote the index; empty for one that does not say, as those of format 1."""


def read_score(path: Path, key: Key) -> dict[str, float] | None:
    """The stored values of a score; None if there are none, or they are of something else.

    Settings added since they were stored count as having had their defaults.
    """
    try:
        content = read_json(path, MADE_BY, ScoreContent)
        metric = Metric.from_fields(content["metric"])
    except UserError:
        return None
    found = Key(content["network"], metric, content["codes_sha256"])
    return dict(content["values"]) if found == key else None


def write_score(path: Path, key: Key, values: Mapping[str, float]) -> None:
    """Write the values of a score beside what it is of."""
    from mtdis.artifacts.files import write_record  # brings h5py, which reading goes without

    write_record(path, {"values": values} | asdict(key) | {"metric": key.metric.resolved()})


def read_index(path: Path, run_id: str) -> dict[str, Any]:
    """A run's score index; ArtifactError if it is of another run."""
    index: dict[str, Any] = read_json(path, MADE_BY, IndexContent)
    if index["run"] != run_id:
        raise _unfinished(path, f"is of run {index['run']}, expected {run_id}")
    return index


def check_index(
    path: Path,
    index: Mapping[str, Any],
    run: Mapping[str, Any],
    wanted: Mapping[Metric, Sequence[str]],
) -> None:
    """ArtifactError unless an index is of the codes that the run's record seals, and holds a row of
    every network, wanted metric and key.

    `wanted` has the keys of each metric. Indexes of format 1 do not name their codes.
    """
    codes = run["files"]["codes.h5"]["sha256"]
    if index.get("codes_sha256", codes) != codes:
        raise _unfinished(path, "holds scores of other codes than the run has now")
    found = {(r["network"], r["settings"], r["metric_seed"], r["key"]) for r in index["rows"]}
    for network in (one["network"] for one in run["result"]["networks"]):
        for metric, keys in wanted.items():
            for key in keys:
                if (network, metric.settings_id, metric.seed, key) not in found:
                    name = f"{metric.settings_id} (seed {metric.seed}), {key}"
                    raise _unfinished(path, f"lacks a row: {name} of network {network}")


def _unfinished(path: Path, why: str) -> ArtifactError:
    return ArtifactError(f"{path} {why}. Delete it and run snakemake: only what lacks is scored.")


def write_index(
    path: Path,
    run_id: str,
    codes_sha256: str,
    dropped_factors: Sequence[str],
    rows: Sequence[Row],
    execution: Mapping[str, Any],
) -> None:
    """Write a run's score index, its summary last; `codes_sha256` is of the file of codes,
    `execution` a record's part on what computed the scores.
    """
    from mtdis.artifacts.files import write_record

    summary = asdict(summarise(rows, codes_sha256))
    del summary["execution"]
    content = {
        "codes_sha256": codes_sha256,
        "dropped_factors": list(dropped_factors),
        "execution": execution,
        "rows": list(rows),
        "run": run_id,
        "summary": summary | {"metrics": sorted(summary["metrics"])},
    }
    write_record(path, content)


def summarise(rows: Sequence[Row], codes_sha256: str) -> Summary:
    """The summary of an index's rows."""
    return Summary(
        codes_sha256=codes_sha256,
        networks=tuple(dict.fromkeys(row["network"] for row in rows)),
        diverged=tuple(dict.fromkeys(row["network"] for row in rows if row["diverged"])),
        metrics=frozenset((row["settings"], row["metric_seed"]) for row in rows),
        failed=dict(Counter(row["settings"] for row in rows if row["error"])),
        rows=len(rows),
    )


def read_summary(path: Path) -> Summary:
    """The summary of a score index, whose seal is checked and whose rows are not read.

    Of an index of format 1 it is made from the rows. ArtifactError if it is
    missing or damaged.
    """
    text = read_text(path, MADE_BY)
    stored, execution = entry_of(text, "summary"), entry_of(text, "execution")
    if not isinstance(stored, dict) or "codes_sha256" not in stored:
        index = read_json(path, MADE_BY, IndexContent)
        made = summarise(index["rows"], index.get("codes_sha256", ""))
        return replace(made, execution=index.get("execution", {}))
    check_shape(path, stored | {"execution": execution}, MADE_BY, IndexSummary)
    return Summary(
        codes_sha256=stored["codes_sha256"],
        networks=tuple(stored["networks"]),
        diverged=tuple(stored["diverged"]),
        metrics=frozenset((settings, seed) for settings, seed in stored["metrics"]),
        failed=stored["failed"],
        rows=stored["rows"],
        execution=execution,
    )
