# A figure of the paper from an experiment's long table.
rule figure:
    input:
        long="results/studies/{study}/tables/{experiment}/long.parquet",
        stages=lambda wildcards: STUDY.shown_stages(
            wildcards.experiment, "figures", wildcards.figure
        ),
        nulls=lambda wildcards: STUDY.nulls(
            wildcards.experiment, "figures", wildcards.figure
        ),
    output:
        pdf="results/studies/{study}/figures/{experiment}/{figure}.pdf",
        png=report(
            "results/studies/{study}/figures/{experiment}/{figure}.png",
            caption="../report/output.rst",
            category="{experiment}",
            labels={"output": "{figure}"},
        ),
    log:
        "logs/{study}/{experiment}/{figure}.log",
    benchmark:
        "logs/benchmarks/{study}/{experiment}/{figure}.tsv"
    localrule: True
    conda:
        "../../envs/mtdis.yaml"
    resources:
        mem_mb=1024,
        runtime=30,
    params:
        caption=lambda wildcards: STUDY.caption(
            "figures", wildcards.figure, wildcards.experiment
        ),
        arguments=lambda wildcards: STUDY.arguments(
            wildcards.experiment, "figures", wildcards.figure
        ),
    shell:
        "mtdis figure --name {wildcards.figure:q} --long {input.long:q} @{params.arguments:q} --out {output.pdf:q} 2> {log:q}"
