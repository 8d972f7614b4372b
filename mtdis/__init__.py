"""How task supervision shapes disentangled representations, as a study that Snakemake runs."""
