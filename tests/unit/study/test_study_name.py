"""The study's name as the profiles find it: in `--config`, or in the last config file of the
command that has one.
"""

import sys
from pathlib import Path

import pytest
import yte
from helpers.places import ROOT
from helpers.small_results import text

from mtdis.study.name import study_name

PROFILES = ROOT / "profiles"


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("snakemake -n", "paper"),
        ("snakemake --configfile config.yaml mine.yaml", "mine"),
        ("snakemake --configfile config.yaml mine.yaml nameless.yaml -n other.yaml", "mine"),
        ("snakemake --configfile=mine.yaml headline", "mine"),
        ("snakemake --configfiles nameless.yaml --cores 2", "paper"),
        ("snakemake --configfile mine.yaml --configfile other.yaml", "other"),
        ("snakemake --configfile lost.yaml config.yaml damaged.yaml", "paper"),
        ("snakemake --config name=ours tables=1 -n", "ours"),
        ("snakemake -C name=ours --configfile mine.yaml", "ours"),
        ("snakemake --config override={} --configfile mine.yaml", "mine"),
        ("snakemake --config=name=ours", "ours"),
        ("snakemake --config name='ours'", "ours"),
        ("snakemake --config name=[ours", "[ours"),
        ("snakemake --configfile mine.yaml -d elsewhere", ""),
        ("snakemake --directory=elsewhere", ""),
    ],
)
def test_the_last_config_file_with_a_name_gives_it(words: str, name: str) -> None:
    for file in ("paper", "mine", "other"):
        text(f"{file}.yaml", f"name: {file}\n")
    Path("paper.yaml").rename("config.yaml")
    text("nameless.yaml", "select: [headline]\n")
    text("damaged.yaml", "name: [")
    assert study_name(words.split()) == name


def test_without_any_config_there_is_no_name() -> None:
    assert study_name(["snakemake"]) == ""


@pytest.mark.parametrize("profile", ["default/config.yaml", "slurm/config.v8+.yaml"])
def test_the_profiles_name_report_and_jobs_by_it(
    profile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text("config.yaml", "name: paper\n")
    text("mine.yaml", "name: mine\n")
    template = (PROFILES / profile).read_text()
    for words, name in (([], "paper"), (["--configfile", "config.yaml", "mine.yaml"], "mine")):
        monkeypatch.setattr(sys, "argv", ["snakemake", *words])
        found = yte.process_yaml(template)
        assert found["report"] == f"results/studies/{name}/report.html"
        assert found.get("slurm-jobname-prefix", f"mtdis-{name}") == f"mtdis-{name}"
