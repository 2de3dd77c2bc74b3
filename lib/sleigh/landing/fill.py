"""Fill a lake: make minutes of the night and land them, slice by slice."""

import functools
import math

from .. import runtime
from ..simulator.faults import parse_faults
from ..simulator.night import night
from . import feeds as other
from .sent import keep_truth
from .write import append, land

MESSAGES_IN_MEMORY = 300_000
"""At most so many are made at a time; at a rate above that, a minute's."""


def generate(
    spark, *, minutes=60, start_minute=0, rate=600, seed=24, faults="default", every=300, on_batch=None, feeds=()
):
    """Land minutes of the night in the open lake and keep their truth. Returns the number of messages landed.

    feeds: names of feeds.FEEDS, which are landed beside them, in commits of the same seconds.
    Safe to call again with the same arguments: what was landed is not landed twice. A night of a high rate is made and
    landed slice by slice, see MESSAGES_IN_MEMORY; a landing batch of more than that comes as several commits.
    """
    step = max(1, MESSAGES_IN_MEMORY // rate)
    whole = math.lcm(every, 60) // 60  # slices are whole landing batches: the commits do not depend on the slicing
    if step > whole:
        step -= step % whole
    other.check(feeds)
    end, landed = start_minute + minutes, 0
    append_here = functools.partial(append, spark)
    for start in range(start_minute, end, step):
        length = min(step, end - start)
        messages = night(length, start_minute=start, rate=rate, seed=seed, faults=faults)
        keep_truth(messages, start, length, seed=seed, rate=rate, faults=parse_faults(faults))
        landed += land(spark, messages, every=every, on_batch=on_batch)
        for name in feeds:
            runtime.create_table(spark, other.FEEDS[name].table.name)
            send = other.sender(runtime.lake(), name, append_here, rate=rate, seed=seed, faults=faults)
            for second in range((start * 60 // every + 1) * every, (start + length) * 60, every):
                send(second)
            send((start + length) * 60)
    return landed
