"""Types and options that several sub-commands share."""

import json
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from mtdis.errors import ConfigError
from mtdis.study import Study


def json_mapping(text: str) -> dict[str, Any]:
    """Parse a command-line argument that is a JSON mapping."""
    mapping: dict[str, Any] = _loaded(text, json.loads, "JSON", dict)
    return mapping


def json_list(text: str) -> list[Any]:
    """Parse a command-line argument that is a JSON list."""
    values: list[Any] = _loaded(text, json.loads, "JSON", list)
    return values


def yaml_mapping(text: str) -> dict[str, Any]:
    """Parse a command-line argument that is a YAML mapping."""
    mapping: dict[str, Any] = _loaded(text, yaml.safe_load, "YAML", dict)
    return mapping


def _loaded(text: str, load: Callable[[str], Any], language: str, kind: type) -> Any:
    try:
        value = load(text)
    except (json.JSONDecodeError, yaml.YAMLError) as error:
        raise ArgumentTypeError(f"not {language} ({error}): {text!r}") from None
    if not isinstance(value, kind):
        raise ArgumentTypeError(f"a {language} {kind.__name__} is needed; found {text!r}")
    return value


def add_study(parser: ArgumentParser) -> None:
    """Declare the options that name a study: config files, later ones laid over earlier ones, or
    the JSON that the workflow passes.
    """
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--config",
        type=Path,
        action="append",
        help="config file; later ones overlay (default: config.yaml)",
    )
    group.add_argument("--study", type=json_mapping, help="the config as JSON")
    parser.add_argument(
        "--override",
        type=yaml_mapping,
        help=(
            "fields laid over every experiment, as snakemake's --config override=…: '{epochs: 5,"
            " tasks.count: 4}'"
        ),
    )


def study_of(args: Namespace) -> Study:
    """The study that the options name."""
    return Study.from_config(config_of(args))


def config_of(args: Namespace) -> dict[str, Any]:
    """The config that the options name, `--override` laid over."""
    config = (
        args.study if args.study is not None else read_configs(args.config or [Path("config.yaml")])
    )
    over = getattr(args, "override", None) or {}
    return _overlay(config, {"override": over} if over else {})


def study_here(args: Namespace) -> Study | None:
    """The study that the options name, or that of config.yaml; None if there is neither."""
    if args.study is None and not args.config and not Path("config.yaml").exists():
        return None
    return study_of(args)


def read_configs(files: Sequence[Path]) -> dict[str, Any]:
    """Config files merged in order, as snakemake merges them."""
    merged: dict[str, Any] = {}
    for file in files:
        merged = _overlay(merged, _read_yaml(file))
    return merged


def _read_yaml(file: Path) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"config file {file} is missing; run in the folder that holds it, or name another."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError, IsADirectoryError) as error:
        raise ConfigError(f"config file {file} can't be read as YAML: {error}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"config file {file}: a mapping is needed; found {content!r}.")
    return content


def _overlay(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Deep merge: mappings key by key, anything else replaced, as snakemake does with several
    config files.
    """
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[key] = _overlay(below, value) if both and isinstance(below, Mapping) else value
    return merged
