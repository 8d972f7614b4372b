"""The line of progress counts steps by snakemake's own events, and forecasts from rules' means."""

from logging import LogRecord
from typing import Any

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_mtdis.forecast import Forecast, duration


def note(forecast: Forecast, now: float, event: LogEvent | None, **said: Any) -> None:
    record = LogRecord("snakemake", 20, "", 0, None, (), None)
    record.__dict__.update(said)
    forecast.note(event, record, now)


def begun(forecast: Forecast, now: float, rule: str, *jobs: int) -> None:
    for job in jobs:
        note(forecast, now, LogEvent.JOB_INFO, jobid=job, rule_name=rule)
    note(forecast, now, LogEvent.JOB_STARTED, jobs=list(jobs))


def planned(**stats: int) -> Forecast:
    forecast = Forecast(0.0)
    note(forecast, 0.0, LogEvent.RUN_INFO, stats=stats | {"total": sum(stats.values())})
    return forecast


def test_nothing_is_said_before_a_step_begins() -> None:
    assert str(planned(train=4)) == ""


def test_two_steps_side_by_side_take_half_the_time() -> None:
    forecast = planned(train=6)
    begun(forecast, 0.0, "train", 1, 2)
    assert str(forecast) == "0 of 6 steps, 2 running, 0 s"
    note(forecast, 60.0, LogEvent.JOB_FINISHED, job_id=1)
    note(forecast, 60.0, LogEvent.JOB_FINISHED, job_id=2)
    assert str(forecast) == "2 of 6 steps, 60 s, about 2 min left"


def test_what_running_steps_have_behind_them_is_not_left() -> None:
    forecast = planned(train=2)
    begun(forecast, 0.0, "train", 1)
    note(forecast, 60.0, LogEvent.JOB_FINISHED, job_id=1)
    begun(forecast, 60.0, "train", 2)
    note(forecast, 80.0, None)
    assert str(forecast) == "1 of 2 steps, 1 running, 80 s, about 40 s left"
    note(forecast, 500.0, None)  # longer than the first: no forecast below nothing
    assert str(forecast) == "1 of 2 steps, 1 running, 8 min"


def test_a_step_that_takes_longer_than_the_others_takes_nothing_off_their_time() -> None:
    forecast = planned(train=3)
    begun(forecast, 0.0, "train", 1)
    note(forecast, 60.0, LogEvent.JOB_FINISHED, job_id=1)
    begun(forecast, 60.0, "train", 2)
    note(forecast, 500.0, None)
    assert str(forecast) == "1 of 3 steps, 1 running, 8 min, about 60 s left"


def test_a_rule_that_was_not_seen_yet_makes_it_a_bound() -> None:
    forecast = planned(train=2, scores=2)
    begun(forecast, 0.0, "train", 1)
    note(forecast, 30.0, LogEvent.JOB_FINISHED, job_id=1)
    assert str(forecast) == "1 of 4 steps, 30 s, at least 30 s left"


def test_failures_are_counted_until_a_retry_succeeds() -> None:
    forecast = planned(train=2)
    begun(forecast, 0.0, "train", 1)
    note(forecast, 10.0, LogEvent.JOB_ERROR, jobid=1)
    assert str(forecast) == "0 of 2 steps, 1 failed, 10 s"
    begun(forecast, 10.0, "train", 1)
    note(forecast, 30.0, LogEvent.JOB_FINISHED, job_id=1)
    assert str(forecast) == "1 of 2 steps, 30 s, about 30 s left"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (89, "89 s"),
        (90, "2 min"),
        (5340, "89 min"),
        (5460, "1 h 31 min"),
        (100_000, "1 d 3 h"),
    ],
)
def test_durations_are_in_a_persons_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text
