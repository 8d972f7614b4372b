"""Disentanglement metrics: pure functions of arrays, one module each, that need no torch.

    from mtdis.metrics import factor_table, mig
    from mtdis.specs.metrics.mig import Mig

    mig.score(codes, factors)                      # the defaults of the spec
    mig.score(codes, factors, Mig(num_train=500))  # other settings

    table = factor_table(factors)                  # checked and indexed once for many networks
    scores = [mig.score(codes, table) for codes in networks]

METRICS names them all; each is an attribute of this package, imported when it is asked for. Public
of each module are `score`, which takes codes (N, d), integer classes of factors (N, K) and
the metric's settings and gives its values by name, and the constants KEYS (the names of the values)
and INVARIANCES (the changes of the codes that leave them as they are). The settings, with their
defaults and ranges, are the class in `mtdis/specs/metrics/` of the same name; a wrong one is
refused when they are made. Modules that begin with an underscore are our own.
"""

from importlib import import_module
from types import ModuleType

from mtdis.discover import names
from mtdis.metrics._sampling import FactorTable, factor_table

METRICS = names(__name__)
"""Names of all metrics."""

__all__ = ["METRICS", "FactorTable", "factor_table"]
__all__ += METRICS


def __getattr__(name: str) -> ModuleType:
    """The module of a metric, so that `mtdis.metrics.mig` needs no import of its own."""
    if name in METRICS:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"mtdis.metrics has no {name!r}; its metrics are {', '.join(METRICS)}")


def __dir__() -> list[str]:
    return sorted({*globals(), *METRICS})
