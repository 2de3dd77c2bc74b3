"""Every status of each delivery with the time it was in it: slowly changing dimension, type 2, right for late changes.

A change is a row of its own, named by delivery and number, and it ends where the one with the next number begins. Whatever
comes, in whatever order: the versions of the deliveries in a micro-batch are computed anew from those that the table has
and those that came, and MERGEd. So a late change moves the end of the version before it, and a repetition does nothing.
"""

from pyspark.sql import functions as F

from ...pipeline import sinks, streams
from ...tables import STATUS_HISTORY
from . import changes

VERSIONS = """
    SELECT delivery_id, sequence, status, valid_from,
           lead(valid_from) OVER (PARTITION BY delivery_id ORDER BY sequence) AS valid_to,
           lead(sequence) OVER (PARTITION BY delivery_id ORDER BY sequence) IS NULL AS is_current
    FROM (
        SELECT *, row_number() OVER (PARTITION BY delivery_id, sequence ORDER BY is_new, valid_from, status) AS place
        FROM (
            SELECT delivery_id, sequence, status, valid_from, 1 AS is_new FROM {changes}
            UNION ALL
            SELECT delivery_id, sequence, status, valid_from, 0 AS is_new FROM {target}
            WHERE delivery_id IN (SELECT delivery_id FROM {changes})))
    WHERE place = 1
"""
"""All versions of the deliveries that the micro-batch names. Of two with one number the one that the table has stays."""

MERGE = """
    MERGE INTO {target} t USING ({versions}) s ON t.delivery_id = s.delivery_id AND t.sequence = s.sequence
    WHEN MATCHED AND NOT t.valid_to <=> s.valid_to THEN UPDATE SET valid_to = s.valid_to, is_current = s.is_current
    WHEN NOT MATCHED THEN INSERT *
"""


def rows(landing):
    """The changes of the feed that are whole, each as a version that has no end yet: tables.STATUS_HISTORY."""
    return changes.valid(landing).select(
        *("delivery_id", "sequence", "status", F.col("changed_at").alias("valid_from")),
        *(F.lit(None).cast("timestamp").alias("valid_to"), F.lit(True).alias("is_current")),
    )


def write(spark, sink):
    """The foreachBatch function that merges a micro-batch of such rows into the table."""
    if sink == "delta-rs":
        return sinks.of_batches(sinks.committing(STATUS_HISTORY.name, _merge))
    return streams.merge_by(spark, STATUS_HISTORY.name, MERGE.replace("{versions}", VERSIONS))


def _merge(delta, rows, named):
    # All of it: with a filter pyarrow compares the text of the file's statistics, which delta-rs hands over as a type that
    # it cannot compare (string_view).
    held = delta.to_pyarrow_table(columns=["delivery_id", "sequence", "status", "valid_from"])
    merge = delta.merge(
        sinks.select(VERSIONS, changes=rows, target=held),
        "t.delivery_id = s.delivery_id AND t.sequence = s.sequence",
        source_alias="s",
        target_alias="t",
        commit_properties=named,
    )
    ends = {"valid_to": "s.valid_to", "is_current": "s.is_current"}
    moved = "(t.valid_to IS DISTINCT FROM s.valid_to)"
    merge.when_matched_update(ends, predicate=moved).when_not_matched_insert_all().execute()
