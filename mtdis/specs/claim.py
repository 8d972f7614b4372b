"""What a study claims: a contrast of kinds, of values of a field, or of codes and their rotations.

A *family* is one claim over all its keys and datasets: what is corrected for together. It is fixed
in the config before anything is run; without one it is the paper's.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from mtdis.specs.base import Spec

Test = Literal[
    "higher", "every_task", "beyond_spread", "trend", "schemes", "codes_help", "above_chance"
]


class Claim(Spec):
    """One claim, and how it is tested."""

    test: Test = Field(
        description=(
            "higher: kind scores above than, paired by seed; every_task: above the network of each"
            " single task; beyond_spread: more than a standard deviation above the best single"
            " task; trend: rises along a field; schemes: differs between values of a field;"
            " codes_help: heads on the codes of kind do better than on those of than; above_chance:"
            " the codes score above rotations of themselves"
        )
    )
    kind: str = Field("multi_head", description="the kind of run that the claim is about")
    than: str = Field("", description="the kind that it is compared with")
    field: str = Field("", description="of trend and schemes: the field, such as tasks.count")
    reference: str = Field(
        "", description="of schemes: the value of the field that the others are compared with"
    )
    keys: tuple[Annotated[str, Field(pattern=r"^[^.]+\.[^.]+$")], ...] = Field(
        (),
        max_length=100,
        description="the family's scores as metric.key; by default the six that the paper reports",
    )
    transform: Literal["none", "standardised", "whitened"] = Field(
        "none", description="of higher: the codes that are scored, where they were calibrated"
    )
    alternative: Literal["greater", "two-sided"] = Field(
        "greater", description="of higher and codes_help: which differences speak for the claim"
    )


PAPER: Mapping[str, Claim] = {
    "multi_head_over_single_task": Claim(test="higher", than="single_task"),
    "multi_head_over_every_task": Claim(test="every_task", than="single_task"),
    "multi_head_beyond_spread": Claim(test="beyond_spread", than="single_task"),
    "multi_head_over_random": Claim(test="higher", than="random", transform="standardised"),
    "multi_head_over_one_head": Claim(test="higher", than="one_head"),
    "more_tasks_help": Claim(test="trend", field="tasks.count"),
    "factor_subsets_matter": Claim(test="schemes", field="tasks.subsets", reference="all"),
    "disentangled_codes_help": Claim(test="codes_help", kind="factor_vae", than="autoencoder"),
    "axes_above_chance": Claim(test="above_chance"),
}
"""The paper's claims: an experiment that names none tests those whose kinds and fields it has.
"""
