"""A/B test of the routing: which arm a delivery is in, what each arm delivers, and what may be said of it, and when.

assignment: the arm as a Spark expression, by delivery or by any other unit. arms: silver -> experiment_arms, a streaming
aggregate. analysis: from such counts to a verdict, with numpy and scipy alone. These three are what a team takes; audit
knows the simulator's truth. A night that was asked for no second routing is an A/A test: both arms are the same.
"""

from ...pipeline.stages import Stream
from ...tables import EXPERIMENT_ARMS, SILVER
from .arms import by_arm
from .audit import audit

__all__ = ["STAGES", "TRIGGERS", "audit", "prepare"]

STAGES = {"experiment": [Stream(SILVER, by_arm, EXPERIMENT_ARMS)]}

TRIGGERS = {EXPERIMENT_ARMS.name: 9}


def prepare(spark):
    """Nothing: the arm of a delivery follows from its id."""
