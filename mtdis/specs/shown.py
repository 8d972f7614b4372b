"""Labels and order of the values of a metric or stage in tables and figures: said once, beside its
settings.
"""

from typing import Literal, NamedTuple

Best = Literal["highest", "lowest", "neither"]
"""Which of a key's values is the best one; of counts, for example, neither is."""


class Shown(NamedTuple):
    """The label of a key, its best value, and the decimals of its numbers in tables."""

    label: str
    best: Best = "highest"
    decimals: int = 3
