"""Factor tables of a user: what their cells mean, and an error that one can act on for each that is
wrong.
"""

import re
import unicodedata
from decimal import Decimal
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtdis.data.own.table import FactorTable, read_table
from mtdis.errors import ArtifactError


def table_of(folder: Path, text: str) -> FactorTable:
    path = folder / "factors.csv"
    path.write_text(text, encoding="utf-8")
    return read_table(path)


def test_numbers_are_classes_in_numeric_order_and_their_own_values(tmp_path: Path) -> None:
    table = table_of(tmp_path, "size,hue\n10,1\n2,0\n30,1\n2,0\n")
    assert list(table.factors) == ["size", "hue"]  # the order of the columns, which the tasks see
    np.testing.assert_array_equal(table.classes, [[1, 1], [0, 0], [2, 1], [0, 0]])
    np.testing.assert_array_equal(table.values, [[10, 1], [2, 0], [30, 1], [2, 0]])
    assert table.files is None


def test_labels_are_sorted_as_text_and_their_places_are_values(tmp_path: Path) -> None:
    table = table_of(tmp_path, "shape\nring\ndisc\nring\n \tsquare \n")
    assert table.factors["shape"].texts == ("disc", "ring", "square")
    np.testing.assert_array_equal(table.classes[:, 0], [1, 0, 1, 2])
    np.testing.assert_array_equal(table.values[:, 0], [1, 0, 1, 2])


def test_raw_values_stay_as_they_are(tmp_path: Path) -> None:
    table = table_of(
        tmp_path, "image,turn,turn_value,shape,shape_value\na.png,0,-1e-3,b,7\nb.png,5,.25,a,7\n"
    )
    assert table.files == ("a.png", "b.png")
    np.testing.assert_array_equal(table.values, [[-0.001, 7], [0.25, 7]])
    np.testing.assert_array_equal(table.classes, [[0, 1], [1, 0]])


def test_3_and_3_0_are_one_class(tmp_path: Path) -> None:
    np.testing.assert_array_equal(
        table_of(tmp_path, "a\n3\n3.0\n+3\n4\n03\n").classes[:, 0], [0, 0, 0, 1, 0]
    )


def test_quotes_a_byte_order_mark_and_blank_lines_are_read(tmp_path: Path) -> None:
    table = table_of(tmp_path, '\ufeff"a","b"\n\n"x, y",1\n"z",2\n\n')
    assert table.factors["a"].texts == ("x, y", "z")


@given(
    st.lists(st.tuples(st.integers(-5, 5), st.sampled_from(["x", "y z", 'q"', "ü"])), min_size=2)
)
def test_csv_and_parquet_say_the_same(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, str]]
) -> None:
    frame = pd.DataFrame([*rows, (-6, "w"), (6, "y z")], columns=["a", "b"])
    folder = tmp_path_factory.mktemp("tables")
    frame.to_csv(folder / "t.csv", index=False)
    frame.to_parquet(folder / "t.parquet")
    first, second = read_table(folder / "t.csv"), read_table(folder / "t.parquet")
    np.testing.assert_array_equal(first.classes, second.classes)
    np.testing.assert_array_equal(first.values, second.values)
    for name in frame.columns:  # independent: ranks among the sorted different cells
        expected = pd.Categorical(frame[name], categories=sorted(frame[name].unique())).codes
        np.testing.assert_array_equal(first.factors[name].classes, expected)


def test_parquet_columns_of_other_types_are_read(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"a": [1.0, 2.0], "b": [True, False], "c": pd.Categorical(["y", "x"]), "d": [1, 1]}
    )
    frame.assign(d_value=np.array([0.1, 0.1], np.float32)).to_parquet(tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet")
    np.testing.assert_array_equal(table.classes, [[0, 1, 1, 0], [1, 0, 0, 0]])
    assert table.values[0, 3] == np.float64(np.float32(0.1))


WRONG = {
    "": "is empty; its first line has to name the columns",
    "a\n": "has no rows; it needs one per image",
    "a;b\n1;2\n": "is separated by ';'; save it with commas",
    "a,b\n1,2\n1\n": "line 3 has 1 cells, the first line has 2; mend the line",
    "a,b\n1,2\n1,2,3\n": "line 3 has 3 cells, the first line has 2; mend the line",
    "a,a\n1,2\n": "has 2 columns named 'a'; rename or delete one",
    'a\n"1\n': "can't be read as csv: unexpected end of data",
    "a,b\n1,2\n,3\n": "column 'a' is empty in row 2; fill it in",
    "a\n1\nNaN\n": "column 'a' is empty in row 2; fill it in",
    "image\nx.png\n": "has no column of a factor",
    "my factor\n1\n": "column 'my factor' can't be the name of a factor: a letter, then",
    ",a\n0,1\n": "column '' can't be the name of a factor",  # the index that pandas writes
    "size,sise_value\n1,2\n": (
        "column 'sise_value' has raw values of an unknown factor 'sise'. Did you mean 'size'?"
    ),
    "a\n1\n1\n": "none of a has two classes; there is nothing to disentangle",
    "a\n1\nred\n2\nblue\n": (
        "column 'a' mixes numbers ('1', row 1) and text ('red', row 2); use one of the two"
    ),
    "a\n1\n0.5\n": (
        "column 'a' is 0.5 in row 2; a class is a whole number or a text. It looks like a"
        " measurement: metrics compare"
    ),
    "a\n1\n1e300\n": "column 'a' is 1e300 in row 2; a class is a whole number",
    "a,a_value\n1,x\n2,3\n": "column 'a_value' is 'x' in row 1; a finite number is needed",
    "a,a_value\n1,1\n2,inf\n": "column 'a_value' is 'inf' in row 2; a finite number is needed",
    "a,a_value\n1,1\n2,1e999\n": "column 'a_value' is '1e999' in row 2; a finite number is needed",
    "a,a_value\n1,1\n2,\n": "column 'a_value' is empty in row 2; fill it in",
    "a,a_value\nred,.5\nblue,1\nred,.25\n": (
        "class red of 'a' has the values 0.5 (row 1) and 0.25 (row 3); give each"
    ),
    "image,a\nx.png,1\ny.png,2\nx.png,1\n": (
        "image 'x.png' is named in 2 rows; keep one row per image"
    ),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_table_is_an_error_that_says_what_to_do(text: str, tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match=re.escape(WRONG[text])) as raised:
        table_of(tmp_path, text)
    assert str(tmp_path / "factors.csv") in str(raised.value)


def test_a_table_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"a\n\xff\xfe\n")
    with pytest.raises(ArtifactError, match=r"t.csv is not UTF-8 text"):
        read_table(tmp_path / "t.csv")
    with pytest.raises(ArtifactError, match=r"u.csv is missing: a csv or parquet file"):
        read_table(tmp_path / "u.csv")


@pytest.mark.parametrize("kept", [0, 10, 200])
def test_a_truncated_parquet_file_is_an_error(kept: int, tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pd.DataFrame({"a": [1, 2]}).to_parquet(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(
        ArtifactError, match=r"t.parquet can't be read as parquet: .* Write it again, or as csv"
    ):
        read_table(path)


def test_a_parquet_table_of_lists_or_gaps_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pd.DataFrame({"a": [[1], [2]]}).to_parquet(path)
    with pytest.raises(ArtifactError, match="can't be read as parquet"):
        read_table(path)
    pd.DataFrame({"a": [1, None, 2]}).to_parquet(path)
    with pytest.raises(ArtifactError, match="column 'a' is empty in row 2"):
        read_table(path)


def test_a_named_index_of_a_parquet_table_is_a_column(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2, 1], "b": [0, 0, 1], "c": [5, 5, 6]})
    frame.set_index(["a", "b"]).to_parquet(tmp_path / "t.parquet")
    table = read_table(tmp_path / "t.parquet")
    assert list(table.factors) == ["a", "b", "c"]
    np.testing.assert_array_equal(table.values, frame.to_numpy())


def test_what_libraries_and_the_system_refuse_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("t.parquet", "t.csv"):
        (tmp_path / name).touch()
    monkeypatch.setattr(
        pd, "read_parquet", Mock(side_effect=pa.ArrowNotImplementedError("no such codec"))
    )
    with pytest.raises(
        ArtifactError, match=r"t.parquet can't be read as parquet: no such codec\. Write it again"
    ):
        read_table(tmp_path / "t.parquet")
    monkeypatch.setattr(Path, "open", Mock(side_effect=PermissionError(13, "Permission denied")))
    with pytest.raises(ArtifactError, match=r"t.csv can't be read: .*Permission denied\. See that"):
        read_table(tmp_path / "t.csv")


LABELS = ["caf\u00e9", "zoo", "\u212bngstr\u00f6m", "a b"]


def alike(folder: Path, csv: pd.DataFrame, parquet: pd.DataFrame) -> FactorTable:
    """The table that both files must give."""
    csv.to_csv(folder / "t.csv", index=False)
    parquet.to_parquet(folder / "t.parquet")
    first, second = read_table(folder / "t.csv"), read_table(folder / "t.parquet")
    assert list(first.factors) == list(second.factors)
    np.testing.assert_array_equal(first.classes, second.classes)
    np.testing.assert_array_equal(first.values, second.values)
    said, same = ([r.partition("\n")[0] for r in t.remarks] for t in (first, second))
    assert said == same  # below a remark, its advice names the file
    for name, factor in first.factors.items():
        assert factor.texts == second.factors[name].texts
    return first


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_blanks_and_decomposed_letters_make_no_other_class(form: str, tmp_path: Path) -> None:
    other = [unicodedata.normalize(form, f"\t{text} \u00a0") for text in LABELS]
    frame = pd.DataFrame({" hue": [*LABELS, *other], "n": ["1", " 1", "2 ", "2"] * 2})
    table = alike(tmp_path, frame, frame)
    assert table.factors["hue"].texts == ("a b", "caf\u00e9", "zoo", "\u00c5ngstr\u00f6m")
    np.testing.assert_array_equal(table.classes[:4], table.classes[4:])


def test_names_that_are_one_after_all_are_refused_in_both(tmp_path: Path) -> None:
    frame = pd.DataFrame([[1, 2], [2, 1]], columns=["a", " a"])
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    for name in ("t.csv", "t.parquet"):
        with pytest.raises(ArtifactError, match=f"{name} has 2 columns named 'a'"):
            read_table(tmp_path / name)


@pytest.mark.parametrize("number", [2**53 + 1, 2**62, -(2**53) - 1])
def test_numbers_that_float64_would_round_are_refused_in_both(number: int, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [2**53, number]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    for name in ("t.csv", "t.parquet"):
        with pytest.raises(
            ArtifactError, match=f"column 'a' is {number} in row 2; a class is a wh"
        ):
            read_table(tmp_path / name)


@pytest.mark.parametrize("word", ["3.00000000000000000001", "1e-400", "1e99999999999999999999"])
def test_a_fraction_that_float64_would_round_is_none_the_less_one(
    word: str, tmp_path: Path
) -> None:
    with pytest.raises(ArtifactError, match=f"column 'a' is {word} in row 2; a class is a whole"):
        table_of(tmp_path, f"a\n3\n{word}\n")


def test_types_that_only_parquet_has_are_read_as_their_texts(tmp_path: Path) -> None:
    ordered = pd.CategoricalDtype(["small", "large", "unused"], ordered=True)
    columns = {
        "size": pd.Series(["small", "large", "large", "small"], dtype=ordered),
        "count": pd.Series([7, 5, 7, 2**53], dtype="Int64"),
        "level": pd.Series([1, 2, 2, 1], dtype="Float64"),
        "on": pd.Series([True, False, True, True], dtype="boolean"),
        "name": pd.Series(["b", "a", "a", "c"], dtype="string"),
        "bytes": pd.Series([b"b", b"a", b"a", b"c"]),
        "decimal": pd.Series([Decimal("1.00"), Decimal(2), Decimal(2), Decimal(1)]),
        "small": pd.Series([1, 2, 2, 1], dtype=np.uint8),
    }
    frame = pd.DataFrame(columns)
    table = alike(tmp_path, frame.assign(bytes=["b", "a", "a", "c"]), frame)
    assert table.factors["size"].texts == ("large", "small")
    assert table.factors["count"].values.tolist() == [5, 7, 2**53]
    np.testing.assert_array_equal(table.factors["bytes"].classes, [1, 0, 0, 2])


@pytest.mark.parametrize("word", ["NA", "N/A", "None", "#N/A", "<NA>"])
def test_a_class_that_may_be_a_missing_value_is_remarked(word: str, tmp_path: Path) -> None:
    frame = pd.DataFrame({"hat": ["top", word, "cap", word]})
    (remark,) = alike(tmp_path, frame, frame).remarks
    assert remark.startswith(
        f"column 'hat': 2 rows are of class '{word}' (the first: row 2), which"
    )
    with pytest.raises(ArtifactError, match=f"'{word}' is what other tools write for a missing"):
        table_of(tmp_path, f"a\n1\n{word}\n2\n")


@pytest.mark.parametrize(
    ("cells", "what"),
    [
        ([*range(40)], "numbers the rows"),
        ([*range(1, 41)], "numbers the rows"),
        ([f"img_{n}" for n in range(39, -1, -1)], "has 40 classes in 40 rows"),
        ([n / 100 for n in range(35)] + [0.25] * 5, "has 35 classes in 40 rows"),
    ],
)
def test_a_column_that_names_the_rows_is_left_out_unless_named(
    cells: list[object], what: str, tmp_path: Path
) -> None:
    frame = pd.DataFrame({"id": cells, "a": [0, 1] * 20, "b": [0, 0, 1, 1] * 10})
    table = alike(tmp_path, frame, frame)
    assert list(table.factors) == ["a", "b"]
    (remark,) = table.remarks
    said, *advice = remark.splitlines()
    assert said == (
        f"column 'id' {what}: it is left out. If it is a factor, name all columns that are:"
        " --factors id a b"
    )
    assert bool(advice) == isinstance(cells[0], float)
    if not isinstance(cells[0], float):
        named = read_table(tmp_path / "t.csv", ["b", "id"])
        assert (list(named.factors), named.remarks) == (["id", "b"], ())
    with pytest.raises(ArtifactError, match="unknown factor 'c'"):
        read_table(tmp_path / "t.csv", ["c"])
    frame[["id"]].to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(ArtifactError, match="If it is a factor, name all columns that are"):
        read_table(tmp_path / "t.csv")


def test_the_index_that_pandas_writes_is_left_out(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2, 1]}, index=[7, 9, 4])
    frame.to_csv(tmp_path / "t.csv")
    table = read_table(tmp_path / "t.csv")
    assert list(table.factors) == ["a"]
    assert table.remarks == ("column '' only names the rows; it is left out.",)
