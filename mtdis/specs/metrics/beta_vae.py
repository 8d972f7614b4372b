"""The β-VAE metric (Higgins et al. 2017), settings of the disentanglement_lib study."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from mtdis.specs.metric import Metric
from mtdis.specs.shown import Shown


class BetaVae(Metric):
    """Settings of the β-VAE metric."""

    references: ClassVar[tuple[str, ...]] = ("higgins2017", "locatello2019")
    version: ClassVar[int] = 2
    """2: the classifier is scikit-learn's own, no longer our equal of it."""
    shown: ClassVar[Mapping[str, Shown]] = {
        "eval_accuracy": Shown("beta-VAE metric"),
        "train_accuracy": Shown("beta-VAE metric on training rows"),
    }

    num_train: int = Field(10000, ge=2, description="batches that fit the classifier")
    num_eval: int = Field(5000, ge=1, description="batches that score it")
    batch_size: int = Field(64, ge=1, description="pairs of a batch")
