"""Weather from outside (lesson 20): each delivery with the weather that a service has observed there and then.

service.py stands for somebody else's service, client.py asks it, and collector.py lands what it says; processes.py runs the
two. asof.py is the join of deliveries with observations, stream.py keeps its result as both go on. reconcile.py is the line
in the ledger, and with the service the only one that knows the simulator.
"""

from ...tables import LANDING_WEATHER, SILVER_WEATHER
from .processes import beside, catch_up, start
from .stream import WeatherStream

__all__ = ["STAGES", "TRIGGERS", "WeatherStream", "audit", "beside", "catch_up", "prepare", "start"]

STAGES = {"weather": [WeatherStream()]}

TRIGGERS = {SILVER_WEATHER.name: 5}


def prepare(spark):
    """The landing table of the observations, which the collector fills."""
    from ... import runtime

    runtime.create_table(spark, LANDING_WEATHER.name)


def audit(spark):
    """The line of the ledger, see reconcile.py."""
    from .reconcile import reconcile  # it knows the ledger, and so the simulator; what a team takes does not

    return reconcile(spark)
