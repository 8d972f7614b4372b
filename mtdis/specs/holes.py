"""Parts that can be left out of a factor grid: combinations of classes, and images so that two
factors are correlated.

Counted without numpy, because planning a study needs to know how many images a dataset has;
mtdis/data/factors.py picks the very rows.
"""

from collections import Counter
from collections.abc import Mapping
from functools import cache, lru_cache
from math import exp, prod
from typing import Any, NamedTuple

from mtdis.errors import cut, unknown
from mtdis.specs.grids import Grid

Combination = tuple[tuple[int, tuple[int, ...]], ...]
"""(factor, classes) pairs: the images that have one of the classes in each of the factors."""
Rules = frozenset[Combination]
Kept = tuple[tuple[int, ...], ...]
"""The classes of each factor of a grid, by their index in the full grid."""


class Holes(NamedTuple):
    """The parts left out of a grid; factors and classes by their index in the full grid."""

    dropped: tuple[Combination, ...]
    correlated: tuple[int, ...]
    """The two factors that are correlated, or none."""
    correlation: float
    seed: int


class Counts(NamedTuple):
    """The number of images left, in all and for each class of each factor."""

    total: int
    per_class: tuple[tuple[int, ...], ...]


def written(value: Any, grid: Grid) -> Any:
    """Combinations as the spec holds them: `shape.0-scale.4.5`, factors in the grid's order.

    ValueError if not one.

    A single one needs no list around it. Something else is left for the spec to refuse.
    """
    value = [value] if isinstance(value, (Mapping, str)) else value
    if not isinstance(value, (list, tuple)):
        return value
    texts = [_text(one if isinstance(one, Mapping) else _split(one), grid) for one in value]
    if twice := [text for i, text in enumerate(texts) if text in texts[:i]]:
        raise ValueError(f"the combination {twice[0]} is dropped twice; name it once")
    return tuple(sorted(texts))


def parsed(text: str, grid: Grid) -> Combination:
    """The combination of a text that `written` made."""
    return tuple((grid.names.index(name), classes) for name, classes in _split(text).items())


def _split(text: Any) -> dict[str, tuple[int, ...]]:
    try:
        parts = [part.split(".") for part in str(text).split("-")]
        found = {name: tuple(map(int, classes)) for name, *classes in parts}
    except ValueError:
        found = {}
    if (
        len(found) < str(text).count("-") + 1
    ):  # no text of a combination, or a factor stands there twice
        raise ValueError(
            f"a combination is a mapping such as {{shape: 0, scale: [4, 5]}}; found {cut(text)}"
        )
    return found


def _text(combination: Mapping[str, Any], grid: Grid) -> str:
    for name in combination:
        if name not in grid.names:
            raise ValueError(unknown("factor", name, grid.names))
    if not combination:
        raise ValueError("an empty combination would drop every image; name factors and classes")
    sizes = dict(zip(grid.names, grid.sizes, strict=True))
    chosen = {
        name: _classes(name, combination[name], sizes[name])
        for name in grid.names
        if name in combination
    }
    return "-".join(".".join([name, *map(str, classes)]) for name, classes in chosen.items())


def _classes(name: str, value: Any, size: int) -> list[int]:
    classes = list(value) if isinstance(value, (list, tuple)) else [value]
    if not classes or any(type(c) is not int or not 0 <= c < size for c in classes):
        raise ValueError(f"{name} has classes 0 to {size - 1}; found {cut(value)}")
    return sorted(set(classes))


def weight(a: int, b: int, sizes: tuple[int, int], correlation: float) -> float:
    """The frequency of classes a and b of two factors of these sizes together, 1 at most (Träuble
    et al. 2021, eq. 1).

    Classes are scaled to 0..1; a negative correlation turns the second factor around.
    """
    first, second = (c / max(1, size - 1) for c, size in zip((a, b), sizes, strict=True))
    distance = first - (1 - second if correlation < 0 else second)
    return exp(-0.5 * (distance * correlation) ** 2)


def quota(count: int, share: float) -> int:
    """The number of `count` images of a pair of classes that stay: their share, to the nearest
    whole number.
    """
    return int(count * share + 0.5)


@cache
def count_images(kept: Kept, holes: Holes) -> Counts:
    """The number of images that the holes leave of the grid of the kept classes (full-grid index).

    Which images of a class of a third factor a correlation takes is drawn: there the count is the
    one before it.
    """
    rules = frozenset(holes.dropped)
    per_class = [
        [_images(*_given(kept, rules, f, c)) for c in classes] for f, classes in enumerate(kept)
    ]
    if not holes.correlated:
        return Counts(_images(kept, rules), tuple(map(tuple, per_class)))
    pairs = _correlated(kept, rules, holes)
    for factor, sums in zip(
        holes.correlated, (map(sum, pairs), map(sum, zip(*pairs, strict=True))), strict=True
    ):
        per_class[factor] = list(sums)
    return Counts(sum(map(sum, pairs)), tuple(map(tuple, per_class)))


def _correlated(kept: Kept, rules: Rules, holes: Holes) -> list[list[int]]:
    """Images that stay of each class of the first correlated factor with each of the second."""
    first, second = holes.correlated
    sizes = len(kept[first]), len(kept[second])
    rows = [_given(kept, rules, first, c) for c in kept[first]]
    found = [[_images(*_given(*row, second, c)) for c in kept[second]] for row in rows]
    return [
        [quota(count, weight(a, b, sizes, holes.correlation)) for b, count in enumerate(row)]
        for a, row in enumerate(found)
    ]


@lru_cache(maxsize=2**16)
def _images(kept: Kept, rules: Rules) -> int:
    """Images of the grid of the kept classes that none of the rules drops: counted by cases, not
    one by one.
    """
    if not rules:
        return prod(map(len, kept))
    if () in rules:  # all that it asks for is given
        return 0
    factor = min(rules)[0][0]
    cases = Counter(_given(kept, rules, factor, c) for c in kept[factor])
    return sum(times * _images(*case) for case, times in cases.items())


def _given(kept: Kept, rules: Rules, factor: int, a_class: int) -> tuple[Kept, Rules]:
    """The rest that is asked of images that have this class: the grid with the factor settled, and
    the rules that fit.
    """
    fit = (rule for rule in rules if all(a_class in classes for f, classes in rule if f == factor))
    settled = (*kept[:factor], (0,), *kept[factor + 1 :])
    return settled, frozenset(tuple(part for part in rule if part[0] != factor) for rule in fit)
