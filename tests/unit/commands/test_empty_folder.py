"""In a folder that is no study's, a command leaves nothing behind that it does not name."""

from pathlib import Path

import pytest

from mtdis.cli import main
from mtdis.commands.schema import DEFAULT

COMMANDS = (
    ["schema"],
    ["schema", "--write"],
    ["schema", "--write", "of/editors.json"],
    ["plan"],
    ["status"],
    ["show"],
    ["show", "random"],
    ["diff", "random", "vae"],
    ["compare", "one", "other"],
    ["tables", "--partial"],
    ["page", "--partial"],
    ["export", "one"],
    ["prune"],
    ["retry", "--failed"],
    ["retry", "--damaged", "--yes"],
    ["doctor", "--results"],
    ["own", "beads"],
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_what_a_command_leaves_it_names(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(words)
    out = capsys.readouterr().out
    made = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in made if path not in out] == []
    assert status in (0, 2)
    if words[0] not in ("schema", "prune", "retry", "doctor"):
        assert status == 2


def test_the_schema_is_not_written_where_no_config_looks_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema", "--write"]) == 2
    said = capsys.readouterr().err
    assert "there is no folder workflow/ here" in said
    words = said.partition("name a file: mtdis ")[2].partition(",")[0].split()
    assert main(words) == 0
    assert Path(capsys.readouterr().out.strip()).read_text() == schema_of(capsys)
    assert f"$schema={words[-1]}" in said
    assert main(["init", "mine"]) == 0
    assert (tmp_path / "mine" / DEFAULT.parent).is_dir()


def schema_of(capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["schema"]) == 0
    return capsys.readouterr().out
