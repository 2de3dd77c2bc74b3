"""How a live run is doing: part by part, and in one line."""

from datetime import timedelta

from .. import landing
from ..domain import NIGHT_START
from ..errors import one_line
from ..landing import producer
from ..pipeline import streams
from ..tables import LANDING, TABLES
from . import process


def status(live):
    """What each part does: a list of dicts, the producer's first (as that of the landing table), then a stream's each.

    table; state: running, failed, stopped, and for the producer ended (it has landed all that it was to); batch, rows,
    rows_per_second (read, in the last micro-batch), watermark and newest_event (ISO 8601 text or None), seconds (of the
    last micro-batch), error (one line or None).
    """
    empty = dict.fromkeys(("batch", "rows", "rows_per_second", "watermark", "newest_event", "seconds", "error"))
    state = {None: "running", 0: "ended", producer.STOPPED: "stopped"}.get(live.producer.poll(), "failed")
    error = process.complaint(live) if state == "failed" else None
    first = {"table": LANDING.name} | empty | {"state": state, "error": error}
    parts = [first, *[{"table": table} | empty | _state(query) for table, query in live.queries.items()]]
    return [_refused(live, part) for part in parts]


def line(live):
    """The status as one line of text: where the night is, the last micro-batches, and what has failed."""
    parts = status(live)
    reached = NIGHT_START + timedelta(seconds=landing.landed_seconds(live.lake))
    words = [f"{reached:%H:%M:%S} producer {parts[0]['state']}"]
    words += [
        f"{TABLES[part['table']].layer} {part['rows']} rows in {part['seconds']:.1f} s"
        for part in parts[1:4]
        if part["state"] == "running" and part["rows"] is not None
    ]
    words.append(f"{sum(part['state'] == 'running' for part in parts[1:])} of {len(parts) - 1} streams running")
    words += [f"FAILED {part['table']}: {part['error']}" for part in parts if part["state"] == "failed"]
    return " · ".join(words)


def _refused(live, part):
    why = live.refused.get(part["table"])
    return part | {"state": "failed", "error": why} if why else part


def _state(query):
    try:
        error, report, active = query.exception(), query.lastProgress, query.isActive
    except Exception as gone:  # Spark itself has ended
        return {"state": "failed", "error": f"Spark does not answer ({type(gone).__name__})"}
    found = {"state": "failed" if error else "running" if active else "stopped"}
    if error:
        found["error"] = one_line(error)
    if report:
        step = streams.step(report)
        found |= {name: step[name] for name in ("batch", "rows", "watermark", "newest_event", "seconds")}
        found["rows_per_second"] = round(report.processedRowsPerSecond, 1)
    return found
