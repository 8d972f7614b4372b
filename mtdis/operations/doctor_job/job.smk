# The job of `mtdis doctor --submit`: what a job sees. It asks for a GPU as trainings do, or for a share of one
# (profiles/slurm, `gres:`), unless told otherwise: by `gpu` of SLURM and PBS, by `request_gpus` of HTCondor, and of LSF by
# what its profile has bsub told.

import os
import sys

GPUS = int(config["gpus"])
GRES = os.environ.get("MTDIS_GRES", "") if GPUS else ""
LSF = os.environ.get("MTDIS_LSF_GPU", "") if GPUS else ""


# By the Python of snakemake itself: a job whose PATH has no mtdis must be able to say so.
rule doctor:
    output:
        "seen.json",
    log:
        "job.log",
    resources:
        gpu=0 if GRES else GPUS,
        gres=GRES,
        on_gpu=GPUS,
        request_gpus=GPUS,
        lsf_extra=LSF,
        mem_mb=1024,
        runtime=5,
    params:
        python=sys.executable,
    shell:
        "{params.python:q} look.py {output:q} 2> {log:q}"
