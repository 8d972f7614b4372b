"""Tables and figures are sealed in all their forms, and with what they were made of."""

from hashlib import sha256
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from mtdis.artifacts import files, shown
from mtdis.artifacts.records import read_json
from mtdis.artifacts.shapes import ShownContent
from mtdis.errors import ArtifactError

FRAME = pd.DataFrame({"row": ["a", "b"], "value": [0.25, 0.5]})
TABLE, FIGURE, LONG = Path("tables/t.csv"), Path("figures/f.pdf"), Path("tables/long.parquet")
FORMS = ("tables/t.csv", "tables/t.md", "tables/t.tex", "figures/f.pdf", "figures/f.png")


@pytest.fixture
def written(tmp_path: Path) -> None:
    """A table and a figure of a long table, in the working folder."""
    files.write_frame(LONG, FRAME)
    shown.write_table(TABLE, FRAME, {".md": "| a |", ".tex": "a & b"}, [LONG])
    FIGURE.parent.mkdir()
    shown.write_figure(FIGURE, plt.figure(), [LONG])


def verified(form: str) -> bool:
    return shown.verify_shown(TABLE if form.startswith("tables") else FIGURE)


def test_the_seal_holds_the_checksum_of_every_form_and_of_the_long_table(written: None) -> None:
    for path, long in ((TABLE, "long.parquet"), (FIGURE, "../tables/long.parquet")):
        content = read_json(shown.seal_of(path), "", ShownContent)
        held = {name: about["sha256"] for name, about in content["files"].items()}
        beside = [Path(form) for form in FORMS if form.startswith(str(path.parent))]
        assert held == {p.name: sha256(p.read_bytes()).hexdigest() for p in beside}
        assert content["made_of"][long]["sha256"] == sha256(LONG.read_bytes()).hexdigest()
        assert shown.verify_shown(path)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("how", ["changed", "gone"])
def test_a_form_that_is_not_the_sealed_one_is_named(written: None, form: str, how: str) -> None:
    path = Path(form)
    if how == "gone":
        path.unlink()
    else:
        content = path.read_bytes()
        path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ArtifactError, match=f"{path.name} (has SHA-256|is missing)"):
        verified(form)


def test_what_was_made_of_another_long_table_is_named(written: None) -> None:
    files.write_frame(LONG, FRAME.assign(value=1.0))
    for form in FORMS:
        with pytest.raises(ArtifactError, match=r"long\.parquet .* was made of another one"):
            verified(form)
    LONG.unlink()  # what is gone can't be compared
    assert all(map(verified, FORMS))


def test_what_was_written_before_seals_has_none(written: None) -> None:
    shown.seal_of(TABLE).unlink()
    TABLE.write_text("another")
    assert not verified("tables/t.csv")


def test_a_seal_of_no_form_is_damaged(written: None) -> None:
    files.write_record(shown.seal_of(TABLE), {"files": {}, "made_of": {}})
    with pytest.raises(ArtifactError, match=r"has no checksum of t\.csv"):
        verified("tables/t.csv")


def test_a_table_that_is_half_written_has_no_seal(
    written: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "write_frame", killed)
    with pytest.raises(KeyboardInterrupt):
        shown.write_table(TABLE, FRAME, {".md": "| b |"}, [LONG])
    assert Path("tables/t.md").read_text() == "| b |"
    assert not verified("tables/t.csv")
