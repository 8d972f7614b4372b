# The study's page: one file that opens from disk and asks no network. Made of results alone; of images that would make it
# too large some lie beside it, undeclared.
rule page:
    input:
        STUDY.all_outputs(),
    output:
        report(
            "results/studies/{study}/index.html",
            caption="../report/output.rst",
            category="the study",
            labels={"output": "page"},
        ),
    log:
        "logs/{study}/page.log",
    benchmark:
        "logs/benchmarks/{study}/page.tsv"
    localrule: True
    conda:
        "../../envs/mtdis.yaml"
    resources:
        mem_mb=2048,
        runtime=60,
    params:
        caption="The study on one page: what came out, each experiment, every score, every run.",
        study=STUDY.whole,
        arguments=STUDY.arguments("page"),
    shell:
        "mtdis page @{params.arguments:q} --out {output:q} 2> {log:q}"
