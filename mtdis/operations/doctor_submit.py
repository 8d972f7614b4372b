"""One tiny job through a profile, as a study's jobs go: what it took, what it saw, what hindered
it.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mtdis import atomic
from mtdis.errors import ConfigError
from mtdis.operations import workflow_files
from mtdis.operations.doctor import BAD, GOOD, NOTE, Finding
from mtdis.operations.programs import answer
from mtdis.progress import duration

PROGRAM = Path(__file__).with_name("doctor_job")
"""The rule of the job, and what the job runs."""
SLURM, DEFAULT = "profiles/slurm", "profiles/default"
LOG = Path("logs/doctor.log")
"""Where all that snakemake and the job have said is kept, below the study's folder."""
PATIENCE = 60
"""Seconds that snakemake may take to cancel the job and end."""
OWN = ("config.yaml", "data", "logs", "results")
"""What of a study's folder the job's does without; the rest is linked, as profiles name files."""
OF_NODE = ("torch", "gpu", "numba cache")
"""Findings of `mtdis doctor` that can be others on a node."""
REFUSED = re.compile(r"SLURM sbatch failed\. The error message was '(.*?)'\.\n", re.DOTALL)
SUBMITTED = re.compile(r"has been submitted with SLURM jobid (\d+) \(log: (.*?)\)\.")
FIXES = {
    "account": "set `account:` of the profile: `sacctmgr show associations user=$USER` lists yours",
    "partition": "set `partition:` of the profile to one that `sinfo` lists",
    "qos": "set `qos:` of the profile: `sacctmgr show associations user=$USER format=qos`",
    "feature": "set `constraint:` of the profile to a feature that `sinfo -o %f` lists",
    "gres": "set `gres:` or `gpu_model:` of the profile to what `sinfo -o %G` lists",
    "time limit": "set `longest:` of the profile to what `sinfo -o '%P %l'` allows",
    "node configuration": "no node has what is asked for: choose another `partition:` or"
    " `gpu_model:` in the profile; --cpu tries without a GPU",
}
"""A word of SLURM's refusal → what to do."""


@dataclass(frozen=True)
class Outcome:
    """How the job went, as the machine knows it that submitted it."""

    profile: str
    status: int | None
    """Of snakemake; None if it was ended because the job did not end in time."""
    said: str
    seconds: float
    seen: Mapping[str, Any] | None = None
    """What the job has written; None if its file is not seen here."""
    log: str = ""
    """What the job has complained of, and SLURM's log of it."""
    reason: str = ""
    """Why SLURM lets the job wait."""
    gpus: int = 1
    here: tuple[str, str] = field(
        default_factory=lambda: (".".join(map(str, sys.version_info[:3])), sys.executable)
    )
    """Version and path of the Python that submitted it."""


def profile_for(named: str | None, folder: Path) -> Path:
    """The folder of the profile with this name, of the study's folder or else of the package; by
    default that of SLURM where sbatch is.

    ConfigError if there is none.
    """
    name = named or (SLURM if shutil.which("sbatch") else DEFAULT)
    if _is_profile(folder / name):
        return (folder / name).resolve()
    if _is_profile(of_package := workflow_files.root() / name):
        return of_package.resolve()
    there = ", ".join(f"profiles/{p.name}" for p in sorted(folder.glob("profiles/*")))
    others = f" There are {there}." if there else ""
    raise ConfigError(
        f"there is no profile {name} in {folder.resolve()}.{others}"
        " Name the folder of one: --profile profiles/slurm"
    )


def _is_profile(place: Path) -> bool:
    return any(place.glob("config*.yaml")) or (place / "profile.yaml").exists()


def needs_sbatch(profile: Path) -> bool:
    """True if a profile hands its jobs to SLURM and this machine has no sbatch to do so."""
    text = "".join(file.read_text(encoding="utf-8") for file in sorted(profile.glob("*.yaml")))
    is_slurm = re.search(r"^executor: *[\"']?slurm\b", text, re.MULTILINE)
    return bool(is_slurm) and shutil.which("sbatch") is None


def submission_findings(profile: Path, folder: Path, gpus: int, minutes: float) -> list[Finding]:
    """Hand a job to a profile from a temporary folder in a study's folder, wait for it at most so
    many minutes, and say how it went.
    """
    if needs_sbatch(profile):
        fix = "run on a login node of the cluster; there, `module load slurm` may be needed"
        return [Finding("sbatch", BAD, f"not on this machine, and {profile} needs it", fix)]
    try:
        with tempfile.TemporaryDirectory(prefix=".mtdis_doctor_", dir=folder) as name:
            outcome = submit(profile, Path(name), gpus, 60 * minutes)
        atomic.write_text(folder / LOG, f"{outcome.said}\n{outcome.log}")
    except OSError as error:
        fix = "run in a folder of your own with room, or ask for the right"
        return [Finding("folder", BAD, str(error), fix)]
    return list(judged(outcome))


def submit(profile: Path, folder: Path, gpus: int, seconds: float) -> Outcome:
    """Hand the job to a profile from an empty folder in a study's; how it went."""
    prepare(folder)
    words = ["--workflow-profile", str(profile), "--retries", "0", "--config", f"gpus={gpus}"]
    start = time.monotonic()
    status, said, reason = run_snakemake(words, folder, seconds)
    took = time.monotonic() - start
    logs = [folder / "job.log", *(folder / path for _, path in SUBMITTED.findall(said))]
    log = "\n".join(p.read_text(errors="replace") for p in logs if p.is_file()).strip()
    seen = json.loads(text) if (text := _text(folder / "seen.json")) else None
    return Outcome(str(profile), status, said, took, seen, log, reason, gpus)


def prepare(folder: Path) -> None:
    """Put the job's program into its folder, and links to what a profile may name in the study's
    by a relative path.
    """
    for name in ("job.smk", "look.py"):
        shutil.copy(PROGRAM / name, folder)
    for path in folder.parent.iterdir():
        if not (path.name.startswith(".") or path.name in OWN or (folder / path.name).exists()):
            (folder / path.name).symlink_to(f"../{path.name}")


def run_snakemake(
    words: Sequence[str], folder: Path, seconds: float = float("inf")
) -> tuple[int | None, str, str]:
    """Run snakemake in a folder; its exit status, what it said, and why its job waits.

    After so many seconds, and at an interrupt, it cancels its job; the status is None then.
    """
    command = [sys.executable, "-m", "snakemake", "--snakefile", "job.smk", *words]
    file, reason = folder / "snakemake.log", ""
    with file.open("wb") as out:
        # a session of its own: an interrupt reaches it once, a second would keep it from cancelling
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        try:
            status: int | None = process.wait(seconds)
        except subprocess.TimeoutExpired:
            status, reason = None, why_waiting(whole_log(folder))
        finally:
            end(process, folder)
    return status, whole_log(folder), reason


def whole_log(folder: Path) -> str:
    """All that snakemake has said in a folder, printed or not."""
    inner = sorted((folder / ".snakemake/log").glob("*.log"))
    return "\n".join(_text(path) for path in [folder / "snakemake.log", *inner])


def end(process: subprocess.Popen[bytes], folder: Path) -> None:
    """Interrupt snakemake in a folder if it works, so that it cancels its job, and wait for its
    end. From one that does not end (a shell has it ignore interrupts, say) the job is taken.
    """
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            for job, _ in SUBMITTED.findall(whole_log(folder)):
                answer("scancel", job)


def judged(outcome: Outcome) -> Iterator[Finding]:
    """The findings that an outcome comes to."""
    if outcome.status is None:
        yield _too_late(outcome)
    elif refusal := REFUSED.search(outcome.said):
        yield _refused(refusal[1], outcome.profile)
    elif outcome.seen is None:
        yield _without_file(outcome)
    else:
        yield Finding("job", GOOD, _times(outcome))
        yield _python(outcome.seen, outcome.here)
        yield _mtdis(outcome.seen)
        yield _gpus(outcome)
        yield _memory(outcome.seen)
        yield from _of_node(outcome.seen)


def _too_late(outcome: Outcome) -> Finding:
    reason = f"; SLURM: {outcome.reason}" if outcome.reason else ""
    found = f"not done after {duration(outcome.seconds)}, and cancelled{reason}"
    fix = (
        f"what has been said is in {LOG}; a queue that is only long: --minutes 60. Else `squeue"
        " --me` and `sinfo` say what the job waits for"
    )
    return Finding("job", BAD, found, fix)


def _refused(said: str, profile: str) -> Finding:
    words = " ".join(said.split())
    fixes = [fix for word, fix in FIXES.items() if word in words.lower()]
    fix = fixes[0] if fixes else f"the whole command is in {LOG}; change what {profile} asks for"
    return Finding("job", BAD, f"SLURM refused it: {words}", fix)


def _without_file(outcome: Outcome) -> Finding:
    """Tell a job that failed from one whose file, or whose folder, isn't seen from both sides."""
    was_submitted = SUBMITTED.search(outcome.said)
    if "Missing files after" in outcome.said or outcome.status == 0:
        fix = (
            "run in a folder that this machine and the nodes share; if they share this one, raise"
            " `latency-wait:` of the profile"
        )
        return Finding("shared folder", BAD, "the job ended well, its file isn't seen here", fix)
    if was_submitted and not outcome.log:
        fix = (
            "run in a folder, with a Python, that this machine and the nodes share; what snakemake"
            f" said is in {LOG}"
        )
        found = "the job failed on its node, and no log of it is seen here"
        return Finding("shared folder", BAD, found, fix)
    lines = (outcome.log or outcome.said).strip().splitlines()
    if was_submitted or outcome.log:
        fix = f"its whole log is in {LOG}"
        return Finding("job", BAD, f"failed: {_telling(lines)}", fix)
    fix = f"what snakemake said is in {LOG}; a study would not start either"
    return Finding("job", BAD, f"not submitted: {_telling(lines)}", fix)


def _telling(lines: Sequence[str]) -> str:
    """The last line that names an error, or else the last one."""
    errors = [line for line in lines if re.search(r"error|not found|no such|killed", line, re.I)]
    return next(iter(reversed([*lines, *errors])), "it said nothing").strip()


def _times(outcome: Outcome) -> str:
    seen = outcome.seen or {}
    slurm, whole = seen.get("slurm"), f"{outcome.seconds:.0f} s from its start to its file here"
    if slurm is None:
        return f"ran on {seen['host']}: {whole}"
    if "queued" not in slurm:
        return f"ran on {seen['host']}, SLURM job {slurm['job']}: {whole}"
    return (
        f"ran on {seen['host']}, SLURM job {slurm['job']}: {slurm['queued']:.0f} s in the queue,"
        f" {slurm['ran']:.0f} s on the node, {whole}"
    )


def _python(seen: Mapping[str, Any], here: tuple[str, str]) -> Finding:
    found = f"{seen['python']}, {seen['executable']}"
    if (seen["python"], seen["executable"]) == here:
        return Finding("python of the job", GOOD, found)
    fix = "install the environment in a folder that the nodes share, by one Python for all of them"
    said = f"{found}; here {here[0]}, {here[1]}"
    same = seen["python"].split(".")[:2] == here[0].split(".")[:2]
    return Finding("python of the job", NOTE if same else BAD, said, fix)


def _mtdis(seen: Mapping[str, Any]) -> Finding:
    thing, doctor = "mtdis of the job", seen["doctor"]
    if seen["mtdis"] is None:
        fix = (
            "activate the environment in the shell that starts the study: jobs inherit its PATH,"
            " unless a node's own start-up files replace it"
        )
        return Finding(thing, BAD, f"not on its PATH, {seen['path']}", fix)
    if not doctor["findings"]:
        last = next(iter(reversed(doctor["said"].strip().splitlines())), "no answer")
        fix = "on the node, `mtdis doctor` must run: its environment lacks something, or is another"
        return Finding(thing, BAD, f"{seen['mtdis']} doesn't start: {last}", fix)
    return Finding(thing, GOOD, seen["mtdis"])


def _gpus(outcome: Outcome) -> Finding:
    thing, seen = "GPUs of the job", outcome.seen or {}
    listed = seen["gpus"]
    if not outcome.gpus:
        return Finding(thing, GOOD, "none asked for")
    if listed is not None and listed not in ("", "-1", "NoDevFiles"):
        return Finding(thing, GOOD, f"CUDA_VISIBLE_DEVICES={listed}")
    if seen["slurm"] is None:
        return Finding(thing, GOOD, "those of this machine: nobody has listed some for the job")
    fix = "ask the cluster's staff whether its GPUs are in gres.conf: a training would use the CPU"
    return Finding(thing, NOTE, "one was asked for, CUDA_VISIBLE_DEVICES names none", fix)


def _memory(seen: Mapping[str, Any]) -> Finding:
    limit = seen["memory_mib"]
    said = "no limit is known on the node" if limit is None else f"limit of {limit:,} MiB"
    return Finding("memory of the job", GOOD, said)


def _of_node(seen: Mapping[str, Any]) -> Iterator[Finding]:
    """What `mtdis doctor` calls bad, or notes, in the job."""
    for one in seen["doctor"]["findings"]:
        if one["thing"] in OF_NODE and one["standing"] != GOOD:
            yield Finding(**one | {"thing": f"{one['thing']} of the job"})


def why_waiting(said_so_far: str) -> str:
    """State and reason that squeue gives for the job that was submitted; empty without one."""
    submitted = SUBMITTED.search(said_so_far)
    if submitted is None:
        return ""
    job = submitted[1]
    said = answer("squeue", "--noheader", f"--jobs={job}", "--format=%T, %r")
    return said.stdout.strip() if said is not None and not said.returncode else ""


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
