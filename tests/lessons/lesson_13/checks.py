"""Answers to the exercises of lesson 13."""

RIGHT = """
SELECT region, count(*) AS deliveries, 100.0 * sum(is_delayed) / count(*) AS delay_percentage
FROM silver_santa_deliveries
WHERE delivery_timestamp > (SELECT max(delivery_timestamp) FROM silver_santa_deliveries) - INTERVAL 30 MINUTES
GROUP BY region
ORDER BY delay_percentage DESC, region NULLS LAST
"""

WITH = """
WITH newest AS (SELECT max(delivery_timestamp) AS newest_event FROM silver_santa_deliveries)
SELECT region, count(*) AS deliveries,
       avg(CASE WHEN status = 'delayed' THEN 100.0 ELSE 0.0 END) AS delay_percentage
FROM silver_santa_deliveries CROSS JOIN newest
WHERE delivery_timestamp > newest_event - INTERVAL 30 MINUTES
GROUP BY region
ORDER BY delay_percentage DESC, CASE WHEN region IS NULL THEN 1 ELSE 0 END, region;
"""

SHOUTED = """
-- not now(), and not current_timestamp: the newest event of silver_santa_deliveries
SELECT REGION AS Region, COUNT(delivery_id) AS DELIVERIES, /* one decimal */
       ROUND(100.0 * COUNT(CASE WHEN IS_DELAYED = 1 THEN 1 END) / COUNT(*), 1) AS DELAY_PERCENTAGE,
       SUM(num_gifts) AS gifts
FROM SILVER_SANTA_DELIVERIES
WHERE DELIVERY_TIMESTAMP >= (SELECT MAX(delivery_timestamp) FROM Silver_Santa_Deliveries) - INTERVAL '1800' SECOND
GROUP BY 1
ORDER BY 3 DESC, 1 ASC NULLS LAST;
"""

FROM_BELOW = """
SELECT * FROM (
    SELECT region, sum(1) AS deliveries, CAST(100 * avg(is_delayed) AS DECIMAL(9, 4)) AS delay_percentage
    FROM (SELECT *, max(delivery_timestamp) OVER () AS newest FROM silver_santa_deliveries) AS s
    WHERE s.delivery_timestamp + INTERVAL 30 MINUTES > newest
    GROUP BY region) AS counted
ORDER BY delay_percentage DESC, coalesce(region, '~~~')
"""

SPAN = "WHERE delivery_timestamp > (SELECT max(delivery_timestamp) FROM silver_santa_deliveries) - INTERVAL 30 MINUTES"
NEWEST = "(SELECT max(delivery_timestamp) FROM silver_santa_deliveries)"


def changed(old, new):
    """RIGHT with one thing changed."""
    assert old in RIGHT
    return RIGHT.replace(old, new)


CASES = {
    "13.1": {
        "right": [(90, 300), [60 + 30, 5 * 60]],
        "wrong": [
            ("300 in live? The latest window in live is the one that has just begun", (300, 300)),
            ("the other way round", (300, 90)),
            ("what the last minute holds", (30, 300)),
            ("89 in live? The window begins with second 0", (89, 300)),
            ("91 in live? The latest window began at 22:30", (91, 300)),
            ("1890 in live? That is all since 22:00", (1890, 1590)),
            ("live is right. 90 in final? No window is half full", (90, 90)),
            ("live is right. 0 in final? The window before", (90, 0)),
            ("live is right. 1590 in final? That is all up to the watermark", (90, 1590)),
            ("live is right. 600 in final? The bars hold one window", (90, 600)),
            ("live is right. 60 in final? A minute has 60", (90, 60)),
            ("live is right. 240 in final? Which window", (90, 240)),
            ("a list of 2 values", 90),
            ("is text", ("90", "300")),
            ("not a whole number", (89.5, 300)),
        ],
    },
    "13.2": {
        "right": [RIGHT, WITH, SHOUTED, FROM_BELOW],
        "wrong": [
            (
                "'Now' is the newest event in silver, and current_timestamp is the wall clock",
                changed(NEWEST, "current_timestamp"),
            ),
            ("is missing", changed(NEWEST, "TIMESTAMP '2026-12-25 09:00:00'")),
            ("Middle East should not be there", changed(NEWEST, "TIMESTAMP '2026-12-24 22:22:39'")),
            ("Spark: the right rows in another order: NULL stands where Asia belongs", changed(" NULLS LAST", "")),
            ("8 rows and not 7: Middle East should not be there", changed(SPAN, "")),
            ("6 rows and not 7: NULL is missing", changed("GROUP BY", "AND region IS NOT NULL GROUP BY")),
            ('"" is there 2 times', changed("region, count", "coalesce(region, '') AS region, count")),
            ("deliveries of Oceania: expected 3, got 2", changed("GROUP BY", "AND status <> 'en_route' GROUP BY")),
            ("delay_percentage of Oceania: expected 66.66666666666667, got 0.66", changed("100.0 * ", "1.0 * ")),
            (
                "delay_percentage of Oceania: expected 66.66666666666667, got 67",
                changed("100.0 * sum(is_delayed) / count(*)", "round(100.0 * sum(is_delayed) / count(*))"),
            ),
            ("delay_percentage of Oceania", changed("/ count(*)", "/ sum(count(*)) OVER ()")),
            ("delay_percentage of Oceania: expected 66.66666666666667, got 33", changed("is_delayed", "is_en_route")),
            ("deliveries of Oceania", changed("count(*) AS deliveries", "sum(num_gifts) AS deliveries")),
            ("stands where Oceania belongs", changed("DESC", "ASC")),
            ("in another order", changed("region NULLS LAST", "region DESC NULLS LAST")),
            ("DuckDB refuses it: ", changed("count(*) AS deliveries", "count_if(true) AS deliveries, date_format(1)")),
            (
                "Spark refuses it: ",
                changed("count(*) AS deliveries", "count(*) AS deliveries, max(strftime(delivery_timestamp, '%H'))"),
            ),
            ("column delay_percentage is missing", changed("delay_percentage", "share")),
            ("Africa is there 3 times", changed("GROUP BY region", "GROUP BY region, status")),
            ("column region is missing", "SELECT delivery_id FROM silver_santa_deliveries"),
            ("no table called silver_santa_deliveries", "SELECT 1"),
            ("no SQL in a string", 15),
            ("is missing", changed("30 MINUTES", "10 MINUTES")),
            ("1 rows and not 7: Oceania is missing", changed("30 MINUTES", "30 SECONDS")),
            ("Middle East should not be there", changed("30 MINUTES", "60 MINUTES")),
        ],
    },
}
