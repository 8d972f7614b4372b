"""Writes config/README.md, the page that the Snakemake workflow catalog shows, from config.yaml and
the classes that check it; with --check only says whether it is up to date.
"""

import re
import sys
from pathlib import Path

import yaml

from mtdis.study.config import Config

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "config/README.md"
HEAD = """# Config

Made by `python .ci/config_readme.py` of config.yaml, workflow/configs and mtdis/study/config.py;
don't edit it.

The study is [config.yaml](../config.yaml), at the root. {about}

## Top level

| key | what it holds |
|---|---|
{keys}

All fields of runs, metrics and stages with their defaults: `mtdis schema`. A typo is refused before
any job runs.

## The experiments of config.yaml

`snakemake NAME` builds one.

| experiment | what it is |
|---|---|
{experiments}

## Smaller and other studies

Each is laid over config.yaml: `snakemake --configfile config.yaml workflow/configs/demo.yaml`.

| file | what it is |
|---|---|
{overlays}
"""


def page() -> str:
    """The text of the page."""
    text = (ROOT / "config.yaml").read_text("utf-8")
    fields = Config.model_fields.items()
    names = yaml.safe_load(text)["experiments"]
    experiments = {name: _beside(text, name) for name in names}
    overlays = {
        f"[{path.name}](../workflow/configs/{path.name})": _above(path.read_text("utf-8"))
        for path in sorted((ROOT / "workflow/configs").glob("*.yaml"))
    }
    return HEAD.format(
        about=_above(text),
        keys=_rows({f"`{name}`": field.description or "" for name, field in fields}),
        experiments=_rows({f"`{name}`": about for name, about in experiments.items()}),
        overlays=_rows(overlays),
    )


def _rows(cells: dict[str, str]) -> str:
    return "\n".join(f"| {name} | {about} |" for name, about in cells.items())


def _above(text: str) -> str:
    """The comment at the head of a config, without the line for editors."""
    lines = text.split("\n\n", 1)[0].splitlines()
    said = [line.removeprefix("#").strip() for line in lines if line.startswith("#")]
    return " ".join(line for line in said if not line.startswith("yaml-language-server"))


def _beside(text: str, experiment: str) -> str:
    """The comment beside the name of an experiment."""
    found = re.search(rf"^  {experiment}:\s*# (.+)$", text, re.MULTILINE)
    return found[1] if found else ""


if __name__ == "__main__":
    if "--check" not in sys.argv:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(), "utf-8")
    elif not PAGE.exists() or PAGE.read_text("utf-8") != page():
        sys.exit(f"{PAGE} is not up to date: python .ci/config_readme.py")
