"""Config files as a study reads them: YAML 1.2, every key once, bounded, later files laid over.

The one way in for every entrance. What YAML 1.1 silently makes of a text (`010` is 8, `1:30` is
90, the last of two equal keys wins, an alias unfolds to gigabytes) is refused here with the way to
write it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from mtdis.errors import ConfigError, cut

MAX_BYTES, MAX_NODES, MAX_DEPTH, MAX_DIGITS = 2**20, 100_000, 40, 40
MAX_TEXT = 2**22
"""Characters of all values once aliases are unfolded."""
INTEGER = re.compile(r"[-+]?[0-9]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
SPECIAL_FLOAT = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
"""Plain words that are no text (YAML 1.2 core schema)."""
READ_DIFFERENTLY = re.compile(
    r"[-+]?0[0-9_]+|[-+]?0[bxo][0-9a-fA-F_]*|[-+]?[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?"
    r"|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"
)
"""Plain texts that some readers take for numbers and others not, or for other numbers."""
PLAIN_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("str", "seq", "map")}
MERGE = "<<"
_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Leaves every plain text a text: what it means is decided here."""


def read_configs(files: Sequence[Path]) -> dict[str, Any]:
    """Config files, each laid over those before; ConfigError for what is not safe."""
    if not files:
        return {}
    merged = _read(files[0])
    for file in files[1:]:
        merged = overlay(merged, _read(file), f"config file {file}")
    return merged


def for_snakemake(
    files: Sequence[str | Path], given: Sequence[Path], entries: Sequence[str] | None
) -> dict[str, Any]:
    """The config of a Snakefile, read again from its files: `given` on the command line come last,
    then `--config` entries name=value.
    """
    last = {file.absolute() for file in given}
    first = [Path(file) for file in files if Path(file).absolute() not in last]
    merged = read_configs([*first, *given])
    for entry in entries or ():
        key, _, text = entry.partition("=")
        where = f"--config {key}"
        merged = overlay(merged, {key: parse_yaml(text, where)}, where)
    return merged


def _read(file: Path) -> dict[str, Any]:
    where = f"config file {file}"
    try:
        if file.stat().st_size > MAX_BYTES:
            raise ConfigError(
                f"{where} has {file.stat().st_size:,} bytes; {MAX_BYTES:,} are allowed. Is it a"
                " config?"
            )
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"{where} is missing; run in the folder that holds it, name another, or write one where"
            " there is none: mtdis init FOLDER."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where} can't be read: {error}.") from None
    content = parse_yaml(text, where)
    if not isinstance(content, dict):
        raise ConfigError(f"{where}: a mapping is needed; found {cut(content)}.")
    return content


def overlay(base: Mapping[str, Any], over: Mapping[str, Any], where: str) -> dict[str, Any]:
    """A deep merge: mappings key by key, anything else replaced, and null takes a key away.

    ConfigError for a null that takes nothing away. A mapping that stands over nothing is as it is.
    """
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        if value is None:
            _take_away(merged, key, where)
        elif isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = overlay(below, value, f"{where}: {key}")
        else:
            merged[key] = value
    return merged


def _take_away(merged: dict[str, Any], key: str, where: str) -> None:
    if key not in merged:
        raise ConfigError(
            f"{where}: {cut(key)} is null, which takes a key away that is in the configs below, and"
            f" they have none of this name there; {_found(merged)}. Mend it, take the line out, or"
            " write {} for a mapping without settings."
        )
    del merged[key]


def _found(mapping: Mapping[str, Any]) -> str:
    return f"found {cut(', '.join(mapping))}" if mapping else "nothing is there"


def parse_json(text: str, where: str) -> Any:
    """The value of a JSON text; ConfigError for a key given twice, NaN, or what is no JSON."""

    def once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise ConfigError(f"{where}: the key {cut(twice)} is given twice; keep one.")
        return found

    def refused(word: str) -> Any:
        raise ConfigError(f"{where}: {word} is no number that a study takes.")

    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=refused)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{where}: not JSON ({error}): {cut(text)}") from None
    except (RecursionError, ValueError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(
            f"{where}: nested too deeply, or too long a number: {cut(text)}"
        ) from None


def parse_yaml(text: str, where: str) -> Any:
    """The value of a YAML text of one document; ConfigError names line, value found and the fix.

    Merge keys and anchors are read; tags other than those of plain values, keys given twice, and
    numbers that readers disagree about are refused.
    """
    try:
        _check_depth(text, where)
        loader = _LOADER(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise ConfigError(f"{where} can't be read as YAML: {cut(error, 500)}") from None
    if node is None:
        return None
    _check_size(node, where)
    return _value(node, where)


def _check_depth(text: str, where: str) -> None:
    """Before anything that calls itself sees the text."""
    depth = nodes = 0
    for event in yaml.parse(text, Loader=_LOADER):
        nodes += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise ConfigError(
                f"{_place(where, event)}: nested more than {MAX_DEPTH} deep; a config is not."
            )
        if nodes > MAX_NODES:
            raise _too_much(where)


def _check_size(node: yaml.Node, where: str) -> None:
    """Refuse too much once every alias is unfolded, and an alias inside its own anchor."""
    known: dict[int, tuple[int, int]] = {}
    open_nodes: set[int] = set()

    def size(one: yaml.Node) -> tuple[int, int]:
        if id(one) in known:
            return known[id(one)]
        if isinstance(one, yaml.ScalarNode):
            found = (1, len(one.value))
        else:
            if id(one) in open_nodes:
                raise ConfigError(f"{_place(where, one)}: an alias stands inside its own anchor.")
            open_nodes.add(id(one))
            inner = _children(one)
            sizes = [size(child) for child in inner]
            open_nodes.discard(id(one))
            found = (1 + sum(n for n, _ in sizes), sum(c for _, c in sizes))
        if found[0] > MAX_NODES or found[1] > MAX_TEXT:
            raise _too_much(where)
        known[id(one)] = found
        return found

    size(node)


def _children(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value)


def _too_much(where: str) -> ConfigError:
    return ConfigError(
        f"{where}: more than {MAX_NODES:,} values, or {MAX_TEXT:,} characters, once its aliases are"
        " unfolded; a config is shorter."
    )


def _value(node: yaml.Node, where: str) -> Any:
    if node.tag not in PLAIN_TAGS:
        raise ConfigError(
            f"{_place(where, node)}: the tag {cut(node.tag)} can't be used in a config; write a"
            " plain value."
        )
    if isinstance(node, yaml.ScalarNode):
        return node.value if node.style else _plain(node, where)
    if isinstance(node, yaml.SequenceNode):
        return [_value(one, where) for one in node.value]
    return _mapping(node, where)


def _mapping(node: yaml.Node, where: str) -> dict[str, Any]:
    own: dict[str, Any] = {}
    merged: dict[str, Any] = {}
    lines: dict[str, int] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise ConfigError(f"{_place(where, key_node)}: a key is a plain text.")
        key, line = key_node.value, key_node.start_mark.line + 1
        if key in lines:
            raise ConfigError(
                f"{where}: the key {cut(key)} is given twice, in line {lines[key]} and in line"
                f" {line}; keep one of them."
            )
        lines[key] = line
        value = _value(value_node, where)
        if key == MERGE and not key_node.style:
            parts = value if isinstance(value, list) else [value]
            if not all(isinstance(part, dict) for part in parts):
                raise ConfigError(f"{_place(where, value_node)}: << merges mappings.")
            for part in reversed(parts):
                merged |= part
        else:
            own[key] = value
    return merged | own


def _plain(node: yaml.ScalarNode, where: str) -> Any:
    text = node.value
    if text in WORDS:
        return WORDS[text]
    if READ_DIFFERENTLY.fullmatch(text):
        raise ConfigError(
            f"{_place(where, node)}: programs read {cut(text)} differently. Quote it if it is a"
            " text, or write a plain decimal number."
        )
    kind = int if INTEGER.fullmatch(text) else float if FLOAT.fullmatch(text) else None
    if kind is None:
        return float(text.replace(".", "")) if SPECIAL_FLOAT.fullmatch(text) else text
    if sum(c.isdigit() for c in text) > MAX_DIGITS:
        raise ConfigError(
            f"{_place(where, node)}: {cut(text)} has more than {MAX_DIGITS} digits; quote it if it"
            " is a text."
        )
    return kind(text)


def _place(where: str, found: Any) -> str:
    return f"{where}, line {found.start_mark.line + 1}"
