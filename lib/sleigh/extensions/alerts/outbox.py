"""The outbox: what is to be told of alerts, a row for each change, appended by a stream that finds out what to tell.

The stream reads gold_delivery_by_region, and takes from it only *that* something is new. Each micro-batch then computes
the alerts anew from the whole of that table, compares them with what the outbox has said so far, and appends the
difference. So it does not matter how the night was cut, or which micro-batch a kill has spared: whatever is missing is
still missing, and whatever was told is not told twice. In final mode gold has closed windows only and never takes a count
back; in live mode it has open ones too, and a late delivery may take an alert back: it is retracted.
"""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass, field

import pyarrow as pa
from pyspark.sql.pandas.types import to_arrow_schema

from ... import runtime
from ...pipeline import checkpoints, sinks, streams
from ...tables import ALERTS, BY_REGION, Table
from .rule import Rule, Window, alerts

RULE = Rule()
"""The rule of the pipeline."""

COUNTS = ("region", "window_start", "total_deliveries", "delayed_deliveries")


def alert_id(region, start):
    """The name of the alert that the window of `region` at `start` raises: 16 hex digits, whatever a region is called."""
    named = json.dumps([region, start.astimezone(dt.UTC).isoformat()])
    return hashlib.sha256(named.encode()).hexdigest()[:16]


def changes(windows, told, rule=RULE):
    """What is still to be told, as rows of tables.ALERTS without written_at, by window, region and number.

    windows: all that is known, a list of rule.Window. told: the rows of the outbox so far, dicts in any order.
    """
    told = sorted(told, key=lambda row: row["change"])
    last, first = {row["alert_id"]: row for row in told}, {row["alert_id"]: row for row in reversed(told)}
    rows, there = [], set()

    def tell(name, kind, window):
        number = 1 + sum(row["alert_id"] == name for row in [*told, *rows])
        rows.append(
            {"alert_id": name, "change": number, "kind": kind, "region": window.region, "window_start": window.start}
            | {"rate": window.rate, "n": window.n, "rule": str(rule)}
        )

    for alert in alerts(windows, rule):
        name = alert_id(alert.raised.region, alert.raised.start)
        there.add(name)
        before = last.get(name, {"kind": "retracted", "window_start": None})
        if before["kind"] == "retracted" or (before["kind"] == "cleared" and alert.cleared is None):
            tell(name, "raised", alert.raised)
        if alert.cleared and (before["kind"], before["window_start"]) != ("cleared", alert.cleared.start):
            tell(name, "cleared", alert.cleared)
    known = {(window.region, window.start): window for window in windows}
    for name, before in last.items():
        if name not in there and before["kind"] != "retracted":
            place = first[name]["region"], first[name]["window_start"]
            tell(name, "retracted", known.get(place, Window(*place, 0, 0)))
    return sorted(rows, key=lambda row: (row["window_start"], row["region"] or "", row["alert_id"], row["change"]))


def windows_of(counts):
    """The rows of gold_delivery_by_region (a pyarrow Table with the columns COUNTS) as a list of rule.Window."""
    return [Window(*row) for row in zip(*(counts[name].to_pylist() for name in COUNTS), strict=True)]


@dataclass(frozen=True)
class AlertStream:
    """The stream that keeps the outbox; to whoever starts it, a pipeline.stages.Stream."""

    source: Table = BY_REGION
    target: Table = ALERTS
    rule: Rule = RULE
    # Live mode changes gold by MERGE, and a stream of a table stops there unless it is told that rows may come again.
    options: dict = field(default_factory=lambda: {"ignoreChanges": "true"})

    def start(self, spark, *, sink="spark", files_per_batch=None, **how):
        """Start it. A micro-batch takes all there is: its rows only say that something is new. `how`: see streams.start."""
        news = streams.source(spark, self.source.name, **self.options)
        schema = to_arrow_schema(ALERTS.columns, timezone="UTC")
        read, append = _by_delta_rs() if sink == "delta-rs" else _by_spark(spark)

        def keep(batch, batch_id):
            windows = windows_of(read(batch, BY_REGION.name, COUNTS))
            rows = changes(windows, read(batch, ALERTS.name, ALERTS.columns.names).to_pylist(), self.rule)
            now = dt.datetime.now(dt.UTC)
            if rows:
                append(batch, batch_id, pa.Table.from_pylist([row | {"written_at": now} for row in rows], schema))

        return streams.start(news, self.target.name, sink=sink, write=keep, **how)


def _by_delta_rs():
    """How to read a table and append to the outbox without Spark, which takes a second to look up one that has changed."""
    lake, append = runtime.lake(), sinks.append_rows_to(ALERTS.name)

    def read(batch, table, columns):
        from deltalake import DeltaTable

        return DeltaTable(str(lake / table)).to_pyarrow_table(columns=list(columns))

    return read, lambda batch, batch_id, rows: append(rows, batch_id)


def _by_spark(spark):
    """The same by Spark alone, which does it everywhere."""
    # What the two need is found here: they may run in a worker, where no lake is open.
    full = {table.name: streams.full_name(spark, table.name) for table in (BY_REGION, ALERTS)}
    checkpoint = runtime.checkpoint(ALERTS.name)

    def read(batch, table, columns):
        return batch.sparkSession.table(full[table]).select(*columns).toArrow()

    def append(batch, batch_id, rows):
        # Delta notes stream and micro-batch with the commit, and skips a micro-batch that it has (sinks.py).
        writer = batch.sparkSession.createDataFrame(rows).coalesce(1).write.format("delta").mode("append")
        stream = checkpoints.stream_id(checkpoint)
        writer.option("txnAppId", stream).option("txnVersion", batch_id).saveAsTable(full[ALERTS.name])

    return read, append
