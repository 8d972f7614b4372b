"""`mtdis export`: the zip of a finished study holds what it says, in the same bytes each time, and
is a Workflow Run RO-Crate by the validator of its authors.
"""

import io
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import h5py
import numpy as np
import pytest
import rocrate
import yaml
from helpers import small_results
from helpers.small_study import DATASET

from mtdis import paths
from mtdis.artifacts import datasets, files, runs
from mtdis.cli import main
from mtdis.discover import members
from mtdis.reporting.published.references import bibtex, entries
from mtdis.specs.dataset import Dataset
from mtdis.specs.ids import identify
from mtdis.specs.metric import Metric
from mtdis.specs.run import Run
from mtdis.specs.stage import Stage
from mtdis.study import Study

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what the validator imports uses what will go
    from rocrate_validator import services
    from rocrate_validator.models import Severity
    from rocrate_validator.utils.http import HttpRequester

FAMILIES = {"datasets": Dataset, "metrics": Metric, "models": Run, "stages": Stage}
CONTEXT = "https://w3id.org/ro/crate/1.1/context"
BIOSCHEMAS = "https://bioschemas.org"
TERMS_OF_1_1 = {
    "ComputationalWorkflow": f"{BIOSCHEMAS}/ComputationalWorkflow",
    "FormalParameter": f"{BIOSCHEMAS}/FormalParameter",
    "input": f"{BIOSCHEMAS}/ComputationalWorkflow#input",
    "output": f"{BIOSCHEMAS}/ComputationalWorkflow#output",
}
"""The terms that 1.1 maps otherwise than the context of 1.3, which rocrate brings."""


CONFIG: dict[str, Any] = {
    "name": "small",
    "metrics": {"mig": {}, "sap": {}, "factor_vae": {}, "dci": {}},
    "calibration": {"metrics": ["mig"], "rotations": 3, "permutations": 1},
    "experiments": {
        "one": {"kind": ["random", "pca"], "dataset": DATASET, "latent_size": 4, "seed": [1, 2]}
        | {"tables": ["all_scores"], "figures": ["figure3"]}
    },
}
STUDY = Study.from_config(CONFIG)
(DATASET_ID,) = STUDY.datasets
LONG = paths.long_table("small", "one")
ZIP = paths.exported("small")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished study of made-up codes and scores, and its zip."""
    folder = tmp_path_factory.mktemp("export")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        make()
        assert export() == 0
    return folder


def make() -> None:
    """Write the results of STUDY, tables and figures by their commands."""
    Path("config.yaml").write_text(json.dumps(CONFIG))
    dataset = ["--spec", json.dumps(DATASET), "--out", paths.dataset(DATASET_ID)]
    of_study = ["--config", "config.yaml", "--experiment", "one", "--out"]
    long = ["--long", LONG, "--out"]
    for run_id, run in STUDY.runs.items():
        finish(run)
        small_results.score(STUDY, run_id)
        small_results.calibrate(STUDY, run_id)
    for words in (
        ["dataset", *dataset],
        ["long_table", *of_study, LONG],
        ["nulls", *of_study, paths.nulls("small", "one")],
        ["study_table", *long, paths.study_table("small")],
        ["table", "--name", "all_scores", *long, paths.table("small", "one", "all_scores")],
        ["figure", "--name", "figure3", *long, paths.figure("small", "one", "figure3")],
    ):
        assert main(words) == 0, words


def finish(run: Run) -> None:
    """Write a run that has drawn codes of every second image."""
    files.record_id(run)
    rng = np.random.default_rng(run.seed)
    runs.write_run(
        Path(paths.run(identify(run))),
        run,
        result={
            "networks": [{"network": n, "diverged": False, "losses": {}} for n in run.networks]
        },
        codes={n: rng.standard_normal((48, 4), dtype=np.float32) for n in run.networks},
        rows=np.arange(0, 96, 2),
        weights={},
        history=[],
        execution={"seconds": 1.0},
        stood_on={},
    )


@pytest.fixture
def crate(study: Path) -> Iterator[ZipFile]:
    with ZipFile(study / ZIP) as archive:
        yield archive


def export(*words: str) -> int:
    """The status of exporting the study of config.yaml."""
    return main(["export", "small", "--config", "config.yaml", *words])


def validate(
    crate: Path, patch: pytest.MonkeyPatch, folder: Path, first: bool = False
) -> list[str]:
    """What the validator says of a crate's required properties, all of it or the `first` that it
    finds; it gets no network.

    It asks for one thing, the context of RO-Crate 1.1, and is given the one that rocrate brings,
    with the four terms as 1.1 has them.
    """
    context = json.loads((Path(rocrate.__path__[0]) / "data/ro-crate.jsonld").read_text())
    context["@context"] |= TERMS_OF_1_1

    def get(_: Any, url: str, **__: Any) -> Any:
        assert url == CONTEXT
        return Response(context)

    patch.setattr(HttpRequester, "get", get, raising=False)
    settings = services.ValidationSettings(
        abort_on_first=first,
        rocrate_uri=str(crate),
        profile_identifier="workflow-run-crate",
        requirement_severity=Severity.REQUIRED,
        cache_path=folder / "cache",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = services.validate(settings).get_issues()
    return [f"{issue.check.identifier}: {issue.message}" for issue in found]


class Response:
    """An answer of the network."""

    status_code, headers = 200, {"Content-Type": "application/ld+json"}

    def __init__(self, content: Any) -> None:
        self.content = content

    def json(self) -> Any:
        return self.content


@pytest.mark.slow
def test_it_is_a_workflow_run_crate_and_one_that_is_not_is_told(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = study / ZIP
    assert validate(whole, monkeypatch, tmp_path) == []
    spoilt = tmp_path / "spoilt.zip"
    with ZipFile(whole) as old, ZipFile(spoilt, "w") as new:
        for name in old.namelist():
            new.writestr(
                name, old.read(name).replace(b'"@type": "CreateAction"', b'"@type": "Thing"')
            )
    assert any(
        "instrument" in issue for issue in validate(spoilt, monkeypatch, tmp_path, first=True)
    )


@pytest.mark.slow
def test_every_file_is_described_with_its_size_and_checksum(crate: ZipFile) -> None:
    metadata = json.loads(crate.read("ro-crate-metadata.json"))
    described = {entity["@id"]: entity for entity in metadata["@graph"]}
    names = set(crate.namelist()) - {"ro-crate-metadata.json"}
    assert names == {i for i, e in described.items() if "File" in e["@type"]}
    for name in names:
        assert described[name]["contentSize"] == str(len(crate.read(name)))
    assert described["./"]["mainEntity"] == {"@id": "workflow/Snakefile"}


@pytest.mark.slow
def test_the_same_results_give_the_same_bytes(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(study)
    assert export("--out", str(tmp_path / "again.zip")) == 0
    assert (tmp_path / "again.zip").read_bytes() == Path(ZIP).read_bytes()


@pytest.mark.slow
def test_tables_config_records_and_codes_are_those_of_the_study(
    study: Path, crate: ZipFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(study)
    assert crate.read("tables/one/long.parquet") == Path(LONG).read_bytes()
    for ending in (".pdf", ".png"):
        figure = Path(paths.figure("small", "one", "figure3")).with_suffix(ending)
        assert crate.read(f"figures/one/{figure.name}") == figure.read_bytes()
    for ending in (".csv", ".md", ".tex"):
        table = Path(paths.table("small", "one", "all_scores")).with_suffix(ending)
        assert crate.read(f"tables/one/{table.name}") == table.read_bytes()
    assert Study.from_config(yaml.safe_load(crate.read("config.yaml"))) == STUDY
    lines = [json.loads(line) for line in crate.read("records/runs.jsonl").splitlines()]
    assert {line["id"] for line in lines} == set(STUDY.runs)
    with h5py.File(io.BytesIO(crate.read("codes/sample.h5"))) as sample:
        for run_id, run in STUDY.runs.items():
            group = sample["runs"][run_id]
            for network in run.networks:
                codes, rows = runs.read_codes(Path(paths.run(run_id)), network)
                chosen = np.searchsorted(rows, group["rows"][()])
                np.testing.assert_array_equal(group[network][()], codes[chosen])
            factors = datasets.read_dataset(Path(paths.dataset(DATASET_ID)), "factors")
        np.testing.assert_array_equal(sample[f"factors/{DATASET_ID}"][()], factors)


@pytest.mark.slow
def test_what_is_used_is_cited_and_licensed(crate: ZipFile) -> None:
    cited = crate.read("references.bib").decode()
    for key in ("maziarka2021", "matthey2017", "chen2018", "torch", "snakemake", "besag1991"):
        assert f"{{{key},\n" in cited
    assert "{gondal2019," not in cited, "no MPI3D is used"
    licences = crate.read("LICENCES.md").decode()
    assert "Permission is hereby granted" in licences
    assert "| numpy |" in licences


@pytest.mark.slow
def test_codes_can_be_left_out_and_the_author_named(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(study)
    out = tmp_path / "small.zip"
    assert export("--codes", "0", "--author", "A. Nyone", "--out", str(out)) == 0
    with ZipFile(out) as archive:
        assert not any(name.startswith("codes/") for name in archive.namelist())
        assert "sample.h5" not in archive.read("README.md").decode()
        assert b'"name": "A. Nyone"' in archive.read("ro-crate-metadata.json")


@pytest.mark.slow
def test_a_damaged_table_is_refused_and_nothing_is_written(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(study)
    table = Path(paths.table("small", "one", "all_scores")).with_suffix(".md")
    before = table.read_bytes()
    table.write_bytes(before + b"x")
    assert export("--out", str(tmp_path / "no.zip")) == 2
    table.write_bytes(before)
    assert "all_scores.md has" in capsys.readouterr().err
    assert not (tmp_path / "no.zip").exists()


def test_an_unfinished_study_and_another_name_are_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("config.yaml").write_text(json.dumps(CONFIG))
    assert export() == 2
    error = capsys.readouterr().err
    count = len(STUDY.all_outputs() + STUDY.all_results())
    assert f"small is not finished: {count} of {count} files are missing" in error
    assert "Run snakemake with the same config first" in error
    assert main(["export", "big", "--config", "config.yaml"]) == 2
    assert "the config is of study small, not big" in capsys.readouterr().err


@pytest.mark.parametrize("family", FAMILIES)
def test_every_reference_of_a_spec_is_in_references_bib(family: str) -> None:
    specs = {name: FAMILIES[family].member(name) for name in members(family)}
    named = {key for spec in specs.values() for key in spec.references}
    assert named <= set(entries())
    assert bibtex(named).count("\n@") == max(0, len(named) - 1)
    if family == "metrics":  # all of the paper's; a metric of one's own need not name any
        paper = ("mig", "factor_vae", "sap", "dci", "irs", "beta_vae", "modularity", "unsupervised")
        assert all("locatello2019" in specs[name].references for name in paper)
