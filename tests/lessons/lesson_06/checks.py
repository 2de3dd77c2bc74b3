"""Answers to the exercises of lesson 06."""

from pyspark.sql import functions as F


def _merged(windows, mean):
    return windows.groupBy("gift_type").agg(
        F.sum("total_deliveries").alias("total_deliveries"),
        mean.alias("avg_delivery_time"),
        F.max("max_delivery_time").alias("max_delivery_time"),
    )


def seconds():
    return F.col("avg_delivery_time") * F.col("timed_deliveries")


def merge(windows):
    return _merged(windows, F.sum(seconds()) / F.sum("timed_deliveries"))


def in_two_steps(windows):
    sums = windows.withColumn("seconds", F.coalesce(seconds(), F.lit(0.0))).groupBy("gift_type")
    rows = sums.agg(
        F.sum("seconds").alias("seconds"),
        F.sum("timed_deliveries").alias("timed"),
        F.sum("total_deliveries").alias("total_deliveries"),
        F.max("max_delivery_time").alias("max_delivery_time"),
    )
    return rows.withColumn("avg_delivery_time", F.try_divide("seconds", "timed"))


def plain(windows):
    return _merged(windows, F.avg("avg_delivery_time"))


def by_total(windows):
    return _merged(windows, F.sum(F.col("avg_delivery_time") * F.col("total_deliveries")) / F.sum("total_deliveries"))


def by_total_where_known(windows):
    known = F.when(F.col("avg_delivery_time").isNotNull(), F.col("total_deliveries"))
    return _merged(windows, F.sum(F.col("avg_delivery_time") * F.col("total_deliveries")) / F.sum(known))


def largest(windows):
    return _merged(windows, F.max("avg_delivery_time"))


def zero_for_unknown(windows):
    return merge(windows).fillna(0.0, subset=["avg_delivery_time"])


def mean_of_maxima(windows):
    return (
        merge(windows)
        .drop("max_delivery_time")
        .join(windows.groupBy("gift_type").agg(F.avg("max_delivery_time").alias("max_delivery_time")), "gift_type")
    )


def only_known(windows):
    return merge(windows.where("avg_delivery_time IS NOT NULL"))


def windows_counted(windows):
    return merge(windows).withColumn("total_deliveries", F.lit(3))


def not_merged(windows):
    return windows


def without_maximum(windows):
    return merge(windows).drop("max_delivery_time")


def nothing(windows):
    merge(windows)


CASES = {
    "06.1": {
        "right": [(3, 2)],
        "wrong": {
            "slide of 2": [5, 5],
            "more than 2": [2, 2],
            "has ended already": [3, 3],
            "wrong events": [2, 3],
            "mean over many": [2.5, 2.5],
            "List the starts": [4, 4],
        },
    },
    "06.2": {
        "right": [in_two_steps],
        "wrong": {
            "plain average": plain,
            "31.111 weighs by total_deliveries": by_total,
            "46.667 weighs by total_deliveries": by_total_where_known,
            "80 is not the mean": largest,
            "NULL and not 0": zero_for_unknown,
            "maximum of maxima": mean_of_maxima,
            "Art Supplies is gone": only_known,
            "Counts are added": windows_counted,
            "still apart": not_merged,
            "max_delivery_time is missing": without_maximum,
        },
    },
    "06.3": {
        "right": [-(-230 // 60)],
        "wrong": {
            "not a length": 14,
            "pause that is longer": 3,
            "left three sessions": 2,
            "so does less": 5,
        },
    },
}
