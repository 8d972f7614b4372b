"""A user's own data: the entry that `mtdis own` prints, what it says of the files, and what becomes
of changed ones.
"""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
import yaml
from helpers.beads import write_beads
from helpers.places import ROOT
from PIL import Image

from mtdis.cli import main
from mtdis.data.datasets.own import chunks
from mtdis.data.own.folder import entry, examine, find_images, find_table
from mtdis.errors import ArtifactError, ConfigError
from mtdis.specs.dataset import Dataset
from mtdis.specs.datasets.own import SIZES, Own
from mtdis.specs.ids import canonical, full_id
from mtdis.study import Study

FIELDS: dict[str, Any] = {
    "label": "beads",
    "factors": ["shape", "hue"],
    "class_counts": [2, 3],
    "rows": 20,
    "checksum": "sha256-0123456789abcdef",
}


@pytest.fixture
def working(tmp_path: Path) -> Path:
    """A working folder with 40 beads of 8 pixels in own/beads."""
    write_beads(tmp_path / "own/beads", count=40, side=8)
    return tmp_path


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> Own:
    """The dataset of the entry that the command prints."""
    assert main(["own", "beads", *words]) == 0
    found: Own = Dataset.from_fields(yaml.safe_load(capsys.readouterr().out)["dataset"])
    return found


def read_rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "factors.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def write_rows(folder: Path, rows: list[dict[str, str]]) -> None:
    pd.DataFrame(rows).to_csv(folder / "factors.csv", index=False)


def test_the_entry_says_what_the_files_hold(
    working: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, rows = printed(capsys), read_rows(working / "own/beads")
    assert (spec.names, spec.sizes) == (
        ("shape", "hue", "size"),
        tuple(len({row[name] for row in rows}) for name in ("shape", "hue", "size")),
    )
    assert (spec.count, spec.image_shape, spec.complete) == (40, (8, 8, 3), False)
    assert spec.sources == ("own/beads/images", "own/beads/factors.csv")
    assert all((working / source).exists() for source in spec.sources)


def test_the_command_names_the_classes_of_labels_and_what_is_missing(
    working: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["own", "beads"]) == 0
    lines = capsys.readouterr().out.splitlines()
    there = len(
        {(row["shape"], row["hue"], row["size"]) for row in read_rows(working / "own/beads")}
    )
    assert lines[0] == "# shape: disc = 0, ring = 1, square = 2"
    assert lines[1].startswith(
        f"# {there} of 120 combinations of classes are there, in 40 images: metrics draw from"
    )
    assert lines[2].startswith(
        "# few images: metrics that learn (DCI, SAP, explicitness) draw thousands of rows with"
    )
    assert lines[3:5] == ["    dataset:", "      name: own"]


def test_the_file_of_a_dataset_holds_images_classes_and_values(
    working: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec, rows = printed(capsys), read_rows(working / "own/beads")
    assert main(["dataset", "--spec", canonical(spec), "--out", "d.json"]) == 0
    with h5py.File("d.h5") as file:
        for number, row in enumerate(rows):
            picture = np.asarray(Image.open(working / "own/beads/images" / row["image"]))
            np.testing.assert_array_equal(file["images"][number], picture)
        hues = [float(row["hue_value"]) for row in rows]
        np.testing.assert_array_equal(file["values"][:, 1], hues)
        np.testing.assert_array_equal(
            file["factors"][:, 1], np.searchsorted(sorted(set(hues)), hues)
        )
    record = json.loads(Path("d.json").read_text())
    assert record["shapes"] == {"images": [40, 8, 8, 3], "factors": [40, 3]}
    assert (record["complete"], record["white"]) == (False, 255)
    assert spec.checksum in record["source"]


def test_the_checksum_is_that_of_the_content_and_not_of_the_kind_of_file(working: Path) -> None:
    folder, rows = working / "own/beads", read_rows(working / "own/beads")
    images = np.stack([np.asarray(Image.open(folder / "images" / row["image"])) for row in rows])
    np.savez_compressed(folder / "i.npz", x=images)
    with h5py.File(folder / "i.h5", "w") as file:
        file.create_dataset("images", data=images, chunks=(3, 8, 8, 3), compression="gzip")
    pd.read_csv(folder / "factors.csv").drop(columns="image").to_parquet(folder / "f.parquet")
    sums = [
        examine(working, "beads", images, table).spec.checksum
        for images, table in (
            ("images", "factors.csv"),
            ("i.npz", "f.parquet"),
            ("i.h5", "f.parquet"),
        )
    ]
    assert len(set(sums)) == 1


def one_pixel(folder: Path) -> None:
    picture = np.array(Image.open(folder / "images/0007.png"))
    picture[0, 0, 0] ^= 1
    Image.fromarray(picture).save(folder / "images/0007.png")


def one_class(folder: Path) -> None:
    rows = read_rows(folder)
    rows[3]["shape"] = next(row["shape"] for row in rows if row["shape"] != rows[3]["shape"])
    write_rows(folder, rows)


def one_value(folder: Path) -> None:
    rows = read_rows(folder)
    write_rows(
        folder, [row | {"hue_value": "1"} if row["hue"] == rows[0]["hue"] else row for row in rows]
    )


def two_rows(folder: Path) -> None:
    rows = read_rows(folder)
    write_rows(folder, [rows[1], rows[0], *rows[2:]])


def one_row_less(folder: Path) -> None:
    rows = read_rows(folder)
    write_rows(folder, rows[:-1])
    (folder / "images" / rows[-1]["image"]).unlink()


@pytest.mark.parametrize("change", [one_pixel, one_class, one_value, two_rows, one_row_less])
def test_changed_data_are_another_dataset_and_the_old_entry_is_refused(
    change: Callable[[Path], None], working: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = printed(capsys)
    change(working / "own/beads")
    after = printed(capsys)
    assert after.checksum != before.checksum
    assert full_id(after) != full_id(before)
    assert main(["dataset", "--spec", canonical(before), "--out", "d.json"]) == 2
    said = capsys.readouterr().err
    assert f"checksum is '{after.checksum}', the config has '{before.checksum}'" in said
    assert (
        Dataset.from_fields(
            yaml.safe_load(said[said.index("    dataset:\n      name") :])["dataset"]
        )
        == after
    )
    assert not Path("d.json").exists()
    assert not Path("d.h5").exists()


def test_data_that_change_while_they_are_copied_are_an_error(
    working: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = chunks(printed(capsys), working)  # read once, and found to be right
    one_pixel(working / "own/beads")
    with pytest.raises(
        ArtifactError,
        match=r"own/beads/images changed while it was read: checksum sha256-.* Run the",
    ):
        list(rows)


def test_the_entry_can_be_pasted_in_place_of_the_line_in_its_page(
    working: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs/your_data.md").read_text()
    (example,) = [
        block
        for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
        if "`mtdis own" in block
    ]
    assert main(["own", "beads"]) == 0
    lines = [
        capsys.readouterr().out.rstrip() if "in place of this line" in x else x
        for x in example.splitlines()
    ]
    config = yaml.safe_load("\n".join(lines).replace("batch_size: 64", "batch_size: 16"))
    found = {
        run.dataset for run in Study.from_config(config | {"metrics": {"mig": {}}}).runs.values()
    }
    assert found == {printed(capsys)}


def test_names_that_no_config_could_hold_are_refused_before_anything_is_read(
    working: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (working / "own/beads/factors.csv").rename(working / "own/beads/my factors.csv")
    (working / "own/beads/images/0001.png").write_bytes(b"")
    for words, message in (
        (
            ["own", "../own/beads"],
            "label '../own/beads' can't stand in a config: a name without a folder",
        ),
        (["own", "beads", "--images", "a/b"], "images 'a/b' can't stand in a config"),
        (["own", "beads"], "table 'my factors.csv' can't stand in a config"),
    ):
        assert main(words) == 2
        assert message in capsys.readouterr().err


def test_a_wrong_entry_is_refused_with_the_right_one(
    working: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = printed(capsys)
    wrong = spec.model_copy(update={"class_counts": (3, 8, 6), "channels": 1})
    with pytest.raises(
        ConfigError, match=r"class_counts is \[3, 8, 5\], the config has \[3, 8, 6\]; channels is 3"
    ) as e:
        chunks(wrong, working)
    assert entry(spec) in str(e.value)


@pytest.mark.parametrize(
    ("order", "repeats", "expected"),
    [(1, 1, "complete"), (-1, 1, "incomplete"), (1, 2, "incomplete")],
)
def test_a_grid_is_complete_if_each_combination_is_there_once_in_order(
    order: int,
    repeats: int,
    expected: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "own/beads"
    folder.mkdir(parents=True)
    classes = [(a, b) for a in range(2) for b in range(5)][::order] * repeats
    pd.DataFrame(classes, columns=["a", "b"]).to_csv(folder / "factors.csv", index=False)
    np.save(folder / "images.npy", np.full((len(classes), 8, 8), 9, np.uint8))
    assert printed(capsys).factor_grid == expected
    assert main(["own", "beads"]) == 0
    said = capsys.readouterr().out
    assert ("but not in order (sort the rows by a, b)" in said) is (order == -1)
    assert ("10 of 10 combinations of classes are there, in 20 images" in said) is (repeats == 2)


def test_task_diagnostics_want_a_complete_grid_when_the_study_is_planned() -> None:
    experiment = {
        "kind": "multi_head",
        "seed": 1,
        "batch_size": 8,
        "stages": {"task_diagnostics": {}},
    }
    config = {
        "name": "x",
        "experiments": {"one": experiment | {"dataset": {"name": "own"} | FIELDS}},
    }
    with pytest.raises(
        ConfigError,
        match=r"stages.task_diagnostics: both measures need each combination .* take the stage",
    ):
        Study.from_config(config)
    complete = {"name": "own", "factor_grid": "complete", "rows": 24, "class_counts": [8, 3]}
    config["experiments"] = {"one": experiment | {"dataset": FIELDS | complete}}
    assert len(Study.from_config(config).stages) == 1


def test_sizes_are_those_that_both_networks_take() -> None:
    from mtdis.training.networks import make_decoder, make_encoder

    for size in SIZES:
        assert make_encoder(1, size, 2) and make_decoder(1, size, 2)  # noqa: PT018
    for size in (4, 48, 256):
        assert size not in SIZES
        with pytest.raises(ValueError, match=f"found {size}"):
            make_decoder(1, size, 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": "../x"}, "label: a name without a folder is needed"),
        ({"label": "/etc"}, "label: a name without a folder is needed"),
        ({"label": ".."}, "label: a name without a folder is needed"),
        ({"images": "a/b.h5"}, "images: a name without a folder is needed"),
        ({"table": "..\\x"}, "table: a name without a folder is needed"),
        (
            {"factors": ["a b", "c"]},
            "factors: factor 'a b': each has a name of its own, a letter and then",
        ),
        ({"factors": ["a", "a"]}, "factors: factor 'a': each has a name of its own"),
        ({"class_counts": [2]}, "2 factors need as many class_counts; found 1"),
        ({"class_counts": [1, 1]}, "none of the factors has two classes"),
        ({"class_counts": [2, 21]}, "21 classes of one factor need as many images; found 20"),
        ({"factor_grid": "complete"}, "a complete factor_grid has 6 rows here; found 20"),
        (
            {"image_size": 48},
            (
                "image_size: the encoder halves images down to one pixel: use 8, 16, 32, 64 or 128;"
                " found 48"
            ),
        ),
        ({"channels": 5}, "channels: input should be less than or equal to 4; found 5"),
        (
            {"checksum": "0123"},
            "checksum: this is no checksum; `mtdis own` with the label prints the whole entry",
        ),
        ({"image": "x"}, "image: unknown setting 'image'. Did you mean 'images'?"),
    ],
)
def test_a_wrong_entry_is_a_short_error(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(message)):
        Own.parse(FIELDS | change, "dataset")


def test_ids_begin_with_what_tells_data_apart() -> None:
    spec = Own.parse(FIELDS | {"factors": ["a_b", "c-d"], "images": "x_1.h5", "channels": 1})
    text = full_id(spec)
    assert re.match("own.label=beads.checksum=sha256-0123456789abcdef.", text)
    assert Dataset.from_fields(json.loads(canonical(spec))) == spec
    assert issubclass(Own, Dataset)


def test_files_are_found_or_asked_for(working: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = working / "own/beads"
    assert (find_images(folder), find_table(folder)) == ("images", "factors.csv")
    (folder / "more.h5").touch()
    (folder / "more.parquet").touch()
    assert main(["own", "beads"]) == 2
    said = capsys.readouterr().err
    assert f"{Path('own/beads')} has several of a folder of png images, or one file of .h5" in said
    assert "images, more.h5. Choose one: --images images" in said
    assert printed(capsys, "--images", "images", "--table", "factors.csv").images == "images"
    with pytest.raises(
        ArtifactError, match=r"factors.csv, more.parquet\. Choose one: --table factors.csv"
    ):
        find_table(folder)


def test_a_folder_may_be_a_link(working: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = printed(capsys)
    (working / "own/beads").rename(working / "elsewhere")
    (working / "own/beads").symlink_to(working / "elsewhere")
    assert printed(capsys) == spec


def nothing(folder: Path) -> None:
    for file in sorted(folder.rglob("*.*")):
        file.unlink()


def no_table(folder: Path) -> None:
    (folder / "factors.csv").unlink()


def beside(folder: Path) -> None:
    for file in list((folder / "images").iterdir()):
        file.rename(folder / file.name)


def more_images(folder: Path) -> None:
    nothing(folder)
    np.save(folder / "images.npy", np.full((3, 8, 8), 9, np.uint8))
    (folder / "factors.csv").write_text("a\n1\n2\n")


def named_array(folder: Path) -> None:
    more_images(folder)
    (folder / "factors.csv").write_text("image,a\nx.png,1\ny.png,2\nz.png,2\n")


def black(folder: Path) -> None:
    more_images(folder)
    np.save(folder / "images.npy", np.ones((2, 8, 8), np.uint8))


def photographs(folder: Path) -> None:
    nothing(folder)
    (folder / "photos").mkdir()
    for name in ("a.jpg", "b.JPEG"):
        (folder / "photos" / name).touch()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (photographs, "own/beads has 2 images such as a.jpg; png is needed"),
        (
            nothing,
            (
                "own/beads has no folder of png images, or one file of .h5, .hdf5, .npz, .npy; put"
                " it there"
            ),
        ),
        (no_table, "own/beads has no csv or parquet file; put it there, or a link to it"),
        (
            beside,
            "own/beads: png images lie beside the table; move them into a folder own/beads/images",
        ),
        (
            more_images,
            (
                "own/beads/factors.csv has 2 rows, own/beads/images.npy 3 images; the table needs"
                " one row per image"
            ),
        ),
        (
            named_array,
            (
                "the factor table has a column 'image', and the images are one file,"
                " own/beads/images.npy"
            ),
        ),
        (
            black,
            (
                "images.npy: the largest pixel value of all images is 1, 255 is white. If 1 is"
                " meant to be white, save"
            ),
        ),
    ],
)
def test_files_that_do_not_fit_together_are_errors(
    spoil: Callable[[Path], None], message: str, working: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(working / "own/beads")
    assert main(["own", "beads"]) == 2
    assert message in capsys.readouterr().err


def test_files_that_are_not_there_are_named(
    working: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["own", "beds"]) == 2
    assert (
        "own/beds is no folder (there are: beads). Put images and factor table there"
        in capsys.readouterr().err
    )
    for words, message in (
        (["--images", "x.h5"], "own/beads/x.h5 is missing: a folder of png images, or one file of"),
        (
            ["--images", "factors.csv"],
            "own/beads/factors.csv is none of .h5, .hdf5, .npz, .npy; save the images as",
        ),
        (
            ["--table", "x.csv"],
            "own/beads/x.csv is missing: a csv or parquet file with a row per image is needed",
        ),
    ):
        assert main(["own", "beads", *words]) == 2
        assert message in capsys.readouterr().err


def test_an_entry_laid_over_another_leaves_nothing_of_it() -> None:
    first = Own.parse(
        FIELDS | {"images": "i.h5", "channels": 1, "factor_grid": "complete", "rows": 6}
    )
    second = Own.parse(
        FIELDS | {"label": "other", "factors": ["x"], "class_counts": [4], "image_size": 32}
    )
    entries = [yaml.safe_load(entry(spec))["dataset"] for spec in (first, second)]
    config = {
        "name": "x",
        "defaults": {"dataset": entries[0] | {"rows": 600, "factor_grid": "incomplete"}},
        "experiments": {
            "one": {"kind": "random", "seed": 1, "dataset": entries[1]},
            "both": {
                "kind": "random",
                "seed": 1,
                "dataset": [entries[1], entries[1] | {"label": "third"}],
            },
        },
    }
    found = Study.from_config(config)
    assert [run.dataset for run in found.experiments["one"].runs] == [second]
    assert [getattr(run.dataset, "label", "") for run in found.experiments["both"].runs] == [
        "other",
        "third",
    ]


HOSTILE = (
    "red\n    dataset: {name: evil}",
    "\x1b[2J\x1b]0;title\x07",
    "a\r# b",
    "left\u202eright\u2028line",
    "tab\there",
)


def test_what_is_printed_can_be_pasted_whatever_the_labels_hold(
    working: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = read_rows(working / "own/beads")
    expected = printed(capsys).resolved()
    pd.DataFrame([row | {"shape": HOSTILE[n % len(HOSTILE)]} for n, row in enumerate(rows)]).to_csv(
        working / "own/beads/factors.csv", index=False, quoting=csv.QUOTE_ALL
    )
    assert main(["own", "beads"]) == 0
    text = capsys.readouterr().out
    assert all(line.isprintable() for line in text.split("\n"))
    assert "red\\n    dataset: {name: evil} = " in text
    found = yaml.safe_load(text)
    assert list(found) == ["dataset"]
    assert found["dataset"]["factors"] == expected["factors"]
    assert found["dataset"]["class_counts"][0] == len(HOSTILE)


def test_an_error_shows_no_control_characters(
    working: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = read_rows(working / "own/beads")
    for change in ({"\x1b[2J": "1"}, {"hue": HOSTILE[1]}, {"image": HOSTILE[1]}):
        write_rows(working / "own/beads", [*rows[:-1], rows[-1] | change])
        assert main(["own", "beads"]) == 2
        assert "\x1b" not in capsys.readouterr().err


def test_the_named_columns_are_the_factors_and_their_entry_holds(
    working: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = read_rows(working / "own/beads")
    before = printed(capsys)
    write_rows(working / "own/beads", [{"id": str(n)} | row for n, row in enumerate(rows)])
    assert main(["own", "beads"]) == 0
    text = capsys.readouterr().out
    assert "# column 'id' numbers the rows: it is left out." in text
    assert Dataset.from_fields(yaml.safe_load(text)["dataset"]) == before
    named = printed(capsys, "--factors", "id", "hue")
    assert named.names == ("id", "hue")
    for spec in (before, named):
        assert sum(len(images) for images, *_ in chunks(spec, working)) == 40


def test_names_of_images_may_be_composed_otherwise(
    working: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = printed(capsys)
    folder, rows = working / "own/beads", read_rows(working / "own/beads")
    (folder / "images" / rows[0]["image"]).rename(folder / "images/e\u0301.png")
    for name in ("\u00e9.png", "e\u0301.png"):
        write_rows(folder, [rows[0] | {"image": name}, *rows[1:]])
        assert printed(capsys).checksum == before.checksum


def test_constant_images_are_remarked(working: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = working / "own/beads"
    rows = [{k: v for k, v in row.items() if k != "image"} for row in read_rows(folder)]
    write_rows(folder, rows)
    for value, remarked in ((9, True), (8, False)):
        images = np.full((40, 8, 8), 9, np.uint8)
        images[-1, -1, -1] = value
        np.save(folder / "i.npy", images)
        assert main(["own", "beads", "--images", "i.npy"]) == 0
        assert ("# all images are the same: " in capsys.readouterr().out) == remarked
