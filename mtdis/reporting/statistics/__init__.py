"""Statistics of results: variants apart, means and spreads over seeds, tests, intervals."""

from mtdis.reporting.statistics.seeds import (
    CELL,
    complete_means,
    headline_points,
    headline_rows,
    in_order,
    of_runs,
    one_run_per_seed,
    paired_changes,
    paired_differences,
    per_network,
    summarise,
)
from mtdis.reporting.statistics.variants import (
    Label,
    along,
    none_said,
    swept,
    value_text,
    variant_fields,
    variant_text,
    variants,
)

__all__ = [
    "CELL",
    "Label",
    "along",
    "complete_means",
    "headline_points",
    "headline_rows",
    "in_order",
    "none_said",
    "of_runs",
    "one_run_per_seed",
    "paired_changes",
    "paired_differences",
    "per_network",
    "summarise",
    "swept",
    "value_text",
    "variant_fields",
    "variant_text",
    "variants",
]
