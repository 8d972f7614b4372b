"""A small study with every kind of file, and the commands that read each kind."""

import io
import json
import signal
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from helpers.genuine_files import place
from helpers.small_study import DATASET

from mtdis import paths
from mtdis.artifacts import records, runs
from mtdis.artifacts.files import read_frame
from mtdis.artifacts.locks import LOCK
from mtdis.cli import main
from mtdis.specs.calibration import Calibration
from mtdis.specs.ids import identify
from mtdis.specs.run import Run
from mtdis.specs.targets import targets_of
from mtdis.study import Study

CONFIG: dict[str, Any] = {
    "name": "whole",
    "metrics": {"mig": {"num_train": 200}},
    "calibration": {"metrics": ["mig"], "rotations": 3, "permutations": 1},
    "experiments": {
        "one": {
            "kind": ["random", "multi_head"],
            "dataset": DATASET,
            "tasks": {"count": 2, "input_scaling": "unit"},
            "epochs": 1,
            "batch_size": 32,
            "head_layers": [4],
            "latent_size": 4,
            "seed": 1,
            "stages": {"decoder": {"epochs": 1, "images": 1}},
            "tables": ["table4", "table5"],
        }
    },
}
STUDY = Study.from_config(CONFIG)
UNFINISHED = Run.from_fields(
    {"kind": "single_task", "seed": 1, "dataset": DATASET}
    | {key: CONFIG["experiments"]["one"][key] for key in ("tasks", "batch_size", "head_layers")}
    | {"epochs": 1, "latent_size": 4}
)
FIGURE = "figure3"
LONG, SECONDS = paths.long_table("whole", "one"), 30


class TooLongError(Exception):
    """A command that hangs."""


@dataclass
class Told:
    """What a command did: its exit status, what it printed, and what it made."""

    rc: int | None
    text: str
    made: Any = None
    traceback: str = ""

    @property
    def refused(self) -> bool:
        """True if it ended with one of our messages."""
        return self.rc == 2 and "mtdis: error: " in self.text


@dataclass(frozen=True)
class Reader:
    """A command that reads files of a study, and what of its output counts."""

    words: list[str]
    made: Callable[[str], Any] = field(default=lambda _: None)


def command(words: list[str], made: Callable[[str], Any] = lambda _: None) -> Told:
    """Run a command in this process; never longer than SECONDS."""
    printed = io.StringIO()

    def too_long(*_: object) -> None:
        raise TooLongError(" ".join(words)[:100])

    records._checksums_once.cache_clear()
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(SECONDS)
    try:
        with redirect_stdout(printed), redirect_stderr(printed):
            rc = main(words)
    except SystemExit as stop:
        return Told(int(stop.code or 0), printed.getvalue())
    except BaseException:
        return Told(None, printed.getvalue(), None, traceback.format_exc())
    finally:
        signal.alarm(0)
    text = printed.getvalue()
    return Told(rc, text, made(text) if rc == 0 else None)


def make(patch: pytest.MonkeyPatch) -> None:
    """Compute the study in this folder; beside it half of a training, and the small files of a
    genuine dataset, whose class is patched.
    """
    Path("config.yaml").write_text(json.dumps(CONFIG))
    for dataset_id, dataset in STUDY.datasets.items():
        _ok("dataset", "--spec", json.dumps(dataset.elided()), "--out", paths.dataset(dataset_id))
    for targets_id, targets in STUDY.targets.items():
        words = ["--spec", json.dumps(targets.elided()), "--out", paths.targets(targets_id)]
        _ok("targets", *words, "--dataset", paths.dataset(identify(targets.dataset)))
    for run_id, run in STUDY.runs.items():
        _ok(*train(run, paths.run(run_id)))
        _ok(*score(run_id, paths.scores(run_id)))
        _ok(*calibrate(run_id, paths.calibration(run_id)))
    for stage_id in STUDY.stages:
        _ok(*stage(stage_id, paths.stage(stage_id)))
    _ok(*gathered("long_table", LONG))
    _ok(*gathered("nulls", paths.nulls("whole", "one")))
    _ok("study_table", "--long", LONG, "--out", paths.study_table("whole"))
    stages = [paths.stage(i) for i in STUDY.stages]
    for name, shown in (("table5", []), ("table4", ["--stages", *stages])):
        _ok(
            "table",
            "--name",
            name,
            "--long",
            LONG,
            "--out",
            paths.table("whole", "one", name),
            *shown,
        )
    out = paths.figure("whole", "one", FIGURE)
    _ok("figure", "--name", FIGURE, "--long", LONG, "--out", out)
    place("dsprites", patch)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "write_run", lambda *_, **__: (_ for _ in ()).throw(KeyError("killed")))
        words = train(UNFINISHED, paths.run(identify(UNFINISHED)))
        assert "killed" in command([*words, "--checkpoint-seconds", "0"]).traceback
    record = Path(paths.run(identify(UNFINISHED)))
    record.with_name(LOCK).unlink(missing_ok=True)
    for name in ("history.csv", records.PROGRESS):
        record.with_name(name).unlink()  # no results; test_reports and test_status damage them
    assert [path.name for path in record.parent.iterdir()] == [records.CHECKPOINT]


def _ok(*words: str) -> None:
    told = command(list(words))
    assert told.rc == 0, told.text + told.traceback


def train(run: Run, out: str) -> list[str]:
    """The words that train a run."""
    targets = targets_of(run)
    given = ["--targets", paths.targets(identify(targets))] if targets else []
    dataset = paths.dataset(identify(run.dataset))
    words = ["train", "--spec", json.dumps(run.elided()), "--dataset", dataset, "--out", out]
    return [*words, *given]


def score(run_id: str, out: str) -> list[str]:
    """The words that score a run."""
    return ["scores", *_of_run(run_id, out), "--metrics", STUDY.metric_specs]


def calibrate(run_id: str, out: str) -> list[str]:
    """The words that calibrate a run's scores."""
    return ["calibrate", *_of_run(run_id, out), "--calibrations", STUDY.calibration_specs]


def _of_run(run_id: str, out: str) -> list[str]:
    run = STUDY.runs[run_id]
    words = ["--spec", json.dumps(run.elided()), "--run", paths.run(run_id), "--out", out]
    return [*words, "--dataset", paths.dataset(identify(run.dataset))]


def stage(stage_id: str, out: str) -> list[str]:
    """The words that compute a stage."""
    words = ["stage", "--spec", json.dumps(STUDY.stages[stage_id].elided()), "--out", out]
    for name, path in STUDY.stage_parents(stage_id).items():
        words += [f"--{name}", str(path)] if path else []
    return words


def gathered(command: str, out: str) -> list[str]:
    """The words that gather the long table, or the draws of calibrations."""
    return [command, "--config", "config.yaml", "--experiment", "one", "--out", out]


READ_BY: Mapping[str, list[str]] = {
    "dataset": ["scoring", "calibrating", "staging", "training", "gather"],
    "targets": ["training", "gather"],
    "run": ["scoring", "calibrating", "staging", "gather", "draws"],
    "codes": ["scoring", "calibrating", "staging", "rescoring", "recalibrating"],
    "score": ["rescoring"],
    "index": ["gather"],
    "calibrated": ["draws", "recalibrating"],
    "calibration": ["gather", "draws", "recalibrating"],
    "stage": ["table4", "gather"],
    "arrays": ["table4"],
    "id": ["training", "scoring"],
    "long": ["table5", "joined"],
    "checkpoint": ["resuming"],
    "sibling": [],
    "nulls": ["claims"],
    "csv": [],
    "table": [],
    "figure": [],
    "download": ["preparing", "fetching"],
}
"""Kind of file → the commands that read it next."""


def _computing() -> dict[str, Reader]:
    """The commands that compute something, by what they do."""
    run_id = next(i for i, run in STUDY.runs.items() if run.name() == "multi_head")
    stage_id = next(i for i, one in STUDY.stages.items() if identify(one.parent) == run_id)
    fresh, again = "out/scores/index.json", paths.scores(run_id)
    scoring = Reader(score(run_id, fresh), lambda _: _json(fresh)["rows"])
    rescoring = Reader(score(run_id, again), lambda _: _json(again)["rows"])
    training = Reader(
        train(STUDY.runs[run_id], "out/run/run.json"), lambda _: _result("out/run/run.json")
    )
    resumed = paths.run(identify(UNFINISHED))
    resuming = Reader(train(UNFINISHED, resumed), lambda _: _result(resumed))
    staging = Reader(
        stage(stage_id, "out/stage/stage.json"), lambda _: _result("out/stage/stage.json")
    )
    fresh_too, again_too = "out/scores/calibration.json", paths.calibration(run_id)
    calibrating = Reader(calibrate(run_id, fresh_too), lambda _: _json(fresh_too)["rows"])
    recalibrating = Reader(calibrate(run_id, again_too), lambda _: _json(again_too)["rows"])
    gather = Reader(
        gathered("long_table", "out/long.parquet"), lambda _: Path("out/long.csv").read_bytes()
    )
    draws = Reader(
        gathered("nulls", "out/nulls.parquet"),
        lambda _: read_frame(Path("out/nulls.parquet")).to_csv(),
    )
    return {
        "scoring": scoring,
        "rescoring": rescoring,
        "training": training,
        "resuming": resuming,
        "staging": staging,
        "calibrating": calibrating,
        "recalibrating": recalibrating,
        "gather": gather,
        "draws": draws,
    }


def _showing() -> dict[str, Reader]:
    """The commands that show what was computed, or fetch what is prepared, by what they make."""
    stages = [paths.stage(i) for i in STUDY.stages]
    words = ["table", "--long", LONG, "--out", "out/table.csv", "--name"]

    def made(_: str) -> bytes:
        return Path("out/table.csv").read_bytes()

    table5, table4, claims = (
        Reader([*words, "table5"], made),
        Reader([*words, "table4", "--stages", *stages], made),
        Reader([*words, "claims"], made),
    )
    joined = Reader(
        ["study_table", "--long", LONG, "--out", "out/all.parquet"],
        lambda _: Path("out/all.csv").read_bytes(),
    )
    genuine = ["--spec", '{"name": "dsprites"}']
    prepared, fetched = "out/genuine.json", paths.download("dsprites")
    preparing = Reader(
        ["dataset", *genuine, "--out", prepared], lambda _: _json(prepared)["sha256"]
    )
    fetching = Reader(["download", *genuine], lambda _: _json(fetched)["files"])
    return {
        "table5": table5,
        "table4": table4,
        "claims": claims,
        "joined": joined,
        "preparing": preparing,
        "fetching": fetching,
    }


def readers() -> dict[str, list[Reader]]:
    """The commands that read each kind of file next."""
    commands = _computing() | _showing()
    return {kind: [commands[name] for name in names] for kind, names in READ_BY.items()}


SUMMARIES: Mapping[str, list[str]] = {
    "status": ["status"],
    "plan": ["plan"],
    "hours": ["plan", "--hours"],
    "show": ["show", next(iter(STUDY.runs))],
    "diff": ["diff", *STUDY.runs],
    "prune": ["prune"],
    "doctor": ["doctor", "--results", "--json"],
    "retry": ["retry", "--damaged"],
}


def kind_of(path: Path) -> str:
    """The kind of a file of a study, as `readers` has it."""
    folder = path.parts[0] if path.parts[0] == "data" else path.parts[1]
    if folder == "data" and "downloads" in path.parts:
        return "download"
    if folder == "data":
        return "targets" if "targets" in path.parts else "dataset"
    if folder == "ids":
        return "id"
    if folder == "studies" and path.name.startswith("long."):
        return "csv" if path.suffix == ".csv" else "long"
    if folder == "studies" and path.name == Path(paths.nulls("x", "x")).name:
        return "nulls"
    if folder == "studies":
        return "figure" if "figures" in path.parts else "table"
    if path.parent.name.startswith(Calibration.name()):
        return "calibrated"
    names = {"run.json": "run", "codes.h5": "codes", "index.json": "index", "stage.json": "stage"}
    names |= {"arrays.h5": "arrays", records.CHECKPOINT: "checkpoint"}
    names |= {"calibration.json": "calibration"}
    return names.get(path.name, "score" if folder == "scores" else "sibling")


def _json(path: str) -> Any:
    return json.loads(Path(path).read_text())


def _result(path: str) -> Any:
    content = _json(path)
    return [content["result"], content["files"]]


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Work in a folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield
