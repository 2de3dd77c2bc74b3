"""What became of the rows of status_current, as its change data feed has it: from one status to the next, commit by commit.

It tells what the table believed, not what happened. Of two changes of a delivery in one micro-batch the table has seen the
second alone, and one that came late it has not taken at all; both are in status_history.
"""

from pyspark.sql import functions as F

from ...tables import STATUS_TRANSITIONS

CHANGE_DATA_FEED = {"readChangeFeed": "true", "startingVersion": "0"}
"""How a table's changes are read instead of its rows. From version 0: else the feed begins with the rows that there are."""


def rows(feed):
    """Rows of the change data feed of tables.STATUS_CURRENT -> rows of tables.STATUS_TRANSITIONS."""
    # The status before is in the preimage, too, which is a row of its own: to bring the two together a stream would have to
    # keep state. The MERGE has written it into the row.
    became = feed.where("_change_type IN ('insert', 'update_postimage')")
    return became.select(
        "delivery_id",
        F.col("previous_status").alias("from_status"),
        F.col("status").alias("to_status"),
        "sequence",
        "changed_at",
        F.col("_commit_version").alias("version"),
        F.col("_commit_timestamp").alias("committed_at"),
    ).select(*STATUS_TRANSITIONS.columns.names)
