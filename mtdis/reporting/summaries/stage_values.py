"""A table of what a stage found on networks, of which the paper printed nothing."""

from collections.abc import Sequence

import pandas as pd

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.comparison import COLUMNS as BESIDE
from mtdis.reporting.labels import row_places
from mtdis.reporting.published import scores as published
from mtdis.reporting.statistics import CELL, in_order, variant_fields, variants
from mtdis.reporting.summaries.stage_networks import Key, over_seeds, stage_frame

COLUMNS = [*CELL, "row", "mean", "sd", "sd_ddof0", "n", "diverged", "failed", "over", *BESIDE]


def stage_table(
    stages: Sequence[StageResult], keys: Sequence[Key], pairs: str = ""
) -> pd.DataFrame:
    """One line per variant, dataset, (metric, key) in their order, settings of the stage and kind.

    A mean is over seeds, a seed's networks of one kind averaged first. `pairs` names the setting
    that says which other seed a seed is compared with: it is then over pairs of seeds. ValueError
    without any stage.
    """
    if not stages:
        raise ValueError("nothing to show: there is no result of the stage.")
    values = stage_frame(stages, keys)
    values = values.assign(row=values["kind"], **({"settings": ""} if pairs else {}))
    each, over = (["seed", f"stage.{pairs}"], "pairs of seeds") if pairs else (["seed"], "seeds")
    places = {
        "key": {key: place for place, (_, key) in enumerate(keys)},
        "row": row_places(),
        "dataset": {name: n for n, name in enumerate(published.dataset_order(values))},
    }
    order = ["key", "settings", "dataset", "row"]
    parts = [
        in_order(over_seeds(part, each), order, places).assign(over=over, **label)
        for label, part in variants(values)
    ]
    table = pd.concat(parts).reindex(columns=[*variant_fields(values), *COLUMNS])
    return table.assign(comparable=False, note="").reset_index(drop=True)
