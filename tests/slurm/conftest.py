"""A small study on the test cluster: a driver that tests disturb, and the local run that its
results must equal.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.workflow.conftest import CONFIG, ROOT, snakemake
from tests.workflow.test_kills import contents

from . import cluster

HOW = (
    "tests/slurm/cluster install && tests/slurm/cluster up && pytest -m slurm; tests/slurm/cluster"
    " down"
)
EPOCHS = 400
"""So many that a training of 72 images lasts long enough to be disturbed."""
PATIENCE = 120


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests that need the cluster run only where they are asked for, by `-m slurm`."""
    if "slurm" in config.option.markexpr:
        return
    left_out = [item for item in items if item.get_closest_marker("slurm")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
        config.stash[LEFT_OUT] = len(left_out)


LEFT_OUT = pytest.StashKey[int]()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say how the tests that were left out are run."""
    if count := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(
            f"{count} tests on a real SLURM cluster were left out: as root, {HOW}"
        )


def until(what: str, found: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """What `found` gives as soon as it is true; a failure after so many seconds."""
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, f"after {seconds:.0f} s: no {what}"
        time.sleep(0.3)
    return value


@dataclass
class SlurmStudy:
    """A folder whose study a driver runs on the cluster."""

    path: Path
    checkout: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def said(self) -> str:
        """What the last driver has printed so far."""
        return (self.path / "driver.txt").read_text(errors="replace")

    def start(self, *words: str, profile: str = "profiles/slurm") -> None:
        """Start a driver, in a process group of its own."""
        tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = os.environ | {
            "PATH": tools,
            "PYTHONPATH": str(self.checkout),
            "OMP_NUM_THREADS": "1",
        }
        command = [
            sys.executable,
            str(Path(__file__).with_name("driver.py")),
            "--snakefile",
            str(self.checkout / "Snakefile"),
            "--workflow-profile",
            str(self.checkout / profile),
            "--slurm-init-seconds-before-status-checks",
            "2",
            "--latency-wait",
            "5",
            "--max-status-checks-per-second",
            "1",
            *words,
        ]
        with (self.path / "driver.txt").open("w") as out:
            self.process = subprocess.Popen(
                command,
                cwd=self.path,
                env=environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def finish(self) -> int:
        """Wait for the driver; its exit status."""
        assert self.process
        return self.process.wait(600)

    def run(self, *words: str, profile: str = "profiles/slurm") -> None:
        """A whole run of a driver, which must end well."""
        self.start(*words, profile=profile)
        assert self.finish() == 0, self.said

    def kill_driver(self) -> None:
        """SIGKILL to the driver."""
        assert self.process
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def jobs(self, beginning: str) -> list[list[str]]:
        """[job id, state, node] of this study's jobs that are there, by the beginning of their
        comment.
        """
        lines = cluster.run("squeue", "-h", "-o", "%i|%T|%N|%Z|%k").splitlines()
        fields = [line.split("|") for line in lines]
        return [f[:3] for f in fields if f[3] == str(self.path) and f[4].startswith(beginning)]

    def training(self, kind: str = "multi_head") -> tuple[str, str]:
        """(job id, node) of a training as soon as it has written a checkpoint."""

        def checkpoint() -> bool:
            assert self.process
            assert self.process.poll() is None, self.said
            return any((self.path / "results/runs").glob(f"{kind}+*/checkpoint.safetensors"))

        until(f"checkpoint of {kind}", checkpoint)
        ((number, state, node),) = self.jobs(f"rule_train_wildcards_{kind}")
        assert state == "RUNNING"
        return number, node

    def accounted(self, rule: str) -> list[dict[str, str]]:
        """What the accounting says of all jobs of a rule, in order of submission."""
        return accounting(*self.submitted(rule))

    def submitted(self, rule: str, kind: str = "rule") -> list[str]:
        """The ids of all jobs of a rule, or of all groups, that the last driver submitted.

        By snakemake's own log: what it prints leaves them out.
        """
        log = max((self.path / ".snakemake/log").glob("*.log")).read_text()
        return re.findall(rf"submitted with SLURM jobid (\d+) \(log: [^)]*/{kind}_{rule}/", log)


def accounting(*numbers: str) -> list[dict[str, str]]:
    """State, limits and requests of jobs."""
    assert numbers  # of none, sacct lists all
    asked = (
        "TimelimitRaw",
        "ReqMem",
        "ReqCPUS",
        "ReqTRES",
        "Account",
        "Partition",
        "QOS",
        "Constraints",
    )
    keys = ("JobIDRaw", "State", "Start", "End", *asked)
    words = ("sacct", "-X", "-n", "-P", "-D", "-j", ",".join(numbers), f"--format={','.join(keys)}")
    return [
        dict(zip(keys, line.split("|"), strict=True)) for line in cluster.run(*words).splitlines()
    ]


def results(folder: Path) -> dict[str, bytes]:
    """All that must not depend on where and how often something ran: every run's bytes, tables of
    all scores.
    """
    found = {}
    for record in (folder / "results/runs").glob("*/run.json"):
        found |= {
            f"{record.parent.name}/{key}": value for key, value in contents(record.parent).items()
        }
    tables = folder / "results/studies/small/tables"
    found |= {name: (tables / name).read_bytes() for name in ("long.csv", "one/table5.csv")}
    return found


@pytest.fixture(scope="session", autouse=True)
def _cluster_is_up() -> None:
    if list(cluster.nodes()) != list(cluster.NODES):
        pytest.fail(f"the test cluster is down: {HOW}", pytrace=False)


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of workflow and package whose trainings write a checkpoint each second."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("mtdis", "snakemake_logger_plugin_mtdis", "workflow", "envs", "profiles"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Snakefile", copy)
    rule = copy / "workflow/rules/train.smk"
    assert rule.read_text().count("mtdis train ") == 1
    rule.write_text(rule.read_text().replace("mtdis train ", "mtdis train --checkpoint-seconds 1 "))
    return copy


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory, checkout: Path) -> Path:
    """The folder of the study as it comes out of an undisturbed local run."""
    folder = tmp_path_factory.mktemp("local")
    one = CONFIG["experiments"]["one"] | {"epochs": EPOCHS, "figures": []}
    (folder / "config.yaml").write_text(yaml.safe_dump(CONFIG | {"experiments": {"one": one}}))
    done = snakemake(checkout=checkout, folder=folder)
    assert done.returncode == 0, done.stdout
    assert len(results(folder)) == 2 + 2 * len(contents(next((folder / "results/runs").iterdir())))
    return folder


@pytest.fixture
def study(local: Path, checkout: Path, tmp_path: Path) -> Iterator[SlurmStudy]:
    """The study with its data, before the first training.

    Its driver and jobs are ended with the test.
    """
    folder = tmp_path / "study"
    shutil.copytree(local, folder)
    for name in ("results", "logs"):
        shutil.rmtree(folder / name)
    made = SlurmStudy(folder, checkout)
    yield made
    if made.process and made.process.poll() is None:
        made.kill_driver()
    if left := [number for number, *_ in made.jobs("")]:
        cluster.run("scancel", *left)


@pytest.fixture
def beside_finished(study: SlurmStudy, local: Path) -> SlurmStudy:
    """The study whose random encoder is finished: jobs of the multi-head run alone are to come."""
    for place in ("runs", "scores"):
        [finished] = (local / "results" / place).glob("random+*")
        shutil.copytree(finished, study.path / "results" / place / finished.name)
    return study
