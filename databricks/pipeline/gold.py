"""Gold, declared: five tables of closed windows, and the night's totals, which no stream can compute (lesson 07)."""

from pyspark import pipelines as dp
from pyspark.sql import SparkSession
from sleigh.pipeline import gold
from sleigh.pipeline.declared import definitions
from sleigh.tables import OVERALL_PROGRESS, SILVER, TABLES


@dp.temporary_view(name="deliveries")
def silver_as_view():
    return definitions.table(SILVER.name)


def declare(table, compute):
    """Declare gold table `table`, computed by `compute` from silver as a stream."""

    @dp.table(name=table, comment=f"a row for each window of {TABLES[table].window_minutes} minutes, once it is closed")
    def windows():
        return compute(definitions.watermarked("deliveries"))


for table, compute in gold.GOLD.items():
    declare(table, compute)


@dp.materialized_view(
    name="gold_running_totals", comment="each window of gold_overall_progress, and the totals up to it"
)
def totals():
    return gold.running_totals(SparkSession.active().read.table(OVERALL_PROGRESS.name))
