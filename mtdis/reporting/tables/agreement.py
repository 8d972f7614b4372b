"""Do the scores rank networks alike, and still so among networks of equal information?"""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from mtdis.reporting.labels import HEADLINE, shown
from mtdis.reporting.published import scores as published
from mtdis.reporting.statistics import of_runs, per_network, variant_fields, variants
from mtdis.reporting.statistics.agreement import kendall, partial_kendall
from mtdis.reporting.summaries.scores import headline_scores

COMPARES_SCORES = True
CAPTION = (
    "Do the scores agree on which networks are better? Kendall's tau-b over all networks of a"
    " dataset, whatever their kind: 1 the same order, 0 none in common, -1 the reverse; n networks"
    " in parentheses. Datasets are never pooled, for one that is harder for all scores would make"
    " them agree: the mean is that of the taus. Below, the same with informativeness (and the"
    " effective rank of the codes, where they were calibrated) taken out (partial correlations of"
    " the taus, Kendall 1942): what is left is not that some codes hold more of the factors. No"
    " test is made: networks of one kind and seed are not independent."
)
INFORMATIVENESS, RANK = shown("dci", "informativeness_test").label, "effective rank"
MEAN = "mean over datasets"
TAU = "Kendall's"
COLUMNS = [
    *["metric", "key", "settings", "dataset", "row", "column", "mean", "n", "text"],
    *["sd", "diverged", "failed", "published_mean", "difference", "comparable", "note"],
]


def make(frame: pd.DataFrame) -> pd.DataFrame:
    """One line per variant, dataset, pair of scores, and tau, plain and partial.

    n counts datasets.
    """
    rows = of_runs(frame)
    parts = [_lines(part).assign(**label) for label, part in variants(rows)]
    table = pd.concat(parts) if parts else pd.DataFrame()
    return table.reindex(columns=[*variant_fields(rows), *COLUMNS]).reset_index(drop=True)


def _lines(part: pd.DataFrame) -> pd.DataFrame:
    datasets = {name: _values(part, name) for name in published.dataset_order(part)}
    given = [name for name in (INFORMATIVENESS, RANK) if all(name in v for v in datasets.values())]
    networks = {name: len(values.dropna()) for name, values in datasets.items()}
    plain = {n: kendall(v.drop(columns=RANK, errors="ignore")) for n, v in datasets.items()}
    partial = {n: partial_kendall(v, given) for n, v in datasets.items()} if given else {}
    alike = f"Among networks of like {' and '.join(given)}, {TAU}"
    return pd.DataFrame(
        [
            line
            for title, taus in ((TAU, plain), (alike, partial))
            for line in _of_datasets(title, taus, networks)
        ],
        columns=COLUMNS,
    )


def _of_datasets(
    title: str, taus: Mapping[str, pd.DataFrame], networks: Mapping[str, int]
) -> Iterator[dict[str, object]]:
    """The lines of each dataset, and of the mean over several."""
    for dataset, table in taus.items():
        yield from _cells(title, dataset, [table], f" ({networks[dataset]})")
    if len(taus) > 1:
        yield from _cells(title, MEAN, list(taus.values()), "")


def _cells(
    title: str, dataset: str, taus: Sequence[pd.DataFrame], networks: str
) -> Iterator[dict[str, object]]:
    names = list(dict.fromkeys(name for table in taus for name in table.index))
    for place, row in enumerate(names):
        for column in names[:place]:
            both = [table for table in taus if {row, column} <= set(table.index)]
            found = pd.Series([table.loc[row, column] for table in both], dtype=float).dropna()
            text = f"{found.mean():.2f}" if len(found) else "–"
            yield {
                "metric": title,
                "key": "tau",
                "settings": "",
                "dataset": dataset,
                "row": row,
                "column": column,
                "text": f"{text}{networks}",
                "mean": found.mean(),
                "sd": found.std(),
                "n": len(found),
                "diverged": 0,
                "failed": 0,
                "comparable": False,
                "note": "",
            }


def _values(part: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """A row per network of a dataset, a column per score, and the effective rank if it is known."""
    scores = per_network(headline_scores(part[part["dataset"].eq(dataset)]))
    names = scores[["metric", "key"]].itertuples(index=False)
    scores = scores.assign(score=[shown(*name).label for name in names])
    index = ["run", "network"]
    table = scores.pivot_table(index=index, columns="score", values="value", observed=True)
    table = table[[label for name in HEADLINE if (label := shown(*name).label) in table]]
    ranks = part[part["metric"].eq("codes") & part["key"].eq("effective_rank")]
    return table.join(ranks.set_index(index)["value"].rename(RANK)) if len(ranks) else table
