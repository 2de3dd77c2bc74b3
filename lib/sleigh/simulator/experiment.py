"""Two routings in one night, on request: what the new one is worth, and what it conceals.

    experiment=0.1   the new routing spares the deliveries that it serves a tenth of their delays
    swallowed=0.4    of the delays that are left, the new routing reports two fifths with a status that nobody knows: its
                     authors call them "rerouted". Such a message breaks the rule valid_status

Which routing serves a delivery follows from its id, see domain.arm. A night with neither is the same night with the old
routing for all.
"""

import numpy as np

from ..domain import ROUTING_SALT, ROUTINGS, arm

NAMES = ("experiment", "swallowed")

NEW = "B"

STATUS = "rerouted"

DRAWS = ("swallowed",)
STREAM = 18
"""Second part of the spawn key of these draws' generators."""


def arms(ids, rates):
    """The routing that serves each of the deliveries `ids` (an Arrow array), as an array of text.

    None in a night that has but one, by the rates of its faults.
    """
    if not any(rates.get(name) for name in NAMES):
        return None
    return np.array([arm(ROUTING_SALT, each, ROUTINGS) for each in ids.to_pylist()])


def saved(served, rates):
    """Which share of its delays each delivery is spared: an array, or 0. served: see arms."""
    return 0.0 if served is None else np.where(served == NEW, rates.get("experiment", 0.0), 0.0)


def swallows(served, delayed, draw, rates):
    """Which of the deliveries are reported as STATUS. delayed: bool array; draw: a uniform draw for each."""
    return (served == NEW) & delayed & (draw < rates.get("swallowed", 0.0))
