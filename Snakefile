# The study starts here: `snakemake` in this folder runs config.yaml (see README.md).
include: "workflow/Snakefile"


# An included file can't set the default target, so it is named here again.
rule study:
    default_target: True
    input:
        rules.all.input,
    localrule: True
