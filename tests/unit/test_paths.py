"""Where everything lies: these paths are what other programs, and results already there, rely
on.
"""

from typing import Any

from helpers.places import ROOT

from mtdis import paths
from mtdis.study import Study

CONFIG: dict[str, Any] = {
    "name": "first",
    "metrics": {"mig": {}},
    "experiments": {
        "one": {
            "kind": "multi_head",
            "seed": 1,
            "dataset": "dsprites_rendered",
            "tables": ["table5"],
            "figures": ["figure3"],
        }
    },
}
RUN = "multi_head+version=2+dataset=dsprites_rendered+seed=1"


def test_golden_paths_of_what_all_studies_share() -> None:
    study = Study.from_config(CONFIG)
    assert list(study.runs) == [RUN]
    assert study.parents(RUN) == {
        "dataset": "data/dsprites_rendered.json",
        "targets": "data/targets/dataset=dsprites_rendered.json",
    }
    assert study.results("one") == {
        "runs": [f"results/runs/{RUN}/run.json"],
        "scores": [f"results/scores/{RUN}/index.json"],
        "stages": [],
        "calibrations": [],
    }
    shared = [f"results/runs/{RUN}/run.json", f"results/scores/{RUN}/index.json"]
    assert study.all_results() == study.all_results("one") == shared
    assert paths.stage("x+umap") == "results/stages/x+umap/stage.json"
    assert paths.full_spec("x,~0123456789ab") == "results/ids/x,~0123456789ab.json"


def test_golden_paths_of_one_study() -> None:
    assert sorted(Study.from_config(CONFIG).all_outputs()) == [
        "results/studies/first/figures/one/figure3.pdf",
        "results/studies/first/tables/long.parquet",
        "results/studies/first/tables/one/long.parquet",
        "results/studies/first/tables/one/table5.csv",
    ]


def test_two_studies_share_runs_and_nothing_else() -> None:
    one, two = Study.from_config(CONFIG), Study.from_config(CONFIG | {"name": "second"})
    assert list(one.runs) == list(two.runs)
    assert not set(one.all_outputs()) & set(two.all_outputs())


def test_the_rule_that_trains_reads_the_queue_that_is_written() -> None:
    # The path stands in the rule's text: as a parameter it would retrain runs, from a variable the
    # lint refuses it.
    rule = (ROOT / "workflow/rules/train.smk").read_text()
    assert f"--queue {paths.queue()} " in rule
    assert list(Study.from_config(CONFIG).notes([])) == [paths.queue()]
