"""What the jobs of a dry-run would ask a scheduler for, in a line per rule and choice of GPU."""

from collections.abc import Callable, Mapping
from logging import LogRecord
from typing import Any, NamedTuple

from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_mtdis.forecast import duration

HERE = {"download", "long_table", "nulls", "table", "study_table", "figure", "page"}
"""Rules whose jobs run where snakemake does: `localrule`, of which a dry-run says nothing."""
HEAD = ("rule", "jobs", "partition", "gpu", "threads", "memory", "time")
PARTITION = ("slurm_partition", "lsf_queue", "pbs_queue")
GPU = ("gpu", "request_gpus", "gres", "lsf_extra")
GAP = "  "


class Job(NamedTuple):
    """What one job asks for; numbers are None where snakemake knows them only later."""

    threads: int | None
    memory: int | None
    """In MB."""
    minutes: int | None


class Asked:
    """The jobs of a dry-run, by rule, partition and GPU, in the order in which they came."""

    def __init__(self) -> None:
        self._jobs: dict[tuple[str, str, str], dict[int, Job]] = {}

    def note(self, event: LogEvent | None, record: LogRecord) -> None:
        """Take in a record of snakemake's if it is about a job."""
        said = record.__dict__
        if event != LogEvent.JOB_INFO or said["rule_name"] in HERE or not said["output"]:
            return  # without output: a rule that only names what is wanted, as an experiment's
        asked: Mapping[str, Any] = dict(said["resources"].items())
        numbers = (said["threads"], asked.get("mem_mb"), asked.get("runtime"))
        job = Job(*(one if isinstance(one, int) else None for one in numbers))
        group = said["rule_name"], _first(asked, PARTITION), _gpu(asked)
        self._jobs.setdefault(group, {})[said["jobid"]] = job

    def __str__(self) -> str:
        """A table for people; empty if no job is known."""
        if not self._jobs:
            return ""
        rules = list(dict.fromkeys(rule for rule, *_ in self._jobs))
        groups = sorted(self._jobs, key=lambda group: rules.index(group[0]))
        rows = [HEAD, *map(self._row, groups)]
        kept = [i for i, head in enumerate(HEAD) if head == "rule" or any(r[i] for r in rows[1:])]
        widths = [max(len(row[i]) for row in rows) for i in kept]
        lines = (
            GAP.join(f"{row[i] or '-':<{width}}" for i, width in zip(kept, widths, strict=True))
            for row in rows
        )
        return "Each job asks for\n" + "\n".join(line.rstrip() for line in lines)

    def _row(self, group: tuple[str, str, str]) -> tuple[str, ...]:
        rule, partition, gpu = group
        jobs = [*self._jobs[group].values()]
        threads = _range([job.threads for job in jobs], str)
        memory = _range([job.memory for job in jobs], lambda mb: f"{mb:,} MB")
        minutes = _range([job.minutes for job in jobs], lambda number: duration(60 * number))
        return rule, str(len(jobs)), partition, gpu, threads, memory, minutes


def _first(asked: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """The first of these resources that is asked for, as text; empty if none is."""
    return next((str(asked[name]) for name in names if asked.get(name)), "")


def _gpu(asked: Mapping[str, Any]) -> str:
    """The GPU that a job asks for, with its model; empty if none."""
    found = _first(asked, GPU)
    return f"{found} {asked['gpu_model']}" if found and asked.get("gpu_model") else found


def _range(numbers: list[int | None], words: Callable[[int], str]) -> str:
    """The least and the most of what jobs ask for, in words; empty if nothing is known."""
    known = [number for number in numbers if number is not None]
    if not known:
        return ""
    ends = list(dict.fromkeys((min(known), max(known))))
    return " to ".join(words(one) for one in ends)
