# One stage: something computed on a finished run, on another stage or on targets. Changing it never trains a run again.
rule stage:
    input:
        # They stand by spec and checksums, which who reads them verifies: copied results, whose dates are shuffled and
        # which lack `.snakemake`, are computed but once.
        unpack(
            lambda wildcards: {
                name: ancient(file) if file else file
                for name, file in STUDY.stage_parents(wildcards.stage).items()
            }
        ),
    output:
        "results/stages/{stage}/stage.json",
    log:
        "logs/stages/{stage}.log",
    benchmark:
        "logs/benchmarks/stages/{stage}.tsv"
    conda:
        "../../envs/mtdis.yaml"
    threads: lambda wildcards: STUDY[wildcards.stage].threads
    resources:
        gpu=lambda wildcards: 0 if GRES else STUDY[wildcards.stage].gpus,
        gres=lambda wildcards: GRES * STUDY[wildcards.stage].gpus,
        on_gpu=lambda wildcards: STUDY[wildcards.stage].gpus,
        mem_mb=lambda wildcards, attempt: STUDY[wildcards.stage].memory_mib * attempt,
        runtime=lambda wildcards, attempt: 720 * attempt,
    params:
        spec=lambda wildcards: STUDY.spec(wildcards.stage),
    shell:
        "mtdis stage --spec {params.spec:q} --parent {input.parent:q} --dataset {input.dataset:q}"
        " --targets {input.targets:q} --other {input.other:q} --out {output:q} 2> {log:q}"
