"""How the pipeline is doing, for the dashboard's status strip: from the lake's tables, logs and checkpoints alone.

What only the process that runs the streams knows (is a stream alive, how did it die) it writes to `<lake>/_live/status.json`
(watch.py), so that a dashboard in any other process can show it.
"""

import datetime as dt
import json

from .. import landing, runtime
from ..domain import NIGHT_START
from ..tables import QUARANTINE, SILVER, SUMMARY
from .warehouse import READS as QUERIED

READS = (*QUERIED, QUARANTINE.name)
"""The tables that a warehouse must hold for health: those of the queries and the quarantine."""

STALE_SECONDS = 15
"""A status older than this comes from a run that has ended without a word."""


def read_status(lake):
    """What the live run on the lake last said of itself; {} if there is none, it has fallen silent, or that is no status.

    Keys: at (ISO 8601, wall clock), speed, producer and streams (a dict and a list of dicts, as live.status gives them).
    """
    try:
        status = json.loads((lake / runtime.LIVE / "status.json").read_text())
        age = dt.datetime.now(dt.UTC) - dt.datetime.fromisoformat(status["at"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    # One from the future is no younger: the clock was set back since, and the run may have ended long ago.
    return status if abs(age.total_seconds()) < STALE_SECONDS else {}


def health(house, versions, refresh_seconds=None):
    """The pipeline's state as a dict, after `house.refresh` (with READS among its tables) gave `versions`.

    streams, producer: see read_status; down: those of them that have failed or were stopped. missing: tables that are not
    there. events_per_minute: of the newest minute. passed_percentage: rows in silver, of silver and quarantine;
    quarantined: rows; rules: {rule: rows that failed it}. watermark: of the 1-minute table. silver_behind_s,
    gold_behind_s: seconds between the newest arrival in landing and the newest event in the table, in the night's time
    divided by the run's speed. All None before there are events.
    """
    status = read_status(house.folder)
    streams, producer = status.get("streams", []), status.get("producer")
    silver, newest, last_minute = house.one(
        "SELECT count(*), max(delivery_timestamp), count(*) FILTER (delivery_timestamp > "
        f"(SELECT max(delivery_timestamp) FROM all_{SILVER.name}) - INTERVAL 1 MINUTE) FROM all_{SILVER.name}"
    )
    (bad,) = house.one(f"SELECT count(*) FROM all_{QUARANTINE.name}")
    rules = house.select(
        f"SELECT rule, count(*) AS rows FROM (SELECT unnest(failed_rules) AS rule FROM all_{QUARANTINE.name}) "
        "GROUP BY rule ORDER BY rule"
    )
    watermark = house.watermarks[SUMMARY.name]
    speed = status.get("speed") or 1
    landed = landing.landed_seconds(house.folder)
    return {
        "streams": streams,
        "producer": producer,
        "down": [part for part in [producer, *streams] if part and part["state"] in ("failed", "stopped")],
        "missing": [name for name, version in versions.items() if version is None],
        "events_per_minute": last_minute,
        "passed_percentage": 100 * silver / (silver + bad) if silver + bad else None,
        "quarantined": bad,
        "rules": dict(zip(*rules.to_pydict().values(), strict=True)),
        "watermark": dt.datetime.fromtimestamp(watermark / 1000, dt.UTC) if watermark else None,
        "silver_behind_s": _behind(landed, newest, speed),
        "gold_behind_s": _behind(landed, _gold_newest(status, watermark), speed),
        "refresh_s": refresh_seconds,
    }


def _gold_newest(status, watermark):
    """The newest event that the 1-minute table has counted: as its stream says, or else as its watermark implies."""
    for stream in status.get("streams", []):
        if stream["table"] == SUMMARY.name and stream.get("newest_event"):
            return dt.datetime.fromisoformat(stream["newest_event"])
    delay = dt.timedelta(minutes=SUMMARY.watermark_minutes)
    return dt.datetime.fromtimestamp(watermark / 1000, dt.UTC) + delay if watermark else None


def _behind(landed, newest, speed):
    if not landed or newest is None:
        return None
    return max(0.0, landed - (newest - NIGHT_START).total_seconds()) / speed
