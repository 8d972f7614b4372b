"""What the demo's numbers must hold: nothing missing, and networks of all tasks that learned
something.
"""

import pandas as pd

DATASETS = {"dsprites_rendered": 0.1, "mpi3d_real_rendered": 0.05, "shapes3d_rendered": 0.1}
"""Dataset: the test R² that its multi-head networks must pass. MPI3D is the hardest to learn from
so few images.
"""
KINDS, SEEDS, METRICS = 4, 2, 11

frame = pd.read_parquet("results/studies/demo/tables/demo/long.parquet")
assert frame["value"].notna().all(), frame[frame["value"].isna()]
scores = frame.loc[frame["settings"] != "", ["dataset", "kind", "seed", "metric"]].drop_duplicates()
assert len(scores) == len(DATASETS) * KINDS * SEEDS * METRICS, len(scores)
learned = frame[
    (frame["metric"] == "r2") & (frame["key"] == "test") & (frame["kind"] == "multi_head")
]
r2 = learned.groupby(["dataset", "seed"])["value"].mean()
for (dataset, seed), value in r2.items():
    print(f"multi-head test R², {dataset}, seed {seed}: {value:.3f}")
assert list(r2.index) == [(dataset, seed) for dataset in DATASETS for seed in (1, 2)], r2
assert all(value > DATASETS[dataset] for (dataset, _), value in r2.items()), r2
