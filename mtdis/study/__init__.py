"""config → experiments → runs → ids, paths, parents.

No numpy, torch or pandas: every job of a study imports it.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from mtdis import discover, paths
from mtdis.errors import ConfigError, check_known, unknown
from mtdis.specs.base import Spec, explain
from mtdis.specs.dataset import Dataset
from mtdis.specs.genuine import GenuineGrid, downloads_of
from mtdis.specs.ids import canonical, full_id, identify
from mtdis.specs.metric import Metric
from mtdis.specs.run import Run
from mtdis.specs.stage import ON_NETWORK, ON_TARGETS, Stage
from mtdis.specs.targets import Targets, targets_of
from mtdis.study import combine, expand, sweep
from mtdis.study.stages import stages as expand_stages

SLUG = r"^[A-Za-z][A-Za-z0-9_-]{0,59}$"
RULES = (
    "all",
    "study",
    "download",
    "dataset",
    "targets",
    "train",
    "stage",
    "scores",
    "long_table",
    "study_table",
    "table",
    "figure",
)
"""Rule names of the workflow, which an experiment can't take: `snakemake <experiment>` is its
target.
"""
OUTPUTS = ("tables", "figures")
ON_RUNS = ("stages", "show")
"""What an experiment does with its runs."""

# A key whose lines are all commented out is null in YAML: nothing stands there.
EMPTY = BeforeValidator(lambda value: {} if value is None else value)
Fields = Annotated[dict[str, Any], EMPTY]


class Config(BaseModel):
    """The top level of config.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(
        pattern=SLUG,
        description="folder of the study's tables and figures: letters, digits, _ and -",
    )
    defaults: Fields = Field(default_factory=dict, description="fields of every experiment's runs")
    metrics: Annotated[dict[str, Fields], EMPTY] = Field(
        default_factory=dict, description="metric: its settings; a list sweeps"
    )
    experiments: Annotated[dict[str, Fields], EMPTY] = Field(
        min_length=1,
        description=(
            "experiment: fields of its runs; lists sweep, their product is run; zip, include,"
            " exclude"
        ),
    )
    override: Fields = Field(
        default_factory=dict,
        description=(
            "fields laid over the selected experiments; for the command line: --config override=…"
        ),
    )
    select: list[str] | None = Field(
        None, description="the experiments that are built; all of them by default"
    )


@dataclass(frozen=True)
class Experiment:
    """The runs of an experiment, what was dropped from the fields of each kind, and what it ends
    in.
    """

    name: str
    run_ids: tuple[str, ...]
    runs: tuple[Run, ...]
    stages: tuple[Stage, ...]
    dropped: Mapping[str, tuple[str, ...]]
    tables: tuple[str, ...]
    figures: tuple[str, ...]


@dataclass(frozen=True)
class Study:
    """The selected experiments of a config, with the ids, paths and parents of all that they
    need.
    """

    name: str
    experiments: Mapping[str, Experiment]
    metrics: tuple[Metric, ...]
    config: Mapping[str, Any] = field(repr=False)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Study":
        """Check a whole config and expand what it selects.

        ConfigError names place, value and fix.
        """
        checked = _check(config)
        _check_names(checked)
        metrics = _metrics(checked.metrics)
        check_known(combine.nested(checked.override), expand.point_fields(), "override")
        selected = set(checked.experiments if checked.select is None else checked.select)
        overrides = {n: checked.override if n in selected else {} for n in checked.experiments}
        everything = {n: _overridden(n, checked, over) for n, over in overrides.items()}
        if not metrics:
            _no_scores_are_shown(everything)
        chosen = (
            everything if checked.select is None else {n: everything[n] for n in checked.select}
        )
        study = cls(checked.name, chosen, metrics, checked.model_dump())
        _ = (
            study.runs,
            study.stages,
            study.datasets,
            study.targets,
        )  # an id shared by two specs is found here
        _ = study.downloads  # so are two uploads of one file
        return study

    @cached_property
    def runs(self) -> dict[str, Run]:
        """id → run, each once however many experiments want it."""
        return _once(
            pair for e in self.experiments.values() for pair in zip(e.run_ids, e.runs, strict=True)
        )

    @cached_property
    def stages(self) -> dict[str, Stage]:
        """id → stage, each once however many experiments want it."""
        return _by_id(stage for e in self.experiments.values() for stage in e.stages)

    @cached_property
    def datasets(self) -> dict[str, Dataset]:
        """id → dataset of all runs."""
        return _by_id(
            {id(run.dataset): run.dataset for run in self.runs.values()}.values()
        )  # runs share the object

    @cached_property
    def downloads(self) -> dict[str, GenuineGrid]:
        """Name → genuine dataset whose files are downloaded."""
        return downloads_of(self.datasets.values())

    def download(self, name: str) -> str:
        """The elided canonical spec of what is downloaded under a name, as one JSON string."""
        return canonical(_find(self.downloads, name, "download"))

    def dataset_sources(self, dataset_id: str) -> list[str]:
        """The files that preparing a dataset reads; none for one that is rendered."""
        dataset: Dataset = _find(self.datasets, dataset_id, "dataset")
        return list(dataset.sources)

    @cached_property
    def targets(self) -> dict[str, Targets]:
        """id → targets of all runs that learn tasks and of all stages that read some."""
        wanted = [
            *map(targets_of, self.runs.values()),
            *(stage.targets for stage in self.stages.values()),
        ]
        return _by_id(filter(None, wanted))

    def run_ids(self, experiment: str) -> list[str]:
        """Ids of an experiment's runs, each once, in order; not to be changed."""
        return self._run_ids[experiment]

    @cached_property
    def _run_ids(self) -> dict[str, list[str]]:
        return {name: list(e.run_ids) for name, e in self.experiments.items()}

    def parents(self, run_id: str) -> dict[str, str | list[str]]:
        """The files that training a run reads, by name; no targets for a kind without tasks."""
        return _find(self._parents, run_id, "run")  # type: ignore[no-any-return]

    @cached_property
    def _parents(self) -> dict[str, dict[str, str | list[str]]]:
        """Of all runs at once: several rules ask for those of each run."""
        datasets = {
            id(dataset): paths.dataset(some_id) for some_id, dataset in self.datasets.items()
        }
        found: dict[str, dict[str, str | list[str]]] = {}
        for run_id, run in self.runs.items():
            targets, dataset = (
                targets_of(run),
                datasets.get(id(run.dataset)) or paths.dataset(identify(run.dataset)),
            )
            found[run_id] = {
                "dataset": dataset,
                "targets": paths.targets(identify(targets)) if targets else [],
            }
        return found

    def stage_parents(self, stage_id: str) -> dict[str, str | list[str]]:
        """The files that a stage reads, by name; no targets for one that reads none."""
        stage: Stage = _find(self.stages, stage_id, "stage")
        made = {ON_NETWORK: paths.run, ON_TARGETS: paths.targets}.get(stage.stands_on, paths.stage)
        return {
            "parent": made(identify(stage.parent)),
            "dataset": paths.dataset(identify(stage.dataset)),
            "targets": paths.targets(identify(stage.targets)) if stage.targets else [],
        }

    def dataset_of_targets(self, targets_id: str) -> str:
        """The dataset file of targets."""
        return paths.dataset(identify(_find(self.targets, targets_id, "targets").dataset))

    def spec(self, some_id: str) -> str:
        """The elided canonical spec of a run, stage, dataset or targets of this study, as one JSON
        string.
        """
        return canonical(_find(self._specs, some_id, "id"))

    @property
    def queue_file(self) -> str:
        """Where the job file of all runs lies that the last `snakemake` trains."""
        return paths.queue()

    def queue(self, run_ids: Iterable[str]) -> str:
        """A job file of these runs, as `mtdis train` reads it: one JSON mapping per line."""
        lines = []
        for run_id in run_ids:
            fields = {
                "spec": json.loads(self.spec(run_id)),
                **self.parents(run_id),
                "out": paths.run(run_id),
            }
            lines.append(json.dumps({key: value for key, value in fields.items() if value}) + "\n")
        return "".join(lines)

    @cached_property
    def _specs(self) -> dict[str, Spec]:
        return {**self.runs, **self.stages, **self.datasets, **self.targets}

    @cached_property
    def metric_specs(self) -> str:
        """The elided specs of all metrics as one JSON string."""
        return json.dumps([m.elided() for m in sorted(self.metrics, key=identify)], sort_keys=True)

    def networks(self, run_id: str) -> int:
        """Number of networks of a run: what can be scored side by side."""
        run: Run = _find(self.runs, run_id, "run")
        return len(run.networks)

    def gpus(self, some_id: str) -> int:
        """GPUs that training a run or computing a stage asks for."""
        return int(_find(self._specs, some_id, "id").needs_gpu)

    def threads(self, some_id: str) -> int:
        """CPU threads that training a run or computing a stage uses."""
        return int(getattr(_find(self._specs, some_id, "id"), "torch_threads", 1))

    def training_memory(self, some_id: str) -> int:
        """Memory in MiB that a run or stage asks for: its images, as read and as held, and the
        program.
        """
        dataset: Dataset = _find(self._specs, some_id, "id").dataset
        height, width, channels = dataset.image_shape
        return 3072 + 2 * dataset.count * height * width * channels // 2**20

    def caption(self, package: str, name: str) -> str:
        """The caption of a table or figure, read without importing it."""
        return str(discover.constant(f"mtdis.reporting.{package}", name, "CAPTION") or "")

    def only(self, experiment: str) -> str:
        """The part of the config that the runs, stages and scores of one experiment depend on, as
        one JSON string.
        """
        body = {k: v for k, v in self.config["experiments"][experiment].items() if k not in OUTPUTS}
        part = {k: self.config[k] for k in ("name", "defaults", "metrics")}
        part |= {"override": over} if (over := self.config["override"]) else {}
        return json.dumps(part | {"experiments": {experiment: body}}, sort_keys=True)

    def results(self, experiment: str) -> dict[str, list[str]]:
        """The records and the score indexes of an experiment's runs, and the records of its
        stages.
        """
        ids = self.run_ids(experiment)
        stages = [paths.stage(identify(stage)) for stage in self.experiments[experiment].stages]
        return {
            "runs": [paths.run(i) for i in ids],
            "scores": [paths.scores(i) for i in ids],
            "stages": stages,
        }

    def shown_stages(self, experiment: str, package: str, name: str) -> list[str]:
        """The records of the stages whose arrays a table or figure shows."""
        wanted = discover.constant(f"mtdis.reporting.{package}", name, "STAGES") or ()
        return [
            paths.stage(identify(s))
            for s in self.experiments[experiment].stages
            if s.name() in wanted
        ]

    def long_tables(self) -> list[str]:
        """The long table of each experiment."""
        return [paths.long_table(self.name, e) for e in self.experiments]

    def outputs(self, experiment: str) -> list[str]:
        """The long table, paper tables and figures that an experiment ends in."""
        wanted = self.experiments[experiment]
        tables = [paths.table(self.name, experiment, t) for t in wanted.tables]
        figures = [paths.figure(self.name, experiment, f) for f in wanted.figures]
        return [paths.long_table(self.name, experiment), *tables, *figures]

    def all_outputs(self) -> list[str]:
        """Everything that the study ends in."""
        each = [output for e in self.experiments for output in self.outputs(e)]
        return [paths.study_table(self.name), *each]


def _check(config: Mapping[str, Any]) -> Config:
    try:
        return Config.model_validate(dict(config))
    except ValidationError as error:
        raise ConfigError(explain(error, Config, "config")) from None


def _check_names(config: Config) -> None:
    for name in config.experiments:
        if not re.match(SLUG, name) or name in RULES:
            raise ConfigError(
                f"experiments.{name}: an experiment's name is made of letters, digits, _ and -, "
                f"begins with a letter and is none of {', '.join(RULES)}; rename it."
            )
    for name in config.select or ():
        if name not in config.experiments:
            raise ConfigError(f"select: {unknown('experiment', name, config.experiments)}")
    if config.select == []:
        raise ConfigError(
            f"select: an empty list builds nothing; name some of {', '.join(config.experiments)}."
        )


def _metrics(settings: Mapping[str, Mapping[str, Any]]) -> tuple[Metric, ...]:
    found = []
    for name, fields in settings.items():
        cls, where = Metric.member(name), f"metrics.{name}"
        found += [cls.parse(point, where) for point in sweep.points(cls, fields, where)]
    return tuple(_by_id(found).values())


def _overridden(name: str, config: Config, over: Mapping[str, Any]) -> Experiment:
    """An experiment with an override laid over it.

    The ConfigError says so where it is right without.
    """
    body = config.experiments[name]
    try:
        return _experiment(
            name, combine.overridden(body, over, f"experiments.{name}"), config.defaults
        )
    except ConfigError as error:
        if over:
            _experiment(name, body, config.defaults)
            raise ConfigError(
                f"override: {json.dumps(over)} does not fit experiments.{name}. {error}"
            ) from None
        raise


def _experiment(name: str, body: Mapping[str, Any], defaults: Mapping[str, Any]) -> Experiment:
    where = f"experiments.{name}"
    check_known(defaults, {*expand.point_fields(), *OUTPUTS, *ON_RUNS}, "defaults")
    check_known(body, {*expand.point_fields(), *OUTPUTS, *ON_RUNS, *expand.COMBINATIONS}, where)
    points, dropped = expand.experiment(_inputs(body), _inputs(defaults), where)
    by_id = _by_id(run for _, run in points)
    run_ids, runs = tuple(by_id), tuple(by_id.values())
    kinds = tuple(dict.fromkeys(run.name() for run in runs))
    settings, show = (body.get(k, defaults.get(k)) for k in ON_RUNS)
    stages = expand_stages(runs, settings, show, where)
    computed = {stage.name() for stage in stages}
    outputs = [
        _outputs(body.get(k, defaults.get(k)) or [], k, where, kinds, computed) for k in OUTPUTS
    ]
    return Experiment(
        name, run_ids, runs, stages, {k: dropped[k] for k in kinds if dropped[k]}, *outputs
    )


def _inputs(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in fields.items() if k not in (*OUTPUTS, *ON_RUNS)}


def _outputs(
    value: Any, key: str, where: str, kinds: Sequence[str], stages: set[str]
) -> tuple[str, ...]:
    """The tables or figures that an experiment names, if it can fill them."""
    package = f"mtdis.reporting.{key}"
    names = (
        expand.names(value, f"{where}.{key}", key.removesuffix("s"), discover.names(package))
        if value
        else ()
    )
    for name in names:
        needed = discover.constant(package, name, "KINDS") or kinds
        if not set(needed) & set(kinds):
            raise ConfigError(
                f"{where}.{key}: {name} shows {', '.join(needed)}; select one of them or leave it"
                " out."
            )
        if missing := [
            s for s in discover.constant(package, name, "STAGES") or () if s not in stages
        ]:
            raise ConfigError(
                f"{where}.{key}: {name} shows the stage {missing[0]}; add it to {where}.stages."
            )
    return names


def _no_scores_are_shown(experiments: Mapping[str, Experiment]) -> None:
    """ConfigError if a study without metrics wants tables or figures of scores.

    Those of stages need none.
    """
    for experiment in experiments.values():
        named = [
            *(("tables", t) for t in experiment.tables),
            *(("figures", f) for f in experiment.figures),
        ]
        if shown := [
            name
            for package, name in named
            if not discover.constant(f"mtdis.reporting.{package}", name, "STAGES")
        ]:
            names = ", ".join(shown)
            raise ConfigError(
                f"experiments.{experiment.name}: {names} show scores and the study has no metrics;"
                " name some."
            )


def _find(table: Mapping[str, Any], key: str, thing: str) -> Any:
    if key not in table:
        near = ", ".join(get_close_matches(key, table, n=3, cutoff=0.5)) or "none"
        raise ConfigError(
            f"no {thing} '{key}' in this study; near: {near}. `mtdis plan --json` lists all."
        )
    return table[key]


def _by_id(specs: Iterable[Any]) -> dict[str, Any]:
    return _once((identify(spec), spec) for spec in specs)


def _once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Spec] = {}
    for key, spec in pairs:
        other = found.setdefault(key, spec)
        if other is not spec and other != spec:
            raise ConfigError(
                f"two specs share the shortened id '{key}': {full_id(other)} and {full_id(spec)};"
                " change one of them."
            )
    return found
