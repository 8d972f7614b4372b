"""Types and options that several sub-commands share."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mtdis import paths
from mtdis.errors import ConfigError, cut, unknown
from mtdis.pasting import shell
from mtdis.study import Study, started
from mtdis.study.config_files import for_snakemake, overlay, parse_json, parse_yaml

DEFAULT = Path("config.yaml")
"""The config that every study starts from."""


def json_mapping(text: str) -> dict[str, Any]:
    """Parse a command-line argument that is a JSON mapping."""
    mapping: dict[str, Any] = _parsed(text, parse_json, dict)
    return mapping


def json_list(text: str) -> list[Any]:
    """Parse a command-line argument that is a JSON list."""
    values: list[Any] = _parsed(text, parse_json, list)
    return values


def yaml_mapping(text: str) -> dict[str, Any]:
    """Parse a command-line argument that is a YAML mapping."""
    mapping: dict[str, Any] = _parsed(text, parse_yaml, dict)
    return mapping


def _parsed(text: str, parse: Callable[[str, str], Any], kind: type) -> Any:
    try:
        value = parse(text, "the value given")
    except ConfigError as error:
        raise ArgumentTypeError(str(error)) from None
    if not isinstance(value, kind):
        raise ArgumentTypeError(f"a {kind.__name__} is needed; found {cut(text)}")
    return value


def add_scored_run(parser: ArgumentParser, beside: str, *, required: bool = True) -> None:
    """Declare the options that name a run whose networks are scored, and the index to write;
    `beside` says what lies beside that. Not required where a command takes other codes, too.
    """
    helps = {"run": "record of the run", "dataset": "record of its dataset"}
    parser.add_argument(
        "--spec", type=json_mapping, required=required, help="spec of the run as JSON"
    )
    for name, text in (helps | {"out": f"index to write; {beside}"}).items():
        parser.add_argument(f"--{name}", type=Path, required=required, help=text)
    parser.add_argument(
        "--jobs", type=int, default=1, help="networks and metrics computed at once (default 1)"
    )


def add_study(parser: ArgumentParser) -> None:
    """Declare the options that name a study: config files laid over config.yaml, or the JSON that
    the workflow passes.
    """
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--config",
        type=Path,
        nargs="+",
        action="extend",
        metavar="FILE",
        help="config files laid over config.yaml in their order, as snakemake's --configfile",
    )
    group.add_argument(
        "--study",
        type=_name_or_config,
        metavar="NAME",
        help="a study that was started here, or a config as JSON",
    )
    parser.add_argument(
        "--override",
        type=yaml_mapping,
        help=(
            "fields laid over every experiment, as snakemake's --config override=…: '{epochs: 5,"
            " tasks.count: 4}'"
        ),
    )


def _name_or_config(text: str) -> str | dict[str, Any]:
    """Parse what names a study: one that was started here, or a config as JSON."""
    return json_mapping(text) if text.lstrip().startswith("{") else text


def study_of(args: Namespace) -> Study:
    """The study that the options name.

    Without options the one that was started last in this folder, which is said on standard error;
    that of config.yaml where none was started, or where it is that study with more to it.
    """
    if is_named(args):
        return Study.from_config(config_of(args))
    try:
        here = [Study.from_config(config_of(args))] if DEFAULT.exists() else []
    except ConfigError:
        if not started.started(Path()):
            raise
        here = []
    last = started.study_of_last(Path(), here)
    study = last or (here[0] if here else Study.from_config(config_of(args)))
    print(f"study {study.name} {_origin(study, here)}", file=sys.stderr)
    return study


def study_called(args: Namespace, name: str) -> Study:
    """The study of this name, as it was last started here, unless the options name its config.

    ConfigError if they name another, or if none of this name is known.
    """
    known = {} if is_named(args) else {one.name: one for one in started.started(Path())}
    study = known[name].selected() if name in known else study_of(args)
    if study.name != name:
        raise ConfigError(
            f"the config is of study {study.name}, not {name}. Name the files of {name}'s by"
            " --config, as for snakemake's --configfile."
        )
    return study


def _origin(study: Study, here: Sequence[Study]) -> str:
    if study in here:
        return f"of {DEFAULT}"
    file = paths.started(study.name)
    words = shell("--config", DEFAULT)
    return f"as it was last started here ({file}); {words} asks for that of the config"


def own_study(args: Namespace) -> Study:
    """The study that the options name, to write into its folder; ConfigError if another config made
    what lies there.
    """
    study = study_of(args)
    started.check_same(study, Path())
    return study


def is_named(args: Namespace) -> bool:
    """True if the options name a study; without, it is the one of this folder."""
    return args.study is not None or bool(args.config or getattr(args, "override", None))


def config_of(args: Namespace) -> dict[str, Any]:
    """The config that the options name, `--override` laid over."""
    if isinstance(args.study, str):
        config = _started(args.study)
    else:
        config = laid_over_default(args.config or []) if args.study is None else args.study
    over = getattr(args, "override", None) or {}
    return overlay(config, {"override": over} if over else {}, "--override")


def _started(name: str) -> dict[str, Any]:
    """The config of the study of a name, as it was started last; ConfigError if none was."""
    known = {one.name: one for one in started.started(Path())}
    if name not in known:
        raise ConfigError(f"--study: {unknown('study', name, known)}")
    return {**known[name].config, "select": known[name].select}


def laid_over_default(given: Sequence[Path]) -> dict[str, Any]:
    """The config of files laid over config.yaml, which may be missing if others are given: what
    snakemake makes of its --configfile.
    """
    first = [DEFAULT] if DEFAULT.exists() or not given else []
    return for_snakemake(first, given, None)


def study_here(args: Namespace) -> Study | None:
    """The study that the options name, or the one of this folder; None if there is neither."""
    if not is_named(args) and not DEFAULT.exists() and not started.started(Path()):
        return None
    return study_of(args)
