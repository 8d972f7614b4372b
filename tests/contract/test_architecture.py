"""Who may import whom, one spec per implementation, and no randomness, shell or pickle behind
anyone's back.
"""

import ast
import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from helpers.places import ROOT

from mtdis import discover
from mtdis.discover import members
from mtdis.specs.metric import Metric
from mtdis.study.schema import as_text

PACKAGE = ROOT / "mtdis"
MODULES = sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Full names of all modules that a file imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def within(names: set[str], package: str) -> set[str]:
    return {n for n in names if n == package or n.startswith(package + ".")}


def closure(module: str) -> set[str]:
    """Modules of mtdis and top-level packages that importing a module brings, found by importing it
    afresh.
    """
    code = f"import sys, {module}; print('\\n'.join(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(found.stdout.split())


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_module_imports_snakemake_or_the_command_line(path: Path) -> None:
    found = imports(path)
    assert not within(found, "snakemake")
    assert not within(found, "mtdis.cli")


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_nothing_reads_pickles_runs_text_as_code_or_uses_global_randomness(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    banned = (
        "import pickle",
        "allow_pickle=True",
        "shell=True",
        "os.system",
        "eval(",
        "exec(",
        "np.random.seed",
    )
    assert [word for word in banned if word in text.replace("literal_eval(", "")] == []
    attributes = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Attribute)]
    drawn = {n.attr for n in attributes if ast.unparse(n.value) == "np.random"}
    assert drawn <= {"RandomState", "Generator", "PCG64", "MT19937"}


@pytest.mark.parametrize(
    "package", ["metrics", "data.datasets", "reporting.tables", "reporting.figures"]
)
def test_what_reads_arrays_or_tables_never_imports_torch(package: str) -> None:
    names = [f"mtdis.{package}.{n}" for n in discover.names(f"mtdis.{package}")]
    assert names
    assert "torch" not in closure(", ".join(names))


@pytest.mark.parametrize(
    "module",
    [
        "mtdis.data.tasks",
        "mtdis.reporting.statistics",
        "mtdis.scoring.run_scores",
        "mtdis.commands.scores",
        "mtdis.commands.long_table",
    ],
)
def test_cpu_stages_never_import_torch(module: str) -> None:
    assert "torch" not in closure(module)


def test_models_import_neither_datasets_nor_metrics() -> None:
    for path in (PACKAGE / "training/models").glob("*.py"):
        assert not within(imports(path), "mtdis.data.datasets") | within(
            imports(path), "mtdis.metrics"
        )


def test_snakefiles_import_the_study_only() -> None:
    for path in [
        ROOT / "Snakefile",
        ROOT / "workflow/Snakefile",
        *(ROOT / "workflow/rules").glob("*.smk"),
    ]:
        lines = [
            x
            for x in path.read_text().splitlines()
            if "mtdis" in x and "import" in x and not x.startswith("#")
        ]
        assert set(lines) <= {"from mtdis.study import ConfigError, Study"}


IMPLEMENTATIONS = {
    "datasets": ("data.datasets", {"chunks"}),
    "models": ("training.models", {"build", "codes_of_factors"}),
    "metrics": ("metrics", {"score"}),
    "stages": ("stages", {"compute"}),
}
"""Where the implementations of a family lie, and what each defines: one of these."""


@pytest.mark.parametrize("family", IMPLEMENTATIONS)
def test_every_spec_has_an_implementation_of_its_name(family: str) -> None:
    package, functions = IMPLEMENTATIONS[family]
    modules = {
        name: import_module(f"mtdis.{package}.{name}")
        for name in discover.names(f"mtdis.{package}")
    }
    made = {name for name, module in modules.items() if functions & set(vars(module))}
    assert made == set(members(family))


@pytest.mark.parametrize("name", members("metrics"))
def test_a_metrics_settings_are_its_scores_arguments(name: str) -> None:
    arguments = inspect.signature(import_module(f"mtdis.metrics.{name}").score).parameters
    declared = {n: p.default for n, p in arguments.items() if n not in ("codes", "factors")}
    assert {n: f.default for n, f in Metric.member(name).model_fields.items()} == declared


def test_the_schema_is_the_one_that_the_specs_give() -> None:
    stored = (ROOT / "workflow/config.schema.json").read_text()
    assert stored == as_text(), "run: mtdis schema > workflow/config.schema.json"
    assert (
        (ROOT / "config.yaml")
        .read_text()
        .startswith("# yaml-language-server: $schema=workflow/config.schema.json\n")
    )


def test_functions_are_short() -> None:
    lengths = {
        f"{path.relative_to(ROOT)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert {name: n for name, n in lengths.items() if n > 50} == {}
    assert sorted(lengths.values())[len(lengths) // 2] <= 10
