# The program of a study stands still while it runs: a driver freezes package and rules when it starts, its jobs run the
# copy (mtdis/program.py).

import json
import os
import shutil
import sys
from importlib import import_module
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.jobs import Job
from snakemake.scheduling.job_scheduler import JobScheduler
from snakemake_interface_executor_plugins.executors.real import RealExecutor

from mtdis import atomic, program
from mtdis.study import packs, started

# The Snakefile of a driver is the checkout's; that of its jobs on a cluster lies in the copy which the driver froze when
# it started (mtdis/program.py), and reads the study's config as it stood then.
CHECKOUT = Path(str(workflow.current_basedir)).parent
IS_FROZEN = (CHECKOUT / program.MANIFEST).exists()
if IS_FROZEN and CHECKOUT != program.HERE:
    raise WorkflowError(
        f"this job has the rules of {CHECKOUT} and the package of {program.HERE}: two programs. Its python must not load"
        f" mtdis before the Snakefile does."
    )
if IS_FROZEN:
    program.hold()
    shell.prefix(program.shell_prefix(CHECKOUT))
OF_DRIVER = None if workflow.is_main_process else program.config_of_job()
PROGRAM = program.Program.read(CHECKOUT) if workflow.is_main_process else None


# What a job asks SLURM for instead of a whole GPU, by profiles/slurm: a share of one, such as shard:1. Whether it has one
# is counted as `on_gpu`, which the profile then caps.
GRES = os.environ.get("MTDIS_GRES", "")


# How many score jobs of finished runs share a submission, and the minutes that each may ask for, by profiles/slurm.
SCORES_PER_JOB = int(os.environ.get("MTDIS_SCORES_PER_JOB", "1"))
LONGEST = int(os.environ.get("MTDIS_LONGEST", "0"))
if SCORES_PER_JOB > 1:
    # Of a pack that fails, what is there stays: an index is written last and atomically. Inside, none stops the others.
    remove_output = Job.cleanup

    async def remove_but_indices(job, skip_outputs):
        if job.rule.name not in packs.OUTPUTS:
            await remove_output(job, skip_outputs)

    Job.cleanup = remove_but_indices
    if not workflow.is_main_process:
        begin = JobScheduler.__init__

        def begin_and_keep_going(scheduler, *words, **options):
            begin(scheduler, *words, **options)
            scheduler.keepgoing = True

        JobScheduler.__init__ = begin_and_keep_going


# The program is frozen for the jobs. What they read beside their inputs is written: the trainings of this invocation,
# from which those that share a GPU (`together`) are taken, and arguments too long for a command line.
onstart:
    if workflow.executor_plugin.name == "slurm" and shutil.which("sbatch") is None:
        raise WorkflowError(
            "sbatch is not on this machine, so that no job can be handed to SLURM: start the study on a login node of the"
            " cluster (there, `module load slurm` may be needed), or on this machine without --workflow-profile"
            " profiles/slurm. `mtdis doctor` says what is here. Nothing was started."
        )
    jobs = [
        (job.rule.name, dict(job.wildcards.items()))
        for job in workflow.dag.needrun_jobs()
    ]
    try:
        copy, config_of_jobs, changed = program.start(
            PROGRAM, Path.cwd(), json.dumps(STUDY.config)
        )
        for path, text in STUDY.notes(jobs).items():
            atomic.write_text(Path(path), text)
        started.write_started(STUDY, Path())
    except OSError as error:
        raise WorkflowError(
            f"the study can't start: {error}. See that there is room and that you may write there; run again."
        ) from None
    if changed:
        print(changed, file=sys.stderr)
    # Snakemake 9.27 looks for jobs to start at every end of one, and for the sake of its limit of 100 jobs a second once more
    # a second after each time that it looked: no such chain ends, and after 1,000 jobs it looks a thousand times a second.
    limit = workflow.scheduling_settings.max_jobs_per_timespan
    if limit and (limit.max_jobs, limit.timespan) == (100, 1):
        workflow.scheduler.job_rate_limiter = None
    if (
        workflow.executor_plugin.name == "slurm"
        and workflow.executor_settings.no_account
    ):
        # plugin 2.8 has this option and guesses an account all the same, by what sacct says first
        slurm = import_module("snakemake_executor_plugin_slurm").Executor
        asked_for = slurm.get_account_arg
        slurm.get_account_arg = lambda executor, job: (
            asked_for(executor, job)
            if job.resources.get("slurm_account")
            else iter([""])
        )
    os.environ[program.STUDY] = config_of_jobs
    workflow.register_envvars(program.STUDY)
    shell.prefix(program.shell_prefix(copy))
    if Path(workflow.main_snakefile) == CHECKOUT / "Snakefile":
        RealExecutor.get_snakefile = lambda executor: str(copy / "Snakefile")
