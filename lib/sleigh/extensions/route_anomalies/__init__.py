"""Route anomalies (lesson 15): the sleigh's stops in order of event time, and those that cannot be where they say.

rules.py says what is wrong with a stop between two others, and knows no Spark. route.py brings the stops into order, in a
stream with state, and asks it. audit.py compares what was found with the simulator's truth. A team takes the first two.
"""

from ...pipeline.stages import Stream
from ...tables import ROUTE_ANOMALIES, ROUTE_HOPS, SILVER
from .audit import audit
from .route import SETTINGS, anomalies, hops

__all__ = ["STAGES", "TRIGGERS", "audit", "prepare"]

STAGES = {
    "route_hops": [Stream(SILVER, hops, ROUTE_HOPS, settings=SETTINGS)],
    "route_anomalies": [Stream(ROUTE_HOPS, anomalies, ROUTE_ANOMALIES)],
}

TRIGGERS = {ROUTE_HOPS.name: 9, ROUTE_ANOMALIES.name: 13}


def prepare(spark):
    """Nothing: the streams bring along what they need."""
