"""What the demo's numbers must hold: nothing missing, and networks of all tasks that learned something."""

import pandas as pd

frame = pd.read_parquet("results/studies/demo/tables/demo/long.parquet")
assert frame["value"].notna().all(), frame[frame["value"].isna()]
assert frame.loc[frame["settings"] != "", ["kind", "seed", "metric"]].drop_duplicates().shape[0] == 4 * 2 * 11
learned = frame[(frame["metric"] == "r2") & (frame["key"] == "test") & (frame["kind"] == "multi_head")]
r2 = learned.groupby("seed")["value"].mean()
print("multi-head test R² by seed:", r2.round(3).to_dict())
assert len(r2) == 2, r2
assert (r2 > 0.1).all(), r2
