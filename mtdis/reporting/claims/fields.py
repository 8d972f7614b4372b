"""The claims along a field of the runs: more tasks help, factor subsets matter."""

import numpy as np
import pandas as pd

from mtdis.reporting.claims import families
from mtdis.reporting.claims.lines import (
    Asked,
    Found,
    counted,
    improvement,
    lines_of,
    with_alignment,
)
from mtdis.reporting.claims.values import (
    block_array,
    cells_in,
    columns_along,
    directions,
    row_of,
    scores_of,
)
from mtdis.reporting.labels import field_label, row_label
from mtdis.reporting.statistics import CELL, Label, value_text
from mtdis.reporting.statistics.resampling import Table
from mtdis.specs.claim import Claim


def trend(asked: Asked) -> Found:
    """A kind's scores rising along a field, each seed being a block; the axes are those of the last
    value's codes.
    """
    claim = asked.claim
    for label, values, points in columns_along(scores_of(asked.frame, claim), claim):
        if len(values) < 2:
            continue
        table, blocks = block_array(points[points["row"].eq(row_of(claim.kind))])
        cells = cells_in(table.columns, "column")
        tested = families.trend(blocks * directions(cells), cells, asked.rng)
        matrix = pd.DataFrame(blocks[:, -1] - blocks[:, 0], table.index, cells)
        lines = lines_of(matrix, tested, asked.rng).assign(
            improvement=improvement(*(_column(blocks, cells, place) for place in (-1, 0))),
            about=f" from {values[0]} to {values[-1]}",
            row=f"{row_label(claim.kind)} rises with {field_label(claim.field)}",
        )
        part = _of_kind(asked, claim, label)
        last = part[part[f"spec.{claim.field}"].map(value_text).eq(values[-1])]
        lines = with_alignment(lines, last, asked)
        yield _with_values(label, claim, values), counted(lines, part, (claim.kind,))


def schemes(asked: Asked) -> Found:
    """Each value of a field against the reference, and whether any differs, seeds being blocks."""
    claim = asked.claim
    for label, values, points in columns_along(scores_of(asked.frame, claim), claim):
        if len(values) < 2 or values[0] != claim.reference:
            continue
        table, blocks = block_array(points[points["row"].eq(row_of(claim.kind))])
        cells = cells_in(table.columns, "column")
        label = _with_values(label, claim, values)
        part, kinds = _of_kind(asked, claim, label), (claim.kind,)
        others = pd.DataFrame(
            np.ma.masked_invalid(blocks[:, 1:]).mean(axis=1).filled(np.nan), table.index, cells
        )
        anything = lines_of(
            others - blocks[:, 0],
            families.trend(blocks, cells, asked.rng, ordered=False),
            asked.rng,
        )
        words = f"{row_label(claim.kind)}, {claim.field}"
        about = f", mean of {len(values) - 1} others minus {claim.reference}"
        yield label, counted(anything.assign(row=f"{words}: any", about=about), part, kinds)
        yield label, counted(_each_scheme(asked, table, blocks, values, words), part, kinds)


def _each_scheme(
    asked: Asked, table: pd.DataFrame, blocks: Table, values: list[str], words: str
) -> pd.DataFrame:
    """The lines of each value against the reference: one family."""
    cells = cells_in(table.columns, "column")
    names = pd.MultiIndex.from_tuples(
        [(*cell, value) for value in values[1:] for cell in cells], names=[*CELL, "scheme"]
    )
    differences = blocks[:, 1:] - blocks[:, :1]
    matrix = pd.DataFrame(differences.reshape(len(table), -1), table.index, names)
    tested = families.paired(matrix, two_sided=True, rng=asked.rng)
    parts = []
    for place, value in enumerate(values[1:], start=1):
        own = pd.DataFrame(differences[:, place - 1], table.index, cells)
        of_value = tested[tested.index.get_level_values("scheme") == value]
        lines = lines_of(own, of_value.droplevel("scheme"), asked.rng)
        better = improvement(*(_column(blocks, cells, at) for at in (place, 0)))
        row = f"{words}: {value} against {asked.claim.reference}"
        parts.append(lines.assign(improvement=better, row=row))
    return pd.concat(parts)


def _column(blocks: Table, cells: pd.Index, place: int) -> pd.DataFrame:
    return pd.DataFrame(blocks[:, place], columns=cells)


def _of_kind(asked: Asked, claim: Claim, label: Label) -> pd.DataFrame:
    """The scores of the claim's kind at these values of the other fields."""
    scores = scores_of(asked.frame, claim)
    own = scores[scores["kind"].eq(claim.kind)]
    for field, value in label.items():
        own = own[own[field].eq(value)] if field != f"spec.{claim.field}" else own
    return own


def _with_values(label: Label, claim: Claim, values: list[str]) -> Label:
    return label | {f"spec.{claim.field}": " ".join(values)}
