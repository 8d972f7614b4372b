"""A tidy table and its caption in every form that people read; csv and parquet are files of
artifacts.
"""

import pandas as pd

from mtdis.reporting.formats.html import html
from mtdis.reporting.formats.latex import latex
from mtdis.reporting.formats.markdown import markdown


def texts(table: pd.DataFrame, caption: str) -> dict[str, str]:
    """The table in each form, by the ending of its file."""
    forms = {".md": markdown, ".tex": latex, ".html": html}
    return {ending: form(table, caption) for ending, form in forms.items()}
