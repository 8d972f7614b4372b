"""Paths of everything, relative to the folder that snakemake works in."""


def dataset(dataset_id: str) -> str:
    """The declared file of a dataset; its images lie beside it as .h5."""
    return f"data/{dataset_id}.json"


def download(name: str) -> str:
    """The declared record of a genuine dataset's files.

    They lie in the folder of the same name beside it.
    """
    return f"data/downloads/{name}.json"


def targets(targets_id: str) -> str:
    """The declared file of targets; the array lies beside it as .h5."""
    return f"data/targets/{targets_id}.json"


def run(run_id: str) -> str:
    """The declared file of a run; codes, weights and history lie beside it."""
    return f"results/runs/{run_id}/run.json"


def stage(stage_id: str) -> str:
    """The declared file of a stage; arrays, weights and history lie beside it."""
    return f"results/stages/{stage_id}/stage.json"


def scores(run_id: str) -> str:
    """The declared index of a run's scores; one file per score and network lies beside it."""
    return f"results/scores/{run_id}/index.json"


def calibration(run_id: str) -> str:
    """The declared index of a run's calibrated scores.

    The values under each rotation lie in the folder of each metric.
    """
    return f"results/scores/{run_id}/calibration.json"


def full_spec(some_id: str) -> str:
    """The index file that resolves a shortened id."""
    return f"results/ids/{some_id}.json"


def long_table(study: str, experiment: str) -> str:
    """The long table of one experiment; a .csv of the same rows lies beside it."""
    return f"results/studies/{study}/tables/{experiment}/long.parquet"


def nulls(study: str, experiment: str) -> str:
    """The scores of rotated codes and of permuted factors of one experiment, a row per draw."""
    return f"results/studies/{study}/tables/{experiment}/nulls.parquet"


def study_table(study: str) -> str:
    """The long table of the whole study; a .csv of the same rows lies beside it."""
    return f"results/studies/{study}/tables/long.parquet"


def table(study: str, experiment: str, name: str) -> str:
    """A table of the paper as csv; .md and .tex lie beside it."""
    return f"results/studies/{study}/tables/{experiment}/{name}.csv"


def figure(study: str, experiment: str, name: str) -> str:
    """A figure as pdf; a .png lies beside it."""
    return f"results/studies/{study}/figures/{experiment}/{name}.pdf"


def queue() -> str:
    """The job file of all runs that the last `snakemake` here trains, for those that share a
    GPU.
    """
    return "logs/queue.jsonl"


def arguments(study: str, *names: str) -> str:
    """The arguments of a job that grow with the study, one per line, as `mtdis … @FILE` reads
    them.
    """
    return f"logs/arguments/{'/'.join((study, *names))}.txt"


def partial(study: str) -> str:
    """The folder of the tables that are made of what is finished so far."""
    return f"results/studies/{study}/partial"


def started(study: str) -> str:
    """The config that a study was started with last; of the time of that start."""
    return f"results/studies/{study}/study.json"


def page(study: str) -> str:
    """The study's page; images that would make it too large lie beside it."""
    return f"results/studies/{study}/index.html"


def exported(study: str) -> str:
    """The zip that `mtdis export` makes of a finished study."""
    return f"results/studies/{study}/export/results.zip"


def log(rule: str, some_id: str) -> str:
    """The log of a job: of the rules train, scores, calibrate and stages."""
    return f"logs/{rule}/{some_id}.log"


def benchmark(rule: str, some_id: str) -> str:
    """Time and memory of a job that ended well: of train, scores, calibrate and stages."""
    return f"logs/benchmarks/{rule}/{some_id}.tsv"


def events(some_id: str) -> str:
    """The folder of a training's event files, for `tensorboard --logdir logs/tensorboard`."""
    return f"logs/tensorboard/{some_id}"
