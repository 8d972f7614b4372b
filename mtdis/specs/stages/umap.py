"""UMAP of the codes of the test split (paper, section 4.2.1, Figures 5 and 8; McInnes et al.

2018).
"""

from pydantic import Field

from mtdis.specs.stage import NetworkStage


class Umap(NetworkStage):
    """Settings of the embedding; those of the paper by default."""

    n_neighbors: int = Field(50, ge=2, description="neighbours that each point is attached to")
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
