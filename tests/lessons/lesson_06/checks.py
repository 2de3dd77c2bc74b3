"""Answers to try on the exercises of lesson 06."""

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


def of_decimals(windows):
    exact = F.col("avg_delivery_time").try_cast("decimal(20,6)")
    return _merged(windows, F.round(F.sum(exact * F.col("timed_deliveries")) / F.sum("timed_deliveries"), 3))


def of_pandas(windows):
    table = windows.toPandas()
    table["seconds"] = table.avg_delivery_time * table.timed_deliveries
    merged = table.groupby("gift_type", as_index=False).agg(
        total_deliveries=("total_deliveries", "sum"),
        seconds=("seconds", "sum"),
        timed=("timed_deliveries", "sum"),
        max_delivery_time=("max_delivery_time", "max"),
    )
    return merged.assign(avg_delivery_time=merged.seconds / merged.timed)


def in_sql(windows):
    text = """SELECT gift_type, sum(total_deliveries) AS TOTAL_DELIVERIES, max(max_delivery_time) AS max_delivery_time,
              round(sum(avg_delivery_time * timed_deliveries) / sum(timed_deliveries), 1) AS avg_delivery_time
              FROM {windows} GROUP BY gift_type"""
    return windows.sparkSession.sql(text, windows=windows)


def with_more_columns(windows):
    return merge(windows).withColumn("note", F.lit("merged"))


def plain(windows):
    return _merged(windows, F.avg("avg_delivery_time"))


def plain_of_zeros(windows):
    return _merged(windows, F.avg(F.coalesce("avg_delivery_time", F.lit(0.0))))


def by_total(windows):
    return _merged(windows, F.sum(F.col("avg_delivery_time") * F.col("total_deliveries")) / F.sum("total_deliveries"))


def by_total_where_known(windows):
    known = F.when(F.col("avg_delivery_time").isNotNull(), F.col("total_deliveries"))
    return _merged(windows, F.sum(F.col("avg_delivery_time") * F.col("total_deliveries")) / F.sum(known))


def largest(windows):
    return _merged(windows, F.max("avg_delivery_time"))


def summed(windows):
    return _merged(windows, F.sum("avg_delivery_time"))


def whole(windows):
    return merge(windows).withColumn("avg_delivery_time", F.col("avg_delivery_time").cast("int"))


def rounded(windows):
    return merge(windows).withColumn("avg_delivery_time", F.round("avg_delivery_time"))


def seconds_not_divided(windows):
    return _merged(windows, F.sum(seconds()))


def zero_for_unknown(windows):
    return merge(windows).fillna(0.0, subset=["avg_delivery_time"])


def filled_before(windows):
    return in_two_steps(windows.fillna(0))


def mean_of_maxima(windows):
    maxima = windows.groupBy("gift_type").agg(F.avg("max_delivery_time").alias("max_delivery_time"))
    return merge(windows).drop("max_delivery_time").join(maxima, "gift_type")


def last_maximum(windows):
    longest = F.max_by("max_delivery_time", "window_start")
    maxima = windows.groupBy("gift_type").agg(longest.alias("max_delivery_time"))
    return merge(windows).drop("max_delivery_time").join(maxima, "gift_type")


def only_known(windows):
    return merge(windows.where("avg_delivery_time IS NOT NULL"))


def only_with_times(windows):
    return merge(windows).where("avg_delivery_time IS NOT NULL")


def windows_counted(windows):
    return merge(windows).withColumn("total_deliveries", F.lit(3))


def timed_only(windows):
    return merge(windows.withColumn("total_deliveries", F.col("timed_deliveries")))


def not_merged(windows):
    return windows


def without_maximum(windows):
    return merge(windows).drop("max_delivery_time")


def nothing(windows):
    merge(windows)


CASES = {
    "06.1": {
        "right": [[3, 2], (3, 2)],
        "wrong": [
            ("slide of 2", [5, 5]),
            ("tumbling", (1, 1)),
            ("more than 2", [2, 2]),
            ("has ended already", [3, 3]),
            ("wrong events", [2, 3]),
            ("mean over many", [2.5, 2.5]),
            ("mean over many", [3, 2.5]),
            ("An event of 10:39:59 is in two", [4, 4]),
            ("3 and 1? An event", [3, 1]),
            ("0 and 0? An event", [0, 0]),
            ("is text", ["3", "2"]),
            ("list of 2 values", 5),
            ("list of 2 values", [3, 2, 2]),
            ("no order", {3, 2}),
        ],
    },
    "06.2": {
        "right": [merge, in_two_steps, of_decimals, of_pandas, in_sql, with_more_columns],
        "wrong": [
            ("Toys: 62.375 is the plain average", plain),
            ("expected 49.7, got 41.58", plain_of_zeros),
            ("Toys: 30.5 weighs by total_deliveries", by_total),
            ("Toys: 48.2917 weighs by total_deliveries", by_total_where_known),
            ("is the largest of", largest),
            ("is the sum of the windows' means", summed),
            ("without its fraction", whole),
            ("rounded to whole seconds", rounded),
            ("expected 49.7, got 497", seconds_not_divided),
            ("expected None, got 0", zero_for_unknown),
            ("max_delivery_time of Art Supplies: expected None, got 0", filled_before),
            ("max_delivery_time of Toys: expected 95, got 82.5", mean_of_maxima),
            ("expected 95, got None", last_maximum),
            ("expected 19, got 12", only_known),
            ("Art Supplies is missing", only_with_times),
            ("expected 19, got 3", windows_counted),
            ("expected 19, got 10", timed_only),
            ("Toys is there 3 times", not_merged),
            ("max_delivery_time is missing", without_maximum),
            ("returns None", nothing),
            ("the function itself", 48.0),
        ],
    },
    "06.3": {
        "right": [4, -(-230 // 60), 4.0],
        "wrong": [
            ("not a length", 14),
            ("not a length", 13),
            ("with 3 min the ten are 2 sessions, of 7, 3", 3),
            ("are 3 sessions, of 5, 2, 3", 2),
            ("are 7 sessions", 1),
            ("so does less", 5),
            ("so does less", 15),
            ("seconds", 230),
            ("longer than nothing", 0),
            ("longer than nothing", -4),
            ("not a whole number", 3.83),
            ("is text", "4 minutes"),
        ],
    },
}
