"""Which status each delivery is in: one row a delivery, by MERGE in the order of the sequence numbers.

A change replaces the row only if its number is higher, so an older one that comes late is passed over, and so is one that
comes twice, or whose micro-batch is run again. Of two changes with the same number the one that came first stays.
"""

from pyspark.sql import functions as F

from ...pipeline import sinks, streams
from ...tables import STATUS_CURRENT
from . import changes

NEWEST = """
    SELECT delivery_id, sequence, status, changed_at, previous_status FROM (
        SELECT *, row_number() OVER (PARTITION BY delivery_id ORDER BY sequence DESC, changed_at, status) AS place
        FROM {changes})
    WHERE place = 1
"""
"""The newest change of each delivery in a micro-batch; MERGE refuses a source that has two rows for one of the target."""

MERGE = """
    MERGE INTO {target} t USING ({newest}) s ON t.delivery_id = s.delivery_id
    WHEN MATCHED AND s.sequence > t.sequence THEN UPDATE SET
        sequence = s.sequence, status = s.status, changed_at = s.changed_at, previous_status = t.status
    WHEN NOT MATCHED THEN INSERT *
"""
"""No `UPDATE SET *`: a row that is written without a change is a change to whoever reads the change data feed."""


def rows(landing):
    """The changes of the feed that are whole, each as the row of tables.STATUS_CURRENT that it would make."""
    first_seen = F.lit(None).cast("string").alias("previous_status")
    return changes.valid(landing).select("delivery_id", "sequence", "status", "changed_at", first_seen)


def write(spark, sink):
    """The foreachBatch function that merges a micro-batch of such rows into the table."""
    if sink == "delta-rs":
        return sinks.of_batches(sinks.committing(STATUS_CURRENT.name, _merge))
    return streams.merge_by(spark, STATUS_CURRENT.name, MERGE.replace("{newest}", NEWEST))


def _merge(delta, rows, named):
    merge = delta.merge(
        sinks.select(NEWEST, changes=rows),
        "t.delivery_id = s.delivery_id",
        source_alias="s",
        target_alias="t",
        commit_properties=named,
    )
    taken = {name: f"s.{name}" for name in ("sequence", "status", "changed_at")} | {"previous_status": "t.status"}
    merge.when_matched_update(taken, predicate="s.sequence > t.sequence").when_not_matched_insert_all().execute()
