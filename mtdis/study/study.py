"""A study: its experiments, and the ids, paths and parents of all that they need."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import Any

from mtdis import discover, paths
from mtdis.errors import ConfigError, unknown
from mtdis.specs.calibration import CalibratedMetric
from mtdis.specs.dataset import Dataset
from mtdis.specs.genuine import GenuineGrid, downloads_of
from mtdis.specs.ids import canonical, identify
from mtdis.specs.metric import Metric
from mtdis.specs.run import Run
from mtdis.specs.stage import ON_NETWORK, ON_TARGETS, Stage
from mtdis.specs.targets import Targets, targets_of
from mtdis.study import calibrations as calibrating
from mtdis.study import experiments as expansion
from mtdis.study.config import check
from mtdis.study.config_files import for_snakemake
from mtdis.study.experiments import (
    CLAIMS,
    OUTPUTS,
    Experiment,
    by_id,
    check_calibrated,
    first_owner,
)

SHOWN = tuple(key.removesuffix("s") for key in OUTPUTS)
"""The rules that show an experiment: table and figure."""


@dataclass(frozen=True)
class Study:
    """The selected experiments of a config, with the ids, paths and parents of all they need.

    The mappings from ids hold each thing once, however many experiments want it.
    """

    name: str
    experiments: Mapping[str, Experiment]
    metrics: tuple[Metric, ...]
    calibrations: tuple[CalibratedMetric, ...]
    """Metrics that are calibrated, with how; none unless the config asks for it."""
    calibrated: tuple[str, ...]
    """The experiments whose scores are."""
    config: Mapping[str, Any] = field(repr=False)
    runs: Mapping[str, Run] = field(repr=False)
    stages: Mapping[str, Stage] = field(repr=False)
    datasets: Mapping[str, Dataset] = field(repr=False)
    targets: Mapping[str, Targets] = field(repr=False)
    """Those that runs learn and that stages read."""
    downloads: Mapping[str, GenuineGrid] = field(repr=False)
    """Name → genuine dataset whose files are downloaded."""

    @classmethod
    def from_files(
        cls,
        files: Sequence[str | Path],
        given: Sequence[Path] = (),
        entries: Sequence[str] | None = None,
    ) -> "Study":
        """The study of a Snakefile's config files, of those given on the command line, and of the
        entries name=value of `--config`, each laid over the ones before.

        The files are read again, because snakemake's own reading loses what a study must refuse.
        """
        return cls.from_config(for_snakemake(files, given, entries))

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Study":
        """Check a whole config and expand what it selects.

        ConfigError names place, value and fix; also where two specs share an id, or two uploads of
        a file its name.
        """
        checked = check(config)
        metrics = expansion.metrics(checked.metrics, checked.limit)
        section = calibrating.wanted(checked.calibration, list(checked.experiments))
        calibrations = calibrating.calibrations(section, metrics)
        experiments = expansion.experiments(checked, scored=bool(metrics))
        chosen = {name: experiments[name] for name in checked.select or experiments}
        calibrated = calibrating.experiments(section, list(chosen)) if calibrations else ()
        check_calibrated(chosen, calibrated)
        runs = first_owner(
            pair for e in chosen.values() for pair in zip(e.run_ids, e.runs, strict=True)
        )
        stages = by_id(stage for e in chosen.values() for stage in e.stages)
        datasets = by_id(run.dataset for run in runs.values())
        wanted = (*map(targets_of, runs.values()), *(stage.targets for stage in stages.values()))
        return cls(
            name=checked.name,
            experiments=chosen,
            metrics=metrics,
            calibrations=calibrations,
            calibrated=calibrated,
            config=checked.model_dump(),
            runs=runs,
            stages=stages,
            datasets=datasets,
            targets=by_id(filter(None, wanted)),
            downloads=downloads_of(datasets.values()),
        )

    def __getitem__(self, some_id: str) -> Any:
        """The spec of a run, stage, dataset or targets of this study; ConfigError for others."""
        for table in (self.runs, self.stages, self.datasets, self.targets):
            if some_id in table:
                return table[some_id]
        near = get_close_matches(
            some_id, [*self.runs, *self.stages, *self.datasets, *self.targets], n=3, cutoff=0.5
        )
        raise ConfigError(
            f"no id '{some_id}' in this study; near: {', '.join(near) or 'none'}."
            " `mtdis plan --json` lists all."
        )

    def spec(self, some_id: str) -> str:
        """The elided canonical spec of an id of this study, as one JSON string."""
        return canonical(self[some_id])

    def download(self, name: str) -> str:
        """The elided canonical spec of what is downloaded under a name, as one JSON string."""
        if name not in self.downloads:
            known = ", ".join(self.downloads) or "nothing"
            raise ConfigError(f"no download '{name}' in this study, which downloads {known}.")
        return canonical(self.downloads[name])

    def dataset_sources(self, dataset_id: str) -> list[str]:
        """The files that preparing a dataset reads; none for one that is rendered."""
        return list(self[dataset_id].sources)

    def dataset_of_targets(self, targets_id: str) -> str:
        """The dataset file of targets."""
        return paths.dataset(identify(self[targets_id].dataset))

    def run_ids(self, experiment: str) -> list[str]:
        """Ids of an experiment's runs, each once, in order."""
        return list(self.experiments[experiment].run_ids)

    def parents(self, run_id: str) -> dict[str, str | list[str]]:
        """The files that training a run reads, by name; no targets for a kind without tasks."""
        if run_id not in self._parents:
            self[run_id]  # says which ids are near
        return self._parents[run_id]

    @cached_property
    def _parents(self) -> dict[str, dict[str, str | list[str]]]:
        """Of all runs at once: several rules ask for those of each run."""
        found: dict[str, dict[str, str | list[str]]] = {}
        for run_id, run in self.runs.items():
            targets = targets_of(run)
            found[run_id] = {
                "dataset": paths.dataset(identify(run.dataset)),
                "targets": paths.targets(identify(targets)) if targets else [],
            }
        return found

    def stage_parents(self, stage_id: str) -> dict[str, str | list[str]]:
        """The files that a stage reads, by name; none where it reads no targets or no other run."""
        stage: Stage = self[stage_id]
        made = {ON_NETWORK: paths.run, ON_TARGETS: paths.targets}.get(stage.stands_on, paths.stage)
        return {
            "parent": made(identify(stage.parent)),
            "dataset": paths.dataset(identify(stage.dataset)),
            "targets": paths.targets(identify(stage.targets)) if stage.targets else [],
            "other": paths.run(identify(stage.other)) if stage.other else [],
        }

    def notes(self, jobs: Iterable[tuple[str, Mapping[str, str]]]) -> dict[str, str]:
        """Path → text of what jobs, given by rule and wildcards, read beside their inputs.

        That is the job file of all trainings, as `mtdis train --queue` reads it, and the arguments
        that grow with the study: a command line takes 128 KiB.
        """
        found, trainings = {}, []
        for rule, of in jobs:
            if rule == "train":
                i = of["run"]
                job = {"spec": self.runs[i].elided(), **self.parents(i), "out": paths.run(i)}
                trainings.append(json.dumps({key: v for key, v in job.items() if v}) + "\n")
            elif rule == "study_table":
                found[self.arguments()] = "\n".join(["--long", *self.long_tables()])
            elif rule == "page":
                found[self.arguments("page")] = f"--study\n{self.whole}"
            elif rule in ("long_table", "nulls"):
                name = of["experiment"]
                found[self.arguments(name)] = f"--study\n{self.only(name)}"
            elif rule in SHOWN:
                names = (of["experiment"], f"{rule}s", of[rule])
                claims = ["--claims", self.claims(names[0])] if names[2] == CLAIMS else []
                stages = ["--stages", *self.shown_stages(*names)]
                found[self.arguments(*names)] = "\n".join([*claims, *stages])
        return found | {paths.queue(): "".join(trainings)}

    def arguments(self, *names: str) -> str:
        """The file that holds the arguments of an experiment's long table, of one of its tables or
        figures, or without names of the study's table.
        """
        return paths.arguments(self.name, *names)

    @cached_property
    def metric_specs(self) -> str:
        """The elided specs of all metrics as one JSON string."""
        return json.dumps([m.elided() for m in sorted(self.metrics, key=identify)], sort_keys=True)

    @cached_property
    def calibration_specs(self) -> str:
        """The elided specs of all calibrations as one JSON string."""
        each = sorted(self.calibrations, key=lambda pair: identify(pair.metric))
        return json.dumps([pair.elided() for pair in each], sort_keys=True)

    @cached_property
    def calibrated_runs(self) -> tuple[str, ...]:
        """Ids of the runs whose scores are calibrated, each once, in order."""
        return tuple(dict.fromkeys(i for name in self.calibrated for i in self.run_ids(name)))

    def nulls(self, experiment: str, package: str, name: str) -> list[str]:
        """The file of the draws that an experiment's scores are compared with, if they are and the
        table or figure reads it.
        """
        read = discover.constant(f"mtdis.reporting.{package}", name, "READS_CLAIMS")
        return self._nulls(experiment) if read else []

    def _nulls(self, experiment: str) -> list[str]:
        return [paths.nulls(self.name, experiment)] if experiment in self.calibrated else []

    def calibrated_results(self, experiment: str) -> list[str]:
        """The indexes of an experiment's calibrated scores; none if it is not calibrated."""
        ids = self.run_ids(experiment) if experiment in self.calibrated else ()
        return [paths.calibration(i) for i in ids]

    def caption(self, package: str, name: str, experiment: str) -> str:
        """The caption of a table or figure, read without importing it; with the families of its
        claims where the experiment names some, so that it is made again when they change.
        """
        caption = str(discover.constant(f"mtdis.reporting.{package}", name, "CAPTION") or "")
        named = name == CLAIMS and self.experiments[experiment].claims
        return (
            f"{caption} Claims fixed in the config: {self.claims(experiment)}" if named else caption
        )

    def claims(self, experiment: str) -> str:
        """The claims that an experiment names as one JSON string: {} for those of the paper."""
        named = self.experiments[experiment].claims
        return json.dumps({name: claim.elided() for name, claim in named.items()}, sort_keys=True)

    def only(self, experiment: str) -> str:
        """The part of the config that an experiment's runs, stages and scores need, as JSON."""
        given = self.config["experiments"][experiment].items()
        body = {k: v for k, v in given if k not in (*OUTPUTS, CLAIMS)}
        part = {k: self.config[k] for k in ("name", "defaults", "metrics")}
        part |= {"override": over} if (over := self.config["override"]) else {}
        if experiment in self.calibrated:
            part["calibration"] = self.config["calibration"] | {"experiments": [experiment]}
        return json.dumps(part | {"experiments": {experiment: body}}, sort_keys=True)

    @property
    def page(self) -> str:
        """The page that shows the study."""
        return paths.page(self.name)

    @cached_property
    def whole(self) -> str:
        """The whole config as JSON."""
        return json.dumps(self.config, sort_keys=True)

    def results(self, experiment: str) -> dict[str, list[str]]:
        """The records and score indexes of an experiment's runs, the records of its stages."""
        ids = self.run_ids(experiment)
        stages = [paths.stage(identify(stage)) for stage in self.experiments[experiment].stages]
        return {
            "runs": [paths.run(i) for i in ids],
            "scores": [paths.scores(i) for i in ids],
            "stages": stages,
            "calibrations": self.calibrated_results(experiment),
        }

    def shown_stages(self, experiment: str, package: str, name: str) -> list[str]:
        """The records of the stages whose arrays a table or figure shows.

        ConfigError for an experiment or a table or figure that there is not.
        """
        known = discover.names(f"mtdis.reporting.{package}")
        if name not in known:
            raise ConfigError(unknown(package.removesuffix("s"), name, known))
        if experiment not in self.experiments:
            raise ConfigError(unknown("experiment", experiment, self.experiments))
        wanted = discover.constant(f"mtdis.reporting.{package}", name, "STAGES") or ()
        stages = self.experiments[experiment].stages
        return [paths.stage(identify(s)) for s in stages if s.name() in wanted]

    def long_tables(self) -> list[str]:
        """The long table of each experiment."""
        return [paths.long_table(self.name, e) for e in self.experiments]

    def outputs(self, experiment: str) -> list[str]:
        """The long table, the draws of calibrations, and the tables and figures that an experiment
        ends in.
        """
        wanted = self.experiments[experiment]
        tables = [paths.table(self.name, experiment, t) for t in wanted.tables]
        figures = [paths.figure(self.name, experiment, f) for f in wanted.figures]
        long = paths.long_table(self.name, experiment)
        return [long, *self._nulls(experiment), *tables, *figures]

    def all_outputs(self) -> list[str]:
        """Everything that the study ends in, and its page shows."""
        each = [output for e in self.experiments for output in self.outputs(e)]
        return [paths.study_table(self.name), *each]

    def all_results(self, *experiments: str) -> list[str]:
        """The results that experiments (all, unless some are given) stand on, each once.

        Asked for by themselves: of what only leads to a table that is there, snakemake makes
        nothing again when it is deleted.
        """
        each = (self.results(e).values() for e in experiments or self.experiments)
        return list(dict.fromkeys(path for kinds in each for kind in kinds for path in kind))
