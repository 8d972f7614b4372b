"""What the demo's numbers must hold: nothing missing, and networks of all tasks that learned something."""

import pandas as pd

DATASETS = ["dsprites_rendered", "mpi3d_real_rendered", "shapes3d_rendered"]
KINDS, SEEDS, METRICS = 4, 2, 11

frame = pd.read_parquet("results/studies/demo/tables/demo/long.parquet")
assert frame["value"].notna().all(), frame[frame["value"].isna()]
scores = frame.loc[frame["settings"] != "", ["dataset", "kind", "seed", "metric"]].drop_duplicates()
assert len(scores) == len(DATASETS) * KINDS * SEEDS * METRICS, len(scores)
learned = frame[(frame["metric"] == "r2") & (frame["key"] == "test") & (frame["kind"] == "multi_head")]
r2 = learned.groupby(["dataset", "seed"])["value"].mean()
for (dataset, seed), value in r2.items():
    print(f"multi-head test R², {dataset}, seed {seed}: {value:.3f}")
assert list(r2.index) == [(dataset, seed) for dataset in DATASETS for seed in (1, 2)], r2
assert (r2 > 0.02).all(), r2
