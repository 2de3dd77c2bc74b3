"""The stream: silver -> route_legs. A route is what one region has in one window, planned when the window is closed.

Each stop is on one route, and that is never planned anew: people rely on it. What comes too late for its window is on
none, and is counted. Planning runs in Spark's workers, a route at a time: Spark brings the stops of a route together, and
to find the way through them needs no Spark.
"""

import numpy as np
import pyarrow as pa
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.sql.pandas.types import to_arrow_schema

from ...tables import ROUTE_LEGS
from . import many, solver

WINDOW_MINUTES = 2
"""At the night's usual 600 messages a minute a region has a hundred or two in that time."""

MOST = 1000
"""With more stops than that a route is only walked, see many.py: a matrix would have millions of distances."""

_STOP = "struct(unix_micros(delivery_timestamp) AS us, delivery_id, latitude, longitude)"

_PLANNED = T.StructType([field for field in ROUTE_LEGS.columns if field.name != "calculated_at"])


def legs(silver):
    """Rows of silver, a batch or a stream -> the columns of tables.ROUTE_LEGS, one row for each stop of a closed window."""
    planned = routes(silver).mapInArrow(plan_batches, _PLANNED)
    return planned.withColumn("calculated_at", F.current_timestamp())


def routes(silver):
    """One row for each window and region: route_id, window_start, region, stops (an array of structs)."""
    silver = silver.withWatermark("delivery_timestamp", f"{ROUTE_LEGS.watermark_minutes} minutes")
    window = F.window("delivery_timestamp", f"{WINDOW_MINUTES} minutes")
    stops = silver.groupBy(window, "region").agg(F.collect_list(F.expr(_STOP)).alias("stops"))
    # concat_ws passes a NULL over: the route of a region that is not known is named by its window alone.
    name = F.concat_ws(" ", F.date_format("window.start", "yyyy-MM-dd HH:mm"), "region")
    return stops.select(name.alias("route_id"), F.col("window.start").alias("window_start"), "region", "stops")


def plan_batches(batches):
    """Such rows, as Arrow's record batches -> the legs of each route, one batch a route."""
    schema = to_arrow_schema(_PLANNED, timezone="UTC")
    for batch in batches:
        for place in range(batch.num_rows):
            yield _legs_of(batch.slice(place, 1)).cast(schema)


def _legs_of(route):
    """The legs of the one route in a record batch, in planned order."""
    stops = pa.RecordBatch.from_struct_array(route["stops"].flatten())
    stops = stops.sort_by([("us", "ascending"), ("delivery_id", "ascending")])
    flown, planned, order, how = plan(
        *(stops[name].to_numpy(zero_copy_only=False) for name in ("latitude", "longitude"))
    )
    known = ~np.isnan(flown)
    columns = {name: pa.repeat(route[name][0], len(stops)) for name in ("route_id", "window_start", "region")}
    columns |= {
        "delivery_id": stops["delivery_id"],
        "delivery_timestamp": stops["us"].cast(pa.timestamp("us", "UTC")),
        "latitude": stops["latitude"],
        "longitude": stops["longitude"],
        "flown_position": pa.array(np.arange(1, len(stops) + 1)),
        "flown_km": pa.array(flown, mask=~known),
        "planned_position": pa.array(1 + np.argsort(order)),
        "planned_km": pa.array(planned, mask=~known),
        "solver": pa.repeat(how, len(stops)),
    }
    return pa.RecordBatch.from_pydict(columns).select(_PLANNED.names).take(pa.array(order))


def plan(latitude, longitude):
    """How to fly through stops that are given as they were flown, arrays in degrees; the first is where the sleigh is.

    Returns flown and planned, km from the stop before to each stop (3 decimals, 0 for the first), order (the stops as
    planned, indices) and the name of what has planned it. A stop without a position comes at the end, its km are NaN. No
    plan is longer than what was flown.
    """
    latitude, longitude = np.asarray(latitude, float), np.asarray(longitude, float)
    known = (abs(latitude) <= 90) & (abs(longitude) <= 180)  # NaN is neither
    here, lost = np.flatnonzero(known), np.flatnonzero(~known)
    north, east = latitude[here], longitude[here]
    as_flown = np.arange(len(here))
    flown = many.steps(north, east, as_flown)
    if len(here) > MOST:
        found, how = many.walk(north, east), "nearest neighbour"
    elif len(here) > 2:
        found, how = solver.path(solver.metres(north, east)), "2-opt and Or-opt"
    else:
        found, how = as_flown, "as flown"
    planned = many.steps(north, east, found)
    if planned.sum() >= flown.sum():
        found, planned, how = as_flown, flown, "as flown"
    km = np.full((2, len(known)), np.nan)
    km[0, here] = flown / 1000
    km[1, here[found]] = planned / 1000
    return km[0], km[1], np.concatenate([here[found], lost]).astype(np.int64), how
