"""What the rules of the route say of the stops that were examined, stop by stop, to be held against the stream's table."""

import pyarrow as pa
import pyarrow.compute as pc
from sleigh import runtime
from sleigh.extensions.route_anomalies import rules
from sleigh.extensions.route_anomalies.rules import Stop
from sleigh.tables import ROUTE_HOPS, SILVER


def in_order(spark):
    """What the rules say of the stops that were examined, in order of event time: {id: columns}, all but the last."""
    names = ["delivery_id", "city", "latitude", "longitude", "distance_from_previous_km"]
    rows = runtime.read(spark, SILVER.name, ["delivery_timestamp", *names])
    rows = rows.filter(pc.is_in(rows["delivery_id"], runtime.read(spark, ROUTE_HOPS.name)["delivery_id"]))
    times = pc.cast(rows["delivery_timestamp"], pa.int64()).to_pylist()
    line = sorted(Stop(*row) for row in zip(times, *(rows[name].to_pylist() for name in names), strict=True))
    threes = zip([None, *line], line, line[1:], strict=False)
    return {row["delivery_id"]: row for row in (rules.examine(*three, rules.centres()) for three in threes)}


def found_by_stream(spark):
    """What the table says: {id: columns}."""
    table = runtime.read(spark, ROUTE_HOPS.name).drop_columns(["delivery_timestamp", "examined_at"])
    return {row["delivery_id"]: row for row in table.to_pylist()}
