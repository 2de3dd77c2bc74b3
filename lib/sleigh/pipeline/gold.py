"""Gold: five windowed aggregations of silver. Each is a pure function that serves batch and stream.

Measurements are added as decimals. Doubles give another last digit whenever tasks finish in another order, and a mean
that ends in ...5 then rounds to another figure; decimals are exact, so batch equals stream on every machine. `try_cast`
makes an absurd value (NaN, 1e300) NULL, which means and sums pass over, instead of ending the stream.
Distinct counts are exact too: streams refuse countDistinct, but the sets are small (lesson 05).
"""

from functools import reduce

from pyspark.sql import Window
from pyspark.sql import functions as F

from ..tables import TABLES

WATERMARK = "5 minutes"
"""How long a window waits for late events: final (append) results come this long after the window's end."""


def summary(silver):
    """One row a minute: tables.SUMMARY."""
    return _finish(
        _windows(silver, "1 minute").agg(
            *_counts("total_deliveries", "successful_deliveries", "delayed_deliveries", "en_route_deliveries"),
            F.sum(F.col("num_gifts") * F.col("is_delivered")).alias("total_gifts_delivered"),
            _mean("delivery_time_seconds", "avg_delivery_time_seconds"),
            _mean("adjusted_delivery_time_seconds", "avg_adjusted_delivery_time_seconds"),
            _mean("distance_from_previous_km", "avg_distance_km"),
            _mean("reindeer_speed_kmh", "avg_reindeer_speed_kmh"),
            _mean("magic_level", "avg_magic_level"),
            F.max("delivery_time_seconds").alias("max_delivery_time_seconds"),
            F.min("delivery_time_seconds").alias("min_delivery_time_seconds"),
            _total("distance_from_previous_km", "total_distance_traveled_km"),
            _distinct("unique_regions_visited", "region"),
            _distinct("unique_countries_visited", "country"),
            _distinct("unique_cities_visited", "city", "country"),
        ),
        "gold_delivery_summary_realtime",
        completion_percentage=("successful_deliveries", "total_deliveries"),
        delay_rate_percentage=("delayed_deliveries", "total_deliveries"),
    )


def by_region(silver):
    """One row for each region and 5 minutes: tables.BY_REGION."""
    return _finish(
        _windows(silver, "5 minutes", "region").agg(
            *_counts("total_deliveries", "successful_deliveries", "delayed_deliveries"),
            F.sum("num_gifts").alias("total_gifts"),
            _mean("delivery_time_seconds", "avg_delivery_time"),
            _mean("magic_level", "avg_magic_level"),
            _total("distance_from_previous_km", "total_distance_km"),
            _distinct("countries_in_region", "country"),
            _distinct("cities_visited", "city", "country"),
        ),
        "gold_delivery_by_region",
        success_rate_percentage=("successful_deliveries", "total_deliveries"),
    )


def by_gift_type(silver):
    """One row for each gift type and 5 minutes: tables.BY_GIFT_TYPE."""
    return _finish(
        _windows(silver, "5 minutes", "gift_type").agg(
            *_counts("total_deliveries", "successful_deliveries"),
            F.sum("num_gifts").alias("total_gifts"),
            _mean("delivery_time_seconds", "avg_delivery_time"),
            _mean("adjusted_delivery_time_seconds", "avg_adjusted_delivery_time"),
            F.max("delivery_time_seconds").alias("max_delivery_time"),
            F.min("delivery_time_seconds").alias("min_delivery_time"),
        ),
        "gold_delivery_by_gift_type",
        success_rate_percentage=("successful_deliveries", "total_deliveries"),
    )


def overall_progress(silver):
    """One row for 10 minutes: tables.OVERALL_PROGRESS. Running totals are a view over it (lesson 07)."""
    weather = [
        F.count_if(F.col("weather_condition") == condition).alias(f"{condition.lower()}_weather_count")
        for condition in ("Clear", "Snowy", "Foggy", "Cloudy")
    ]
    return _finish(
        _windows(silver, "10 minutes")
        .agg(
            *_counts("period_deliveries", "period_successful", "period_delayed", "period_en_route"),
            F.sum("num_gifts").alias("period_gifts"),
            F.avg(F.when(F.col("is_delivered") == 1, _exact("delivery_time_seconds"))).alias("_seconds"),
            _total("distance_from_previous_km", "period_distance_km"),
            _mean("reindeer_speed_kmh", "avg_reindeer_speed"),
            _mean("magic_level", "avg_magic_level"),
            *weather,
        )
        .withColumn("avg_time_to_delivery", F.round("_seconds", 3))
        .withColumn("avg_time_to_delivery_minutes", F.round(F.col("_seconds") / 60, 3)),
        "gold_overall_progress",
        success_rate_percentage=("period_successful", "period_deliveries"),
        delay_rate_percentage=("period_delayed", "period_deliveries"),
    )


def top_cities(silver):
    """One row for each city and 15 minutes: tables.TOP_CITIES. The rank is added where the table is read (lesson 08)."""
    return _finish(
        _windows(silver, "15 minutes", "city", "country", "region").agg(
            *_counts("total_deliveries", "successful_deliveries"),
            F.sum("num_gifts").alias("total_gifts"),
            _mean("delivery_time_seconds", "avg_delivery_time"),
        ),
        "gold_top_cities",
    )


def running_totals(progress):
    """Rows of gold_overall_progress -> the same rows and what the night has come to with each of them; a batch only.

    Adds total_deliveries bigint, total_gifts bigint and total_distance_km double (3 decimals): the sums of all windows
    up to and with this one, in the order of window_start. A stream refuses this (lesson 07), so it is added where the
    table is read, and a window that is corrected later corrects every total after it.
    """
    so_far = Window.orderBy("window_start").rowsBetween(Window.unboundedPreceding, Window.currentRow)
    return progress.select(
        "*",
        F.sum("period_deliveries").over(so_far).alias("total_deliveries"),
        F.sum("period_gifts").over(so_far).alias("total_gifts"),
        F.round(F.sum(_exact("period_distance_km")).over(so_far), 3).cast("double").alias("total_distance_km"),
    )


GOLD = {
    "gold_delivery_summary_realtime": summary,
    "gold_delivery_by_region": by_region,
    "gold_delivery_by_gift_type": by_gift_type,
    "gold_overall_progress": overall_progress,
    "gold_top_cities": top_cities,
}
"""Table -> the function that computes it from silver."""

KEYS = {
    "gold_delivery_summary_realtime": ("window_start",),
    "gold_delivery_by_region": ("window_start", "region"),
    "gold_delivery_by_gift_type": ("window_start", "gift_type"),
    "gold_overall_progress": ("window_start",),
    "gold_top_cities": ("window_start", "city", "country", "region"),
}
"""Table -> the columns that name one row: the key of live mode's MERGE and of the ledger."""

MINUTES = {
    "gold_delivery_summary_realtime": 1,
    "gold_delivery_by_region": 5,
    "gold_delivery_by_gift_type": 5,
    "gold_overall_progress": 10,
    "gold_top_cities": 15,
}
"""Table -> length of its tumbling windows in minutes."""

COUNT = {table: "period_deliveries" if table == "gold_overall_progress" else "total_deliveries" for table in GOLD}
"""Table -> the column that counts the events of a row."""


def _windows(silver, length, *keys):
    # withWatermark comes before groupBy, on the very column of the window; anywhere else it does nothing (lesson 09).
    return silver.withWatermark("delivery_timestamp", WATERMARK).groupBy(
        F.window("delivery_timestamp", length), *[F.col(key) for key in keys]
    )


def _counts(total, *by_status):
    flags = {"successful": "is_delivered", "delayed": "is_delayed", "en_route": "is_en_route"}
    columns = [F.count("*").alias(total)]
    for name in by_status:
        flag = next(flag for word, flag in flags.items() if word in name)
        columns.append(F.sum(flag).alias(name))
    return columns


def _exact(column):
    return F.col(column).try_cast("decimal(20,6)")


def _mean(column, name):
    return F.round(F.avg(_exact(column)), 3).alias(name)


def _total(column, name):
    return F.round(F.sum(_exact(column)), 3).alias(name)


def _distinct(name, *columns):
    # A struct with a NULL inside is not NULL: it would be counted, where countDistinct passes over it (lesson 05).
    whole = reduce(lambda one, other: one & other, [F.col(column).isNotNull() for column in columns])
    value = F.col(columns[0]) if len(columns) == 1 else F.when(whole, F.struct(*columns))
    return F.size(F.collect_set(value)).alias(name)


def _finish(aggregated, table, **percentages):
    for name, (part, whole) in percentages.items():
        aggregated = aggregated.withColumn(name, F.round(100 * F.col(part) / F.col(whole), 2))
    rows = (
        aggregated.withColumn("window_start", F.col("window.start"))
        .withColumn("window_end", F.col("window.end"))
        .withColumn("calculated_at", F.current_timestamp())
    )
    return rows.select(*[F.col(field.name).cast(field.dataType) for field in TABLES[table]])
