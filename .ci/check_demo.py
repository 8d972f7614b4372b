"""What the demo's numbers must hold: nothing missing, networks of all tasks that learned something,
and nulls between chance and ceiling.
"""

import pandas as pd

DATASETS = {"dsprites_rendered": 0.08, "mpi3d_real_rendered": 0.08, "shapes3d_rendered": 0.12}
"""Dataset: the test R² that its multi-head networks must pass."""
KINDS, SEEDS, METRICS = 3, 2, {"mig", "factor_vae", "sap", "dci"}
NETWORKS = len(DATASETS) * SEEDS * (1 + 2 + 1)
CALIBRATED = {"mig": "discrete_mig"}

everything = pd.read_parquet("results/studies/demo/tables/demo/long.parquet")
said_of_nulls = everything["metric"].str.endswith("_calibrated")  # some of it may be missing
frame, nulls = everything[~said_of_nulls], everything[said_of_nulls]
assert frame["value"].notna().all(), frame[frame["value"].isna()]
scores = frame.loc[frame["settings"] != "", ["dataset", "kind", "seed", "metric"]].drop_duplicates()
assert set(scores["metric"]) == METRICS, set(scores["metric"])
assert len(scores) == len(DATASETS) * KINDS * SEEDS * len(METRICS), len(scores)
of_test = frame[(frame["metric"] == "r2") & (frame["key"] == "test")]
own = of_test[(of_test["kind"] != "single_task") | of_test["task"].eq(of_test["trained_task"])]
fits = own.groupby(["kind", "dataset", "seed"])["value"].mean()
for (kind, dataset, seed), value in fits.items():
    print(f"{kind} test R² of the trained tasks, {dataset}, seed {seed}: {value:.3f}")
r2 = fits["multi_head"]
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
