"""The paper's config: what it trains is what the paper's text implies, and what snakemake plans for
it.
"""

from pathlib import Path

import pytest
import yaml

from mtdis.operations.plan import make_plan
from mtdis.study import Study

from .conftest import ROOT, job_counts, snakemake

DATASETS = 3  # dSprites, Shapes3D, MPI3D
SEEDS = 3  # "We repeat this procedure three times" (C.1)
SINGLE, MULTI, ONE = (
    10,
    1,
    1,
)  # one encoder per task, one for ten heads, one for a head of ten outputs (4.1, Figure 4)
PER_DATASET = {
    "headline": SEEDS * (SINGLE + MULTI + ONE),  # 4.1: 36 networks per dataset
    "losses": SEEDS * (SINGLE + MULTI + ONE),  # the same networks, by their test errors (E)
    "setting": 2 * SEEDS * (SINGLE + MULTI + ONE),  # the text's and the released code's settings
    "embeddings": SEEDS * (SINGLE + MULTI),  # 4.2.1 shows networks of 4.1 beside a random one
    "reconstructions": SEEDS * (SINGLE + MULTI),  # 4.2.2, too
    "autoencoders": 3,  # 4.3: AE, VAE and FactorVAE, one encoder each
    "number_of_tasks": SEEDS * (6 + 4),  # G: 5, 10, 20, 30, 40, 50; and our 1 to 4
    "factor_subsets": (
        SEEDS * (3 + 3)
    ),  # H: all, random, halves; and the released grow, pairs, triples
    "components": SEEDS * (SINGLE + MULTI),  # I: the networks of 4.2.1
    "tasks": SEEDS * 3,  # 3.1: raw inputs as in the paper; and our unit and standardised
    "networks": 1 + 1,  # A: a network with heads and one with a decoder
}
STAGES_PER_DATASET = {
    "embeddings": 3,  # random, single-task, multi-head
    "reconstructions": 3 + 2 * 3,  # a decoder for each, and traversals in two units
    "autoencoders": (
        3 * (3 + 2)
    ),  # heads of three seeds on three encoders, and on true factors raw and standardised
    "components": 3,
    "tasks": 3,  # diagnostics of each input scaling
    "networks": 2,
}
SHARED_PER_DATASET = {
    "losses, embeddings, reconstructions, components": 36 + 3 * 33,  # networks of the headline
    "half of setting": 36,
    "ten tasks, all factors, raw inputs": 3 * SEEDS,  # multi-head of three experiments
    "networks": 2,
}
SHIPPED = {
    "tables": (
        "all_scores formulas settings table1 table2 table3 table4 table5 table6 table7 tables8_10"
        " task_diagnostics trained_task"
    ),
    "figures": (
        "figure1 figure13 figure14 figure15 figure2 figure3 figure4 figure5 figure6 figure7"
        " frozen_codes retrieved task_diagnostics"
    ),
    "metrics": (
        "beta_vae dci dci_paper factor_vae irs mig mig_paper modularity sap sap_paper unsupervised"
    ),
    "stages": "architecture decoder heads retrieved task_diagnostics traversal umap",
    "kinds": ("autoencoder factor_vae ground_truth multi_head one_head random single_task vae"),
}
"""All that the package ships; what somebody adds need not be in the paper's config."""
TRAINED = {name: DATASETS * count for name, count in PER_DATASET.items()}
STAGES = {name: DATASETS * count for name, count in STAGES_PER_DATASET.items()}


@pytest.fixture(scope="module")
def study() -> Study:
    return Study.from_config(yaml.safe_load((ROOT / "config.yaml").read_text()))


def test_each_experiment_trains_the_networks_that_the_text_implies(study: Study) -> None:
    plan = make_plan(study, Path("nowhere"))
    assert {e: counts["trained"] for e, counts in plan["experiments"].items()} == TRAINED
    assert {e: c["stages"] for e, c in plan["experiments"].items() if c["stages"]} == STAGES


def test_what_several_experiments_want_is_trained_once(study: Study) -> None:
    total = make_plan(study, Path("nowhere"))["total"]
    assert (
        total["trained"]
        == DATASETS * (sum(PER_DATASET.values()) - sum(SHARED_PER_DATASET.values()))
        == 369
    )
    assert total["stages"] == sum(STAGES.values())


def test_the_papers_config_has_all_that_was_made_for_the_paper(study: Study) -> None:
    experiments = study.experiments.values()
    found = {
        "tables": {t for e in experiments for t in e.tables},
        "figures": {f for e in experiments for f in e.figures},
        "metrics": {m.name() for m in study.metrics},
        "stages": {s.name() for s in study.stages.values()},
        "kinds": {r.name() for r in study.runs.values()},
    }
    assert found == {key: set(words.split()) for key, words in SHIPPED.items()}


def test_snakemake_plans_a_job_per_run_score_stage_table_and_figure(
    study: Study, tmp_path: Path
) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "config.yaml").write_text((ROOT / "config.yaml").read_text())
    experiments = study.experiments.values()
    assert job_counts(snakemake("-n", folder=folder)) == {
        "dataset": DATASETS,
        "targets": len(study.targets),
        "train": len(study.runs),
        "scores": len(study.runs),
        "stage": sum(STAGES.values()),
        "long_table": len(TRAINED),
        "study_table": 1,
        "page": 1,
        "table": sum(len(e.tables) for e in experiments),
        "figure": sum(len(e.figures) for e in experiments),
        "study": 1,
    }


def test_the_small_version_has_every_experiment_of_the_paper(study: Study) -> None:
    from mtdis.study.config_files import read_configs

    small = Study.from_config(
        read_configs([ROOT / "config.yaml", ROOT / "workflow/configs/demo_full.yaml"])
    )
    assert small.name == "demo-full"
    for name, experiment in study.experiments.items():
        assert small.experiments[name].tables == experiment.tables
        assert small.experiments[name].figures == experiment.figures
        assert {r.name() for r in small.experiments[name].runs} == {
            r.name() for r in experiment.runs
        }
        assert len(small.experiments[name].stages) == len(experiment.stages)
