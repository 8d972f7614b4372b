"""What a dry-run says that its jobs ask for is what snakemake's records of them hold, by rule."""

import io
import re
from logging import INFO, LogRecord
from typing import Any

from helpers.places import ROOT
from snakemake_interface_logger_plugins.common import LogEvent
from unit.logger_plugin.test_printing import Settings

from snakemake_logger_plugin_mtdis import LogHandler, LogHandlerSettings
from snakemake_logger_plugin_mtdis.asked import HERE, Asked


def job(rule: str, number: int, threads: int = 1, **resources: Any) -> LogRecord:
    record = LogRecord("snakemake", INFO, "", 0, f"rule {rule}", (), None)
    said = {"rule_name": rule, "jobid": number, "threads": threads, "resources": resources}
    record.__dict__.update(said, output=["x"], event=LogEvent.JOB_INFO)
    return record


def table(*records: LogRecord) -> list[list[str]]:
    """The cells of what is said of the records of jobs."""
    asked = Asked()
    for record in records:
        asked.note(LogEvent.JOB_INFO, record)
    return [re.split(r"  +", line) for line in str(asked).splitlines()]


def test_jobs_of_a_rule_are_counted_with_the_least_and_the_most_that_they_ask_for() -> None:
    records = [
        job("train", 1, gpu=1, mem_mb=3000, runtime=720),
        job("scores", 2, 4, mem_mb="<TBD>", runtime=60, gpu=0),
        job("train", 3, gpu=1, mem_mb=12_000, runtime=1440),
        job("train", 4, gpu=0, mem_mb=3000, runtime=720),
    ]
    assert table(*records, records[0]) == [  # which snakemake says twice
        ["Each job asks for"],
        ["rule", "jobs", "gpu", "threads", "memory", "time"],
        ["train", "2", "1", "1", "3,000 MB to 12,000 MB", "12 h 0 min to 1 d 0 h"],
        ["train", "1", "-", "1", "3,000 MB", "12 h 0 min"],
        ["scores", "1", "-", "4", "-", "60 min"],
    ]


def test_partition_and_kind_of_gpu_are_named() -> None:
    records = [
        job("train", 1, slurm_partition="gpu", gpu=1, gpu_model="a100", runtime=5),
        job("train", 2, slurm_partition="gpu", gpu=0, gres="shard:1", runtime=5),
    ]
    assert [row[2:4] for row in table(*records)[1:]] == [
        ["partition", "gpu"],
        ["gpu", "1 a100"],
        ["gpu", "shard:1"],
    ]


def test_what_runs_here_is_left_out() -> None:
    nothing = job("headline", 2, runtime=60)
    nothing.__dict__["output"] = []
    assert table(job("page", 1, runtime=60), nothing) == []


def test_the_rules_that_run_here_are_those_that_say_so() -> None:
    local = set()
    for path in sorted((ROOT / "workflow/rules").glob("*.smk")):
        for rule in re.split(r"^rule ", path.read_text(), flags=re.MULTILINE)[1:]:
            if "localrule: True" in rule:
                local.add(rule.partition(":")[0])
    assert local == HERE


def test_it_is_said_once_of_a_dry_run_if_a_profile_asks_for_it() -> None:
    said = {}
    for dryrun in (True, False):
        for resources in (True, False):
            out = io.StringIO()
            handler = LogHandler(Settings(dryrun=dryrun), LogHandlerSettings(resources=resources))
            handler._out = out
            counts = LogRecord("snakemake", INFO, "", 0, "Job stats", (), None)
            counts.__dict__.update(event=LogEvent.RUN_INFO, stats={"train": 1, "total": 1})
            for record in (counts, job("train", 1, runtime=5)):
                handler.emit(record)
            handler.close()
            handler.close()
            said[dryrun, resources] = out.getvalue().count("Each job asks for")
    assert said == {(True, True): 1, (True, False): 0, (False, True): 0, (False, False): 0}
