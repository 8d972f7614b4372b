# The files of a genuine dataset, on the machine that snakemake runs on: a cluster's nodes often reach no network. Files
# that are there already (put there, or linked) are only verified; a download that was cut goes on where it ended.
rule download:
    output:
        "data/downloads/{download}.json",
    log:
        "logs/download/{download}.log",
    benchmark:
        "logs/benchmarks/download/{download}.tsv"
    localrule: True
    conda:
        "../../envs/mtdis.yaml"
    resources:
        mem_mb=512,
        runtime=720,
    params:
        spec=lambda wildcards: STUDY.download(wildcards.download),
    shell:
        "mtdis download --spec {params.spec:q} --out {output:q} 2> {log:q}"


# Images, factors and raw values of a dataset; the record is declared, the .h5 beside it is not. What it reads is
# identified by checksums, so that a newer date on it changes nothing.
rule dataset:
    input:
        lambda wildcards: [ancient(f) for f in STUDY.dataset_sources(wildcards.dataset)],
    output:
        "data/{dataset}.json",
    log:
        "logs/dataset/{dataset}.log",
    benchmark:
        "logs/benchmarks/dataset/{dataset}.tsv"
    conda:
        "../../envs/mtdis.yaml"
    resources:
        mem_mb=2048,
        runtime=60,
    params:
        spec=lambda wildcards: STUDY.spec(wildcards.dataset),
    shell:
        "mtdis dataset --spec {params.spec:q} --out {output:q} 2> {log:q}"


# Tasks applied to the factors of a dataset.
rule targets:
    input:
        lambda wildcards: ancient(STUDY.dataset_of_targets(wildcards.targets)),
    output:
        "data/targets/{targets}.json",
    log:
        "logs/targets/{targets}.log",
    benchmark:
        "logs/benchmarks/targets/{targets}.tsv"
    conda:
        "../../envs/mtdis.yaml"
    resources:
        mem_mb=2048,
        runtime=60,
    params:
        spec=lambda wildcards: STUDY.spec(wildcards.targets),
    shell:
        "mtdis targets --spec {params.spec:q} --dataset {input:q} --out {output:q} 2> {log:q}"
