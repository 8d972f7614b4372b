"""How much of a study is done, and how long the rest will take."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from logging import LogRecord

from snakemake_interface_logger_plugins.common import LogEvent


def duration(seconds: float) -> str:
    """Seconds in the unit that a person would use: `40 s`, `12 min`, `3 h 5 min`, `2 d 4 h`."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    if minutes < 90:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"


class Forecast:
    """Steps planned, running, finished and failed, and the time per rule that they took.

    The time left is the mean duration of each rule's finished steps times its steps that are left,
    over the number of steps that ran side by side so far. Rules of which nothing is finished count
    nothing, and the forecast is then a bound from below.
    """

    def __init__(self, now: float) -> None:
        self._start = self._now = now
        self._planned: Counter[str] = Counter()
        self._finished: Counter[str] = Counter()
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._rule: dict[int, str] = {}
        self._running: dict[int, float] = {}
        self._failed: set[int] = set()

    def note(self, event: LogEvent | None, record: LogRecord, now: float) -> None:
        """Take in what a record of snakemake's says about steps."""
        self._now = now
        said = record.__dict__
        match event:
            case LogEvent.RUN_INFO:
                self._plan(said["stats"])
            case LogEvent.JOB_INFO:
                self._rule[said["jobid"]] = said["rule_name"]
            case LogEvent.JOB_STARTED:
                self._running |= dict.fromkeys(said["jobs"], now)
            case LogEvent.JOB_FINISHED:
                self._finish(said["job_id"])
            case LogEvent.JOB_ERROR:
                self._failed.add(said["jobid"])
                self._running.pop(said["jobid"], None)

    def __str__(self) -> str:
        """For example `23 of 89 steps, 2 running, 1 failed, 1 min, about 5 min left`."""
        total, done = self._planned.total(), self._finished.total()
        if not total or not (done or self._running or self._failed):
            return ""
        parts = [f"{done} of {total} steps"]
        parts += [f"{len(self._running)} running"] if self._running else []
        parts += [f"{len(self._failed)} failed"] if self._failed else []
        parts += [duration(self._now - self._start), *self._left()]
        return ", ".join(parts)

    def _plan(self, stats: Mapping[str, int]) -> None:
        self._planned = Counter({rule: n for rule, n in stats.items() if rule != "total"})

    def _finish(self, job: int) -> None:
        rule = self._rule.get(job, "")
        self._finished[rule] += 1
        self._seconds[rule] += self._now - self._running.pop(job, self._now)
        self._failed.discard(job)

    def _left(self) -> list[str]:
        left = self._planned - self._finished
        mean = {rule: self._seconds[rule] / n for rule, n in self._finished.items()}
        known = {rule: n for rule, n in left.items() if rule in mean}
        spent = [
            (self._rule.get(job, ""), self._now - began) for job, began in self._running.items()
        ]
        busy = sum(self._seconds.values()) + sum(seconds for _, seconds in spent)
        work = sum(n * mean[rule] for rule, n in known.items())
        work -= sum(min(seconds, mean[rule]) for rule, seconds in spent if rule in known)
        seconds = work * (self._now - self._start) / busy if busy else 0.0
        if seconds < 1:
            return []
        how_sure = "about" if len(known) == len(left) else "at least"
        return [f"{how_sure} {duration(seconds)} left"]
