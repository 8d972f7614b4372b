"""One spec per implementation, and no randomness, shell or pickle behind
anyone's back.
"""

import ast
from importlib import import_module
from pathlib import Path

import pytest
from helpers.places import ROOT

from mtdis import discover
from mtdis.discover import members

PACKAGE = ROOT / "mtdis"
MODULES = sorted(PACKAGE.rglob("*.py"))


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


def test_snakefiles_import_what_starts_at_once() -> None:
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
        assert set(lines) <= {
            "from mtdis import atomic, program",
            "from mtdis.study import ConfigError, Study, started",
        }


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


def test_functions_are_short() -> None:
    lengths = {
        f"{path.relative_to(ROOT)}:{node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert {name: n for name, n in lengths.items() if n > 50} == {}
    assert sorted(lengths.values())[len(lengths) // 2] <= 10
