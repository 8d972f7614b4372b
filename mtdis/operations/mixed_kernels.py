"""Results of one study that were computed by several kinds of kernels: their bits differ for no
reason that the study knows of (docs/same-bytes.md).
"""

from collections.abc import Iterable, Mapping
from typing import Any

from mtdis import kernels
from mtdis.artifacts.scores import Summary
from mtdis.operations.inventory import FINISHED, Found


def mixed_kernels(results: Iterable[Found], scores: Mapping[str, Summary]) -> dict[str, Any]:
    """The number of finished results by instruction set, of each library that used several; and
    the ids of those that were begun by other kernels than they were finished by.

    `results` are runs and stages, `scores` the summaries of finished score indexes. Those from
    before kernels were recorded say nothing.
    """
    records = [found.record for found in results if found.standing in FINISHED]
    made_by = {record["id"]: record.get("execution", {}) for record in records}
    executions = [*made_by.values(), *(summary.execution for summary in scores.values())]
    return {
        "libraries": kernels.mixed(str(about.get("kernels", "")) for about in executions),
        "resumed": [i for i, about in made_by.items() if about.get("resumed_from_other_kernels")],
    }


def in_words(found: Mapping[str, Any]) -> str:
    """A line that says what is mixed; empty if nothing is."""
    parts = [
        f"{library} {', '.join(f'{level} ({count})' for level, count in counts.items())}"
        for library, counts in found["libraries"].items()
    ]
    if found["resumed"]:
        parts.append(f"{len(found['resumed'])} begun by others than finished by")
    return "; ".join(parts)
