"""The ledger's line: every stop of silver is on one route, and every route goes through its stops as it says.

    silver = on a route + waiting for the end of their window + too late for it

Beside it three lengths: what was flown, what was planned, and what no plan could be below.
"""

from pathlib import Path

import duckdb
import numpy as np

from ... import landing, runtime
from ...ledger import Audit
from ...pipeline import checkpoints
from ...tables import ROUTE_LEGS, SILVER
from . import bound, solver
from .planning import WINDOW_MINUTES

COUNTS = ("on_route", "waiting", "too_late", "silver", "routes", "flown_km", "planned_km")

SAMPLE = 500
"""Of a longer route the bound looks at so many stops, evenly spread: no way through all is shorter than one through some."""


def audit(spark):
    """An Audit of the open lake: COUNTS, see audit.sql, and at_least_km. wrong: one line for each stop or route."""
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.register("truth", landing.truth())
        db.register("silver", runtime.read(spark, SILVER.name, ["delivery_id", "delivery_timestamp", "region"]))
        db.register("legs", runtime.read(spark, ROUTE_LEGS.name))
        for variable, value in {
            "length": f"INTERVAL '{WINDOW_MINUTES} minutes'",
            "delay": f"INTERVAL '{ROUTE_LEGS.watermark_minutes} minutes'",
            "passed": f"epoch_ms({checkpoints.watermark(ROUTE_LEGS.name)})::TIMESTAMPTZ",
        }.items():
            db.execute(f"SET VARIABLE {variable} = {value}")
        db.execute((Path(__file__).parent / "audit.sql").read_text())
        counts = dict(zip(COUNTS, db.execute("FROM counts").fetchone(), strict=True))
        wrong = tuple(line for (line,) in db.execute("SELECT line FROM wrong ORDER BY line").fetchall())
        places = db.sql("FROM places").to_arrow_table()
    counts["at_least_km"] = at_least_km(places)
    parts = f"on a route {counts['on_route']:,} + waiting {counts['waiting']:,} + too late {counts['too_late']:,}"
    lengths = f"flown {counts['flown_km']:,} km, planned {counts['planned_km']:,}, at least {counts['at_least_km']:,}"
    line = f"silver {counts['silver']:,} = {parts} · routes {counts['routes']:,}: {lengths}"
    return Audit("routes", line, counts, wrong)


def at_least_km(places):
    """What no plan could be below, km: of each route the shortest tree through its stops, see bound.tree.

    places: a pyarrow Table of route_id, latitude, longitude, the stops of a route one after the other.
    """
    route, latitude, longitude = (places[name].to_numpy() for name in ("route_id", "latitude", "longitude"))
    if not len(route):
        return 0
    ends = np.append(np.flatnonzero(route[1:] != route[:-1]) + 1, len(route))
    metres, start = 0, 0
    for end in ends:
        stops = np.unique(np.linspace(start, end - 1, min(SAMPLE, end - start)).astype(int))
        metres += bound.tree(solver.metres(latitude[stops], longitude[stops]))
        start = end
    return round(metres / 1000)
