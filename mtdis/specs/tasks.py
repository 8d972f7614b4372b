"""The settings of the regression tasks: random MLPs of the true factors (paper, section 3.1 and appendix H)."""

from typing import Literal

from pydantic import Field

from mtdis.specs.base import Spec


class Tasks(Spec):
    """Which random functions of the factors the networks learn."""

    count: int = Field(10, ge=1, le=1000, description="number of tasks; asking for 20 keeps the first 10")
    subsets: Literal["all", "random", "halves"] = Field(
        "all", description="which factors each task depends on (appendix H)"
    )
    input_scaling: Literal["raw", "unit", "standardised"] = Field(
        "raw", description="scale of the factor values given to the task networks; the paper's are raw"
    )
    weight_std: float = Field(1.0, gt=0, description="standard deviation of the normal weights")
    hidden_layers: int = Field(4, ge=1, le=20, description="hidden layers of a task network")
    hidden_size: int = Field(300, ge=1, le=4096, description="units of each hidden layer")
    activation: Literal["tanh", "relu"] = Field("tanh", description="non-linearity of the hidden layers")
    seed: int = Field(658, ge=0, lt=2**32, description="seed of the task networks; 658 made the paper's")
