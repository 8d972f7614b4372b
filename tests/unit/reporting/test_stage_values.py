"""Tables of what stages found on networks: what a mean is over, and what is counted."""

import pytest
from helpers.stage_results import examples

from mtdis.reporting.formats.markdown import markdown
from mtdis.reporting.tables import seed_consistency, unseen_combinations


def test_a_seeds_networks_are_averaged_over_its_pairs() -> None:
    stages = examples("seed_consistency")
    table = seed_consistency.make(None, stages)
    assert table["key"].drop_duplicates().tolist() == [key for _, key in seed_consistency.KEYS]
    line = table[table["key"].eq("mean_cca") & table["row"].eq("random")].iloc[0]
    values = [
        row["value"]
        for stage in stages
        if stage.spec["parent"]["kind"] == "random"
        for row in stage.rows
        if row["key"] == "mean_cca"
    ]
    assert (line["n"], line["over"]) == (len(values), "pairs of seeds") == (4, "pairs of seeds")
    assert line["mean"] == pytest.approx(sum(values) / 4)
    lost = table[table["key"].eq("mean_cca") & table["row"].eq("single_task")].iloc[0]
    assert (lost["n"], lost["diverged"]) == (2, 2)


def test_labels_and_settings_stand_in_titles() -> None:
    stages = examples("unseen_combinations")
    text = markdown(unseen_combinations.make(None, stages), unseen_combinations.CAPTION)
    assert "**accuracy on unseen combinations, learning rate = 0.001**" in text
    with pytest.raises(ValueError, match="no result of the stage"):
        unseen_combinations.make(None, [])
