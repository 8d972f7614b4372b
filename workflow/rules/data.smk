# Images, factors and raw values of a dataset; the record is declared, the .h5 beside it is not.
rule dataset:
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
        lambda wildcards: STUDY.dataset_of_targets(wildcards.targets),
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
