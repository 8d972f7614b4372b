"""Findings of `mtdis doctor --results` on the files in data/ and results/."""

from pathlib import Path

from mtdis.operations.doctor import BAD, GOOD, NOTE, Finding
from mtdis.operations.verify import DAMAGED, verify_results


def result_findings(folder: Path) -> list[Finding]:
    """A finding for each damaged file, one for those without a seal, one if all is well."""
    problems = list(verify_results(folder))
    damaged = [one for one in problems if one.standing == DAMAGED]
    found = [
        Finding(str(one.path), BAD, one.why, "mtdis retry --damaged, then snakemake")
        for one in damaged
    ]
    if unsealed := len(problems) - len(damaged):
        fix = "they are read as they are; results made from now on are sealed"
        found.append(Finding("unsealed", NOTE, f"{unsealed:,} files without a checksum", fix))
    return found or [Finding("results", GOOD, "every file is what its record sealed")]
