"""Make the tables of a study from what is finished so far: --partial.

They lie in results/studies/<name>/partial, beside the complete ones, which are snakemake's to make. The column
`missing` says how many runs a row lacks.
"""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import pandas as pd

from mtdis import artifacts, discover, inventory, page, partial, paths, rendering, stage_files
from mtdis.columns import aligned
from mtdis.command_line import add_study, study_of
from mtdis.errors import ConfigError, unknown
from mtdis.specs.identity import identify
from mtdis.study import Study


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_study(parser)
    parser.add_argument("--partial", action="store_true", help="of what is finished so far")
    parser.add_argument("--experiment", action="append", help="of these experiments only")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: Namespace) -> int:
    """Write the tables; 1 if one could not be made of what is there."""
    if not args.partial:
        raise ConfigError("the complete tables are made by `snakemake`; --partial makes those of what is finished.")
    study = study_of(args)
    for name in args.experiment or ():
        if name not in study.experiments:
            raise ConfigError(unknown("experiment", name, study.experiments))
    found = inventory.runs(study, Path())
    made = {e: write_tables(study, e, found) for e in args.experiment or study.experiments}
    print(json.dumps(made, indent=1) if args.json else as_text(made))
    return int(any(one["failed"] for one in made.values()))


def write_tables(study: Study, experiment: str, found: dict[str, inventory.Found]) -> dict[str, Any]:
    """Write the long table and the tables of an experiment; what was written, what could not be, what is missing."""
    there, missing = partial.results(study, experiment, found, Path())
    staged = partial.stages(study, experiment, Path())
    nothing = partial.nothing_of(missing, there)
    told = {"runs": len(there), "missing": len(missing), "nothing_of": nothing, "files": [], "failed": {}}
    if not there and not staged:
        return told
    folder = Path(paths.partial(study.name), experiment)
    frame = partial.frame_of(experiment, there, staged)
    artifacts.write_frame(folder / "long.parquet", frame)
    written, failed = [str(folder / "long.parquet")], {}
    for name in study.experiments[experiment].tables:
        out = folder / f"{name}.csv"
        try:
            _write(name, frame, [Path(paths.stage(identify(stage))) for stage, _ in staged], missing, nothing, out)
            written.append(str(out))
        except Exception as error:  # a table that needs what is not there yet is no reason to go without the others
            failed[name] = f"{type(error).__name__}: {error}"
    return told | {"files": written, "failed": failed}


def _write(
    name: str, frame: pd.DataFrame, stages: list[Path], missing: list[Any], nothing: list[str], out: Path
) -> None:
    """One table in all its forms, with the number of missing runs in each row and in the caption."""
    module = discover.load("mtdis.tables", name, "table")
    wanted = discover.constant("mtdis.tables", name, "STAGES") or ()
    shown = [stage_files.read_stage(path) for path in stages] if wanted else []
    shown = [one for one in shown if one.spec["stage"] in wanted]
    if wanted and not shown:
        raise ConfigError(f"it shows {', '.join(wanted)}, of which nothing is finished.")
    table = partial.with_missing(module.make(frame, shown) if shown else module.make(frame), missing)
    said = [f"PARTIAL: {len(missing)} runs are missing", partial.missing_text(table)]
    said += [f"no row yet: {'; '.join(nothing)}"] if nothing else []
    caption = f"{'. '.join(filter(None, said))}. {module.CAPTION}"
    artifacts.write_text(out.with_suffix(".md"), rendering.markdown(table, caption))
    artifacts.write_text(out.with_suffix(".tex"), rendering.latex(table, caption))
    artifacts.write_text(out.with_suffix(".html"), page.html(table, caption))
    artifacts.write_frame(out, table)


def as_text(made: dict[str, Any]) -> str:
    """What was written for people."""
    rows = [[e, one["runs"], one["missing"], len(one["files"])] for e, one in made.items()]
    lines = [aligned([["experiment", "runs", "missing", "tables"], *rows])]
    for experiment, one in made.items():
        lines += [f"no row yet: {what} ({experiment})" for what in one["nothing_of"]]
        lines += [f"not made: {name} ({experiment}): {why}" for name, why in one["failed"].items()]
        lines += one["files"]
    return "\n".join(lines)
