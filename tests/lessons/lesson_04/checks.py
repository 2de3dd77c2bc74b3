"""Answers to the exercises of lesson 04."""

from pyspark.sql import Window
from pyspark.sql import functions as F


def latest(versions):
    newest = Window.partitionBy("window_start").orderBy(F.col("calculated_at").desc())
    return versions.withColumn("nth", F.row_number().over(newest)).where("nth = 1").drop("nth")


def by_struct(versions):
    rows = versions.groupBy("window_start").agg(F.max_by(F.struct("*"), "calculated_at").alias("row"))
    return rows.select("row.*")


def any_row(versions):
    return versions.dropDuplicates(["window_start"])


def largest_of_each(versions):
    return versions.groupBy("window_start").agg(
        *[F.max(name).alias(name) for name in versions.columns if name != "window_start"]
    )


def largest_count(versions):
    rows = versions.groupBy("window_start").agg(F.max_by(F.struct("*"), "total_deliveries").alias("row"))
    return rows.select("row.*")


def oldest(versions):
    rows = versions.groupBy("window_start").agg(F.min_by(F.struct("*"), "calculated_at").alias("row"))
    return rows.select("row.*")


def newest_batch_only(versions):
    return versions.orderBy(F.col("calculated_at").desc()).limit(1)


def only_the_count(versions):
    return versions.groupBy("window_start").agg(F.max_by("total_deliveries", "calculated_at").alias("total_deliveries"))


def everything(versions):
    return versions.dropDuplicates()


def nothing(versions):
    latest(versions)


CASES = {
    "04.1": {
        "right": [8 - (5 - 2)],
        "wrong": {
            "with five minutes": 8,
            "comes from those before": 4,
            "not past the end": 3,
            "The delay is two": 2,
            "newest event and watermark": 7,
        },
    },
    "04.2": {
        "right": [by_struct],
        "wrong": {
            "not the newest": any_row,
            "10:00: this is not the newest": oldest,
            "10:00: this row was never written": largest_of_each,
            "10:02: this is not the newest": largest_count,
            "is gone: each window": newest_batch_only,
            "avg_magic_level is gone": only_the_count,
            "more than once": everything,
        },
    },
}
