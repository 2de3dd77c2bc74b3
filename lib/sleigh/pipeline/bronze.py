"""Bronze: what arrived, as it arrived, and when."""

from pyspark.sql import functions as F

from ..tables import BRONZE, EVENT


def ingest(landing):
    """Landing rows -> bronze rows: the 16 fields untouched, plus ingestion_timestamp and ingestion_date.

    Nothing is filtered and nothing converted: whatever a later step gets wrong can be computed again from here.
    """
    return (
        landing.select(*EVENT.names)
        .withColumn("ingestion_timestamp", F.current_timestamp())
        .withColumn("ingestion_date", F.to_date("ingestion_timestamp"))
        .select(*BRONZE.columns.names)
    )
