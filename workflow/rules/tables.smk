# The long table of one experiment.
rule long_table:
    input:
        unpack(lambda wildcards: STUDY.results(wildcards.experiment)),
    output:
        table="results/studies/{study}/tables/{experiment}/long.parquet",
        csv="results/studies/{study}/tables/{experiment}/long.csv",
    log:
        "logs/{study}/{experiment}/long_table.log",
    benchmark:
        "logs/benchmarks/{study}/{experiment}/long_table.tsv"
    localrule: True
    conda:
        "../../envs/mtdis.yaml"
    resources:
        mem_mb=1024,
        runtime=30,
    params:
        study=lambda wildcards: STUDY.only(wildcards.experiment),
        arguments=lambda wildcards: STUDY.arguments(wildcards.experiment),
    shell:
        "mtdis long_table @{params.arguments:q} --experiment {wildcards.experiment:q} --out {output.table:q} 2> {log:q}"


# The draws that calibrated scores of an experiment are compared with.
rule nulls:
    input:
        runs=lambda wildcards: STUDY.results(wildcards.experiment)["runs"],
        calibrations=lambda wildcards: STUDY.calibrated_results(wildcards.experiment),
    output:
        "results/studies/{study}/tables/{experiment}/nulls.parquet",
    log:
        "logs/{study}/{experiment}/nulls.log",
    benchmark:
        "logs/benchmarks/{study}/{experiment}/nulls.tsv"
    localrule: True
    conda:
        "../../envs/mtdis.yaml"
    resources:
        mem_mb=1024,
        runtime=30,
    params:
        study=lambda wildcards: STUDY.only(wildcards.experiment),
        arguments=lambda wildcards: STUDY.arguments(wildcards.experiment),
    shell:
        "mtdis nulls @{params.arguments:q} --experiment {wildcards.experiment:q} --out {output:q} 2> {log:q}"


# The long table of the whole study: each row once.
rule study_table:
    input:
        STUDY.long_tables(),
    output:
        table="results/studies/{study}/tables/long.parquet",
        csv="results/studies/{study}/tables/long.csv",
    log:
        "logs/{study}/study_table.log",
    benchmark:
        "logs/benchmarks/{study}/study_table.tsv"
    localrule: True
    conda:
        "../../envs/mtdis.yaml"
    resources:
        mem_mb=1024,
        runtime=30,
    params:
        arguments=STUDY.arguments(),
    shell:
        "mtdis study_table @{params.arguments:q} --out {output.table:q} 2> {log:q}"


# A table of the paper from an experiment's long table.
rule table:
    input:
        long="results/studies/{study}/tables/{experiment}/long.parquet",
        stages=lambda wildcards: STUDY.shown_stages(
            wildcards.experiment, "tables", wildcards.table
        ),
        nulls=lambda wildcards: STUDY.nulls(
            wildcards.experiment, "tables", wildcards.table
        ),
    output:
        csv="results/studies/{study}/tables/{experiment}/{table}.csv",
        markdown="results/studies/{study}/tables/{experiment}/{table}.md",
        latex="results/studies/{study}/tables/{experiment}/{table}.tex",
        page=report(
            "results/studies/{study}/tables/{experiment}/{table}.html",
            caption="../report/output.rst",
            category="{experiment}",
            labels={"output": "{table}"},
        ),
    log:
        "logs/{study}/{experiment}/{table}.log",
    benchmark:
        "logs/benchmarks/{study}/{experiment}/{table}.tsv"
    wildcard_constraints:
        table=r"(?!long\.|nulls\.)[^/]+",
    localrule: True
    conda:
        "../../envs/mtdis.yaml"
    resources:
        mem_mb=1024,
        runtime=30,
    params:
        caption=lambda wildcards: STUDY.caption(
            "tables", wildcards.table, wildcards.experiment
        ),
        arguments=lambda wildcards: STUDY.arguments(
            wildcards.experiment, "tables", wildcards.table
        ),
    shell:
        "mtdis table --name {wildcards.table:q} --long {input.long:q} @{params.arguments:q} --out {output.csv:q} 2> {log:q}"
