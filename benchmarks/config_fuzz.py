"""What damaged configs cost: python -m benchmarks.config_fuzz [--mutants 500] [--folder DIR]

`mtdis plan` on mutants of three valid bases (config.yaml, and the two demos laid over it), as many
of their texts as of their structures, and on each of a list of YAML traps. Each mutant is planned
in a process of its own: CPU seconds, the largest memory, and the length of what is said.
"""

import argparse
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

import mtdis.operations.plan  # noqa: F401 - once, not in each process
from mtdis import cli
from mtdis.study.config_files import read_configs

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from helpers import mutants  # noqa: E402 - the tests' own

BASES = ([], ["demo"], ["demo", "demo_full"])
PLANNED, SAID, TRACEBACK = "a plan", "a message", "a traceback"
ENDS = {0: PLANNED, 2: SAID}
ENDS_IN_ORDER = (PLANNED, SAID, TRACEBACK)
HEAD = (
    "| mutants of | number | a plan | a message | a traceback | CPU, mean | worst | memory |"
    " longest message |\n|---|---|---|---|---|---|---|---|---|"
)


@dataclass(frozen=True)
class Outcome:
    """How `mtdis plan` ended on a mutant, and what it took."""

    kind: str
    end: str
    seconds: float
    mebibytes: float
    length: int
    """Characters that were said on standard error."""


def planned(kind: str, text: str, folder: Path) -> Outcome:
    """Plan a config in a process of its own."""
    config, said = folder / "mutant.yaml", folder / "said.txt"
    config.write_bytes(text.encode("utf-8", "surrogateescape"))
    child = os.fork()
    if not child:
        _plan(config, said)
    _, status, usage = os.wait4(child, 0)
    end = ENDS.get(os.waitstatus_to_exitcode(status), TRACEBACK)
    if end == TRACEBACK:
        (folder / f"{kind}-{abs(hash(text))}.yaml").write_bytes(config.read_bytes())
    return Outcome(
        kind, end, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, said.stat().st_size
    )


def _plan(config: Path, said: Path) -> None:
    """Run `mtdis plan` and end this process with its status."""
    status = 70
    os.chdir(config.parent)  # where no config.yaml lies below it
    with said.open("w", encoding="utf-8") as told, Path(os.devnull).open("w") as nothing:
        sys.stdout, sys.stderr = nothing, told
        try:
            status = cli.main(["plan", "--config", str(config)])
        except SystemExit as stop:
            status = int(stop.code or 0)
        except BaseException:
            traceback.print_exc()
    os._exit(status)


def bases() -> Iterator[tuple[str, str]]:
    """Each valid config as text, by its name."""
    yield "config.yaml", (ROOT / "config.yaml").read_text()
    for names in BASES[1:]:
        over = [ROOT / f"workflow/configs/{name}.yaml" for name in names]
        merged = read_configs([ROOT / "config.yaml", *over])
        yield names[-1], yaml.safe_dump(merged, sort_keys=False)


def damaged(count: int) -> Iterator[tuple[str, str]]:
    """Mutants, `count` of the texts and as many of the structures of each base; then the traps."""
    for seed, (name, text) in enumerate(bases()):
        yield from ((f"{name}, text", one) for one in mutants.texts(text, count, seed))
        structure = yaml.safe_load(text)
        changed = mutants.structures(structure, count, seed)
        yield from ((f"{name}, structure", one) for one in changed)
    yield from (("YAML traps", f"a: {word}") for word in mutants.WORDS)


def row(kind: str, found: list[Outcome]) -> str:
    """A line of the table: the counts of each end, and the worst of each cost."""
    ends = " | ".join(str(sum(one.end == end for one in found)) for end in ENDS_IN_ORDER)
    seconds, memory = max(one.seconds for one in found), max(one.mebibytes for one in found)
    mean = sum(one.seconds for one in found) / len(found)
    longest = max(one.length for one in found if one.end != PLANNED) if found else 0
    return (
        f"| {kind} | {len(found)} | {ends} | {mean:.2f} s | {seconds:.2f} s | {memory:.0f} MiB |"
        f" {longest:,} |"
    )


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutants", type=int, default=500, help="of each base and way")
    parser.add_argument("--folder", type=Path, help="where mutants that end in a traceback stay")
    args = parser.parse_args(arguments)
    folder = args.folder or Path(tempfile.mkdtemp())
    found = [planned(kind, text, folder) for kind, text in damaged(args.mutants)]
    print(HEAD)
    for kind in dict.fromkeys(one.kind for one in found):
        print(row(kind, [one for one in found if one.kind == kind]))
    print(row("all", found))


if __name__ == "__main__":
    main()
