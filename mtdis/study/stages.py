"""The stages of an experiment: which networks are shown, and what is computed on them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mtdis.discover import check_spec, members
from mtdis.errors import ConfigError, check_distinct, check_known, cut, unknown
from mtdis.specs.base import Spec
from mtdis.specs.ids import canonical, identify
from mtdis.specs.run import HeadedRun, Run
from mtdis.specs.stage import ON_NETWORK, ON_TARGETS, Stage
from mtdis.specs.targets import Targets
from mtdis.study import sweep

SHOW = {"seed": 1, "task": 1}
"""Whose networks are shown unless the config says otherwise: one seed, and one single-task network
of that seed.
"""
PARENT = ("parent", "network")
"""Fields of a stage that say what it stands on: an experiment can't set them."""


def stages(
    runs: Sequence[Run], settings: Any, show: Any, limit: int, where: str
) -> tuple[Stage, ...]:
    """The stages of the shown networks, of the runs' targets, and those that stand on other stages,
    in that order.
    """
    wanted = _mapping(settings, f"{where}.stages")
    for kind in wanted:
        check_spec("stages", kind)
        if kind not in members("stages"):
            raise ConfigError(f"{where}.stages.{kind}: {unknown('stage', kind, members('stages'))}")
    selected = _mapping(show, f"{where}.show")
    check_known(selected, SHOW, f"{where}.show")
    on_networks = any(Stage.member(kind).stands_on != ON_TARGETS for kind in wanted)
    shown = list(_shown(runs, selected, where)) if on_networks else []
    found: list[Stage] = []
    for kind in sorted(
        wanted, key=lambda k: Stage.member(k).stands_on not in (ON_NETWORK, ON_TARGETS)
    ):
        parents = _parents(Stage.member(kind), runs, shown, found, f"{where}.stages.{kind}")
        fields = _mapping(wanted[kind], f"{where}.stages.{kind}")
        number = len(parents) * sweep.count_points(Stage.member(kind), fields)
        sweep.check_limit(number, limit, f"{where}.stages.{kind}")
        made = _points(kind, fields, parents, f"{where}.stages.{kind}")
        _others_there(made, runs, f"{where}.stages.{kind}")
        found += made
    return tuple(found)


def _others_there(made: Sequence[Stage], runs: Sequence[Run], where: str) -> None:
    """ConfigError for a stage whose other run is none of the experiment's."""
    there: set[str] = set()
    for stage in made:
        if stage.other:
            there = there or {canonical(run) for run in runs}
            if canonical(stage.other) not in there:
                raise ConfigError(
                    f"{where}: {identify(stage)} compares with {identify(stage.other)}, which is no"
                    " run of the experiment; add its seed, or compare with one that is there."
                )


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ConfigError(f"{where}: a mapping is needed; found {cut(value)}.")
    return value


def _shown(runs: Sequence[Run], show: Mapping[str, Any], where: str) -> Iterator[tuple[Run, str]]:
    """(run, network) of the shown seeds; of single-task runs the networks of the shown tasks."""
    seeds, tasks = (_numbers({**SHOW, **show}[key], f"{where}.show.{key}") for key in SHOW)
    _all_there(seeds, {run.seed for run in runs}, f"{where}.show.seed", "seed")
    chosen = [run for run in runs if run.seed in seeds]
    several = [run for run in chosen if len(run.networks) > 1]
    learned = {
        task for run in several for network in run.networks for task in run.trained_tasks(network)
    }
    if several:
        _all_there(tasks, learned, f"{where}.show.task", "task")
    for run in chosen:
        yield from ((run, network) for network in run.networks if _is_shown(run, network, tasks))


def _all_there(wanted: Sequence[int], there: set[int], where: str, thing: str) -> None:
    """ConfigError for a seed or task that no run has: what is asked for would silently not be
    shown.
    """
    if missing := sorted(set(wanted) - there):
        raise ConfigError(
            f"{where}: no run has {thing} {missing[0]}; those of the experiment are"
            f" {sorted(there)}."
        )


def _is_shown(run: Run, network: str, tasks: Sequence[int]) -> bool:
    return len(run.networks) == 1 or bool(set(run.trained_tasks(network)) & set(tasks))


def _numbers(value: Any, where: str) -> list[int]:
    values = value if isinstance(value, list) else [value]
    check_distinct(values, where)
    if not values or not all(isinstance(v, int) and not isinstance(v, bool) for v in values):
        raise ConfigError(
            f"{where}: a whole number or a list of them is needed; found {cut(value)}."
        )
    return values


def _parents(
    cls: type[Stage],
    runs: Sequence[Run],
    shown: Sequence[tuple[Run, str]],
    found: Sequence[Stage],
    where: str,
) -> list[dict[str, Spec | str]]:
    """The parents that stages of a kind stand on, as fields."""
    parents: list[dict[str, Spec | str]]
    if cls.stands_on == ON_NETWORK:
        parents = [{"parent": run, "network": network} for run, network in shown if cls.fits(run)]
    elif cls.stands_on == ON_TARGETS:
        targets = [
            Targets(dataset=run.dataset, tasks=run.tasks)
            for run in runs
            if isinstance(run, HeadedRun)
        ]
        parents = [
            {"parent": each} for each in {canonical(each): each for each in targets}.values()
        ]
    else:
        parents = [{"parent": stage} for stage in found if stage.name() == cls.stands_on]
    if not parents:
        raise ConfigError(
            f"{where}: the experiment has no {cls.stands_on} that it could stand on; add one."
        )
    return parents


def _points(
    kind: str, fields: Mapping[str, Any], parents: Sequence[Mapping[str, Any]], where: str
) -> list[Stage]:
    cls = Stage.member(kind)
    for key in fields:
        if key in PARENT:
            raise ConfigError(
                f"{where}.{key}: what a stage stands on follows from the experiment; leave it out."
            )
    points = sweep.points(cls, fields, where)
    return [cls.parse({**parent, **point}, where) for parent in parents for point in points]
