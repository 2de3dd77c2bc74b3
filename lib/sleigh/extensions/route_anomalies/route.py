"""The route as a stream with state: silver's stops come as they arrive, and are examined in order of event time.

There is one sleigh, so there is one key, and all state lies in one partition: a second core or a second machine would have
nothing to do. With a fleet the key would be the sleigh's id, and the rest of this file would stay.
"""

from pyspark.sql import Row
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.streaming import StatefulProcessor

from ...tables import ROUTE_ANOMALIES, ROUTE_HOPS
from . import rules
from .rules import Stop

SETTINGS = {
    "spark.sql.streaming.stateStore.providerClass": (
        "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider",
        "transformWithState refuses the store in memory",
    ),
    "fs.file.impl": (
        "org.apache.hadoop.fs.LocalFileSystem",
        "the profile's RawLocalFileSystem lacks the call by which RocksDB's files are uploaded",
    ),
    "fs.file.impl.disable.cache": ("true", "or the file system is the one that another stream has opened"),
    "spark.sql.shuffle.partitions": ("1", "one key: in every other partition a store would be written for nothing"),
}
"""Settings of the stream that has the state, each with its reason."""

STOP = T.StructType(
    [
        T.StructField("event_us", T.LongType()),
        T.StructField("delivery_id", T.StringType()),
        T.StructField("city", T.StringType()),
        T.StructField("latitude", T.DoubleType()),
        T.StructField("longitude", T.DoubleType()),
        T.StructField("reported_km", T.DoubleType()),
    ]
)
"""A rules.Stop in the state. Times are numbers there: a timestamp goes in with its time zone, and comes out without."""

EXAMINED = T.StructType(
    [STOP["event_us"], *[field for field in ROUTE_HOPS.columns if field.dataType != T.TimestampType()]]
)
"""What the processor hands out."""


class Route(StatefulProcessor):
    """Keeps the stops until the watermark has passed them, then examines them one after the other.

    Its state is what waits for the watermark, and the last two stops before it: the newest of them waits for the stop
    after it. Everything else is forgotten.
    """

    def __init__(self, centres):
        self.centres = centres

    def init(self, handle):
        self.handle = handle
        self.waiting = handle.getListState("waiting", STOP)
        self.last = handle.getListState("last", STOP)

    def handleInputRows(self, key, rows, timerValues):
        self.waiting.appendList([tuple(row[name] for name in STOP.names) for row in rows])
        yield from self._release(timerValues)

    def handleExpiredTimer(self, key, timerValues, expiredTimerInfo):
        yield from self._release(timerValues)

    def _release(self, timerValues):
        """Examine what the watermark has passed, and set a timer for the first of the rest."""
        passed = timerValues.getCurrentWatermarkInMs() * 1000
        stops = sorted((Stop(*stop) for stop in self.waiting.get()), key=lambda stop: stop[:2])
        ready = [stop for stop in stops if stop.event_us <= passed]
        rest = stops[len(ready) :]
        if ready:
            last = [Stop(*stop) for stop in self.last.get()]
            yield from _examined([*last, *ready], 1 if len(last) > 1 else 0, self.centres)
            self.last.put([*last, *ready][-2:])
            self.waiting.put(rest) if rest else self.waiting.clear()
        if rest:
            # Rounded up to whole ms, as watermarks are: when the timer fires, the watermark has passed its stop.
            self.handle.registerTimer(-(-rest[0].event_us // 1000))


def _examined(stops, first, centres):
    """A Row of EXAMINED for each of the stops from `first` on, but for the last."""
    for place in range(first, len(stops) - 1):
        before = stops[place - 1] if place else None
        found = rules.examine(before, stops[place], stops[place + 1], centres)
        yield Row(event_us=stops[place].event_us, **found)


def hops(silver):
    """A stream of silver rows -> the columns of tables.ROUTE_HOPS, a row for each stop that has been examined.

    Stops that are later than its watermark_minutes are dropped.
    """
    stops = silver.withWatermark("delivery_timestamp", f"{ROUTE_HOPS.watermark_minutes} minutes").select(
        F.lit("the one").alias("sleigh"),
        "delivery_timestamp",
        F.unix_micros("delivery_timestamp").alias("event_us"),
        *["delivery_id", "city", "latitude", "longitude"],
        F.col("distance_from_previous_km").alias("reported_km"),
    )
    examined = stops.groupBy("sleigh").transformWithState(Route(rules.centres()), EXAMINED, "append", "eventTime")
    return (
        examined.withColumn("delivery_timestamp", F.timestamp_micros("event_us"))
        .withColumn("examined_at", F.current_timestamp())
        .select(*ROUTE_HOPS.columns.names)
    )


def anomalies(hops):
    """Examined hops -> the columns of tables.ROUTE_ANOMALIES: those with a kind."""
    found = hops.where("kind IS NOT NULL").withColumn("detected_at", F.current_timestamp())
    return found.select(*ROUTE_ANOMALIES.columns.names)
