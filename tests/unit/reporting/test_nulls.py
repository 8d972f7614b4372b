"""The table of draws: a row per key, transform and draw, written in parts and read back."""

from pathlib import Path

import pandas as pd
from helpers.small_study import spec_of

from mtdis.artifacts import files
from mtdis.reporting import long_table, long_table_files
from mtdis.specs.ids import identify
from mtdis.specs.metrics.dci import Dci
from mtdis.specs.run import Run

RUN = Run.from_fields(spec_of("single_task"))
VALUES = {
    "completeness": {
        "none": 0.5,
        "whitened": 0.4,
        "rotated_whitened": [0.1, 0.2, 0.3],
        "rotated_standardised": [0.7],
        "permuted": [],
    }
}


def test_each_draw_is_a_row_numbered_from_one() -> None:
    table = long_table.null_rows("one", RUN, "task2", Dci(num_train=2000), VALUES)
    assert tuple(table.columns) == long_table.NULL_COLUMNS
    whitened = table[table["transform"].eq("whitened")]
    assert whitened["draw"].tolist() == [1, 2, 3]
    assert whitened["value"].tolist() == [0.1, 0.2, 0.3]
    assert table["transform"].tolist() == ["whitened"] * 3 + ["standardised"]
    about = table.iloc[0]
    assert about[["run", "metric", "settings", "network", "trained_task"]].tolist() == [
        identify(RUN),
        "dci",
        "dci+num_train=2000",
        "task2",
        2,
    ]


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    parts = [long_table.null_rows("one", RUN, f"task{k}", Dci(), VALUES) for k in (1, 2)]
    path = tmp_path / "nulls.parquet"
    long_table_files.write_nulls(path, parts)
    found = files.read_frame(path)
    expected = pd.concat(parts, ignore_index=True)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    assert files.verify_table(path)


def test_a_table_of_no_draws_has_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "nulls.parquet"
    long_table_files.write_nulls(path, [])
    assert tuple(files.read_frame(path).columns) == long_table.NULL_COLUMNS
    assert tuple(long_table.no_nulls().columns) == long_table.NULL_COLUMNS
