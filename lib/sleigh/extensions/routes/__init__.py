"""Routes (lesson 21): every stop of silver on one route, as it was flown and as it is better flown.

solver.py finds short ways, bound.py says how short they can be at best, many.py walks through stops too many for either,
graph.py knows which stops can be reached at all. planning.py is the stream. A team takes these; audit.py compares with
silver and with what the simulator knows.
"""

from ...pipeline.stages import Stream
from ...tables import ROUTE_LEGS, SILVER
from .audit import audit
from .planning import legs

__all__ = ["STAGES", "TRIGGERS", "audit", "prepare"]

STAGES = {"routes": [Stream(SILVER, legs, ROUTE_LEGS)]}

TRIGGERS = {ROUTE_LEGS.name: 11}
"""Nothing is to be seen before a window is closed, so there is no hurry."""


def prepare(spark):
    """Nothing: silver is all that the stream needs."""
