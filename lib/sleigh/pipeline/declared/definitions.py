"""What the files of databricks/pipeline are written with, so that one text is right on Databricks and in open source.

Spark 4.2 takes a definition in before any table of the pipeline is there. Most of a plan it leaves as it is until all is
declared, and only then finds out which tables are the pipeline's own. With four operations it does not wait:

- withWatermark, dropDuplicatesWithinWatermark and drop ask for the columns of their input at once. On a table of the same
  pipeline each ends in TABLE_OR_VIEW_NOT_FOUND. A watermark can be set in SQL, which is read later: watermarked(). To drop
  duplicates there is no other way, so silver takes its rows from landing, which is there: arrived().
- withColumn asks, too, and goes on if there is no answer. So it works in the first update. In the second one the table is
  there, is taken for one from outside, and nobody waits for it any more: its readers run beside it and are an update late.
  A temporary view of the pipeline is in no catalog. Who reads the table by way of a view waits, in every update.
"""

from typing import NamedTuple

from pyspark import pipelines as dp
from pyspark.sql import SparkSession

from ...tables import BRONZE, LANDING
from .. import bronze

LAKEFLOW = hasattr(dp, "expect_all")
"""Whether this is Databricks' pyspark.pipelines: it has expectations, and reads a pipeline's own tables like any other."""

LANDING_CONF = "sleigh.landing"
"""The setting of a pipeline that names the landing table, with its catalog and schema: it is no table of the pipeline."""


def landing():
    """The landing table as a stream."""
    spark = SparkSession.active()
    return spark.readStream.table(spark.conf.get(LANDING_CONF, LANDING.name))


def arrived():
    """The rows of bronze as a stream: those of the table, or in open source computed once more, from landing."""
    return table(BRONZE.name) if LAKEFLOW else bronze.ingest(landing())


def table(name):
    """A table or a view of this pipeline as a stream."""
    return SparkSession.active().readStream.table(name)


def watermarked(view):
    """A view of this pipeline as a stream, for a function that begins with setting a watermark."""
    return table(view) if LAKEFLOW else _Stream(view)


class _Stream(NamedTuple):
    """A view of this pipeline before anybody has asked for its columns: the one thing to do with it is withWatermark."""

    view: str

    def withWatermark(self, column, delay):
        # `column` stays a column of the view, so that whoever groups by its windows finds the watermark there.
        query = f"SELECT * FROM STREAM({self.view}) WATERMARK {column} DELAY OF INTERVAL {delay}"
        return SparkSession.active().sql(query)


def expect_all(rules):
    """The decorator of a definition whose rows the platform shall judge by `rules` {name: SQL}: it counts, and keeps all.

    Open source has no expectations. There it changes nothing, and expectations.metrics counts the same.
    """
    # NULL is not true, here as in expectations.check, whatever a platform makes of it.
    return dp.expect_all({name: f"coalesce({rule}, false)" for name, rule in rules.items()}) if LAKEFLOW else _as_it_is


def _as_it_is(query):
    return query
