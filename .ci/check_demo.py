"""What the demo's numbers must hold: nothing missing, networks of all tasks that learned something,
and nulls between chance and ceiling.
"""

import pandas as pd

DATASETS = {"dsprites_rendered": 0.1, "mpi3d_real_rendered": 0.05, "shapes3d_rendered": 0.1}
"""Dataset: the test R² that its multi-head networks must pass. MPI3D is the hardest to learn from
so few images.
"""
KINDS, SEEDS, METRICS = 4, 2, 11
NETWORKS = len(DATASETS) * SEEDS * (4 + 1 + 1 + 1)
CALIBRATED = {"mig": "discrete_mig", "factor_vae": "eval_accuracy"}

everything = pd.read_parquet("results/studies/demo/tables/demo/long.parquet")
said_of_nulls = everything["metric"].str.endswith("_calibrated")  # some of it may be missing
frame, nulls = everything[~said_of_nulls], everything[said_of_nulls]
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

for name, key in CALIBRATED.items():
    own = nulls[nulls["metric"] == f"{name}_calibrated"].set_index("key")["value"]
    p = own.loc[[f"{key}.p_whitened", f"{key}.p_standardised"]]
    assert len(p) == 2 * NETWORKS, (name, len(p))
    assert p.between(0, 1, inclusive="right").all(), p
    of_score = frame[(frame["metric"] == name) & (frame["key"] == key)]
    mean = of_score.groupby("transform")["value"].mean()
    null, chance = own[f"{key}.null_mean"].mean(), own[f"{key}.permuted_mean"].mean()
    print(f"{key}: chance {chance:.3f}, rotated {null:.3f}, oriented {mean['oriented']:.3f}")
    assert chance < null < mean["oriented"] < mean["perfect"], (name, chance, null, mean)

of_dci = nulls[nulls["key"] == "informativeness_test.permuted_mean"]
informed = frame[(frame["key"] == "informativeness_test") & (frame["transform"] == "whitened")]
for dataset in DATASETS:
    chance, own = (
        part.loc[part["dataset"].eq(dataset) & part["kind"].eq("multi_head"), "value"].mean()
        for part in (of_dci, informed)
    )
    print(
        f"multi-head informativeness, {dataset}: {own:.3f}, of other images' factors {chance:.3f}"
    )
    assert 0.2 < chance < own, (dataset, chance, own)
