"""config.yaml → experiments → runs → ids, paths, parents.

No numpy, torch or pandas: every job of a study imports it.
"""

from mtdis.errors import ConfigError
from mtdis.study.experiments import Experiment
from mtdis.study.study import Study

__all__ = ["ConfigError", "Experiment", "Study"]
