"""What messages print for people to paste: lines of a config, words of a shell."""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from math import isfinite, isnan
from typing import Any

PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
NO_TEXT = ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
"""Words that some readers of YAML take for no text, in any case."""


def as_yaml(path: Sequence[str], value: Any) -> str:
    """A value at a path of keys and places in lists, as lines to paste into a config."""
    lines, indent, dash = [], 1, ""
    for step in path[:-1]:
        if step.isdigit():
            dash = "- "
        elif step:
            lines.append(f"{'  ' * indent}{dash}{_key(step)}:")
            indent, dash = indent + 1 + bool(dash), ""
    return "\n".join([*lines, f"{'  ' * indent}{dash}{_key(path[-1])}: {flow(value)}"])


def flow(value: Any) -> str:
    """A value as a line of YAML that readers of YAML 1.1 and 1.2 take alike, to paste."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_key(key)}: {flow(one)}' for key, one in value.items())}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(flow, value))}]"
    if isinstance(value, float):
        return _float(value)
    if value is None or isinstance(value, (bool, int)):
        return json.dumps(value)
    return "".join(map(_escaped, json.dumps(str(value), ensure_ascii=False)))


def _float(value: float) -> str:
    """A number with a point, without which YAML 1.1 takes one with an exponent for a text."""
    if not isfinite(value):
        return ".nan" if isnan(value) else ".inf" if value > 0 else "-.inf"
    number, e, power = repr(value).partition("e")
    return f"{number}.0e{power}" if e and "." not in number else repr(value)


def shell(*words: object) -> str:
    """Words as a shell takes them, to paste."""
    return shlex.join(str(word) for word in words)


def _key(key: object) -> str:
    text = str(key)
    return text if PLAIN_KEY.fullmatch(text) and text.lower() not in NO_TEXT else flow(text)


def _escaped(character: str) -> str:
    """A character of a quoted text as YAML has it: what no terminal shows by its number."""
    number = ord(character)
    if character.isprintable():
        return character
    return f"\\u{number:04x}" if number < 2**16 else f"\\U{number:08x}"
