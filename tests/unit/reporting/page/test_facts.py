"""What the page says that made the results is all that their records say of it."""

import pytest

from mtdis import program
from mtdis.artifacts.provenance import execution
from mtdis.reporting.page.facts import made_with

NUMBERS = ("seconds", "peak_memory_mib", "peak_gpu_memory_mib")
"""Parts of a record that say what a result took, not what made it."""


def test_every_part_of_a_record_is_named_once_per_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "commit", lambda: "89ab")
    records = []
    for name in ("0123abcd", "4567ef01", "0123abcd", ""):
        monkeypatch.setattr(program, "frozen", lambda name=name: name)
        records.append(execution("cpu (1 thread)", 7.0))
    found = made_with(records)
    expected = {key: value for key, value in records[0].items() if key not in NUMBERS} | dict(
        records[0]["versions"]
    )
    del expected["versions"]
    assert {*found} == {*expected}
    assert found["program"] == ("0123abcd", "4567ef01")
    assert found["python"] == (records[0]["python"],)
