"""Check what a study needs here: versions, GPUs, SLURM, writable folders, disk.

One line each, with the fix.

With --results everything in data/ and results/ is compared with its checksums instead: what is
damaged is BAD, and `mtdis retry --damaged` has it made anew.

With --submit one tiny job goes through a profile, as the jobs of a study do: the time that it took,
and what it saw there.

The exit status is 1 if something is BAD; a `note` does no harm here.
"""

import json
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path

from mtdis.commands._options import add_study, study_here
from mtdis.commands._text import aligned
from mtdis.operations.doctor import BAD, Finding, findings, study_findings
from mtdis.operations.doctor_submit import profile_for, submission_findings

GROUP = "study"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_study(parser)
    parser.add_argument(
        "--results", action="store_true", help="verify data and results against their checksums"
    )
    _add_submission(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def _add_submission(parser: ArgumentParser) -> None:
    parser.add_argument("--submit", action="store_true", help="have a job run through a profile")
    parser.add_argument(
        "--profile",
        metavar="FOLDER",
        help="the profile of --submit: profiles/slurm where sbatch is, else profiles/default",
    )
    parser.add_argument("--cpu", action="store_true", help="the job of --submit asks for no GPU")
    parser.add_argument(
        "--minutes", type=float, default=10, help="as long the job of --submit may wait and run: 10"
    )


def run(args: Namespace) -> int:
    """Print what was found."""
    if args.submit:
        profile = profile_for(args.profile, Path())
        found = submission_findings(profile, Path(), int(not args.cpu), args.minutes)
    elif args.results:
        # numpy and h5py, which the other checks go without
        from mtdis.operations.doctor_results import result_findings

        found = result_findings(Path())
    else:
        found = [*findings(Path()), *study_findings(lambda: study_here(args), Path())]
    print(json.dumps([asdict(one) for one in found], indent=1) if args.json else as_text(found))
    return int(any(one.standing == BAD for one in found))


def as_text(found: list[Finding]) -> str:
    """A line for each finding."""
    return aligned(
        [
            [one.standing, one.thing, one.found + (f" → {one.fix}" if one.fix else "")]
            for one in found
        ]
    )
