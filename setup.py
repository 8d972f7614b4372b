"""Puts what runs a study (Snakefile, workflow/, config.yaml, …) into wheels, where `mtdis init`
finds it: setuptools takes only what lies in the package, and git keeps one copy, at the root.
"""

import shutil
import sys
from importlib import import_module
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT))  # mtdis is not installed while it is built

workflow_files = import_module("mtdis.operations.workflow_files")


class BuildWithWorkflow(build_py):
    """Copies the files below the package as it is built; an editable install reads the checkout."""

    def run(self) -> None:
        """Build the package, then copy."""
        super().run()
        for source, target in self._copies().items():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """What was built, the copies too."""
        return [*super().get_outputs(include_bytecode), *map(str, self._copies().values())]

    def _copies(self) -> dict[Path, Path]:
        """File of the checkout → its copy; none for an editable install."""
        if self.editable_mode:
            return {}
        packed = Path(self.build_lib, "mtdis", workflow_files.PACKED)
        return {ROOT / name: packed / name for name in workflow_files.names(ROOT)}


setup(cmdclass={"build_py": BuildWithWorkflow})
