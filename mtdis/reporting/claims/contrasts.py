"""The claims that compare kinds, and the one that compares codes with rotations of themselves."""

import pandas as pd

from mtdis.reporting.claims import families
from mtdis.reporting.claims.alignment import above_null, null_band
from mtdis.reporting.claims.lines import (
    Asked,
    Found,
    aligned,
    counted,
    improvement,
    lines_of,
    row_values,
    with_alignment,
)
from mtdis.reporting.claims.values import (
    cells_in,
    directions,
    heads_of,
    networks_of,
    points_of,
    row_of,
    scores_of,
    wide,
)
from mtdis.reporting.labels import row_label
from mtdis.reporting.statistics import (
    CELL,
    headline_rows,
    one_run_per_seed,
    paired_differences,
    summarise,
    variants,
)
from mtdis.specs.claim import Claim

ENCODERS_NEEDED = 5
"""Encoder seeds without which nothing is said of what codes help with."""


def higher(asked: Asked) -> Found:
    """A kind against another one, paired by seed."""
    claim = asked.claim
    for label, part in variants(scores_of(asked.frame, claim)):
        transform = claim.transform if part["transform"].eq(claim.transform).any() else "none"
        points = points_of(part, transform)
        rows = row_of(claim.kind), row_of(claim.than)
        pairs = paired_differences(points, *rows, by=[*CELL, "seed"])
        if pairs.empty:
            continue
        matrix = wide(pairs, CELL)
        signed = matrix.mul(directions(matrix.columns), axis=1)
        tested = _tested(signed, transform, asked)
        words = "" if transform == "none" else f", {transform} codes"
        lines = lines_of(matrix, tested, asked.rng).assign(
            improvement=improvement(*(row_values(points, row) for row in rows)),
            row=f"{row_label(rows[0])} > {row_label(rows[1])}{words}",
            note=_not_as_asked(claim.transform, transform),
        )
        yield label, counted(with_alignment(lines, part, asked), part, (claim.kind, claim.than))


def _tested(signed: pd.DataFrame, transform: str, asked: Asked) -> pd.DataFrame:
    """The sign-flip tests of differences (seeds × cells) in which more speaks for the claim; those
    of mapped codes that are the same by several settings of a metric are one.
    """
    cells = cells_in(signed.columns)
    firsts = {cell: cell for cell in cells}
    if transform != "none":
        firsts = families.counted_once({cell: signed[cell].to_numpy() for cell in cells})
    once = pd.MultiIndex.from_tuples(dict.fromkeys(firsts.values()), names=CELL)
    two_sided = asked.claim.alternative == "two-sided"
    return families.of_each(families.paired(signed[once], two_sided, asked.rng), firsts)


def every_task(asked: Asked) -> Found:
    """A kind against the network of each single task: the difference shown is the smallest."""
    claim = asked.claim
    for label, part in variants(scores_of(asked.frame, claim)):
        networks = one_run_per_seed(networks_of(part, (claim.kind, claim.than)))
        ours, theirs = (networks[networks["kind"].eq(k)] for k in (claim.kind, claim.than))
        pairs = theirs.merge(ours, on=[*CELL, "seed"], suffixes=("", "_of_kind"))
        if pairs.empty:
            continue
        pairs["value"] = pairs["value_of_kind"] - pairs["value"]
        matrix = wide(pairs, [*CELL, "trained_task"])
        signed = matrix.mul(directions(matrix.columns), axis=1)
        tested = families.every(signed, "trained_task", asked.rng)
        least, about = _closest_tasks(matrix, signed)
        lines = lines_of(least, tested, asked.rng).assign(
            about=about, row=f"{row_label(claim.kind)} > every single task"
        )
        yield label, counted(with_alignment(lines, part, asked), part, (claim.kind, claim.than))


def _closest_tasks(matrix: pd.DataFrame, signed: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Per cell the differences (seeds × cells) to the task that comes closest, and its number in
    words; none where all is lost.
    """
    chosen, about = {}, []
    for cell in cells_in(matrix.columns, "trained_task"):
        means = signed[cell].mean().dropna()
        nearest = means.idxmin() if len(means) else matrix[cell].columns[0]
        chosen[cell] = matrix[cell][nearest]
        about.append(f", task {nearest}, the closest of {len(means)}")
    return pd.DataFrame(chosen).rename_axis(columns=CELL), about


def beyond_spread(asked: Asked) -> Found:
    """A kind more than its standard deviation above the best single task: read off, not tested."""
    claim = asked.claim
    for label, part in variants(scores_of(asked.frame, claim)):
        rows = headline_rows(part[part["kind"].isin([claim.kind, claim.than])])
        ours = rows[rows["row"].eq(claim.kind)].set_index(CELL)
        ends = {1.0: "single_max", -1.0: "single_min"}
        cells = rows[CELL].itertuples(index=False, name=None)
        best = pd.Series([ends[sign] for sign in directions(cells)], rows.index, dtype=str)
        theirs = rows[rows["row"].eq(best)].set_index(CELL)
        if ours.empty or theirs.empty:
            continue
        lines = ours[["n", "sd"]].assign(mean=ours["mean"] - theirs["mean"].reindex(ours.index))
        lines["n"] = lines["n"].where(lines["mean"].notna(), 0)
        lines["sd"] = lines["sd"].where(lines["mean"].notna())
        lines["ratio"] = lines["mean"] * directions(lines.index) / lines["sd"]
        lines["row"] = f"{row_label(claim.kind)} beyond one sd of the best single task"
        yield label, counted(lines, part, (claim.kind, claim.than))


def codes_help(asked: Asked) -> Found:
    """Heads on the codes of a kind against those on another's, paired by the encoder's seed."""
    claim = asked.claim
    try:
        points = heads_of(asked.frame, (claim.kind, claim.than))
    except ValueError as error:
        yield {}, _refused(asked, str(error))
        return
    pairs = paired_differences(points, claim.kind, claim.than, by=[*CELL, "seed"])
    if pairs.empty:
        return
    seeds = int(pairs["seed"].nunique())
    if seeds < ENCODERS_NEEDED:
        number = "one encoder" if seeds == 1 else f"{seeds} encoders"
        why = f"{number} of each kind say nothing of others; {ENCODERS_NEEDED} seeds are needed"
        yield {}, _refused(asked, why)
        return
    matrix = wide(pairs, CELL)
    tested = families.paired(matrix, claim.alternative == "two-sided", asked.rng)
    lines = lines_of(matrix, tested, asked.rng).assign(
        improvement=improvement(*(row_values(points, kind) for kind in (claim.kind, claim.than))),
        row=_heads_words(claim),
    )
    lost = summarise(points, CELL).set_index(CELL)[["diverged", "failed"]]
    yield {}, lines.assign(**lost.reindex(lines.index))


def above_chance(asked: Asked) -> Found:
    """The codes of a kind against rotations of themselves, over networks; nothing without
    calibration.
    """
    claim = asked.claim
    for label, part in variants(scores_of(asked.frame, claim)):
        tested = aligned(part, asked.nulls, claim.kind)
        if tested.empty:
            continue
        above = above_null(part, asked.nulls, claim.kind)
        matrix = wide(above[0].rename("value").reset_index(), CELL)
        matrix = matrix[[cell for cell in matrix.columns if cell in tested.index]]  # the rotated
        lines = lines_of(matrix, tested.reindex(matrix.columns), asked.rng).assign(
            unit="rotations",
            about=" above its rotations",
            row=f"{row_label(claim.kind)}: axes above chance",
            **null_band(above).reindex(matrix.columns),
        )
        yield label, counted(lines, part, (claim.kind,))


def _not_as_asked(asked: str, transform: str) -> str:
    if asked == transform:
        return ""
    return f"The codes are compared as they are: no {asked} ones were scored."


def _heads_words(claim: Claim) -> str:
    return f"heads on codes, {row_label(claim.kind)} > {row_label(claim.than)}"


def _refused(asked: Asked, reason: str) -> pd.DataFrame:
    """A line per dataset that says why the claim is not tested."""
    rows = asked.frame[asked.frame["stage"].eq("heads")]
    cells = [(dataset, "r2", "test", "") for dataset in sorted(rows["dataset"].unique())]
    index = pd.MultiIndex.from_tuples(cells, names=CELL)
    return pd.DataFrame({"n": 0, "reason": reason, "row": _heads_words(asked.claim)}, index)
