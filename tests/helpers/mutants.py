"""Damaged configs: a valid one with something in it that people, editors and programs put there."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import yaml

VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1,
    10**30,
    1.5,
    -0.0,
    1e300,
    float("inf"),
    float("nan"),
    "",
    " ",
    "1e-3",
    "010",
    "a" * 5000,
    "../x",
    "{x}",
    "x y",
    "é",
    "\x00",
    "💥",
    [],
    [[]],
    [1, 1],
    [None],
    [[1, 2], [3]],
    {},
    {"": 1},
    {"name": "x"},
    {"a": {"b": {"c": 1}}},
    ["dsprites_rendered", "nothing"],
    "rendered",
    list(range(1000)),
    {"count": [1, 2]},
    "paper",
    ["paper", "paper"],
)
WORDS = (
    "010",
    "08",
    "0x1F",
    "0b1",
    "0o7",
    "1:30",
    "1_000",
    "2024-13-45",
    "yes",
    "off",
    "~",
    "null",
    ".nan",
    "-.inf",
    "1e999",
    "9" * 5000,
    "*a",
    "&a x",
    "!!python/name:os.system",
    "!!set {a}",
    "!x y",
    "<<: *a",
    "[",
    "]",
    "{",
    "}",
    ": :",
    "- -",
    "'",
    '"',
    "|",
    ">",
    "%",
    "@",
    "`",
    "\t",
    "---",
    "...",
    "? a",
    "#",
    "{{x}}",
    "$x",
    "[" * 60 + "]" * 60,
    "a: b: c",
    "\u2028",
    "\ufeff",
    "<<: 3",
    "0b_",
    "1e",
    "+.inf",
)


def structures(config: dict[str, Any], count: int, seed: int) -> Iterator[str]:
    """Configs as YAML, each with one to three places replaced, renamed, removed or doubled."""
    rng = random.Random(seed)
    for _ in range(count):
        mutant = copy.deepcopy(config)
        for _ in range(rng.randint(1, 3)):
            _change(mutant, rng)
        yield yaml.safe_dump(mutant, allow_unicode=True, sort_keys=False)


def _change(config: Any, rng: random.Random) -> None:
    holder, key = rng.choice(list(_places(config)) or [(config, None)])
    if key is None:
        return
    how = rng.choice(("value", "value", "value", "remove", "list", "nest", "rename"))
    if how == "remove":
        del holder[key]
    elif how == "list":
        holder[key] = [holder[key], rng.choice(VALUES)]
    elif how == "nest":
        holder[key] = {"name": holder[key]}
    elif how == "rename" and isinstance(holder, dict):
        holder[rng.choice(("zip", "include", "exclude", "when", "kind", "seed", "x", "count"))] = (
            holder.pop(key)
        )
    else:
        holder[key] = copy.deepcopy(rng.choice(VALUES))


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in list(items):
        yield value, key
        if isinstance(inner, (dict, list)):
            yield from _places(inner)


def texts(text: str, count: int, seed: int) -> Iterator[str]:
    """A text with one to three lines changed, doubled, moved, cut, or given a strange word."""
    rng = random.Random(seed)
    for _ in range(count):
        lines = text.split("\n")
        for _ in range(rng.randint(1, 3)):
            i = rng.randrange(len(lines))
            how = rng.choice(("word", "word", "double", "indent", "cut", "flip", "drop", "move"))
            line = lines[i]
            if how == "word":
                head = line.partition(":")[0]
                lines[i] = f"{head}: {rng.choice(WORDS)}"
            elif how == "double":
                lines.insert(i, line)
            elif how == "indent":
                lines[i] = " " * rng.randint(0, 6) + line.lstrip()
            elif how == "cut":
                lines[i] = line[: rng.randint(0, len(line))]
            elif how == "flip" and line:
                at = rng.randrange(len(line))
                lines[i] = line[:at] + chr(rng.randint(1, 255)) + line[at + 1 :]
            elif how == "drop":
                del lines[i]
                lines = lines or [""]
            else:
                lines.insert(rng.randrange(len(lines)), lines.pop(i))
        yield "\n".join(lines)


def as_json(text: str) -> str:
    """A YAML text as JSON, which is YAML, too."""
    return json.dumps(yaml.safe_load(text))
