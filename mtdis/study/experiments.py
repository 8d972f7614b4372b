"""The experiments of a config: their runs and stages, and the tables and figures they end in."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mtdis import discover
from mtdis.errors import ConfigError, check_known
from mtdis.specs.base import Spec
from mtdis.specs.claim import Claim
from mtdis.specs.ids import full_id, identify
from mtdis.specs.metric import Metric
from mtdis.specs.run import Run
from mtdis.specs.stage import Stage
from mtdis.study import combine, expand, override, sweep
from mtdis.study.claims import claims as expand_claims
from mtdis.study.config import Config
from mtdis.study.stages import stages as expand_stages

OUTPUTS = ("tables", "figures")
CLAIMS = "claims"
"""What the outputs of that name test: it changes no run and no score."""
ON_RUNS = ("stages", "show")
"""What an experiment does with its runs."""


@dataclass(frozen=True)
class Experiment:
    """The runs of an experiment, its stages, and the tables and figures that it ends in."""

    name: str
    run_ids: tuple[str, ...]
    runs: tuple[Run, ...]
    stages: tuple[Stage, ...]
    dropped: Mapping[str, tuple[str, ...]]
    """Kind → the given fields that it does not read."""
    tables: tuple[str, ...]
    figures: tuple[str, ...]
    claims: Mapping[str, Claim]
    """Those that it names; empty: those of the paper that it has runs for."""


def metrics(settings: Mapping[str, Mapping[str, Any]], limit: int) -> tuple[Metric, ...]:
    """The metrics of a config, each once: a list among the settings of one is a sweep."""
    found = []
    for name, fields in settings.items():
        cls, where = Metric.member(name), f"metrics.{name}"
        sweep.check_limit(sweep.count_points(cls, fields), limit, where)
        found += [cls.parse(point, where) for point in sweep.points(cls, fields, where)]
    return tuple(by_id(found).values())


def experiments(config: Config, scored: bool) -> dict[str, Experiment]:
    """All experiments of a config, the override laid over those that are selected.

    ConfigError for whatever can't be, in experiments that are not selected too; and for tables or
    figures of scores in a study that is not `scored`.
    """
    check_known(combine.nested(config.override), expand.point_fields(), "override")
    selected = config.experiments if config.select is None else config.select
    found = {
        name: _overridden(name, config) if name in selected else _experiment(name, body, config)
        for name, body in config.experiments.items()
    }
    if not scored:
        for experiment in found.values():
            _no_scores_are_shown(experiment)
    return found


def _overridden(name: str, config: Config) -> Experiment:
    body, over = config.experiments[name], config.override
    try:
        laid_over = override.overridden(body, over, f"experiments.{name}")
        return _experiment(name, laid_over, config)
    except ConfigError as error:
        if over:
            _experiment(name, body, config)  # if it is wrong without, too, that error is the one
            raise ConfigError(
                f"override: {json.dumps(over)} does not fit experiments.{name}. {error}"
            ) from None
        raise


def _experiment(name: str, body: Mapping[str, Any], config: Config) -> Experiment:
    where, defaults = f"experiments.{name}", config.defaults
    known = {*expand.point_fields(), *OUTPUTS, CLAIMS, *ON_RUNS}
    check_known(defaults, known, "defaults")
    check_known(body, {*known, *expand.COMBINATIONS}, where)
    points, dropped = expand.experiment(_of_points(body), _of_points(defaults), config.limit, where)
    runs = by_id(run for _, run in points)
    kinds = tuple(dict.fromkeys(run.name() for run in runs.values()))
    settings, show = (body.get(k, defaults.get(k)) for k in ON_RUNS)
    stages = expand_stages(tuple(runs.values()), settings, show, config.limit, where)
    computed = {stage.name() for stage in stages}
    tables, figures = (
        _outputs(body.get(k, defaults.get(k)) or [], k, where, kinds, computed) for k in OUTPUTS
    )
    return Experiment(
        name=name,
        run_ids=tuple(runs),
        runs=tuple(runs.values()),
        stages=stages,
        dropped={k: dropped[k] for k in kinds if dropped[k]},
        tables=tables,
        figures=figures,
        claims=_claims(
            body, config, tuple(runs.values()), {*tables, *figures}, f"{where}.{CLAIMS}"
        ),
    )


def _claims(
    body: Mapping[str, Any], config: Config, runs: Sequence[Run], outputs: set[str], where: str
) -> dict[str, Claim]:
    """The claims of an experiment; ConfigError for such that none of its outputs would show."""
    if CLAIMS in body and CLAIMS not in outputs:
        raise ConfigError(
            f"{where}: no table or figure shows them; add tables: [{CLAIMS}] or leave them out."
        )
    if CLAIMS not in outputs:
        return {}
    given = body.get(CLAIMS, config.defaults.get(CLAIMS))
    return expand_claims(given, runs, config.metrics, where)


def _of_points(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that say which runs there are."""
    return {k: v for k, v in fields.items() if k not in (*OUTPUTS, CLAIMS, *ON_RUNS)}


def _outputs(
    value: Any, key: str, where: str, kinds: Sequence[str], stages: set[str]
) -> tuple[str, ...]:
    """The tables or figures that an experiment names, if it can fill them."""
    if not value:
        return ()
    package = f"mtdis.reporting.{key}"
    names = expand.names(value, f"{where}.{key}", key.removesuffix("s"), discover.names(package))
    for name in names:
        _check_file(package, name)
        about = _kinds_shown(package, name)
        if not set(about) & set(kinds):
            raise ConfigError(
                f"{where}.{key}: {name} shows {', '.join(about)}; select one of them or leave it"
                " out."
            )
        shown = discover.constant(package, name, "STAGES") or ()
        if missing := [s for s in shown if s not in stages]:
            raise ConfigError(
                f"{where}.{key}: {name} shows the stage {missing[0]}; add it to {where}.stages."
            )
    return names


def _check_file(package: str, name: str) -> None:
    """ConfigError if the file of a table or figure lacks what is asked of it."""
    given = "frame, stages" if discover.constant(package, name, "STAGES") else "frame"
    function = {"tables": "make", "figures": "draw"}[package.rpartition(".")[2]]
    discover.check_defines(package, name, (f"{function}({given})", "CAPTION"))
    if not isinstance(caption := discover.constant(package, name, "CAPTION"), str):
        raise ConfigError(
            f"{discover.file(package, name)}: CAPTION must be a text in quotes; found {caption!r}."
        )


def _kinds_shown(package: str, name: str) -> tuple[str, ...]:
    """The kinds that a table or figure is about: those of its constant KINDS, or all; of these
    those that have the field of its constant READS.
    """
    kinds = discover.constant(package, name, "KINDS") or discover.members("models")
    field = discover.constant(package, name, "READS")
    return tuple(k for k in kinds if field is None or field in Run.member(k).model_fields)


def _no_scores_are_shown(experiment: Experiment) -> None:
    """ConfigError if an experiment shows scores: a study without metrics has those of stages."""
    named = [("tables", t) for t in experiment.tables]
    named += [("figures", f) for f in experiment.figures]
    shown = [n for k, n in named if not discover.constant(f"mtdis.reporting.{k}", n, "STAGES")]
    if shown:
        raise ConfigError(
            f"experiments.{experiment.name}: {', '.join(shown)} show scores and the study has no"
            " metrics; name some."
        )


def check_calibrated(experiments: Mapping[str, Experiment], calibrated: Sequence[str]) -> None:
    """ConfigError for an experiment that shows calibrated scores and has none."""
    for name, experiment in experiments.items():
        for package, shown in (("tables", experiment.tables), ("figures", experiment.figures)):
            for one in shown if name not in calibrated else ():
                if discover.constant(f"mtdis.reporting.{package}", one, "SHOWS_CALIBRATION"):
                    raise ConfigError(
                        f"experiments.{name}.{package}: {one} shows calibrated scores, and these"
                        f" are not. Add a section `calibration: {{}}` to the config (or {name} to"
                        " its experiments), or leave it out."
                    )


def by_id(specs: Iterable[Any]) -> dict[str, Any]:
    """id → spec, each once; ConfigError if two specs share an id."""
    return first_owner((identify(spec), spec) for spec in specs)


def first_owner(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """id → the first spec with it; ConfigError if a later one is another spec."""
    found: dict[str, Spec] = {}
    for key, spec in pairs:
        other = found.setdefault(key, spec)
        if other is not spec and other != spec:
            raise ConfigError(
                f"two specs share the shortened id '{key}': {full_id(other)} and {full_id(spec)};"
                " change one of them."
            )
    return found
