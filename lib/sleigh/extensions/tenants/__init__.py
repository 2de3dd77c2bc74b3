"""Many tenants (lesson 19): each region gets its own rows of silver, whatever the others do.

registry.py has who is a tenant, and the view in which each sees its own; fan_out.py is the stream, and shares.py says how
much of a micro-batch each one gets; offboard.py lets one go, with proof. audit.py is the line in the ledger.
"""

import contextlib

from ...tables import TENANT_DELIVERIES
from . import fan_out, registry
from .audit import audit
from .fan_out import deliver_waiting, stream
from .offboard import EVERYWHERE, offboard, remains
from .registry import change, onboard, statuses
from .shares import fair

__all__ = [
    "EVERYWHERE",
    "STAGES",
    "TRIGGERS",
    "audit",
    "beside",
    "change",
    "deliver_waiting",
    "fair",
    "offboard",
    "onboard",
    "prepare",
    "remains",
    "statuses",
    "stream",
]

STAGES = {"tenants": [fan_out.stream()]}

TRIGGERS = {TENANT_DELIVERIES.name: 3}


def prepare(spark):
    """Make the tables and the view, with every region on board, unless the open lake has tenants."""
    registry.begin(spark)


@contextlib.contextmanager
def beside(lake):
    """Nothing runs beside the stream; at the end, what then waits is delivered."""
    from ... import runtime

    yield
    deliver_waiting(runtime.session())
