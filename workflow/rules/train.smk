# One run: its networks trained, all images encoded. Only the record is declared, so that a touched or moved file of
# gigabytes retrains nothing; an undeclared checkpoint survives a failed job and is resumed.
rule train:
    input:
        # They stand by spec and checksums, which who reads them verifies: copied results, whose dates are shuffled and
        # which lack `.snakemake`, are computed but once.
        unpack(
            lambda wildcards: {
                name: ancient(file) if file else file
                for name, file in STUDY.parents(wildcards.run).items()
            }
        ),
    output:
        "results/runs/{run}/run.json",
    log:
        "logs/train/{run}.log",
    benchmark:
        "logs/benchmarks/train/{run}.tsv"
    priority: 1  # before scores: a training that starts last would leave the other cores idle
    conda:
        "../../envs/mtdis.yaml"
    threads: lambda wildcards: STUDY[wildcards.run].threads
    resources:
        gpu=lambda wildcards: 0 if GRES else STUDY[wildcards.run].gpus,
        gres=lambda wildcards: GRES * STUDY[wildcards.run].gpus,
        on_gpu=lambda wildcards: STUDY[wildcards.run].gpus,
        mem_mb=lambda wildcards, attempt: STUDY[wildcards.run].memory_mib * attempt,
        runtime=lambda wildcards, attempt: 720 * attempt,
        together=1,
    params:
        spec=lambda wildcards: STUDY.spec(wildcards.run),
    shell:
        "mtdis train --spec {params.spec:q} --dataset {input.dataset:q} --targets {input.targets:q}"
        " --queue logs/queue.jsonl --together {resources.together} --out {output:q} 2> {log:q}"
