"""Fill a lake: make minutes of the night and land them, slice by slice."""

import math

from ..simulator.faults import parse_faults
from ..simulator.night import night
from .sent import keep_truth
from .write import land

MESSAGES_IN_MEMORY = 300_000
"""At most so many are made at a time; at a rate above that, a minute's."""


def generate(spark, *, minutes=60, start_minute=0, rate=600, seed=24, faults="default", every=300, on_batch=None):
    """Land minutes of the night in the open lake and keep their truth. Returns the number of messages landed.

    Safe to call again with the same arguments: what was landed is not landed twice. A night of a high rate is made and
    landed slice by slice, see MESSAGES_IN_MEMORY; a landing batch of more than that comes as several commits.
    """
    step = max(1, MESSAGES_IN_MEMORY // rate)
    whole = math.lcm(every, 60) // 60  # slices are whole landing batches: the commits do not depend on the slicing
    if step > whole:
        step -= step % whole
    end, landed = start_minute + minutes, 0
    for start in range(start_minute, end, step):
        length = min(step, end - start)
        messages = night(length, start_minute=start, rate=rate, seed=seed, faults=faults)
        keep_truth(messages, start, length, seed=seed, rate=rate, faults=parse_faults(faults))
        landed += land(spark, messages, every=every, on_batch=on_batch)
    return landed
