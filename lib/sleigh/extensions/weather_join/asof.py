"""The as-of join: for each delivery the newest observation of its city that is not younger than the delivery.

Of an observation that was corrected the newest version holds; one that is older than OLDEST_MINUTES says nothing any more.
"""

OLDEST_MINUTES = 60
"""So long an observation holds at most, if the station falls silent after it."""

DOWN, NONE = "service down", "no observation"
"""Why a delivery has no weather: the service has not said anything that late; it has, and nothing of there and then."""

OBSERVED = f"""
    WITH known AS (
        SELECT city, valid_from, max_by(condition, issued_at) AS condition, max(issued_at) AS issued_at
        FROM {{weather}} WHERE condition IS NOT NULL GROUP BY city, valid_from),
    spans AS (
        SELECT *, lead(valid_from) OVER (PARTITION BY city ORDER BY valid_from) AS next_from FROM known),
    heard AS (SELECT max(issued_at) AS until FROM {{weather}})
    SELECT a.delivery_id, a.delivery_timestamp, a.city, s.condition, s.valid_from, s.issued_at,
           CASE WHEN s.valid_from IS NOT NULL THEN NULL
                WHEN a.delivery_timestamp <= heard.until THEN '{NONE}' ELSE '{DOWN}' END AS reason
    FROM ({{asked}}) a CROSS JOIN heard
    LEFT JOIN spans s ON a.city = s.city AND a.delivery_timestamp >= s.valid_from
        AND a.delivery_timestamp < s.valid_from + INTERVAL '{OLDEST_MINUTES}' MINUTE
        AND (s.next_from IS NULL OR a.delivery_timestamp < s.next_from)
"""
"""Each row of {asked} (delivery_id, delivery_timestamp, city) as a row of silver_weather. Spark and DuckDB understand it.

A version is made an interval first, up to the next observation of its city: then a row matches one of them at most, and
the join is a join on the city with a condition. An ASOF JOIN does it in DuckDB; Spark takes the word for an alias.
"""


def join(spark, deliveries, weather):
    """The rows of silver_weather for a DataFrame of deliveries, a batch, by one of observations."""
    return spark.sql(
        OBSERVED.replace("{asked}", "SELECT delivery_id, delivery_timestamp, city FROM {deliveries}"),
        deliveries=deliveries,
        weather=weather,
    )
