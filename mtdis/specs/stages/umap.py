"""UMAP of the codes of the test split (paper, section 4.2.1, Figures 5 and 8; McInnes et al.

2018).
"""

from typing import ClassVar, Self

from pydantic import Field, model_validator

from mtdis.specs.stage import NetworkStage

DEFAULT_NEIGHBORS = 50
FEWEST_ROWS = 4
"""That umap-learn can embed."""


class Umap(NetworkStage):
    """Settings of the embedding; by default the 50 and 0.1 in the name of a file of the released
    notebooks (the paper's text has none).
    """

    references: ClassVar[tuple[str, ...]] = ("mcinnes2018",)

    n_neighbors: int = Field(
        DEFAULT_NEIGHBORS,
        ge=2,
        description=(
            "neighbours that each point is attached to; the default becomes fewer where fewer"
            " images are embedded"
        ),
    )
    min_dist: float = Field(
        0.1, ge=0, le=1, description="smallest distance of points in the embedding"
    )
    rows: int = Field(
        10_000,
        ge=10,
        description=(
            "images of the test split that are embedded, drawn by the seed; all if it has fewer"
        ),
    )
    seed: int = Field(1, ge=0, lt=2**32, description="seed of the drawn rows and of the embedding")

    @model_validator(mode="after")
    def _can_be_embedded(self) -> Self:
        counts = self.parent.image_counts  # None where only the dataset's rows tell
        rows = min(self.rows, counts[2]) if counts else self.rows
        if rows < FEWEST_ROWS:
            raise ValueError(
                f"the test split has {rows} images, and {FEWEST_ROWS} at least can be embedded;"
                " keep more images, or take the stage out of this experiment"
            )
        if self.n_neighbors != DEFAULT_NEIGHBORS and self.n_neighbors >= rows:
            raise ValueError(
                f"n_neighbors is {self.n_neighbors}, and {rows} images of the test split are"
                f" embedded, each of which has {rows - 1} others; write n_neighbors: {rows - 1} or"
                " less, or raise rows where the test split has more images"
            )
        return self
