"""The two named settings of a run: the paper's text (our defaults) and the code that was released
with it.
"""

from typing import Any

SETTINGS: dict[str, dict[str, Any]] = {
    "paper": {},
    "released": {
        "learning_rate": 1e-4,
        "initialisation": "released",
        "head_layers": [300, 300, 300, 300],
        "head_activation": "tanh",
        "capacity": 25.0,
    },
}
"""Fields by which each setting differs from the declared defaults (reference: released training
scripts).
"""
