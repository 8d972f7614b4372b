"""A failed run harms no other; what the user can mend is a short error before any work is done."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from mtdis.study import Study
from mtdis.study.config import RULES
from snakemake_logger_plugin_mtdis import HELP

from .conftest import AGGREGATES, CONFIG, ROOT, StudyFolder, job_counts, snakemake


def test_a_failed_run_harms_no_other(finished: StudyFolder) -> None:
    finished.change(seed=[1, 2])
    study = Study.from_config(yaml.safe_load((finished.path / "config.yaml").read_text()))
    (doomed,) = [
        run_id for run_id, run in study.runs.items() if (run.name(), run.seed) == ("multi_head", 2)
    ]
    folder = finished.path / "results/runs" / doomed
    (folder / "codes.h5").mkdir(parents=True)  # its codes can't be written
    done = finished.snakemake()
    assert done.returncode == 1
    assert "codes.h5: " in done.stdout
    assert "See that" in done.stdout
    runs = [
        p.name for p in (finished.path / "results/scores").iterdir() if (p / "index.json").exists()
    ]
    assert sorted(r.split("+")[0] for r in runs) == ["multi_head", "random", "random"]
    (folder / "codes.h5").rmdir()
    assert finished.planned() == AGGREGATES | {"train": 1, "scores": 1}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sead": 1}, "experiments.one.sead: unknown setting 'sead'. Did you mean 'seed'?"),
        ({"dataset": "dsprite"}, "unknown dataset 'dsprite'. Did you mean 'dsprites'?"),
        (
            {"tasks": {"count": 0}},
            "experiments.one.tasks.count: input should be greater than or equal to 1; found 0.",
        ),
        ({"seed": [[1]]}, "experiments.one.seed: a list can't be here; found [1]."),
    ],
)
def test_a_wrong_config_is_a_short_error(
    change: dict[str, object], message: str, tmp_path: Path
) -> None:
    folder = StudyFolder(tmp_path)
    folder.write(CONFIG)
    folder.change(**change)
    done = folder.snakemake("-n")
    assert done.returncode == 1
    assert message in done.stdout
    assert "Traceback" not in done.stdout
    assert len(done.stdout.splitlines()) < 12


def test_truncated_codes_are_named_and_nothing_finished_is_lost(finished: StudyFolder) -> None:
    (bank,) = (finished.path / "results/runs").glob("multi_head*/codes.h5")
    bank.write_bytes(bank.read_bytes()[:500])
    finished.write(CONFIG | {"metrics": {"mig": {"num_train": 300}}})
    finished.change(figures=[])
    done = finished.snakemake()
    assert done.returncode == 1
    assert "codes.h5 has 500 bytes, its record says" in done.stdout
    kept = sorted(
        p.parent.parent.name.split("+")[0]
        for p in (finished.path / "results/scores").rglob("mig*/*.json")
    )
    assert kept == [
        "multi_head",
        "random",
        "random",
    ]  # the old scores of both, the new one of the sound run
    bank.with_name("run.json").unlink()
    assert finished.snakemake("one").returncode == 0


@pytest.mark.parametrize(
    ("profile", "experiment", "seeds", "tables", "figures"),
    [
        ("default", "headline", 3, 3, 2),
        ("demo", "demo", 2, 3, 2),
        ("demo_full", "headline", 2, 3, 2),
        ("slurm", "headline", 3, 3, 2),
    ],
)
def test_each_profile_plans_its_study(
    profile: str, experiment: str, seeds: int, tables: int, figures: int, other_checkout: Path
) -> None:
    words = ["-n", "--workflow-profile", f"profiles/{profile}", experiment]
    counts = job_counts(snakemake(*words, checkout=other_checkout, folder=other_checkout))
    outputs = {"long_table": 1, "table": tables, "figure": figures, experiment: 1}
    runs = 3 * (3 if profile == "demo" else 4) * seeds  # datasets, kinds
    calibrated = {"calibrate": runs, "nulls": 1} if profile == "demo" else {}
    each = {"dataset": 3, "targets": 3, "train": runs, "scores": runs}
    assert counts == outputs | each | calibrated


def test_the_slurm_profile_asks_a_gpu_for_the_kinds_that_learn(other_checkout: Path) -> None:
    words = ["-n", "--logger-mtdis-jobs", "--workflow-profile", "profiles/slurm", "headline"]
    done = snakemake(*words, checkout=other_checkout, folder=other_checkout)
    jobs = [part for part in done.stdout.split("rule ") if part.startswith("train:")]
    asked = {part.partition("wildcards: run=")[2].split("+")[0]: "gpu=1" in part for part in jobs}
    assert asked == {"random": False, "single_task": True, "multi_head": True, "one_head": True}


def test_without_slurm_its_profile_says_so_before_any_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "which", "git"):  # no sbatch, wherever the machine has it
        if found := shutil.which(name):
            (programs / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(programs))
    folder = StudyFolder(tmp_path / "study")
    folder.path.mkdir()
    folder.write(CONFIG)
    done = folder.snakemake("--workflow-profile", str(ROOT / "profiles/slurm"))
    assert done.returncode == 1
    assert "sbatch is not on this machine" in done.stdout
    assert "Errno" not in done.stdout
    assert "Nothing was started." in done.stdout
    assert {path.name for path in folder.path.iterdir()} == {".snakemake", "config.yaml"}
    assert not any((folder.path / ".snakemake/locks").glob("*"))


def test_snakemake_makes_its_report_on_demand(finished: StudyFolder) -> None:
    report = finished.path / "results/snakemake-report.html"
    assert not report.exists()
    done = finished.snakemake("--report", "results/snakemake-report.html")
    assert done.returncode == 0, done.stdout
    assert report.stat().st_size > 100_000


def test_an_id_that_is_not_in_the_study_is_named(finished: StudyFolder) -> None:
    done = finished.snakemake("-n", "results/runs/random+dataset=dsprites_rendered+seed=7/run.json")
    assert done.returncode == 1
    assert (
        "no id 'random+dataset=dsprites_rendered+seed=7' in this study; near: random+"
        in done.stdout
    )


def test_a_target_that_is_none_is_told_in_our_words_too(finished: StudyFolder) -> None:
    done = finished.snakemake("-n", "headlin")
    assert done.returncode == 1
    assert done.stdout.endswith(f"{HELP}\n")


def test_experiments_cannot_take_the_name_of_a_rule() -> None:
    files = [
        ROOT / "Snakefile",
        ROOT / "workflow/Snakefile",
        *(ROOT / "workflow/rules").glob("*.smk"),
    ]
    rules = {
        name for f in files for name in re.findall(r"^rule (\w+):", f.read_text(), re.MULTILINE)
    }
    assert rules == set(RULES)


def test_results_record_what_made_them(finished: StudyFolder) -> None:
    records = [
        json.loads(p.read_text()) for p in (finished.path / "results/runs").rglob("run.json")
    ]
    assert len(records) == 2
    for record in records:
        assert record["spec"]["dataset"]["name"] == "dsprites_rendered"
        assert set(record["files"]) == {"codes.h5", "history.csv", "weights.safetensors"}
    assert yaml.safe_load((finished.path / "config.yaml").read_text()) == CONFIG


def test_a_field_on_the_command_line_is_laid_over_the_study_and_checked(tmp_path: Path) -> None:
    folder = StudyFolder(tmp_path)
    folder.write(CONFIG)
    planned = folder.snakemake(
        "-n", "--logger-mtdis-jobs", "--config", "override={epochs: 7, tasks.count: 2}"
    )
    assert planned.returncode == 0
    assert "+epochs=7" in planned.stdout
    assert "+tasks.count=2" in planned.stdout
    refused = folder.snakemake("-n", "--config", "override={epoch: 7}")
    assert refused.returncode == 1
    assert "override.epoch: unknown setting 'epoch'. Did you mean 'epochs'" in refused.stdout


def test_another_config_of_the_name_is_refused_before_any_job(finished: StudyFolder) -> None:
    override = "override={epochs: 7}"
    for words in (["-n"], []):
        refused = finished.snakemake(*words, "--config", override)
        assert refused.returncode == 1
        assert "one: epochs was 1, is 7. Tables of the one would" in refused.stdout
        assert "--config name=small-epochs-7." in refused.stdout
        assert "\njob " not in refused.stdout
    other = finished.planned("--config", override, "name=small-epochs-7")
    assert other == AGGREGATES | {"train": 1, "scores": 1}  # a random encoder has no epochs


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--config", "epochs=5"], "snakemake --config 'override={epochs: 5}'"),
        (["results/scores/foo/index.json"], "no id 'foo' in this study"),
        (["--directory", "elsewhere"], "a study runs in the folder of its config"),
    ],
)
def test_what_the_command_line_asks_for_in_vain_is_told_in_our_words(
    words: list[str], said: str, tmp_path: Path
) -> None:
    folder = StudyFolder(tmp_path)
    folder.write(CONFIG)
    (tmp_path / "elsewhere").mkdir()
    refused = folder.snakemake("-n", *words)
    assert refused.returncode == 1
    assert said in refused.stdout


def test_the_queue_is_replaced_in_one_step(finished: StudyFolder) -> None:
    """What reads the old one reads it to its end."""
    queue = finished.path / "logs/queue.jsonl"
    queue.write_text("old")
    with queue.open() as reader:
        (long_table,) = finished.path.glob("results/studies/small/tables/long.parquet")
        long_table.unlink()
        done = finished.snakemake(str(long_table.relative_to(finished.path)))
        assert done.returncode == 0, done.stdout
        assert reader.read() == "old"
    assert queue.read_text() == ""  # nothing was trained
    assert [p.name for p in queue.parent.iterdir() if "queue" in p.name] == [queue.name]
