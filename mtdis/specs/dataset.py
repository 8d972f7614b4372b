"""What every dataset spec shares: the factor grid it takes from its full grid, and how its images are stored."""

from abc import abstractmethod
from typing import ClassVar, Self

from pydantic import Field, field_validator, model_validator

from mtdis.errors import unknown
from mtdis.specs.base import Spec
from mtdis.specs.family import member_of
from mtdis.specs.grids import Grid


class Dataset(Spec):
    """Images on a grid of factors. Image bytes and factor values are made by the module of the same name."""

    named: ClassVar[str | None] = "name"
    replica_of: ClassVar[str] = ""
    """The published dataset whose numbers stand beside this one's."""
    full_grid: ClassVar[Grid]
    channels: ClassVar[int]
    white: ClassVar[int]
    """Largest stored pixel value: images reach the networks divided by it."""

    @classmethod
    def member(cls, name: str) -> type["Dataset"]:
        """The spec class of a dataset by its name."""
        found: type[Dataset] = member_of("datasets", name, "dataset")
        return found

    @property
    @abstractmethod
    def grid(self) -> Grid:
        """The grid of factor values that this dataset holds."""

    @property
    @abstractmethod
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of an image."""


class RenderedGrid(Dataset):
    """A dataset rendered from its factors: any sub-grid, at any image size that the encoder can halve to one pixel."""

    image_size: int = Field(64, description="height and width in pixels: 8, 16, 32 or 64")
    subgrid: dict[str, int] = Field(
        default_factory=dict, description="factor: number of its classes kept, spread evenly from the first"
    )
    classes: dict[str, tuple[int, ...]] = Field(
        default_factory=dict, description="factor: the classes kept, by their index in the full grid"
    )

    @field_validator("image_size")
    @classmethod
    def _halves_to_one(cls, value: int) -> int:
        if value not in (8, 16, 32, 64):
            raise ValueError("the encoder halves images down to one pixel: use 8, 16, 32 or 64")
        return value

    @field_validator("subgrid")
    @classmethod
    def _counts(cls, value: dict[str, int]) -> dict[str, int]:
        for factor, count in value.items():
            size = cls._size(factor)
            if not 1 <= count <= size:
                raise ValueError(f"{factor} has {size} classes: keep 1 to {size}")
        return {f: value[f] for f in cls.full_grid.names if value.get(f, cls._size(f)) != cls._size(f)}

    @field_validator("classes")
    @classmethod
    def _indices(cls, value: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
        for factor, kept in value.items():
            size = cls._size(factor)
            if not kept or sorted(set(kept)) != list(kept) or kept[0] < 0 or kept[-1] >= size:
                raise ValueError(f"{factor} has classes 0 to {size - 1}: list those kept, each once, ascending")
        everything = {f: tuple(range(cls._size(f))) for f in cls.full_grid.names}
        return {f: value[f] for f in cls.full_grid.names if value.get(f, everything[f]) != everything[f]}

    @classmethod
    def _size(cls, factor: str) -> int:
        if factor not in cls.full_grid.names:
            raise ValueError(unknown("factor", factor, cls.full_grid.names))
        return cls.full_grid.sizes[cls.full_grid.names.index(factor)]

    @model_validator(mode="after")
    def _narrowed_once(self) -> Self:
        if twice := sorted(set(self.subgrid) & set(self.classes)):
            raise ValueError(f"factor '{twice[0]}' stands in subgrid and in classes; keep one of the two")
        return self

    @property
    def grid(self) -> Grid:
        """The sub-grid, raw values unchanged."""
        counts = {f: _spread(n, self._size(f)) for f, n in self.subgrid.items()}
        return self.full_grid.part(counts | self.classes)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of an image."""
        return self.image_size, self.image_size, self.channels


def _spread(count: int, size: int) -> tuple[int, ...]:
    # From the first class in even steps: on a circle (orientation) first and last class then differ.
    return tuple(i * size // count for i in range(count))
