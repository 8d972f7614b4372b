"""How smooth tasks are along each factor and how much they depend on it (paper, section 3.1)."""

from mtdis.specs.stage import TargetsStage


class TaskDiagnostics(TargetsStage):
    """No settings beside the targets."""
