"""What snakemake prints while a study runs: one line of progress instead of a paragraph per job.

Snakemake finds a logger by the name of its module, so this one stands beside `mtdis`; the profiles
ask for it (`logger: mtdis`). Whatever it leaves out stands in `.snakemake/log/`.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from logging import ERROR, INFO, LogRecord
from typing import TextIO

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase

from snakemake_logger_plugin_mtdis.asked import Asked
from snakemake_logger_plugin_mtdis.forecast import Forecast

EVERY = 30.0
"""Seconds between two lines of progress where they can't replace each other."""
OF_EACH_JOB = {
    LogEvent.JOB_INFO,
    LogEvent.SHELLCMD,
    LogEvent.JOB_STARTED,
    LogEvent.JOB_FINISHED,
    LogEvent.GROUP_INFO,
    LogEvent.PROGRESS,
    LogEvent.RESOURCES_INFO,
    LogEvent.WORKFLOW_STARTED,
}
CHATTER = (
    "Assuming unrestricted shared filesystem",
    "Building DAG of jobs",
    "Conda environments:",
    "Config file ",
    "Elapsed time:",
    "host:",
    "Job ",  # ... has been submitted with SLURM jobid
    "Reasons:",
    "Select jobs to execute",
    "Singularity containers:",
    "SLURM run ID",
    "Storing output in storage",
    "Using shell:",
    "Using workflow specific profile",
)
"""How snakemake's messages begin that a person needs only to find a fault of snakemake itself."""
NO_TARGET = "No rule to produce "
HELP = (
    "It is no experiment of this config, and no file that a study of it makes: `mtdis plan` names"
    " the experiments, `mtdis show` the runs; of another config, give it as --configfile."
)
"""Our words below snakemake's for a target that is not there."""


@dataclass
class LogHandlerSettings(LogHandlerSettingsBase):
    """What the command line sets: `--logger-mtdis-jobs`, `--logger-mtdis-resources`."""

    jobs: bool = field(
        default=False,
        metadata={"help": "Print every job with its files and its command, as snakemake does."},
    )
    resources: bool = field(
        default=False,
        metadata={"help": "Print what the jobs of a dry-run ask a scheduler for, a line per rule."},
    )


class LogHandler(LogHandlerBase):
    """Prints counts, failures, warnings, and a line of progress with the time left."""

    def __post_init__(self) -> None:
        """Choose where to print: a dry-run's text is its result."""
        self._out: TextIO = sys.stdout if self.common_settings.stdout else sys.stderr
        self._clock: Callable[[], float] = time.monotonic
        chosen = self.settings if isinstance(self.settings, LogHandlerSettings) else None
        self._each_job = bool(chosen and chosen.jobs)
        self._asked = Asked() if chosen and chosen.resources else None
        self._forecast = Forecast(self._clock())
        self._told = self._clock()
        self._counts = ""
        self._line = ""

    @property
    def writes_to_stream(self) -> bool:
        """It takes the place of snakemake's own printing."""
        return True

    @property
    def writes_to_file(self) -> bool:
        """Snakemake keeps its log."""
        return False

    @property
    def has_filter(self) -> bool:
        """Snakemake's filter (`--quiet`, `--verbose`) applies."""
        return False

    @property
    def has_formatter(self) -> bool:
        """Snakemake's texts of failed jobs are used."""
        return False

    @property
    def needs_rulegraph(self) -> bool:
        """Rules are counted, not drawn."""
        return False

    def emit(self, record: LogRecord) -> None:
        """Print a record, or take from it what the line of progress says."""
        event = getattr(record, "event", None)
        self._forecast.note(event, record, self._clock())
        if self._asked and self.common_settings.dryrun:
            self._asked.note(event, record)
        if self._each_job:
            self._print(self.format(record))
        elif event in OF_EACH_JOB:
            self._tell(last=False)
        elif self._is_news(event, record):
            self._print(self.format(record))
        if record.levelno >= ERROR and NO_TARGET in str(record.msg):
            self._print(HELP)

    def close(self) -> None:
        """Leave the last line of progress on the screen; say what a dry-run's jobs ask for, and how
        it shows them.
        """
        self._tell(last=True)
        if self._asked:
            self._print(str(self._asked))
        if self.common_settings.dryrun and self._counts and not self._each_job:
            self._print("Each job with its files and command: --logger-mtdis-jobs")
        self._counts, self._asked = "", None  # snakemake closes its handlers twice
        super().close()

    def _is_news(self, event: LogEvent | None, record: LogRecord) -> bool:
        if event == LogEvent.RUN_INFO:  # a dry-run says its counts twice
            known, self._counts = self._counts, str(record.msg)
            return known != self._counts
        chatter = str(record.msg).lstrip().startswith(CHATTER)
        return record.levelno > INFO or self.common_settings.verbose or not chatter

    def _print(self, text: str | None) -> None:
        if text and text != "None":
            over = "\r\x1b[K" if self._line and self._out.isatty() else ""
            self._line = ""
            print(f"{over}{text}", file=self._out, flush=True)

    def _tell(self, last: bool) -> None:
        line = str(self._forecast)
        now = self._clock()
        if self._each_job or self.common_settings.dryrun or line in ("", self._line):
            return
        if self._out.isatty():
            end = "\n" if last else ""
            print(f"\r\x1b[K{line}", end=end, file=self._out, flush=True)
        elif last or now - self._told >= EVERY:
            print(line, file=self._out, flush=True)
            self._told = now
        else:
            return
        self._line = line
