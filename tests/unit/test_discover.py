"""What an extension lacks is said in words, before anything heavy is imported."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.places import ROOT

METRIC = '''"""A metric."""
from mtdis.specs.metric import Metric

class CorrGap(Metric):
    """Its settings."""
'''
SCORE = "def score(codes, factors, settings):\n    return {}\n"
KIND = '''"""A kind."""
from mtdis.specs.models.multi_head import MultiHead

class Pairwise(MultiHead):
    """Its settings."""
'''
STAGE = '''"""A stage."""
from mtdis.specs.stage import NetworkStage

class Norms(NetworkStage):
    """No settings."""
'''
DATASET = '''"""A dataset."""
from mtdis.specs.datasets.dsprites_rendered import DspritesRendered

class Discs(DspritesRendered):
    """Nothing else."""
'''
MAKE = "def make(frame):\n    return frame\n"
SPECS, TABLES, FIGURES = "mtdis/specs", "mtdis/reporting/tables", "mtdis/reporting/figures"
METRICS = {f"{SPECS}/metrics/corr_gap.py": METRIC}
CASES = {
    "metric, class misnamed": (
        {
            f"{SPECS}/metrics/corr_gap.py": METRIC.replace("CorrGap", "Corrgap"),
            "mtdis/metrics/corr_gap.py": SCORE,
        },
        "metrics: {corr_gap: {}}",
        "mtdis/specs/metrics/corr_gap.py must define class CorrGap.",
    ),
    "metric, class of another family": (
        {
            f"{SPECS}/metrics/corr_gap.py": METRIC.replace("metric", "base").replace(
                "Metric", "Spec"
            ),
            "mtdis/metrics/corr_gap.py": SCORE,
        },
        "metrics: {corr_gap: {}}",
        "mtdis/specs/metrics/corr_gap.py: class CorrGap must be a Metric of mtdis.specs.metric,",
    ),
    "metric, no implementation": (
        METRICS,
        "metrics: {corr_gap: {}}",
        "mtdis/metrics/corr_gap.py is missing: it must define score(codes, factors, settings).",
    ),
    "metric, function misnamed": (
        METRICS | {"mtdis/metrics/corr_gap.py": SCORE.replace("score", "scores")},
        "metrics: {corr_gap: {}}",
        "mtdis/metrics/corr_gap.py must define score(codes, factors, settings).",
    ),
    "metric, not Python": (
        METRICS | {"mtdis/metrics/corr_gap.py": "\ndef score(:\n"},
        "metrics: {corr_gap: {}}",
        "mtdis/metrics/corr_gap.py, line 2: invalid syntax.",
    ),
    "metric, no spec": (
        {"mtdis/metrics/corr_gap.py": SCORE},
        "metrics: {corr_gap: {}}",
        "mtdis/specs/metrics/corr_gap.py is missing: it must define class CorrGap",
    ),
    "kind, no implementation": (
        {f"{SPECS}/models/pairwise.py": KIND},
        "experiments: {one: {kind: pairwise}}",
        "mtdis/training/models/pairwise.py is missing: it must define build(run, network,",
    ),
    "kind, no spec": (
        {"mtdis/training/models/pairwise.py": "def build(): ...\n"},
        "experiments: {one: {kind: pairwise}}",
        "mtdis/specs/models/pairwise.py is missing: it must define class Pairwise",
    ),
    "dataset, no implementation": (
        {f"{SPECS}/datasets/discs.py": DATASET},
        "experiments: {one: {dataset: discs}}",
        "mtdis/data/datasets/discs.py is missing: it must define chunks(spec, folder).",
    ),
    "dataset, no spec": (
        {"mtdis/data/datasets/discs.py": "chunks = None\n"},
        "experiments: {one: {dataset: discs}}",
        "mtdis/specs/datasets/discs.py is missing: it must define class Discs",
    ),
    "stage, no implementation": (
        {f"{SPECS}/stages/norms.py": STAGE},
        "experiments: {one: {stages: {norms: {}}}}",
        "mtdis/stages/norms.py is missing: it must define compute(stage, sources).",
    ),
    "stage, no spec": (
        {"mtdis/stages/norms.py": "def compute(stage, sources): ...\n"},
        "experiments: {one: {stages: {norms: {}}}}",
        "mtdis/specs/stages/norms.py is missing: it must define class Norms",
    ),
    "table, no make": (
        {f"{TABLES}/mine.py": 'CAPTION = "Mine."\n'},
        "experiments: {one: {tables: [mine]}}",
        "mtdis/reporting/tables/mine.py must define make(frame).",
    ),
    "table, no caption": (
        {f"{TABLES}/mine.py": MAKE},
        "experiments: {one: {tables: [mine]}}",
        "mtdis/reporting/tables/mine.py must define CAPTION.",
    ),
    "table, caption computed": (
        {f"{TABLES}/mine.py": 'CAPTION = "Mine".upper()\n' + MAKE},
        "experiments: {one: {tables: [mine]}}",
        "mtdis/reporting/tables/mine.py: CAPTION must be written out (a text in quotes,",
    ),
    "figure, no draw": (
        {f"{FIGURES}/mine.py": 'CAPTION: str = "Mine."\n' + MAKE},
        "experiments: {one: {figures: [mine]}}",
        "mtdis/reporting/figures/mine.py must define draw(frame).",
    ),
}
PLAN = """
import sys, yaml
from mtdis.errors import ConfigError
from mtdis.study import Study
fields = {"kind": "random", "seed": 1, "dataset": "dsprites_rendered"}
change = yaml.safe_load(sys.argv[1])
one = fields | change.pop("experiments", {"one": {}})["one"]
try:
    Study.from_config({"name": "t", "metrics": {"mig": {}}, "experiments": {"one": one}} | change)
except ConfigError as error:
    print(error)
print(sorted({"numpy", "torch", "matplotlib"} & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The parts of a copy of the package that a plan reads."""
    folder = tmp_path_factory.mktemp("checkout")
    ignored = shutil.ignore_patterns("__pycache__", "commands", "operations")
    shutil.copytree(ROOT / "mtdis", folder / "mtdis", ignore=ignored)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_what_a_file_lacks_is_said_when_a_study_is_planned(package: Path, case: str) -> None:
    files, config, message = CASES[case]
    for name, text in files.items():
        (package / name).write_text(text)
    try:
        done = subprocess.run(
            [sys.executable, "-Bc", PLAN, config],
            env={"PYTHONPATH": str(package)},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        for name in files:
            (package / name).unlink()
    assert message in done.stdout, done.stderr
    assert done.stdout.endswith("[]\n")
