"""Tables 2 and 3 and Figures 1 and 2 against counts made by others and what the paper prints."""

import numpy as np
import pandas as pd
import pytest
from helpers.stage_results import examples
from matplotlib.figure import Figure

from mtdis.artifacts.stages import StageResult
from mtdis.data.tasks import task_networks
from mtdis.reporting.figures import figure1, figure2
from mtdis.reporting.published.layers import printed_layers
from mtdis.reporting.summaries.layers import described, with_tasks
from mtdis.reporting.tables import table2, table3
from mtdis.specs.ids import identify
from mtdis.specs.stage import Stage
from mtdis.stages.architecture import compute

NOTHING = pd.DataFrame()


def described_run(kind: str, **fields: object) -> StageResult:
    run = {"kind": kind, "dataset": "dsprites_rendered", "seed": 1} | fields
    stage = Stage.from_fields({"stage": "architecture", "parent": run, "network": kind})
    outcome = compute(stage, None)
    return StageResult(identify(stage), stage.resolved(), outcome.rows, outcome.arrays)


@pytest.fixture(scope="module")
def results() -> list[StageResult]:
    return [
        described_run("multi_head", head_layers=[300] * 4, head_activation="tanh"),
        described_run("one_head", head_layers=[300] * 4, head_activation="tanh"),
        described_run("factor_vae"),
    ]


def _totals(table: pd.DataFrame) -> dict[tuple[str, str], float]:
    lines = table[table["row"].str.startswith("total")]
    names = lines["key"] + " " + lines["settings"].str.partition("; ")[2].str.partition(" with")[0]
    return dict(zip(zip(names, lines["row"], strict=True), lines["mean"], strict=True))


def test_parameters_are_those_counted_in_the_released_code(results: list[StageResult]) -> None:
    assert _totals(table2.make(NOTHING, results)) == {
        ("encoder multi-head, one-head", "total"): 1_756_424,
        ("encoder FactorVAE", "total"): 1_758_480,
        ("decoder FactorVAE", "total"): 2_035_137,
        ("discriminator FactorVAE", "total"): 4_015_002,
    }
    # A task network has the layers of such a head, and six inputs instead of eight codes.
    assert _totals(table3.make(NOTHING, results)) == {
        ("heads multi-head", "total of one"): 273_901,
        ("heads multi-head", "total of all 10"): 2_739_010,
        ("heads one-head", "total"): 276_610,
        ("task_network multi-head, one-head", "total of one"): 273_901 - 2 * 300,
        ("task_network multi-head, one-head", "total of all 10"): 10 * (273_901 - 2 * 300),
    }


def _printed(table: pd.DataFrame, key: str, settings: str) -> list[str]:
    chosen = table[(table["key"] == key) & table["settings"].str.contains(settings, regex=False)]
    return list(chosen.loc[chosen["column"] == "printed in the paper", "text"])


def test_layers_stand_beside_the_printed_ones_and_differences_are_named(
    results: list[StageResult],
) -> None:
    layers = table2.make(NOTHING, results)
    for key, last in (
        ("encoder", "Linear, ReLU"),
        ("decoder", "ConvTranspose2d, kernel 3, stride 1, ReLU"),
    ):
        printed = _printed(layers, key, "FactorVAE")
        assert len(printed) == 7
        assert not any("differs" in text for text in printed[:-1])
        assert printed[-1] == f"{last}; differs in non-linearity"


def test_of_the_papers_own_heads_only_the_ten_outputs_differ() -> None:
    table = table3.make(NOTHING, [described_run("multi_head")])
    heads, tasks = (_printed(table, key, "multi-head") for key in ("heads", "task_network"))
    assert heads == ["Linear, outputs 300, ReLU"] * 3 + ["Linear, outputs 10; differs in outputs"]
    assert tasks == ["Linear, outputs 300, Tanh"] * 4 + ["Linear, outputs 1"]
    one = table3.make(NOTHING, [described_run("one_head")])
    assert not any("differs" in text for text in _printed(one, "heads", "one-head"))


def test_a_layer_more_than_printed_is_said(results: list[StageResult]) -> None:
    table = table3.make(NOTHING, results)
    notes = "\n".join(table["note"].unique())
    assert "Heads of 8 codes: 5 layers, where the paper prints 4." in notes
    assert len(_printed(table, "heads", "multi-head")) == 4


def test_the_printed_layers_are_those_of_the_paper() -> None:
    outputs = {
        part: list(lines["outputs"].dropna()) for part, lines in printed_layers("2").groupby("part")
    }
    assert outputs == {
        "encoder": [32, 32, 64, 128, 256, 256],
        "decoder": [256, 256, 128, 128, 64, 64],
    }
    heads = printed_layers("3").groupby("part")["outputs"].apply(list).to_dict()
    assert heads == {"heads": [300, 300, 300, 10], "task_network": [300, 300, 300, 300, 1]}


def test_a_network_that_diverged_is_shown_as_such() -> None:
    found = described_run("vae")
    table = table2.make(NOTHING, [StageResult(found.id, found.spec, [], {}, diverged=True)])
    assert table[["row", "text", "diverged"]].to_numpy().tolist() == [["vae", "diverged", 1]]


def test_the_task_network_is_the_one_that_makes_targets() -> None:
    found = described_run("multi_head", tasks={"count": 2, "hidden_layers": 2, "hidden_size": 7})
    [network] = described([found])
    real = task_networks(6, network.run.tasks)
    assert [layer.parameters for layer in network.parts["task_network"]] == [
        w.size + b.size for w, b in real[0]
    ]
    assert {layer.copies for layer in network.parts["task_network"]} == {len(real)}


def test_what_is_drawn_is_the_multi_head_network_of_each_dataset() -> None:
    kinds = [network.run.name() for network in with_tasks(examples("architecture"))]
    assert kinds == ["multi_head", "one_head"]
    with pytest.raises(ValueError, match="nothing to draw: no network with heads"):
        with_tasks([described_run("random")])


def _words(figure: Figure) -> str:
    return "\n".join(text.get_text() for axes in figure.axes for text in axes.texts)


def test_drawings_show_the_numbers_of_specs_and_modules() -> None:
    results = [
        described_run("multi_head", tasks={"count": 2, "hidden_layers": 3, "hidden_size": 20})
    ]
    setting, network = (_words(module.draw(NOTHING, results)) for module in (figure1, figure2))
    assert "2 random task networks h(z)\n3 hidden layers of 20 units, tanh" in setting
    assert "orientation: 40" in setting
    for shape in ("1×64×64", "32×32×32", "32×16×16", "64×8×8", "128×4×4", "256×2×2", "256×1×1"):
        assert f"\n{shape}\n" in network
    assert "shared encoder: 1,756,424 parameters" in network
    assert "2 heads of 183,601 parameters" in network


def test_layers_survive_being_written(tmp_path) -> None:
    import h5py

    from mtdis.artifacts.stages import write_arrays

    found = described_run("multi_head")
    write_arrays(tmp_path / "arrays.h5", found.arrays)
    with h5py.File(tmp_path / "arrays.h5") as file:
        read = StageResult(found.id, found.spec, [], {"layers": file["layers"][()]})
    assert described([read]) == described([found])
    assert np.asarray(read.arrays["layers"]).shape == ()
