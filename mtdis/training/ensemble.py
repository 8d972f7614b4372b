"""Who trains which networks of a run: each its own learner, or one learner a stack of them."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Protocol

from mtdis.specs.run import TrainedRun
from mtdis.specs.stage import TrainedStage
from mtdis.training.learner import Learner

BatchStream = tuple[str, ...]
"""Name of the stream that a batch order is drawn from."""


class Crew(Protocol):
    """The learners that step together, and the names of the networks whose losses they give, in
    order.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """One per network."""

    @property
    def learners(self) -> Sequence[tuple[Learner, BatchStream]]:
        """What steps, and the stream of the batches that it is given."""

    def hand_back(self) -> None:
        """Bring the networks' own modules and optimisers to where the training stands."""


class Solo:
    """Each network trained by its own learner: nothing has to be handed back."""

    def __init__(self, learners: Mapping[str, Learner], streams: Mapping[str, BatchStream]) -> None:
        self.names = tuple(learners)
        self.learners = [(learner, streams[name]) for name, learner in learners.items()]

    def hand_back(self) -> None:
        """Nothing to do."""


def crew_of(spec: TrainedRun | TrainedStage, learners: Mapping[str, Learner]) -> Crew:
    """The crew that trains these networks as the spec wants it."""
    crew: Crew
    if spec.stacked:
        crew = import_module(f"mtdis.training.models.{spec.name()}").stack(spec, learners)
    else:
        crew = Solo(learners, {name: spec.batch_stream(name) for name in learners})
    for learner, _ in crew.learners:
        learner.precision = spec.precision
    return crew
