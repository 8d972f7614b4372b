"""What is printed of a running study: counts, failures and one line, not a paragraph per job."""

import io
from dataclasses import dataclass
from logging import ERROR, INFO, Formatter, LogRecord
from typing import Any

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_mtdis import EVERY, HELP, LogHandler, LogHandlerSettings


@dataclass
class Settings:
    """The part of snakemake's settings of its output that the handler reads."""

    stdout: bool = False
    dryrun: bool = False
    verbose: bool = False


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


class Study:
    """Snakemake's records of a study of four trainings, at seconds that a test chooses."""

    def __init__(self, out: io.StringIO, jobs: bool = False, dryrun: bool = False) -> None:
        self.now = 0.0
        self.handler = LogHandler(Settings(dryrun=dryrun), LogHandlerSettings(jobs))
        self.handler.setFormatter(Formatter("%(message)s"))
        self.handler._out = out
        self.handler._clock = lambda: self.now
        self.handler._told = self.handler._forecast._start = 0.0
        self.say("Job stats: 4", LogEvent.RUN_INFO, stats={"train": 4, "total": 4})

    def say(self, text: str, event: Any = None, level: int = INFO, **said: Any) -> None:
        record = LogRecord("snakemake", level, "", 0, text, (), None)
        record.__dict__.update(said, event=event)
        self.handler.emit(record)

    def train(self, job: int, seconds: float) -> None:
        self.say("rule train: all its files", LogEvent.JOB_INFO, jobid=job, rule_name="train")
        self.say("mtdis train", LogEvent.SHELLCMD)
        self.say("Execute 1 jobs...", LogEvent.JOB_STARTED, jobs=[job])
        self.now += seconds
        self.say("Finished jobid", LogEvent.JOB_FINISHED, job_id=job)


def test_a_log_gets_a_line_now_and_then_and_one_at_the_end() -> None:
    out = io.StringIO()
    study = Study(out)
    for job in range(4):
        study.train(job, EVERY - 1)
    study.handler.close()
    assert out.getvalue().splitlines() == [
        "Job stats: 4",
        "2 of 4 steps, 58 s, about 58 s left",
        "4 of 4 steps, 2 min",
    ]


def test_a_terminal_has_one_line_that_is_written_over() -> None:
    out = Screen()
    study = Study(out)
    study.train(0, 30)
    study.say("a node is slow", level=ERROR)
    study.train(1, 30)
    study.handler.close()
    shown = [line.rpartition("\r\x1b[K")[2] for line in out.getvalue().rstrip().split("\n")]
    assert shown == ["Job stats: 4", "a node is slow", "2 of 4 steps, 60 s, about 60 s left"]


def test_failures_and_warnings_are_printed_and_chatter_is_not() -> None:
    out = io.StringIO()
    study = Study(out)
    study.say("Select jobs to execute...")
    study.say("Error in rule train", LogEvent.JOB_ERROR, ERROR, jobid=3)
    study.say("Job 3 failed too often", level=ERROR)
    study.say("Complete log(s): here")
    assert out.getvalue().splitlines() == [
        "Job stats: 4",
        "Error in rule train",
        "Job 3 failed too often",
        "Complete log(s): here",
    ]


def test_a_target_that_is_not_there_is_told_in_our_words_too() -> None:
    out = io.StringIO()
    study = Study(out)
    said = "MissingRuleException:\nNo rule to produce headlin (if you use input functions ...)."
    study.say(said, level=ERROR)
    assert out.getvalue().splitlines() == ["Job stats: 4", *said.splitlines(), HELP]


def test_a_dry_run_counts_once_and_says_how_to_see_jobs() -> None:
    out = io.StringIO()
    study = Study(out, dryrun=True)
    study.say("rule train: all its files", LogEvent.JOB_INFO, jobid=1, rule_name="train")
    study.say("Job stats: 4", LogEvent.RUN_INFO, stats={"train": 4, "total": 4})
    study.handler.close()
    lines = ["Job stats: 4", "Each job with its files and command: --logger-mtdis-jobs"]
    assert out.getvalue().splitlines() == lines


@pytest.mark.parametrize("dryrun", [False, True])
def test_each_job_is_printed_where_it_is_asked_for(dryrun: bool) -> None:
    out = io.StringIO()
    study = Study(out, jobs=True, dryrun=dryrun)
    study.train(1, 100)
    study.handler.close()
    assert {"rule train: all its files", "mtdis train", "Finished jobid"} <= set(
        out.getvalue().splitlines()
    )
    assert "steps" not in out.getvalue()
