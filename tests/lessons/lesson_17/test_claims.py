"""What lesson 17 says of thresholds, of small numbers, and of telling somebody from a stream, on a few rows each.

What it says of the outbox, the sender and the receiver is in tests/extensions/test_alerts*.py.
"""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from sleigh import runtime
from sleigh.domain import night_milliseconds
from sleigh.extensions.alerts import RULE, Window, lower_bound, verdict
from sleigh.pipeline import streams
from sleigh.simulator.night import night

NIGHT = {"rate": 60, "seed": 15, "faults": {"broken": 0, "duplicates": 0, "late": 0.2}}


@pytest.fixture(scope="module")
def deliveries():
    """Minute of the event, region and whether it was delayed, of the lesson's night."""
    messages = night(600, **NIGHT)
    minutes = night_milliseconds(messages.truth["event_time"]) // 60_000
    delayed = np.array(messages.events["status"].to_pylist()) == "delayed"
    return minutes, np.array(messages.events["region"].to_pylist()), delayed


def rings(rates, on, off):
    count, active = 0, False
    for rate in rates:
        count += not active and rate >= on
        active = rate >= on or (active and rate >= off)
    return count


def test_hysteresis_does_not_calm_noise_that_is_wider_than_its_band(deliveries):
    minutes, _, delayed = deliveries
    rates = 100 * np.bincount(minutes, weights=delayed) / np.bincount(minutes)
    mean, smoothed = rates[0], []
    for rate in rates:
        mean += (rate - mean) / 3
        smoothed.append(mean)
    assert 4.5 < 100 * delayed.mean() < 5.5 and 2.5 < rates.std() < 3.5, "three points, and the band has five"
    assert rings(rates, 10, 10) > 20 and rings(rates, 10, 5) > 0.7 * rings(rates, 10, 10)
    assert rings(smoothed, 10, 5) <= 3


def test_hysteresis_calms_noise_that_is_narrower():
    wavering = [9.5, 10.5] * 20
    assert rings(wavering, 10, 10) == 20 and rings(wavering, 10, 5) == 1


def test_the_highest_rates_are_the_smallest_windows(deliveries):
    minutes, regions, delayed = deliveries
    n = Counter(zip(regions, minutes // 5, strict=True))
    late = Counter(zip(regions[delayed], minutes[delayed] // 5, strict=True))
    high = [n[key] for key in n if 100 * late[key] >= 20 * n[key]]
    assert high and max(high) < 30 and sum(count >= 50 for count in n.values()) > 100


def test_a_bound_without_a_minimum_of_volume_is_not_enough():
    assert lower_bound(2, 7) < 20 and lower_bound(200, 700) > 25, "both are 28.6 %"
    assert lower_bound(1, 1) > 20 and verdict(Window("Asia", None, 1, 1), RULE) is None
    assert RULE.on <= 100 * 6 / 60 and verdict(Window("Asia", None, 60, 6), RULE) is None, "Asia, 13:25"
    assert verdict(Window("Asia", None, 52, 6), RULE) is True


def test_what_foreach_batch_does_elsewhere_it_does_again(spark, lake):
    """A crash after the effect and before the commit: at least once."""
    runtime.create_table(spark, "alerts")
    told, crash = [], [1]
    for number in range(3):
        rows = pa.table({"alert_id": [f"a{number}"], "change": pa.array([1], pa.int32())})
        runtime_append(rows)

    def tell(batch, batch_id):
        told.extend(row.alert_id for row in batch.select("alert_id").collect())
        if batch_id in crash:
            raise RuntimeError("power cut")

    def start():
        rows = streams.source(spark, "alerts", 1, startingVersion="0")
        writer = rows.writeStream.foreachBatch(tell).option("checkpointLocation", runtime.checkpoint("telling"))
        return writer.trigger(availableNow=True).start()

    with pytest.raises(Exception, match="power cut"):
        streams.drain(start())
    crash.clear()
    streams.drain(start())
    assert told == ["a0", "a1", "a1", "a2"]


def runtime_append(rows):
    from deltalake import write_deltalake

    write_deltalake(str(runtime.lake() / "alerts"), rows, mode="append", schema_mode="merge")


@pytest.mark.parametrize(("order", "arrived"), [(("post", "note"), 2), (("note", "post"), 0)])
def test_there_is_no_order_of_post_and_note_that_makes_it_once(order, arrived):
    """Killed between the two, and started again."""
    posts, notes = [], set()

    def send(dies):
        if "a1-1" in notes:
            return
        for step in order:
            posts.append("a1-1") if step == "post" else notes.add("a1-1")
            if dies:
                return

    send(dies=True)
    send(dies=False)
    assert len(posts) == arrived
