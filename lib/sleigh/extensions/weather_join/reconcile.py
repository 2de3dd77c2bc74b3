"""The line of the ledger: every delivery of silver has one row of weather, the right one by what has landed, or a reason.

    silver = with weather + no observation + service down

How much of it is the weather as it really was is a figure, not an error: a wrong observation may not be corrected yet.
"""

from pathlib import Path

import duckdb

from ... import landing, runtime
from ...errors import SleighError
from ...ledger import Audit
from ...simulator.weather_reports import reports, true_weather
from ...tables import LANDING_WEATHER, SILVER, SILVER_WEATHER
from .asof import DOWN, NONE, OLDEST_MINUTES


def reconcile(spark):
    """Compare silver_weather with silver, with what has landed, and with the simulator's truth. Returns an Audit.

    Raises SleighError if the lake has no night of the simulator, or lacks one of the tables.
    """
    held = landing.night_of(runtime.lake())
    if held is None:
        raise SleighError("this lake does not say which night it holds, so there is no weather to compare with")
    landed = runtime.read(spark, LANDING_WEATHER.name)
    published, _ = reports(held["seed"], until=landing.last_second(runtime.lake(), LANDING_WEATHER.name) or 0)
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.register("silver", runtime.read(spark, SILVER.name, ["delivery_id", "delivery_timestamp", "city"]))
        db.register("joined", runtime.read(spark, SILVER_WEATHER.name))
        db.register("weather", landed)
        db.register("published", published)
        db.register("true_weather", true_weather(held["seed"]))
        for name, value in {
            "oldest": f"INTERVAL '{OLDEST_MINUTES} minutes'",
            "none": f"'{NONE}'",
            "down": f"'{DOWN}'",
        }.items():
            db.execute(f"SET VARIABLE {name} = {value}")
        db.execute((Path(__file__).parent / "reconcile.sql").read_text())
        wrong = [line for (line,) in db.execute("SELECT line FROM wrong ORDER BY line").fetchall()]
        counts = dict(
            zip(
                ("silver", "rows", "with_weather", "no_observation", "service_down", "true"),
                db.execute("SELECT * FROM counts").fetchall()[0],
                strict=True,
            )
        )
    counts["landed"] = len(landed)
    parts = [f"with weather {counts['with_weather']:,}"]
    parts += [f"{reason} {counts[reason.replace(' ', '_')]:,}" for reason in (NONE, DOWN)]
    line = f"silver {counts['silver']:,} {'≠' if wrong else '='} " + " + ".join(parts)
    if counts["with_weather"]:
        counts["true_percent"] = round(100 * counts["true"] / counts["with_weather"], 2)
        line += f" · {counts['true_percent']:.2f} % as it was"
    return Audit("weather_join", line, counts, tuple(wrong))
