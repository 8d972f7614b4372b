"""Tables of what is finished so far; each row says how many runs it lacks.

They lie in results/studies/<name>/partial, beside the complete ones, which are snakemake's to make.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from mtdis import discover, paths
from mtdis.artifacts import files
from mtdis.artifacts.scores import read_index
from mtdis.artifacts.shown import write_table
from mtdis.artifacts.stages import read_stage
from mtdis.discover import members
from mtdis.errors import ArtifactError
from mtdis.operations import inventory
from mtdis.operations.inventory import FINISHED, Found
from mtdis.reporting import long_table
from mtdis.reporting.formats import texts
from mtdis.reporting.labels import kind_of
from mtdis.reporting.long_table import Result
from mtdis.specs.claim import Claim
from mtdis.specs.ids import flatten, identify
from mtdis.specs.run import Run
from mtdis.specs.stage import Stage
from mtdis.study import Study
from mtdis.study.experiments import CLAIMS

LONG = Path(paths.study_table("x")).name
MISSING = "missing"
"""The column that says how many runs a row lacks."""


class Finished(NamedTuple):
    """The finished runs and stages of an experiment, and the missing runs."""

    runs: list[Result]
    """Those that are scored too."""
    missing: list[Run]
    stages: list[tuple[Stage, Mapping[str, Any]]]
    missing_stages: int = 0
    claims: Mapping[str, Claim] = {}
    """Those that the experiment names."""

    def nothing_of(self) -> list[str]:
        """The kinds and datasets of which nothing is finished: their rows are not in the tables."""
        done = {(run.name(), run.dataset.title) for run, _, _ in self.runs}
        lost = dict.fromkeys((run.name(), run.dataset.title) for run in self.missing)
        return [f"{kind} on {dataset}" for kind, dataset in lost if (kind, dataset) not in done]


def make_tables(study: Study, experiments: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Write the tables of these experiments in the working folder and return, for each, which files
    were written, what waits for stages, what could not be made and what is missing.
    """
    here = Path()
    found = (inventory.runs(study, here), inventory.stages(study, here))
    scored = inventory.scores(study, here, found[0]).finished
    return {e: write_tables(study, e, finished(study, e, *found, scored)) for e in experiments}


def finished(
    study: Study,
    experiment: str,
    runs: Mapping[str, Found],
    stages: Mapping[str, Found],
    scored: Collection[str],
) -> Finished:
    """Pick an experiment's results from its study's runs, stages and scores as `inventory` found
    them.
    """
    there, missing = [], []
    for run_id in study.run_ids(experiment):
        index: Mapping[str, Any] | None = None
        if run_id in scored and runs[run_id].standing in FINISHED:
            with suppress(ArtifactError):  # it is damaged or another run's
                index = read_index(Path(paths.scores(run_id)), run_id)
        if index is None:
            missing.append(study.runs[run_id])
        else:
            there.append((study.runs[run_id], runs[run_id].record, index))
    wanted = [(stage, stages[identify(stage)]) for stage in study.experiments[experiment].stages]
    done = [(stage, one.record) for stage, one in wanted if one.standing in FINISHED]
    claims = study.experiments[experiment].claims
    return Finished(there, missing, done, len(wanted) - len(done), claims)


def write_tables(study: Study, experiment: str, finished: Finished) -> dict[str, Any]:
    """Write the long table and the tables of an experiment, none where nothing is finished."""
    made: dict[str, Any] = {
        "runs": len(finished.runs),
        "missing": len(finished.missing),
        "missing_stages": finished.missing_stages,
        "nothing_of": finished.nothing_of(),
        "files": [],
        "waiting": {},
        "failed": {},
    }
    if not finished.runs and not finished.stages:
        return made
    folder = Path(paths.partial(study.name), experiment)
    frame = long_table.make(experiment, finished.runs, finished.stages)
    files.write_frame(folder / LONG, frame)
    made["files"].append(str(folder / LONG))
    for name in study.experiments[experiment].tables:
        wanted = discover.constant("mtdis.reporting.tables", name, "STAGES") or ()
        shown = [stage for stage, _ in finished.stages if stage.name() in wanted]
        out = folder / f"{name}.csv"
        try:
            if wanted and not shown:
                made["waiting"][name] = f"nothing of {', '.join(wanted)} is finished"
            elif discover.constant("mtdis.reporting.tables", name, "SHOWS_CALIBRATION"):
                made["waiting"][name] = "calibrated scores are gathered when all are there"
            else:
                _write(name, frame, shown, finished, out)
                made["files"].append(str(out))
        # a table that can't be made of what is there is no reason to go without the others
        except Exception as error:
            made["failed"][name] = f"{type(error).__name__}: {error}"
    return made


def _write(
    name: str, frame: pd.DataFrame, stages: Sequence[Stage], finished: Finished, out: Path
) -> None:
    """One table in all its forms, with the number of missing runs in each row and in the
    caption.
    """
    module = discover.load("mtdis.reporting.tables", name, "table")
    records = [Path(paths.stage(identify(stage))) for stage in stages]
    # claims go without the draws of calibrations, which are gathered when all are there
    more: list[Any] = [finished.claims] if name == CLAIMS else []
    more += [[read_stage(record) for record in records]] if records else []
    table = with_missing(module.make(frame, *more), finished.missing)
    stages_too = f" and {finished.missing_stages} stages" if finished.missing_stages else ""
    lacking = f"PARTIAL: {len(finished.missing)} runs{stages_too} are missing"
    said = [lacking, missing_text(table)]
    said += [f"no row yet: {'; '.join(nothing)}"] if (nothing := finished.nothing_of()) else []
    caption = f"{'. '.join(filter(None, said))}. {module.CAPTION}"
    write_table(out, table, texts(table, caption), [out.with_name(LONG), *records])


def with_missing(table: pd.DataFrame, missing: Sequence[Run]) -> pd.DataFrame:
    """The table and a column of how many missing runs would enter each row.

    A run enters the rows that name its kind, dataset and fields; columns that say nothing of runs
    are not asked.
    """
    columns = []
    for run in missing:  # the values of the columns by which a table may name a run, as text
        fields = {f"spec.{path}": _text(value) for path, value in flatten(run.resolved())}
        about = {"kind": run.name(), "dataset": run.dataset.title, "seed": str(run.seed)}
        columns.append(fields | about)
    counts = [sum(_enters(run, row) for run in columns) for row in table.to_dict("records")]
    return table.assign(**{MISSING: counts})


def _enters(run: Mapping[str, str], row: Mapping[Any, Any]) -> bool:
    """Return whether a row is one of this run's, by the columns that name runs.

    A row of claims is about several `kinds`, and about several values of the field it goes along.
    """
    if "kinds" in row:
        values = {name: _text(value) for name, value in row.items() if name in run}
        named = {name: text for name, text in values.items() if not pd.isna(row[name])}
        return run["kind"] in row["kinds"].split() and all(
            run[name] == text or run[name] in text.split() for name, text in named.items()
        )
    kind = row.get("kind", row.get("row"))
    if (
        isinstance(kind, str)
        and kind_of(kind) in members("models")
        and kind_of(kind) != run["kind"]
    ):
        return False
    asked = {name: value for name, value in row.items() if name in run and name != "kind"}
    return all(pd.isna(value) or _text(value) == run[name] for name, value in asked.items())


def missing_text(table: pd.DataFrame) -> str:
    """The largest number of runs that rows lack, for each kind of row and dataset: `multi_head on
    dsprites_rendered lacks 2`.
    """
    named = [column for column in ("row", "kind", "dataset") if column in table]
    lacking = table[table[MISSING] > 0]
    if lacking.empty or not named:
        return ""
    most = lacking.groupby(named, dropna=False, sort=False)[MISSING].max()
    labels = [
        " on ".join(map(str, key if isinstance(key, tuple) else (key,))) for key in most.index
    ]
    return "; ".join(f"{label} lacks {count}" for label, count in zip(labels, most, strict=True))


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
