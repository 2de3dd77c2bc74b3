"""The ten predictions of the exam. What is right is computed from the simulator's truth of the night, see night.py."""

from functools import partial
from types import MappingProxyType

from ...simulator.world import GIFT_SHARE
from ..answers import number, one_of, record, whole_number
from ..exercises import Wrong, question
from . import night

prediction = partial(question, points=1)


def _same(answer, right, close=MappingProxyType({})):
    """Raise Wrong that names the parts of the answer that are not right; close: {part: how far it may be off}."""
    off = [
        name
        for name, value in right.items()
        if (abs(answer[name] - value) > close[name] if name in close else answer[name] != value)
    ]
    if off:
        raise Wrong(f"not right: {', '.join(off)}.")


@prediction("22.01", examines="00", takes=whole_number)
def check_01(answer):
    """How many deliveries the summary has not counted at the end, because their minute is still open."""
    _same({"waiting": answer}, {"waiting": night.waiting()})
    return "the ledger will say the same at the end."


@prediction("22.02", examines="01", takes=record(by_arrival=whole_number, by_event=whole_number))
def check_02(answer):
    """{"by_arrival", "by_event"}: data files of landing as it is, and if it were partitioned by the date of the event."""
    _same(answer, night.files())
    return "a commit writes a file for each date in it; after midnight the late ones bring yesterday along."


@prediction("22.06", examines="04", takes=record(update=whole_number, append=whole_number))
def check_06(answer):
    """{"update", "append"}: the micro-batch, from 0, after which the table first has the window 00:07."""
    _same(answer, night.first_seen())
    return "the watermark moves between micro-batches, and at the end there is one without rows."


@prediction("22.08", examines="06", takes=record(gift_type=one_of(*GIFT_SHARE), seconds=number))
def check_08(answer):
    """{"gift_type", "seconds"}: which type the mean of the 5-minute means misjudges most, and by how much, no sign."""
    _same(answer, night.misjudged(), {"seconds": 0.051})
    return "each window counts the same in a mean of means, the one with two deliveries as the one with sixty."


@prediction("22.09", examines="07", takes=record(total=whole_number, missing=whole_number))
def check_09(answer):
    """{"total", "missing"}: the running total beside the last final ten minutes, and what it lacks."""
    _same(answer, night.running_total())
    return "the last window may be complete, and the total beside it is not: it adds up what all windows have lost."


@prediction("22.11", examines="09", takes=whole_number)
def check_11(answer):
    """How many deliveries the one-minute summary loses."""
    _same({"lost": answer}, {"lost": night.lost()})
    return "those whose minute an earlier micro-batch had closed, and no others, however late."


@prediction("22.13", examines="14", takes=record(right=number, auc=number))
def check_13(answer):
    """{"right", "auc"}: percent for which "never delayed" is right after midnight, AUC of the weather's earlier rates."""
    _same(answer, night.never(), {"right": 0.051, "auc": 0.00051})
    return "one of the two numbers says that weather is worth something, and it is not the larger one."


@prediction("22.14", examines="15", takes=record(broken=whole_number, suspects=whole_number))
def check_14(answer):
    """{"broken", "suspects"} of silver by event time: broken hops, and stops with a broken hop on either side."""
    _same(answer, night.hops())
    return "most broken hops are stops that are missing. A wrong place breaks two."


@prediction("22.17", examines="18", takes=record(checksum=whole_number, md5=whole_number))
def check_17(answer):
    """{"checksum", "md5"}: deliveries of silver that are in B of both experiments, by either hash."""
    _same(answer, night.in_both())
    return "of two independent halves a quarter is in both. A checksum makes one experiment of two, or its opposite."


@prediction("22.19", examines="20", takes=record(now=whole_number, before=whole_number))
def check_19(answer):
    """{"now", "before"}: deliveries whose weather differs from their city's newest report, and from the one before them."""
    _same(answer, night.reported())
    return "what it is like now was asked in both; what it was like then is answered by one of them only."
