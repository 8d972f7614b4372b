"""Damage to any file ends in an error with the fix or changes no number; never in a traceback.

The suite tries a part of what MTDIS_FLIPS=2000 tries, which also prints the counts.
"""

import json
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import pytest
from helpers import whole_study
from helpers.damage import WAYS, content_of, flip
from helpers.resealed import edited, resealed
from helpers.whole_study import LONG, SUMMARIES, command, inside, kind_of, readers

from mtdis.artifacts import files, records

LACKS = ("missing", "missing_stages", "waiting", "failed")
"""What `mtdis tables --partial` says of what is not in the tables."""
FLIPS = int(os.environ.get("MTDIS_FLIPS", "150"))
THOROUGH = "MTDIS_FLIPS" in os.environ
NOT_RECORDS = ("codes", "arrays", "long", "nulls", "csv", "sibling", "checkpoint")
KINDS = list(readers())
TRACEBACK, SILENT, REFUSED, UNCHANGED, UNREAD = ENDS = (
    "a traceback",
    "silent",
    "refused",
    "unchanged",
    "no reader",
)
"""How the readers of a damaged file end, the worst first."""
Counts = Counter[tuple[str, str]]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A finished study, which is never damaged itself."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        with inside(folder):
            whole_study.make(patch)
        yield folder


@pytest.fixture(scope="module")
def sound(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """What each kind's readers make of undamaged files, and the summaries print."""
    made = {}
    for kind, each in readers().items():
        with inside(copied(whole, tmp_path_factory.mktemp("sound") / "x")):
            made[kind] = [command(reader.words, reader.made).made for reader in each]
            assert None not in made[kind]
    with inside(copied(whole, tmp_path_factory.mktemp("sound") / "x")):
        made["partial"] = [partial()]
        assert command(SUMMARIES["doctor"]).rc == 0
    return made


def copied(whole: Path, to: Path) -> Path:
    """A copy of the study that may be damaged."""
    shutil.rmtree(to, ignore_errors=True)
    return Path(shutil.copytree(whole, to))


def files_of(whole: Path) -> list[Path]:
    """Its files of data and results, as paths in it."""
    found = (p for place in ("data", "results") for p in (whole / place).rglob("*") if p.is_file())
    return sorted(path.relative_to(whole) for path in found)


def partial() -> dict[str, Any]:
    """The tables of what is finished, and what they say that they lack."""
    told = command(["tables", "--partial", "--json"])
    if told.traceback:
        return {"failed": {"tables": told.traceback}}
    assert told.rc in (0, 1), told.text
    said = json.loads(told.text[told.text.index("{") :])["one"]
    found = {
        p.name: p.read_bytes() for p in Path("results/studies/whole/partial/one").glob("*.csv")
    }
    return found | {key: said[key] for key in LACKS}


def ends(kind: str, sound: dict[str, list[Any]]) -> Iterator[tuple[str, str]]:
    """How each reader of a kind ends, and what it does that it must not."""
    for reader, expected in zip(readers()[kind], sound[kind], strict=True):
        told = command(reader.words, reader.made)
        if told.traceback:
            yield TRACEBACK, f"{reader.words[0]}: {told.traceback}"
        elif told.refused:
            yield REFUSED, ""
        elif told.made == expected:
            yield UNCHANGED, ""
        else:
            what = f"another result without an error (status {told.rc})"
            yield SILENT, f"{reader.words[0]}: {what}"


def worst(found: list[tuple[str, str]], problems: list[str]) -> str:
    """How a case ends, by its readers and by the problems of all commands."""
    if problems:
        return TRACEBACK if any("Traceback" in one for one in problems) else SILENT
    return min((end for end, _ in found), key=ENDS.index, default=UNREAD)


def show(counts: Counts, capsys: pytest.CaptureFixture[str]) -> None:
    """Print how the cases of each kind of file ended, of a thorough test."""
    if THOROUGH:
        with capsys.disabled():
            print()
            for (kind, how), n in sorted(counts.items()):
                print(f"{kind:12} {how:12} {n}")


def wrong_summaries(sound: dict[str, list[Any]], status: int = 1) -> Iterator[str]:
    """What the commands about the whole study do that they must not, `doctor` to end with this
    status.
    """
    for name, words in SUMMARIES.items():
        told = command(words)
        if told.traceback:
            yield f"{name}: {told.traceback}"
        if name == "doctor" and told.rc != status:
            yield f"doctor: status {told.rc}, not {status}: {told.text[-500:]}"
    shutil.rmtree("results/studies/whole/partial", ignore_errors=True)
    found, (expected,) = partial(), sound["partial"]
    if found != expected and not any(found.get(key) for key in LACKS):
        yield "tables --partial: other numbers, and nothing is said to be missing"
    yield from (f"tables: {e}" for e in found["failed"].values() if "ArtifactError" not in e)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_damage_is_an_error_or_changes_nothing(
    kind: str,
    whole: Path,
    sound: dict[str, list[Any]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    of_kind = [path for path in files_of(whole) if kind_of(path) == kind]
    ways = list(WAYS) if THOROUGH else list(WAYS)[KINDS.index(kind) % 4 :: 4]
    found: list[str] = []
    counts: Counts = Counter()
    for way in ways:
        for path in of_kind if THOROUGH else of_kind[:1]:
            with inside(copied(whole, tmp_path / "damaged")):
                WAYS[way](path)
                read = list(ends(kind, sound))
            with inside(copied(whole, tmp_path / "damaged")):
                WAYS[way](path)
                same = content_of(path) == content_of(whole / path)
                problems = [what for _, what in read if what]
                problems += wrong_summaries(sound, 0 if same else 1)
            counts[kind, worst(read, problems)] += 1
            found += [f"{way} of {path.suffix} ({kind}): {one}" for one in problems]
    show(counts, capsys)
    assert found == []


OTHERS: tuple[Any, ...] = (
    None,
    True,
    -1,
    1.5,
    "x",
    [],
    {},
    [[]],
    {"a": {"b": []}},
    "\x00",
    10**400,
)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each container in a value with each of its keys."""
    if isinstance(value, (dict, list)):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield value, key
            yield from places(one)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [k for k in KINDS if k not in NOT_RECORDS])
def test_a_record_of_another_shape_is_no_traceback(
    kind: str,
    whole: Path,
    sound: dict[str, list[Any]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Well sealed: only the shape is wrong; a value of the right shape may be read."""
    draw = random.Random(kind)
    counts: Counts = Counter()
    path = next(p for p in files_of(whole) if kind_of(p) == kind and p.suffix == ".json")
    found = []
    for _ in range(40 if THOROUGH else 3):
        content = json.loads((whole / path).read_text())
        within, key = draw.choice(list(places(content)))
        other = draw.choice((*OTHERS, KeyError))
        if other is KeyError:
            del within[key]
        else:
            within[key] = other
        with inside(copied(whole, tmp_path / "damaged")):
            resealed(path, content)
            read = list(ends(kind, sound))
            problems = [*(what for _, what in read), *wrong_summaries(sound)]
        problems = [one for one in problems if "Traceback" in one]
        refused = REFUSED in (end for end, _ in read)
        counts[kind, TRACEBACK if problems else REFUSED if refused else "read"] += 1
        found += [f"{key} {other!r}: {one}" for one in problems]
    show(counts, capsys)
    assert found == []


@pytest.mark.slow
def test_no_flipped_bit_is_silent(
    whole: Path, sound: dict[str, list[Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw = random.Random(1)
    counts: Counts = Counter()
    found, each = [], files_of(whole)
    for _ in range(FLIPS):
        path = draw.choice(each)
        place, bit = draw.randrange((whole / path).stat().st_size), draw.randrange(8)
        kind = kind_of(path)
        with inside(copied(whole, tmp_path / "damaged")):
            flip(path, place, bit)
            named = command(SUMMARIES["doctor"])
            problems = [what for _, what in ends(kind, sound) if what]
        found += [f"bit {bit} of byte {place} of {path}: {one}" for one in problems]
        if named.traceback:
            found.append(f"bit {bit} of byte {place} of {path}: doctor: {named.traceback}")
        elif named.rc == 0:  # a record in other letters: 1e-05, 1E-05
            same = content_of(tmp_path / "damaged" / path) == content_of(whole / path)
            found += [] if same else [f"{path}, {place}, {bit}: not named"]
        unnamed = UNCHANGED if named.rc == 0 else "named"
        counts[kind, worst([], problems) if problems else unnamed] += 1
    show(counts, capsys)
    assert found == []


def test_the_readers_are_asked_of_every_kind_of_file(whole: Path) -> None:
    assert {kind_of(path) for path in files_of(whole)} == set(readers())
    assert records.CHECKPOINT in {path.name for path in files_of(whole)}
    assert Path(LONG) in files_of(whole)


def _only(whole: Path, kind: str) -> Path:
    """A file of a kind, of the multi-head run where there are several."""
    found = [p for p in files_of(whole) if kind_of(p) == kind and p.suffix != ".h5"]
    return next((p for p in found if "multi_head" in str(p)), found[0])


def _drop_rows(index: dict[str, Any]) -> None:
    index["rows"] = []


def _other_codes(index: dict[str, Any]) -> None:
    index["codes_sha256"] = "0" * 64


SEALED_BUT_WRONG: dict[str, tuple[str, Callable[[dict[str, Any]], object], str]] = {
    "an index without a row": ("index", _drop_rows, "lacks a row: mig"),
    "an index of other codes": ("index", _other_codes, "holds scores of other codes"),
    "calibrations without a row": ("calibration", _drop_rows, "lacks mig"),
    "calibrations without a draw's mean": (
        "calibration",
        lambda index: index["rows"].remove(
            next(row for row in index["rows"] if row["key"].endswith("null_mean"))
        ),
        "discrete_mig.null_mean",
    ),
    "calibrations of other codes": (
        "calibration",
        _other_codes,
        "holds calibrations of other codes",
    ),
    "a run of another dataset": (
        "run",
        lambda run: run["stood_on"]["dataset"].update(images="0" * 64),
        "was computed from another dataset",
    ),
    "a stage of another run": (
        "stage",
        lambda stage: stage["stood_on"]["parent"].update({"codes.h5": "0" * 64}),
        "was computed from another parent",
    ),
}


@pytest.mark.parametrize("how", SEALED_BUT_WRONG)
def test_what_is_sealed_but_incomplete_or_stale_is_in_no_table(
    how: str, whole: Path, tmp_path: Path
) -> None:
    kind, change, message = SEALED_BUT_WRONG[how]
    with inside(copied(whole, tmp_path / "changed")):
        edited(_only(whole, kind), change)
        gather = ["long_table", *(["nulls"] if kind == "calibration" else [])]
        for name in gather:
            told = command(whole_study.gathered(name, "out/table.parquet"))
            assert told.refused
            assert message in told.text
        assert command(SUMMARIES["doctor"]).rc == 1


def test_what_a_dataset_says_of_itself_is_what_its_spec_decides(
    whole: Path, tmp_path: Path
) -> None:
    with inside(copied(whole, tmp_path / "changed")):
        edited(_only(whole, "dataset"), lambda record: record.update(white=7))
        told = command(readers()["dataset"][3].words)
        assert told.refused
        assert "its white is 7, expected 1" in told.text


def test_a_damaged_checkpoint_is_set_aside_and_the_training_begins_anew(
    whole: Path, sound: dict[str, list[Any]], tmp_path: Path
) -> None:
    with inside(copied(whole, tmp_path / "changed")):
        path = _only(whole, "checkpoint")
        flip(path, path.stat().st_size - 1, 0)
        (reader,), (expected,) = readers()["checkpoint"], sound["checkpoint"]
        told = command(reader.words, reader.made)
        assert told.made == expected
        assert f"set aside as damaged-{path.name}" in told.text
        assert path.with_name(f"damaged-{path.name}").exists()


@pytest.mark.parametrize("kind", ["dataset", "targets"])
def test_a_bit_between_the_arrays_is_named_by_records_that_seal_the_whole_file(
    kind: str, whole: Path, tmp_path: Path
) -> None:
    with inside(copied(whole, tmp_path / "changed")):
        record = _only(whole, kind)
        arrays = record.with_suffix(".h5")
        with h5py.File(arrays) as file:
            first = min(array.id.get_offset() for array in file.values())
        flip(arrays, first - 1, 0)
        told = command(SUMMARIES["doctor"])
        assert told.rc == 1
        assert f"{arrays} has SHA-256" in told.text
        edited(record, lambda content: content.pop("file_sha256"))  # from before that checksum
        assert "has SHA-256" not in command(SUMMARIES["doctor"]).text
        flip(arrays, first, 0)
        assert "has SHA-256" in command(SUMMARIES["doctor"]).text


def test_a_table_names_the_draws_that_it_was_made_of(whole: Path, tmp_path: Path) -> None:
    with inside(copied(whole, tmp_path / "changed")):
        table = Path(LONG).with_name("claims.csv")
        assert command(["table", "--name", "claims", "--long", LONG, "--out", str(table)]).rc == 0
        assert command(SUMMARIES["doctor"]).rc == 0
        draws = table.with_name("nulls.parquet")
        files.write_frame(draws, files.read_frame(draws).iloc[1:])
        told = command(SUMMARIES["doctor"])
        assert told.rc == 1
        assert f"{table} was made of another one" in told.text


def test_a_digit_of_a_table_is_named_and_the_table_is_made_anew(
    whole: Path, tmp_path: Path
) -> None:
    with inside(copied(whole, tmp_path / "changed")):
        tables = Path(LONG).parent
        page, table = tables / "table5.html", tables / "table5.csv"
        text = table.read_text()
        page.write_text(page.read_text().replace("0", "1", 1))
        told = command(SUMMARIES["doctor"])
        assert (told.rc, f"{page} has" in told.text) == (1, True)
        assert command([*SUMMARIES["retry"], "--yes"]).rc == 0
        assert not table.exists()  # which snakemake declares beside the page
        words = ["table", "--name", "table5", "--long", LONG, "--out", str(table)]
        assert command(words).rc == 0
        assert table.read_text() == text
        assert command(SUMMARIES["doctor"]).rc == 0
