"""Gold: five windowed aggregations of silver. Each is a pure function that serves batch and stream.

Measurements are added as decimals. Doubles give another last digit whenever tasks finish in another order, and a mean
that ends in ...5 then rounds to another figure; decimals are exact, so batch equals stream on every machine. `try_cast`
makes an absurd value (NaN, 1e300) NULL, which means and sums pass over, instead of ending the stream.
Distinct counts are exact too: streams refuse countDistinct, but the sets are small (lesson 05).
"""

from functools import reduce

from pyspark.sql import Window
from pyspark.sql import functions as F

from ..tables import BY_GIFT_TYPE, BY_REGION, OVERALL_PROGRESS, SUMMARY, TOP_CITIES


def summary(silver):
    """One row a minute: tables.SUMMARY."""
    return _finish(
        _windows(silver, SUMMARY).agg(
            F.count("*").alias("total_deliveries"),
            F.sum("is_delivered").alias("successful_deliveries"),
            F.sum("is_delayed").alias("delayed_deliveries"),
            F.sum("is_en_route").alias("en_route_deliveries"),
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
        SUMMARY,
        completion_percentage=("successful_deliveries", "total_deliveries"),
        delay_rate_percentage=("delayed_deliveries", "total_deliveries"),
    )


def by_region(silver):
    """One row for each region and 5 minutes: tables.BY_REGION."""
    return _finish(
        _windows(silver, BY_REGION).agg(
            F.count("*").alias("total_deliveries"),
            F.sum("is_delivered").alias("successful_deliveries"),
            F.sum("is_delayed").alias("delayed_deliveries"),
            F.sum("num_gifts").alias("total_gifts"),
            _mean("delivery_time_seconds", "avg_delivery_time"),
            _mean("magic_level", "avg_magic_level"),
            _total("distance_from_previous_km", "total_distance_km"),
            _distinct("countries_in_region", "country"),
            _distinct("cities_visited", "city", "country"),
        ),
        BY_REGION,
        success_rate_percentage=("successful_deliveries", "total_deliveries"),
    )


def by_gift_type(silver):
    """One row for each gift type and 5 minutes: tables.BY_GIFT_TYPE."""
    return _finish(
        _windows(silver, BY_GIFT_TYPE).agg(
            F.count("*").alias("total_deliveries"),
            F.sum("is_delivered").alias("successful_deliveries"),
            F.sum("num_gifts").alias("total_gifts"),
            _mean("delivery_time_seconds", "avg_delivery_time"),
            _mean("adjusted_delivery_time_seconds", "avg_adjusted_delivery_time"),
            F.max("delivery_time_seconds").alias("max_delivery_time"),
            F.min("delivery_time_seconds").alias("min_delivery_time"),
        ),
        BY_GIFT_TYPE,
        success_rate_percentage=("successful_deliveries", "total_deliveries"),
    )


def overall_progress(silver):
    """One row for 10 minutes: tables.OVERALL_PROGRESS. Running totals are a view over it (lesson 07)."""
    weather = [
        F.count_if(F.col("weather_condition") == condition).alias(f"{condition.lower()}_weather_count")
        for condition in ("Clear", "Snowy", "Foggy", "Cloudy")
    ]
    return _finish(
        _windows(silver, OVERALL_PROGRESS)
        .agg(
            F.count("*").alias("period_deliveries"),
            F.sum("is_delivered").alias("period_successful"),
            F.sum("is_delayed").alias("period_delayed"),
            F.sum("is_en_route").alias("period_en_route"),
            F.sum("num_gifts").alias("period_gifts"),
            F.avg(F.when(F.col("is_delivered") == 1, _exact("delivery_time_seconds"))).alias("_seconds"),
            _total("distance_from_previous_km", "period_distance_km"),
            _mean("reindeer_speed_kmh", "avg_reindeer_speed"),
            _mean("magic_level", "avg_magic_level"),
            *weather,
        )
        .withColumn("avg_time_to_delivery", F.round("_seconds", 3))
        .withColumn("avg_time_to_delivery_minutes", F.round(F.col("_seconds") / 60, 3)),
        OVERALL_PROGRESS,
        success_rate_percentage=("period_successful", "period_deliveries"),
        delay_rate_percentage=("period_delayed", "period_deliveries"),
    )


def top_cities(silver):
    """One row for each city and 15 minutes: tables.TOP_CITIES. The rank is added where the table is read (lesson 08)."""
    return _finish(
        _windows(silver, TOP_CITIES).agg(
            F.count("*").alias("total_deliveries"),
            F.sum("is_delivered").alias("successful_deliveries"),
            F.sum("num_gifts").alias("total_gifts"),
            _mean("delivery_time_seconds", "avg_delivery_time"),
        ),
        TOP_CITIES,
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
    SUMMARY.name: summary,
    BY_REGION.name: by_region,
    BY_GIFT_TYPE.name: by_gift_type,
    OVERALL_PROGRESS.name: overall_progress,
    TOP_CITIES.name: top_cities,
}
"""Table -> the function that computes it from silver."""


def _windows(silver, table):
    # withWatermark comes before groupBy, on the very column of the window; anywhere else it does nothing (lesson 09).
    rows = silver.withWatermark("delivery_timestamp", f"{table.watermark_minutes} minutes")
    return rows.groupBy(F.window("delivery_timestamp", f"{table.window_minutes} minutes"), *table.groups)


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
    # Types by name: of the object Spark Connect makes `string collate UTF8_BINARY`, which delta-rs cannot read.
    return rows.select(*[F.col(field.name).cast(field.dataType.simpleString()) for field in table.columns])
