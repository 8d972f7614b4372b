"""The texts of an exported study: what is in it, what may be done with it, what to cite."""

from collections.abc import Iterator
from importlib.metadata import Distribution, distribution, requires
from importlib.resources import files

from packaging.requirements import Requirement

from mtdis.reporting.published.references import bibtex, entries
from mtdis.specs.base import Spec
from mtdis.specs.genuine import GenuineGrid
from mtdis.study import Study

ALWAYS = ("maziarka2021", "rocrate")
"""The study's question, and the crate."""
CALIBRATED = ("besag1991",)
LONGEST = 80
"""Characters of a licence's name; longer ones are its text."""

README = """# {name}

A study made with mtdis, as a Workflow Run RO-Crate: `ro-crate-metadata.json` describes every file.

{runs} runs on {datasets}.

| | |
|---|---|
| `tables/long.parquet`, `.csv` | a row per run, network, metric and key: all numbers |
| `tables/<experiment>/` | its long table, and its tables (csv, md, tex), claims among them |
| `figures/<experiment>/` | its figures (pdf, png) |
| `records/*.jsonl` | a record per dataset, run and stage: settings, result, provenance, checksums |
{codes}| `config.yaml` | the config that makes the study again |
| `workflow/`, `Snakefile` | the rules that ran |
| `LICENCES.md`, `references.bib` | what may be done with it, what to cite |

Weights, images and whole codes are not in it: their SHA-256 are in the records. The same config,
version and processor give the same bytes again.
"""
CODES = "| `codes/sample.h5` | codes of {count} images of each network, and the factors |\n"

LICENCES = """# Licences

The workflow and mtdis, which made these results, are under the MIT licence below. Tables, figures,
records and codes are the work of who ran the study; ask them, if they say nothing here.

## Datasets

{datasets}

## Libraries

What mtdis needs, in the versions that were installed when this was exported:

| | version | licence |
|---|---|---|
{libraries}

## mtdis

{mit}"""


def readme(study: Study, codes: int) -> str:
    """What is in the zip."""
    titles = ", ".join(dict.fromkeys(dataset.title for dataset in study.datasets.values()))
    said = CODES.format(count=codes) if codes else ""
    return README.format(name=study.name, runs=len(study.runs), datasets=titles, codes=said)


def licences(study: Study) -> str:
    """The licence of mtdis, of each dataset and of each library."""
    given = "\n".join(dict.fromkeys(_datasets(study)))
    libraries = "\n".join(_libraries())
    mit = _licence_text(distribution("mtdis"))
    return LICENCES.format(datasets=given, libraries=libraries, mit=mit)


def references(study: Study) -> str:
    """BibTeX of the paper, the datasets, kinds, metrics and stages of a study, and the libraries
    that ask for it.
    """
    specs: list[Spec] = [*study.datasets.values(), *study.runs.values(), *study.stages.values()]
    keys = {key for spec in (*specs, *study.metrics) for key in spec.references}
    libraries = {name for name in _dependencies() if name in entries()}
    calibrated = CALIBRATED if study.calibrations else ()
    return bibtex({*ALWAYS, *calibrated, *keys, *libraries})


def _datasets(study: Study) -> Iterator[str]:
    for dataset in study.datasets.values():
        if isinstance(dataset, GenuineGrid):
            yield f"- {dataset.title}: {dataset.licence}. {dataset.citation}"
        elif dataset.name() == "own":
            yield f"- {dataset.title}: files of who ran the study"
        else:
            yield f"- {dataset.title}: rendered by mtdis; no file of the original was used"


def _dependencies() -> list[str]:
    """The direct dependencies of mtdis, extras left out."""
    found = map(Requirement, requires("mtdis") or [])
    return sorted(one.name for one in found if not one.marker or one.marker.evaluate({"extra": ""}))


def _libraries() -> Iterator[str]:
    for name in _dependencies():
        package = distribution(name)
        said = next(filter(None, _licence_names(package)), "see its package")
        yield f"| {name} | {package.version} | {said} |"


def _licence_names(package: Distribution) -> Iterator[str]:
    """What a package's metadata call its licence, the surest field first."""
    about = package.metadata
    yield ", ".join(about.get_all("License-Expression") or [])
    classifiers = about.get_all("Classifier") or []
    found = [text.split(" :: ")[-1] for text in classifiers if text.startswith("License ::")]
    yield ", ".join(text for text in found if text != "OSI Approved")
    yield from (text for text in about.get_all("License") or [] if len(text) <= LONGEST)


def _licence_text(package: Distribution) -> str:
    """The text of the licence: of the installed package, or of the checkout."""
    found = package.read_text("licenses/LICENSE")
    return found or files("mtdis").joinpath("../LICENSE").read_text(encoding="utf-8")
