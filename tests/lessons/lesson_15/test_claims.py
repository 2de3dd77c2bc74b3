"""What lesson 15 says and its cells do not print: whose fault the rest is, and what Spark does with timers and late rows."""

from itertools import pairwise

import pytest
from helpers import NOON, bronze_rows, message
from pyspark.errors import IllegalArgumentException
from pyspark.sql import Row
from pyspark.sql.streaming import StatefulProcessor
from pyspark.sql.streaming.tws_tester import TwsTester
from sleigh import pipeline, runtime
from sleigh.extensions import route_anomalies
from sleigh.extensions.route_anomalies import route, rules
from sleigh.extensions.route_anomalies.rules import Stop
from sleigh.pipeline import silver, streams
from sleigh.simulator.night import night
from sleigh.tables import ROUTE_HOPS, SILVER

LESSON = {"rate": 60, "faults": {"anomalies": 0.006}}


@pytest.fixture(scope="module")
def lesson():
    """(the lesson's clean stops in order of event time, {id: anomaly}, {id: id of the stop that was made before it})."""
    slice_ = night(240, **LESSON)
    rows = [event | truth for event, truth in zip(slice_.events.to_pylist(), slice_.truth.to_pylist(), strict=True)]
    rows = [row for row in rows if row["kind"] == "clean"]
    columns = ("delivery_id", "city", "latitude", "longitude", "distance_from_previous_km")
    stops = sorted(Stop(int(row["event_time"].timestamp() * 1e6), *(row[name] for name in columns)) for row in rows)
    # The whole truth needs the messages that arrive after the lesson's four hours.
    longer = [row for row in night(335, **LESSON).truth.to_pylist() if row["kind"] != "duplicate"]
    made = sorted((row["event_time"], row["delivery_id"]) for row in longer)
    before = {name: previous for (_, previous), (_, name) in pairwise(made)}
    return stops, {row["delivery_id"]: row["anomaly"] for row in rows}, before


def test_a_broken_hop_is_next_to_a_wrong_place_or_lacks_a_stop(lesson):
    stops, anomaly, before = lesson
    known = {stop.delivery_id for stop in stops}
    for one, other in pairwise(stops):
        if rules.gap(one, other) > rules.HOP_KM and not (anomaly[one.delivery_id] or anomaly[other.delivery_id]):
            assert before[other.delivery_id] != one.delivery_id and before[other.delivery_id] not in known


def examined(stops):
    threes = zip([None, *stops], stops, stops[1:], strict=False)
    return {stop.delivery_id: rules.examine(before, stop, after, rules.centres()) for before, stop, after in threes}


def test_false_alarms_have_a_missing_stop_on_either_side_and_missed_loops_are_as_far_away(lesson):
    stops, anomaly, before = lesson
    found = examined(stops)
    after = {stop.delivery_id: following for stop, following in pairwise(stops)}
    for name, row in found.items():
        if row["kind"] and not anomaly[name]:
            # A wrong neighbour would do as well.
            for here in (name, after[name].delivery_id):
                previous = found[here]["previous_id"]
                assert before[here] != previous or anomaly[previous] or anomaly[here]
        if anomaly[name] and not row["kind"]:
            assert anomaly[name] == "loop" and min(row["gap_in_km"], row["gap_out_km"]) <= rules.HOP_KM


def land(spark, *stops):
    """One more commit of silver, of (number, minutes after noon)."""
    rows = bronze_rows(spark, [message(number, seconds=60 * minute) for number, minute in stops])
    pipeline.write(spark, silver.conform(rows).coalesce(1), SILVER.name)  # one file, one micro-batch


def test_a_row_is_dropped_by_the_watermark_of_the_micro_batch_before_and_put_into_order_otherwise(spark, lake):
    """Exercise 15.3: the newest stops are 10, 20 and 30; the third micro-batch also brings 5, just after 5, and 12."""
    land(spark, (1, 10))
    land(spark, (2, 20))
    land(spark, (3, 30), (4, 5), (5, 5.1), (6, 12))
    query = route_anomalies.STAGES["route_hops"][0].start(spark)
    streams.drain(query)
    steps = streams.progress(query)
    assert [step["watermark"][11:16] for step in steps] == ["00:00", "12:05", "12:15", "12:25"]
    assert [step["dropped"] for step in steps] == [0, 0, 1, 0]
    rows = spark.table(ROUTE_HOPS.name).select("delivery_id", "previous_id").orderBy("delivery_timestamp").collect()
    assert [tuple(row) for row in rows] == [("T-00005", None), ("T-00001", "T-00005"), ("T-00006", "T-00001")]


# The processor is made in a function, so that it travels to Spark's worker by value: that cannot import this module.


def in_the_past():
    class InThePast(StatefulProcessor):
        """Once there is a watermark, sets a timer that it has passed long ago."""

        def init(self, handle):
            self.handle = handle

        def handleInputRows(self, key, rows, timerValues):
            if timerValues.getCurrentWatermarkInMs() > 0:
                self.handle.registerTimer(1)
            return iter([])

        def handleExpiredTimer(self, key, timerValues, expiredTimerInfo):
            yield Row(watermark=timerValues.getCurrentWatermarkInMs())

    return InThePast()


def run(spark, processor):
    """The watermarks that the processor hands out, in minutes after noon, over all of silver, a commit a micro-batch."""
    with streams.settings(spark, route.SETTINGS):
        stops = streams.source(spark, SILVER.name, 1).withWatermark("delivery_timestamp", "5 minutes")
        rows = stops.select("city", "delivery_timestamp").groupBy("city")
        rows = rows.transformWithState(processor, "watermark bigint", "append", "eventTime")
        writer = rows.writeStream.format("memory").queryName("handed_out").trigger(availableNow=True)
        query = writer.option("checkpointLocation", runtime.checkpoint("handed_out")).start()
    query.awaitTermination()
    return [(row.watermark // 1000 - int(NOON.timestamp())) / 60 for row in spark.table("handed_out").collect()]


def test_a_timer_in_the_past_fires_at_once_in_spark_and_is_refused_by_the_tester(spark, lake):
    land(spark, (1, 10))
    land(spark, (2, 20))
    assert run(spark, in_the_past()) == [5.0], "the watermark of its own micro-batch"
    trial = TwsTester(in_the_past(), timeMode="EventTime", eventTimeExtractor=lambda row: row.ms)
    trial.test("Suva", [Row(ms=1)])
    trial.setWatermark(10)
    with pytest.raises(IllegalArgumentException, match="Cannot register timer"):
        trial.test("Suva", [Row(ms=20)])
