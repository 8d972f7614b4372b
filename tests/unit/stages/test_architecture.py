"""The layers that documentation shows against the paper's Tables 2 and 3 and counts made by
others.
"""

import pytest
import torch

from mtdis.stages.architecture import describe, describe_heads
from mtdis.training.networks import Heads, make_encoder


@pytest.mark.parametrize(("channels", "parameters"), [(1, 1_756_424), (3, 1_757_448)])
def test_the_encoder_has_the_layers_and_parameters_of_the_released_one(
    channels: int, parameters: int
) -> None:
    rows = describe("encoder", make_encoder(channels, 64, 8), torch.zeros(1, channels, 64, 64))
    convolutions = [row for row in rows if row["layer"] == "Conv2d"]
    assert [row["output"] for row in convolutions] == [
        [32, 32, 32],
        [32, 16, 16],
        [64, 8, 8],
        [128, 4, 4],
        [256, 2, 2],
        [256, 1, 1],
    ]
    assert {row["settings"] for row in convolutions} == {"4×4, stride 2, padding 1"}
    assert rows[-1]["output"] == [8]
    assert sum(row["parameters"] for row in rows) == parameters


def test_a_head_of_the_released_code_has_its_parameters() -> None:
    rows = describe_heads(Heads(10, 1, 8, (300, 300, 300, 300), "tanh"))
    assert sum(row["parameters"] for row in rows) == 273_901
    assert [row["layer"] for row in rows] == ["Linear", "Tanh"] * 4 + ["Linear"]
    assert rows[-1]["output"] == [1]


def test_one_head_with_ten_outputs() -> None:
    rows = describe_heads(Heads(1, 10, 8, (300, 300, 300, 300), "tanh"))
    assert sum(row["parameters"] for row in rows) == 276_610
