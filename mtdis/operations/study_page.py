"""Gathers what a study's page shows: of a finished study, or of what is finished so far."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from mtdis import paths
from mtdis.artifacts import files
from mtdis.artifacts.stages import StageResult, read_stage
from mtdis.errors import ArtifactError, UserError
from mtdis.operations import inventory
from mtdis.operations.inventory import DIVERGED, FINISHED, MISSING, STALE, Found
from mtdis.operations.partial_tables import make_tables
from mtdis.reporting import long_table_files
from mtdis.reporting.labels import field_label, row_label
from mtdis.reporting.page import answer, facts, outputs, runs
from mtdis.reporting.page.explorer import Explorer, explorer
from mtdis.reporting.page.facts import Facts, Standing, counted
from mtdis.reporting.page.html import QUESTION, Content, html
from mtdis.reporting.page.pictures import Pictures
from mtdis.specs.ids import identify
from mtdis.study import Study
from mtdis.study.experiments import CLAIMS

SHOWN = ("decoder", "traversal", "umap")
"""The stages whose arrays a page shows."""


class Results(NamedTuple):
    """The runs and stages of a study as they were found, and the ids of the runs with scores."""

    runs: Mapping[str, Found]
    stages: Mapping[str, Found]
    scored: set[str]


def write_page(study: Study, out: Path, partial: bool) -> list[str]:
    """Write the page and the pictures that lie beside it; return what could not be shown.

    `partial`: of what is finished, whose tables are made for it.
    """
    here = Path()
    found = inventory.runs(study, here)
    scored = set(inventory.scores(study, here, found).finished) if study.metrics else set(found)
    results = Results(found, inventory.stages(study, here), scored)
    pictures = Pictures(out)
    experiments = [
        _experiment(study, e, results, out, partial, pictures) for e in _made(study, partial)
    ]
    claims, problems = _claims(study, partial)
    shown = runs.chosen(_finished(study, results))
    details = {identify(one.run): runs.details(one, pictures) for one in shown}
    rows, why = _explorer(study, partial, list(details))
    content = Content(
        question=_question(study, bool(claims)),
        verdict=answer.verdict_in_words([c for each in claims.values() for c in each]),
        claims=claims,
        facts=_facts(study, results),
        experiments=experiments,
        explorer=rows,
        runs=details,
        runs_without=sum(f.standing in FINISHED for f in found.values()) - len(details),
        problems=[*problems, *why],
        pictures_beside=bool(pictures.beside),
    )
    pictures.write()
    files.write_text(out, html(content))
    return content.problems


def _made(study: Study, partial: bool) -> list[str]:
    """The experiments; of a partial page their tables are made first."""
    if partial:
        make_tables(study, study.experiments)
    return list(study.experiments)


def _table(study: Study, experiment: str, name: str, partial: bool) -> Path:
    whole = Path(paths.table(study.name, experiment, name))
    return Path(paths.partial(study.name), experiment, whole.name) if partial else whole


def _experiment(
    study: Study, name: str, results: Results, out: Path, partial: bool, pictures: Pictures
) -> outputs.Experiment:
    wanted = study.experiments[name]
    lacking = _lacking(study, name, results)
    figures = [
        outputs.figure(Path(paths.figure(study.name, name, each)), out, pictures)
        for each in wanted.figures
    ]
    tables = [outputs.table(_table(study, name, each, partial), out) for each in wanted.tables]
    return outputs.Experiment(name, outputs.asked(wanted.runs), "; ".join(lacking), figures, tables)


def _lacking(study: Study, name: str, results: Results) -> list[str]:
    """What an experiment lacks, in words."""
    ids = study.run_ids(name)
    stages = [identify(stage) for stage in study.experiments[name].stages]
    done = [i for i in ids if results.runs[i].standing in FINISHED]
    lost = [
        (len(ids) - len(done), "run", "missing"),
        (sum(i not in results.scored for i in done), "run", "not scored"),
        (sum(results.stages[i].standing not in FINISHED for i in stages), "stage", "missing"),
    ]
    said = [f"{counted(count, thing)} {what}" for count, thing, what in lost if count]
    diverged = sum(results.runs[i].standing == DIVERGED for i in ids)
    return said + ([f"diverged networks in {counted(diverged, 'run')}"] if diverged else [])


def _claims(study: Study, partial: bool) -> tuple[dict[str, list[answer.Claim]], list[str]]:
    """The claims of each experiment that asks for them, and why some can't be shown."""
    found, problems = {}, []
    for name, experiment in study.experiments.items():
        if CLAIMS not in experiment.tables:
            continue
        try:
            claims = answer.answers(outputs.read_table(_table(study, name, CLAIMS, partial)))
        except UserError as error:
            problems.append(str(error))
            continue
        if claims:
            found[name] = claims
    return found, problems


def _question(study: Study, answered: bool) -> str:
    """The question of the paper where its claims are tested, else what the sweep asks."""
    swept = list(
        dict.fromkeys(
            field_label(f) for e in study.experiments.values() for f in outputs.swept(e.runs)
        )
    )
    if answered or not swept:
        return QUESTION
    kinds = dict.fromkeys(row_label(run.name()) for run in study.runs.values())
    return f"What does {' or '.join(swept)} change in {', '.join(kinds)} encoders?"


def _explorer(study: Study, partial: bool, first: list[str]) -> tuple[Explorer | None, list[str]]:
    path = Path(paths.study_table(study.name))
    if partial:
        path = Path(paths.partial(study.name), path.name)
        tables = [path.with_name(e) / path.name for e in study.experiments]
        there = [table for table in tables if table.exists()]
        if not there:
            return None, []
        long_table_files.join(path, there)
    try:
        return explorer(files.read_frame(path), first), []
    except UserError as error:
        return None, [str(error)]


def _finished(study: Study, results: Results) -> Iterator[runs.Found]:
    """Every finished run with the stages on it that the page shows."""
    stages: dict[str, list[StageResult]] = {}
    for stage_id, stage in study.stages.items():
        if stage.name() in SHOWN and results.stages[stage_id].standing in FINISHED and stage.run:
            with suppress(ArtifactError):  # its figure says what is wrong with it
                stages.setdefault(identify(stage.run), []).append(
                    read_stage(Path(paths.stage(stage_id)))
                )
    for run_id, run in study.runs.items():
        if results.runs[run_id].standing in FINISHED:
            yield runs.Found(run, results.runs[run_id].record, stages.get(run_id, []))


def _facts(study: Study, results: Results) -> Facts:
    records = [f.record for f in (*results.runs.values(), *results.stages.values()) if f.record]
    executions = [record["execution"] for record in records]
    done = [i for i, f in results.runs.items() if f.standing in FINISHED]
    return Facts(
        name=study.name,
        runs=_standing(results.runs),
        stages=_standing(results.stages),
        unscored=sum(i not in results.scored for i in done),
        hours=facts.hours(executions),
        made_with=facts.made_with(executions),
        config={k: v for k, v in study.config.items() if v},
    )


def _standing(found: Mapping[str, Found]) -> Standing:
    each = [one.standing for one in found.values()]
    return Standing(
        all=len(each),
        done=sum(standing in FINISHED for standing in each),
        diverged=each.count(DIVERGED),
        missing=each.count(MISSING),
        stale=each.count(STALE),
    )
