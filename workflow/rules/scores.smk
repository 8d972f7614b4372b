# Scores of finished runs can share a submission (`scores_per_job` of profiles/slurm): a pack is a group of snakemake, whose
# members run one after the other. In the job of a pack, all of its targets are of it.
PACKS = (
    packs.Packs.of_study(STUDY.runs, SCORES_PER_JOB, Path())
    if workflow.is_main_process
    else packs.Packs.of_job(SCORES_PER_JOB)
)


# All metrics of the study on all networks of a run. The index is declared and written last; the scores beside it are
# kept, so that another metric computes only itself.
rule scores:
    input:
        run=ancient("results/runs/{run}/run.json"),
        dataset=lambda wildcards: ancient(STUDY.parents(wildcards.run)["dataset"]),
    output:
        "results/scores/{run}/index.json",
    log:
        "logs/scores/{run}.log",
    benchmark:
        "logs/benchmarks/scores/{run}.tsv"
    group:
        lambda wildcards: PACKS.group("scores", wildcards.run)
    conda:
        "../../envs/mtdis.yaml"
    threads: lambda wildcards: len(STUDY[wildcards.run].networks)
    resources:
        mem_mb=lambda wildcards, threads, attempt: 1024 * (1 + threads) * attempt,
        runtime=lambda wildcards, attempt: PACKS.minutes(
            "scores", wildcards.run, 240 * attempt, LONGEST
        ),
        in_pack=1,
    params:
        spec=lambda wildcards: STUDY.spec(wildcards.run),
        metrics=STUDY.metric_specs,
    shell:
        "mtdis scores --spec {params.spec:q} --metrics {params.metrics:q} --run {input.run:q}"
        " --dataset {input.dataset:q} --jobs {threads} --out {output:q} 2> {log:q}"


# The same scores of rotated codes and of permuted factors: what each is above chance. Its own file, so that scores stay
# as they are whether they are calibrated or not.
rule calibrate:
    input:
        run=ancient("results/runs/{run}/run.json"),
        dataset=lambda wildcards: ancient(STUDY.parents(wildcards.run)["dataset"]),
    output:
        "results/scores/{run}/calibration.json",
    log:
        "logs/calibrate/{run}.log",
    benchmark:
        "logs/benchmarks/calibrate/{run}.tsv"
    group:
        lambda wildcards: PACKS.group("calibrate", wildcards.run)
    conda:
        "../../envs/mtdis.yaml"
    threads: lambda wildcards: len(STUDY[wildcards.run].networks)
    resources:
        mem_mb=lambda wildcards, threads, attempt: 1024 * (1 + threads) * attempt,
        runtime=lambda wildcards, attempt: PACKS.minutes(
            "calibrate", wildcards.run, 720 * attempt, LONGEST
        ),
        in_pack=1,
    params:
        spec=lambda wildcards: STUDY.spec(wildcards.run),
        calibrations=STUDY.calibration_specs,
    shell:
        "mtdis calibrate --spec {params.spec:q} --calibrations {params.calibrations:q} --run {input.run:q}"
        " --dataset {input.dataset:q} --jobs {threads} --out {output:q} 2> {log:q}"
