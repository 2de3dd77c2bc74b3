"""Answers to the exercises of lesson 09."""

import datetime as dt
import statistics

import numpy as np
from pyspark.sql import functions as F

DELAYS = (0, 1, 2, 5, 10, 30, 60)


# 09.1: a stream that forgets


def build(rows, window="5 minutes", slide=None, keys=("region",), count=None):
    """Counts of windows; `rows` has its watermark, or none."""
    windows = rows.groupBy(*keys, F.window("delivery_timestamp", window, slide))
    counts = windows.agg((F.count("*") if count is None else count).alias("total_deliveries"))
    return counts.select(*keys, F.col("window.start").alias("window_start"), "total_deliveries")


def waiting(rows, delay="10 minutes"):
    return rows.withWatermark("delivery_timestamp", delay)


def in_seconds(deliveries):
    return build(waiting(deliveries, "600 seconds"), "300 seconds")


def in_sql(deliveries):
    waiting(deliveries).createOrReplaceTempView("deliveries_of_09_1")
    return deliveries.sparkSession.sql(
        "SELECT Region AS REGION, window.start AS Window_Start, window.end AS window_end, count(1) AS Total_Deliveries "
        "FROM deliveries_of_09_1 GROUP BY region, window(delivery_timestamp, '5 minutes') -- a stream, too"
    )


def window_first(deliveries):
    rows = waiting(deliveries).withColumn("five", F.window("delivery_timestamp", "5 minutes"))
    counts = rows.groupBy("five", "region").count()
    return counts.select("region", F.col("five").start.alias("window_start"), F.col("count").alias("total_deliveries"))


def a_sum_of_ones(deliveries):
    return build(waiting(deliveries), count=F.sum(F.lit(1.0)).cast("decimal(9,1)"))


def after_the_aggregation(deliveries):
    return build(deliveries).withWatermark("window_start", "10 minutes")


def other_column(deliveries):
    return build(deliveries.withColumn("sent", F.col("delivery_timestamp")).withWatermark("sent", "10 minutes"))


def truncated(deliveries):
    rows = waiting(deliveries).withColumn(
        "window_start", F.timestamp_seconds(F.floor(F.unix_timestamp("delivery_timestamp") / 300) * 300)
    )
    return rows.groupBy("region", "window_start").agg(F.count("*").alias("total_deliveries"))


def on_grouped_data(deliveries):
    return deliveries.groupBy("region", F.window("delivery_timestamp", "5 minutes")).withWatermark(
        "window", "10 minutes"
    )


def by_hand(deliveries):
    return build(deliveries.where("delivery_timestamp > current_timestamp() - INTERVAL 10 MINUTES"))


def each_row(deliveries):
    five = F.window("delivery_timestamp", "5 minutes").start
    return waiting(deliveries).select("region", five.alias("window_start"), F.lit(1).alias("total_deliveries"))


def started(deliveries):
    return build(waiting(deliveries)).writeStream.format("noop").outputMode("update")


def at_rest(deliveries):
    return deliveries.sparkSession.range(3)


def end_for_start(deliveries):
    return build(waiting(deliveries)).withColumn("window_start", F.expr("window_start + INTERVAL 5 MINUTES"))


def as_text(deliveries):
    return build(waiting(deliveries)).withColumn("window_start", F.date_format("window_start", "HH:mm"))


# 09.2: the smallest delay


def by_counting(lateness, percent):
    for delay in DELAYS:
        if sum(minutes > delay for minutes in lateness) * 100 <= (100 - percent) * len(lateness):
            return delay
    return None


def by_percentile(lateness, percent):
    """Sort, and look at the delivery that must still be on time."""
    needed = -(-len(lateness) * percent // 100)
    bound = sorted(lateness)[int(needed) - 1]
    return next((delay for delay in DELAYS if delay >= bound), None)


def by_share_on_time(lateness, percent):
    return next((delay for delay in DELAYS if np.mean([late <= delay for late in lateness]) >= percent / 100), None)


def by_percent_later(lateness, percent):
    enough = [d for d in DELAYS if 100 * len([late for late in lateness if late > d]) / len(lateness) <= 100 - percent]
    return float(min(enough)) if enough else None


def by_inverted_cdf(lateness, percent):
    bound = np.percentile(lateness, percent, method="inverted_cdf")
    return next((np.int64(delay) for delay in DELAYS if delay >= bound), None)


def first_above(bound):
    return lambda lateness, percent: next((delay for delay in DELAYS if delay >= bound(lateness, percent)), None)


def unsorted(lateness, percent):
    return lateness[max(0, -(-len(lateness) * percent // 100) - 1)]


def strictly(lateness, percent):
    needed = len(lateness) * percent / 100
    return next((delay for delay in DELAYS if sum(minutes < delay for minutes in lateness) >= needed), None)


def a_fraction(lateness, percent):
    share = [sum(late <= delay for late in lateness) / len(lateness) for delay in DELAYS]
    return next((delay for delay, on_time in zip(DELAYS, share, strict=True) if on_time >= percent), None)


def a_percentile(lateness, percent):
    return sorted(lateness)[int(-(-len(lateness) * percent // 100)) - 1]


def never_the_last(lateness, percent):
    found = by_counting(lateness, percent)
    return None if found == 60 else found


def never_zero(lateness, percent):
    return by_counting(lateness, percent) or None


def always_something(lateness, percent):
    found = by_counting(lateness, percent)
    return 60 if found is None else found


def all_or_none(lateness, percent):
    return None if by_counting(lateness, percent) is None else 60


def more_than_asked(lateness, percent):
    return next((d for d in DELAYS if sum(late > d for late in lateness) * 100 < (100 - percent) * len(lateness)), None)


def ten_thirty_eight(hour, minute, second=0):
    return dt.datetime(2026, 12, 24, hour, minute, second, tzinfo=dt.UTC)


CASES = {
    "09.1": {
        "right": [in_seconds, in_sql, window_first, a_sum_of_ones],
        "wrong": [
            ("it has no watermark, so it never forgets: state_rows after each micro-batch is [6, 12, 18", build),
            ("there is a watermark, and nothing comes of it: state_rows is [6, 12, 18", after_the_aggregation),
            ("there is a watermark, and nothing comes of it", other_column),
            ("there is a watermark, and nothing comes of it", truncated),
            ("5 minutes behind the newest event, not ten", lambda rows: build(waiting(rows, "5 minutes"))),
            ("60 minutes behind the newest event, not ten", lambda rows: build(waiting(rows, "1 hour"))),
            ("'GroupedData' object has no attribute 'withWatermark'", on_grouped_data),
            ("it has no watermark", by_hand),
            ("keeps no state at all", each_row),
            ("a stream that writes already", started),
            ("no stream but a table at rest", at_rest),
            ("is no DataFrame", lambda rows: [("Africa", 1)]),
            ("the column region is missing", lambda rows: build(waiting(rows), keys=())),
            ("window_start is a string", as_text),
            ("is missing", end_for_start),
            ("is missing", lambda rows: build(waiting(rows), "1 minute")),
            ("should not be there", lambda rows: build(waiting(rows), "5 minutes", "1 minute")),
            ("is missing", lambda rows: build(waiting(rows), "10 minutes")),
            ("is missing", lambda rows: build(waiting(rows).where("region IS NOT NULL"))),
            ("total_deliveries of NULL", lambda rows: build(waiting(rows), count=F.count("region"))),
            ("istinct", lambda rows: build(waiting(rows), count=F.count_distinct("region"))),
            ("print is not return", lambda rows: print(rows)),
        ],
    },
    "09.2": {
        "right": [by_counting, by_percentile, by_share_on_time, by_percent_later, by_inverted_cdf],
        "wrong": [
            ("above the mean", first_above(lambda lateness, percent: statistics.fmean(lateness))),
            ("waits for nearly all of them", first_above(lambda lateness, percent: max(lateness))),
            ("whatever `percent` says", lambda lateness, percent: by_counting(lateness, 99)),
            ("exactly the delay", strictly),
            ("half a minute", lambda lateness, percent: by_counting([int(late) for late in lateness], percent)),
            ("sort it", first_above(unsorted)),
            ("the largest delay, or none", all_or_none),
            ("lateness [0, 1.5, 0, 4, 0, 0, 25, 0, 1.5, 0], 90 %: expected 5, got None", a_fraction),
            ("expected 5, got 4", a_percentile),
            ("100 %: expected 60, got None", never_the_last),
            ("expected 0, got None", never_zero),
            ("90 %: expected None, got 60", always_something),
            ("expected 5, got 30", more_than_asked),
            ("expected 5, got 10", first_above(lambda lateness, percent: np.percentile(lateness, percent))),
            ("expected 5, got 0", first_above(lambda lateness, percent: statistics.median(lateness))),
            ("is not a number", lambda lateness, percent: DELAYS),
            ("hand over the function itself", 5),
        ],
    },
    "09.3": {
        "right": [
            ["10:38:00", "10:38:00", "11:21:00"],
            ("10:38", " 10:38 ", "11:21"),
            ["2026-12-24T10:38:00.000Z", "2026-12-24T10:38:00.000Z", "2026-12-24T11:21:00.000Z"],
            [ten_thirty_eight(10, 38), ten_thirty_eight(10, 38).time(), "2026-12-24 11:21:00+00:00"],
        ],
        "wrong": [
            ("(a) 10:45 is north's", ["10:45:00", "11:25:00", "11:26:00"]),
            ("(a) each input has a delay of its own: south's", ["10:43:00", "10:43:00", "11:25:00"]),
            ("(a) each input has a delay of its own, and", ["10:40:00", "10:40:00", "11:21:00"]),
            ("(a) 10:50 is north's newest event", ["10:50:00", "10:50:00", "11:30:00"]),
            ("(a) 10:48 is south's newest event", ["10:48", "10:48", "11:31"]),
            ("(a) 10:39:00? Write down", ["10:39:00", "10:39:00", "11:21:00"]),
            ("(b) that is north's line", ["10:38:00", "11:25:00", "11:25:00"]),
            ("(b) 10:00:00? Write down", ["10:38:00", "10:00:00", "11:21:00"]),
            ("(b) that is north's newest event", ["10:38:00", "11:30:00", "11:21:00"]),
            ("(c) that is north's line", ["10:38:00", "10:38:00", "11:25:00"]),
            ("(c) the delay of south", ["10:38:00", "10:38:00", "11:26:00"]),
            ("(c) south is back", ["10:38:00", "10:38:00", "10:38:00"]),
            ("(c) that is south's newest event", ["10:38:00", "10:38:00", "11:31:00"]),
            ("a list of 3 values", "10:38:00"),
            ("a list of 3 values", ["10:38:00", "10:38:00"]),
            ("no time as text", [10.38, 10.38, 11.21]),
        ],
    },
}
