"""LaTeX tables are compiled by a real LaTeX, captions and hostile names too."""

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from mtdis.discover import constant, names
from mtdis.reporting.formats.latex import latex
from mtdis.reporting.statistics import CELL

HOSTILE = (
    "a_b % of & #1 $x$ {y} ~z ^2 \\end{document} ± é",
    "[1cm] first",
    "*starred*",
    "<b>|−|</b> → ρ 日本",
    "two\n\nparagraphs\tand a tab",
    "\"quoted\" 'twice' `thrice` ?` !` ,, << >>",
)
TABLES = "mtdis.reporting.tables"


def _table(words: tuple[str, ...]) -> pd.DataFrame:
    """A table whose rows, columns, keys, datasets and notes are these words."""
    lines = [
        dict.fromkeys(CELL, word) | {"row": word, "column": column, "text": word, "note": word}
        for word in words
        for column in words
    ]
    return pd.DataFrame(lines)


def _compiled(folder: Path, body: str) -> str:
    """What LaTeX says of a document with the packages that our tables name."""
    if not (program := shutil.which("pdflatex")):
        pytest.skip("needs pdflatex (Debian: texlive-latex-recommended)")
    head = r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{booktabs,longtable}"
    text = f"{head}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"
    (folder / "page.tex").write_text(text, encoding="utf-8")
    words = [program, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-2000:]
    assert (folder / "page.pdf").stat().st_size > 1000
    return done.stdout


def test_hostile_names_are_typeset(tmp_path: Path) -> None:
    _compiled(tmp_path, latex(_table(HOSTILE), HOSTILE[0]))


def test_every_caption_is_typeset(tmp_path: Path) -> None:
    table = _table(("plain",))
    captions = [str(constant(TABLES, name, "CAPTION")) for name in names(TABLES)]
    said = _compiled(tmp_path, "\n".join(latex(table, caption) for caption in captions))
    assert "Missing character" not in said


def test_letters_that_latex_lacks_are_told_by_number() -> None:
    text = latex(_table(("日 ok",)), "caption")
    assert "(U+65E5) ok" in text
