"""The studies that were started in a folder: each keeps the config that made it beside its tables,
in results/studies/NAME/study.json, written when it starts.

Tables and figures are named by their study and experiment, so that another config of the same name
would put its own in their place. It is refused unless it only adds to what was started. Compared
are the results that both configs ask for, `select` apart, once they are expanded; the config with
which a study was started last counts. A conflict is

- an experiment of the same name that lacks a run or a stage it had: a field has another value, or
  a value of a sweep, a seed or a dataset is gone;
- a metric that is gone or has other settings;
- a calibration of scores that is gone or has other settings, or an experiment that is no more
  calibrated.

No conflict are more runs, seeds, datasets, stages, metrics, calibrations and experiments; an
experiment that is gone, whose tables nothing replaces; tables, figures and claims, which are shown
of the same results; `limit`, and names of what the fields are only written differently.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtdis import atomic, paths
from mtdis.errors import ConfigError, cut
from mtdis.pasting import shell
from mtdis.specs.base import Spec
from mtdis.specs.ids import flatten, identify
from mtdis.study.config import SLUG
from mtdis.study.experiments import Experiment
from mtdis.study.study import Study

FORMAT = 1
SHOWN = 2
"""Differences that a refusal names."""
LONGEST = 60
"""Characters of a study's name, and of the values that a refusal names."""


@dataclass(frozen=True)
class Started:
    """A study that was started: the file that says so, its config without `select`, and when, in
    seconds since the epoch.
    """

    file: Path
    config: Mapping[str, Any]
    select: Any
    """The experiments that were built, as the config named them; None for all."""
    time: float

    @property
    def name(self) -> str:
        """The name of the study."""
        return self.file.parent.name

    def study(self) -> Study:
        """The study, all of its experiments; ConfigError if this version can't read its config."""
        return self._study(self.config)

    def selected(self) -> Study:
        """The study with the experiments that were built."""
        return self._study({**self.config, "select": self.select})

    def _study(self, config: Mapping[str, Any]) -> Study:
        try:
            return Study.from_config(config)
        except ConfigError as error:
            raise ConfigError(
                f"{self.file}: {error} It was started with another version of mtdis: go back to"
                f" that, or delete {self.file.parent} to give its tables up."
            ) from None


def write_started(study: Study, folder: Path) -> None:
    """Write down that a study is started in a folder, and with what config."""
    selected = study.config.get("select")
    content = {"format": FORMAT, "config": _whole(study.config), "select": selected}
    text = json.dumps(content, indent=1) + "\n"  # in the order of the config, which tables have
    atomic.write_text(folder / paths.started(study.name), text)


def started(folder: Path) -> list[Started]:
    """The studies that were started in a folder, the last one first.

    ConfigError for a file that can't be read.
    """
    files = (folder / paths.started("x")).parents[1].glob(f"*/{Path(paths.started('x')).name}")
    return sorted(map(_read, files), key=lambda one: one.time, reverse=True)


def config_of(study: Path) -> Mapping[str, Any] | None:
    """The config that the study of this folder was started with; None if that is not known.

    ConfigError for a file that can't be read.
    """
    file = study / Path(paths.started("x")).name
    return _read(file).config if file.exists() else None


def study_of_last(folder: Path, others: Sequence[Study] = ()) -> Study | None:
    """The study that was started last in a folder; None if none was.

    One of `others` in its stead if it has the name and only adds to it.
    """
    for last in started(folder)[:1]:
        same = [one for one in others if one.name == last.name and not conflicts(last, one)]
        return same[0] if same else last.selected()
    return None


def check_same(study: Study, folder: Path) -> None:
    """ConfigError where another config made the tables of this study's name, with what differs
    and a name to give.
    """
    file = folder / paths.started(study.name)
    if not file.exists():
        return
    before = _read(file)
    if not (found := conflicts(before, study)):
        return
    more = f" (and {len(found) - SHOWN} more)" if len(found) > SHOWN else ""
    raise ConfigError(
        f"results/studies/{study.name} holds a study of another config: {'; '.join(found[:SHOWN])}"
        f"{more}. Tables of the one would replace those of the other. Give this one a name:"
        f" {shell('--config', f'name={_free_name(study.name, found[0], folder)}')}. Or, if they may"
        f" be replaced, delete {file}."
    )


def conflicts(before: Started, study: Study) -> list[str]:
    """The differences for which a study is not the one that was started, in words; none if it
    only adds to it.
    """
    if before.config == _whole(study.config):
        return []
    old = before.study()
    new = Study.from_config(_whole(study.config)) if study.config.get("select") else study
    return [
        *(d for name, e in old.experiments.items() for d in _of_experiment(name, e, new)),
        *_of_metrics(old, new),
        *_of_calibrations(old, new),
    ]


def _of_experiment(name: str, old: Experiment, study: Study) -> list[str]:
    if name not in study.experiments:
        return []
    new = study.experiments[name]
    before, now = ([identify(stage) for stage in each.stages] for each in (old, new))
    return [
        f"{name}: {said}"
        for said in (
            *_lost("run", old.run_ids, new.run_ids, (old.runs, new.runs)),
            *_lost("stage", before, now, (old.stages, new.stages)),
        )
    ]


def _lost(
    what: str, old: Sequence[str], new: Sequence[str], specs: tuple[Sequence[Spec], Sequence[Spec]]
) -> list[str]:
    """The fields in which results differ of which some are gone, or how many those are."""
    lost = set(old).difference(new)
    if not lost:
        return []
    return _fields(*specs) or [f"{len(lost):,} of its {len(old):,} {what}s are gone"]


def _of_metrics(old: Study, new: Study) -> list[str]:
    found = []
    kept = {identify(metric) for metric in new.metrics}
    for name in dict.fromkeys(m.name() for m in old.metrics if identify(m) not in kept):
        pair = [[m for m in study.metrics if m.name() == name] for study in (old, new)]
        fields = [f"metric {name}: {said}" for said in _fields(*pair)] if pair[1] else []
        found += fields or [f"metric {name} is gone"]
    return found


def _of_calibrations(old: Study, new: Study) -> list[str]:
    kept = {json.dumps(c.elided(), sort_keys=True) for c in new.calibrations}
    changed = [
        c.metric.name()
        for c in old.calibrations
        if json.dumps(c.elided(), sort_keys=True) not in kept
    ]
    found = [f"calibration of {name} is gone or another" for name in dict.fromkeys(changed)]
    gone = [e for e in old.calibrated if e in new.experiments and e not in new.calibrated]
    return [*found, *(f"{name} is no more calibrated" for name in gone)]


def _fields(old: Iterable[Spec], new: Iterable[Spec]) -> list[str]:
    """The fields of which a value that there was is gone, with the values that there were and
    are.
    """
    before, now = _values(old), _values(new)
    return [
        f"{field} was {_listed(was)}, is {_listed(now.get(field, {}))}"
        for field, was in before.items()
        if not was.keys() <= now.get(field, {}).keys()
    ]


def _values(specs: Iterable[Spec]) -> dict[str, dict[str, None]]:
    """Field → the values that specs have of it, each once, as texts."""
    found: dict[str, dict[str, None]] = {}
    for spec in specs:
        for field, value in flatten(spec.resolved()):
            found.setdefault(field, {})[json.dumps(value)] = None
    return found


def _listed(values: Iterable[str]) -> str:
    text = ", ".join(value.strip('"') for value in values) or "not there"
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _free_name(name: str, difference: str, folder: Path) -> str:
    """A name that no study here has: with the field that differs and its value, or a number."""
    found = re.search(r"([\w]+) was .*, is ([\w.+-]+)$", difference)
    words = [f"{name}-{found[1]}-{found[2]}"] if found else []
    numbered = (f"{name[: LONGEST - 4]}-{number}" for number in range(2, 1000))
    names = [re.sub(r"[^\w-]", "_", word, flags=re.ASCII) for word in words]
    return next(
        one
        for one in (*names, *numbered)
        if re.fullmatch(SLUG, one) and not (folder / paths.started(one)).exists()
    )


def _whole(config: Mapping[str, Any]) -> dict[str, Any]:
    """A config without `select`, which says what is built now, as JSON holds it."""
    found: dict[str, Any] = json.loads(json.dumps({**config, "select": None}))
    return found


def _read(file: Path) -> Started:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        config = content["config"]
        if content["format"] != FORMAT or not isinstance(config, dict):
            raise ValueError(f"its format is {cut(content['format'])}")
        return Started(file, config, content.get("select"), file.stat().st_mtime)
    except OSError as error:
        raise ConfigError(
            f"can't read {file}: {error.strerror}. See that you may read it."
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{file} is damaged ({cut(error)}). Delete it; the next start of the study writes it."
        ) from None
