"""Fill a lake: make minutes of the night and land them, slice by slice."""

import math

from ..simulator.faults import parse_faults
from ..simulator.night import night
from .sent import keep_truth
from .write import land

MESSAGES_IN_MEMORY = 300_000


def generate(spark, *, minutes=60, start_minute=0, rate=600, seed=24, faults="default", every=300, on_batch=None):
    """Land minutes of the night in the open lake and keep their truth. Returns the number of messages landed.

    Safe to call again with the same arguments: what was landed is not landed twice. A night of a high rate is made and
    landed slice by slice, at most about a third of a million messages in memory at once.
    """
    whole = math.lcm(every, 60) // 60  # slices are whole landing batches: the commits do not depend on the slicing
    step = max(whole, MESSAGES_IN_MEMORY // rate // whole * whole)
    end, landed = start_minute + minutes, 0
    for start in range(start_minute, end, step):
        length = min(step, end - start)
        messages = night(length, start_minute=start, rate=rate, seed=seed, faults=faults)
        keep_truth(messages, start, length, seed=seed, rate=rate, faults=parse_faults(faults))
        landed += land(spark, messages, every=every, on_batch=on_batch)
    return landed
