"""Terms of losses that kinds share: noise on codes, the cost of their size, weights of tasks.

Shapes: B images of a batch, D codes, T tasks; of networks that are stacked as one, (T, B, D) codes.
"""

import numpy as np
import torch
from torch import Tensor

from mtdis.randomness import generator
from mtdis.specs.models._hard_sharing_run import HardSharingRun, RegularisedRun
from mtdis.training.learner import Moment


def noise_like(codes: Tensor, seed: int, moment: Moment) -> Tensor:
    """Standard normal noise of a step: a function of seed and moment, so that a resume draws the
    same.
    """
    drawn = generator(seed, "noise", *moment).standard_normal(codes.shape, dtype=np.float32)
    return torch.from_numpy(drawn).to(codes.device)


def noisy(run: RegularisedRun, codes: Tensor, moment: Moment | None) -> Tensor:
    """Codes (..., B, D) with the run's noise, the same for all networks of a run."""
    if not run.code_noise:
        return codes
    assert moment is not None
    of_one = codes[(0,) * (codes.dim() - 2)]
    return codes + run.code_noise * noise_like(of_one, run.seed, moment)


def size_cost(run: RegularisedRun, codes: Tensor, losses: Tensor) -> Tensor:
    """Losses (...) with the weighted cost of codes (..., B, D): their absolute values, summed over
    codes, mean over images.
    """
    if not run.code_penalty:
        return losses
    return losses + run.code_penalty * codes.to(losses.dtype).abs().sum(-1).mean(-1)


def weighted(run: HardSharingRun, errors: Tensor, weights: Tensor) -> Tensor:
    """Errors (..., T) of tasks times their weights (T,), where the run weighs its tasks."""
    return errors if run.task_weighting == "equal" else errors * weights


def task_weights(targets: Tensor) -> Tensor:
    """Weights (T,) of tasks: one over the variance of each target (N, T), 1 for a constant one."""
    variances = targets.double().var(0, correction=0)
    return torch.where(variances > 0, 1 / variances, 1.0)
