"""The base of every dataset spec: its factors, how many images it has, and how they are stored."""

from abc import abstractmethod
from collections.abc import Mapping
from functools import cached_property
from math import prod
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, WithJsonSchema, field_validator, model_validator
from pydantic.config import JsonDict

from mtdis.errors import unknown
from mtdis.pasting import flow
from mtdis.specs.base import Spec
from mtdis.specs.grids import Grid
from mtdis.specs.holes import Counts, Holes, count_images, parsed, written


class Dataset(Spec):
    """Images with known factors.

    Image bytes and factor values are made by the module of the same name.
    """

    named: ClassVar[str | None] = "name"
    family: ClassVar[str] = "datasets"
    thing: ClassVar[str] = "dataset"
    defines: ClassVar[tuple[str, ...]] = ("chunks(spec, folder)",)
    display_name: ClassVar[str] = ""
    """The name for people in tables and figures; without one, the dataset's own name in words."""
    replica_of: ClassVar[str] = ""
    """The published dataset whose numbers stand beside this one's."""
    white: ClassVar[int]
    """Largest stored pixel value: images reach the networks divided by it."""

    @property
    def title(self) -> str:
        """The name in long tables, by which they are compared with published values."""
        return self.name()

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Names of the factors."""

    @property
    @abstractmethod
    def sizes(self) -> tuple[int, ...]:
        """Number of classes of each factor."""

    @property
    @abstractmethod
    def count(self) -> int:
        """Number of images."""

    @property
    @abstractmethod
    def complete(self) -> bool:
        """True if each combination of classes is there exactly once, in C order."""

    @property
    @abstractmethod
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of an image."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The files that preparing the dataset reads, relative to the working folder."""
        return ()


CLASSES: JsonDict = {
    "anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}, "minItems": 1}]
}
MAPPING: JsonDict = {"type": "object", "additionalProperties": CLASSES, "minProperties": 1}
Dropped = Annotated[str, WithJsonSchema({"anyOf": [{"type": "string"}, MAPPING]})]
"""A combination of classes: a mapping in a config, text in a spec."""


class GridDataset(Dataset):
    """A dataset whose factors form a grid, of which any sub-grid can be taken, with holes or a
    correlation in it.
    """

    full_grid: ClassVar[Grid]
    channels: ClassVar[int]

    subgrid: dict[str, int] = Field(
        default_factory=dict,
        description="factor: number of its classes kept, spread evenly from the first",
    )
    classes: dict[str, tuple[int, ...]] = Field(
        default_factory=dict,
        description="factor: the classes kept, by their index in the full grid",
    )
    drop: tuple[Dropped, ...] = Field(
        (),
        description=(
            "combinations that are left out, each a mapping of factors to a class or a list of"
            " them, by their index in the full grid: [{shape: 0, scale: [4, 5]}]"
        ),
    )
    correlated: tuple[str, ...] = Field((), description="the two factors that `correlation` ties")
    correlation: float = Field(
        0.0,
        ge=-100,
        le=100,
        description=(
            "strength 1/sigma of the correlation of Träuble et al. 2021: images are left out so"
            " that the two factors a and b, scaled to 0..1, occur like exp(-(a - b)²/(2 sigma²)); 0"
            " is none, 5 their strongest, and below 0 the factors oppose each other"
        ),
    )
    correlation_seed: int = Field(
        0, ge=0, lt=2**32, description="seed of the choice which images are left out"
    )

    @model_validator(mode="before")
    @classmethod
    def _no_correlation_has_no_settings(cls, fields: Any) -> Any:
        if not isinstance(fields, Mapping):
            return fields
        idle = {"correlation_seed"} if "correlation" not in fields else set()
        if _is_zero(fields.get("correlation")):
            idle = {"correlated", "correlation_seed"}
        return {k: v for k, v in fields.items() if k not in idle}

    @field_validator("subgrid")
    @classmethod
    def _counts(cls, value: dict[str, int]) -> dict[str, int]:
        for factor, count in value.items():
            size = cls._size(factor)
            if not 1 <= count <= size:
                raise ValueError(f"{factor} has {size} classes: keep 1 to {size}")
        return {
            f: value[f] for f in cls.full_grid.names if value.get(f, cls._size(f)) != cls._size(f)
        }

    @field_validator("classes")
    @classmethod
    def _indices(cls, value: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
        for factor, kept in value.items():
            size = cls._size(factor)
            if not kept or sorted(set(kept)) != list(kept) or kept[0] < 0 or kept[-1] >= size:
                raise ValueError(
                    f"{factor} has classes 0 to {size - 1}: list those kept, each once, ascending"
                )
        everything = {f: tuple(range(cls._size(f))) for f in cls.full_grid.names}
        return {
            f: value[f] for f in cls.full_grid.names if value.get(f, everything[f]) != everything[f]
        }

    @field_validator("drop", mode="before")
    @classmethod
    def _combinations(cls, value: Any) -> Any:
        return written(value, cls.full_grid)

    @field_validator("correlated")
    @classmethod
    def _in_order(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for factor in value:
            cls._size(factor)
        return tuple(sorted(value, key=cls.full_grid.names.index))

    @classmethod
    def _size(cls, factor: str) -> int:
        if factor not in cls.full_grid.names:
            raise ValueError(unknown("factor", factor, cls.full_grid.names))
        return cls.full_grid.sizes[cls.full_grid.names.index(factor)]

    @model_validator(mode="after")
    def _narrowed_once(self) -> Self:
        if twice := sorted(set(self.subgrid) & set(self.classes)):
            raise ValueError(
                f"factor '{twice[0]}' stands in subgrid and in classes; keep one of the two"
            )
        return self

    @model_validator(mode="after")
    def _two_are_correlated(self) -> Self:
        if self.correlation and len(set(self.correlated)) != 2:
            raise ValueError(
                "a correlation ties two factors; name them in correlated:"
                f" {flow(self.full_grid.names)}"
            )
        if self.correlated and not self.correlation:
            raise ValueError(
                f"{' and '.join(self.correlated)} are correlated, but how? Set correlation, such"
                " as 2.5"
            )
        for factor in self.correlated:
            if self.sizes[self.names.index(factor)] < 2:
                raise ValueError(
                    f"{factor} has one class here, which nothing can be correlated with; keep more"
                    " of it"
                )
        return self

    @model_validator(mode="after")
    def _each_combination_is_there(self) -> Self:
        for text in self.drop:
            for factor, classes in parsed(text, self.full_grid):
                if not set(classes) & set(kept := self.kept_classes[factor]):
                    raise ValueError(
                        f"drop: nothing has {self.names[factor]} {' or '.join(map(str, classes))},"
                        f" for the classes kept are {', '.join(map(str, kept))}; classes are"
                        " counted in the full grid"
                    )
        return self

    @model_validator(mode="after")
    def _no_class_is_lost(self) -> Self:
        for factor, kept, counts in zip(
            self.names, self.kept_classes, self._counted.per_class, strict=True
        ):
            if lost := [c for c, count in zip(kept, counts, strict=True) if not count]:
                raise ValueError(
                    f"class {lost[0]} of {factor} has no image left; drop fewer combinations, lower"
                    " the correlation, or leave the class out by classes"
                )
        return self

    @property
    def kept_classes(self) -> tuple[tuple[int, ...], ...]:
        """The classes of each factor in the sub-grid, by their index in the full grid,
        ascending.
        """
        spread = {f: _spread(n, self._size(f)) for f, n in self.subgrid.items()}
        kept = spread | self.classes
        return tuple(kept.get(f, tuple(range(self._size(f)))) for f in self.full_grid.names)

    @property
    def grid(self) -> Grid:
        """The sub-grid before any hole, raw values unchanged."""
        return self.full_grid.part(dict(zip(self.full_grid.names, self.kept_classes, strict=True)))

    @property
    def holes(self) -> Holes:
        """The combinations left out of the sub-grid."""
        dropped = tuple(parsed(text, self.full_grid) for text in self.drop)
        tied = tuple(self.full_grid.names.index(f) for f in self.correlated)
        return Holes(dropped, tied, self.correlation, self.correlation_seed)

    @cached_property
    def _counted(self) -> Counts:
        return count_images(self.kept_classes, self.holes)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the factors."""
        return self.full_grid.names

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of classes of each factor in the sub-grid."""
        return tuple(map(len, self.kept_classes))

    @property
    def count(self) -> int:
        """Number of images."""
        return self._counted.total

    @property
    def complete(self) -> bool:
        """True if nothing is left out of the sub-grid."""
        return self.count == prod(self.sizes)


class RenderedGrid(GridDataset):
    """A dataset rendered from its factors, at any image size that the encoder can halve to one
    pixel.
    """

    image_size: int = Field(64, description="height and width in pixels: 8, 16, 32 or 64")

    @field_validator("image_size")
    @classmethod
    def _halves_to_one(cls, value: int) -> int:
        if value not in (8, 16, 32, 64):
            raise ValueError("the encoder halves images down to one pixel: use 8, 16, 32 or 64")
        return value

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of an image."""
        return self.image_size, self.image_size, self.channels


def _is_zero(value: Any) -> bool:
    try:
        return float(value) == 0
    except (TypeError, ValueError):
        return False


def _spread(count: int, size: int) -> tuple[int, ...]:
    # From the first class in even steps: on a circle (orientation) first and last class then
    # differ.
    return tuple(i * size // count for i in range(count))
