"""Answers to the exercises of lesson 13."""

RIGHT = """
SELECT region, count(*) AS deliveries, 100.0 * sum(is_delayed) / count(*) AS delay_percentage
FROM silver_santa_deliveries
WHERE delivery_timestamp > (SELECT max(delivery_timestamp) FROM silver_santa_deliveries) - INTERVAL 30 MINUTES
GROUP BY region
ORDER BY delay_percentage DESC, region NULLS LAST
"""

OTHER = """
WITH newest AS (SELECT max(delivery_timestamp) AS newest_event FROM silver_santa_deliveries)
SELECT region, count(*) AS deliveries,
       avg(CASE WHEN status = 'delayed' THEN 100.0 ELSE 0.0 END) AS delay_percentage
FROM silver_santa_deliveries CROSS JOIN newest
WHERE delivery_timestamp > newest_event - INTERVAL 30 MINUTES
GROUP BY region
ORDER BY delay_percentage DESC, CASE WHEN region IS NULL THEN 1 ELSE 0 END, region;
"""

SPAN = "WHERE delivery_timestamp > (SELECT max(delivery_timestamp) FROM silver_santa_deliveries) - INTERVAL 30 MINUTES"


def changed(old, new):
    """RIGHT with one thing changed."""
    assert old in RIGHT
    return RIGHT.replace(old, new)


CASES = {
    "13.1": {
        "right": [[60 + 30, 5 * 60]],
        "wrong": {
            "the one that has just begun": (300, 300),
            "the other way round": (300, 90),
            "what the last minute holds": (30, 300),
            "both counted": (89, 300),
            "in live? The latest window began at 22:30": (91, 300),
            "no window is half full": (90, 90),
            "is closed, and it is shown": (90, 0),
            "A closed window is whole": (90, 240),
        },
    },
    "13.2": {
        "right": [OTHER],
        "wrong": {
            "the wall clock is in it": changed(
                "(SELECT max(delivery_timestamp) FROM silver_santa_deliveries)", "current_timestamp"
            ),
            "in another order": changed(" NULLS LAST", ""),
            "Middle East is there": changed(SPAN, ""),
            "are gone": changed("GROUP BY", "AND region IS NOT NULL GROUP BY"),
            "whatever their status": changed("GROUP BY", "AND status <> 'en_route' GROUP BY"),
            "from 0 to 100": changed("100.0 * ", "1.0 * "),
            "among the deliveries of that region": changed("/ count(*)", "/ sum(count(*)) OVER ()"),
            "comes first, not last": changed("DESC", "ASC"),
            "stand by region": changed("region NULLS LAST", "region DESC NULLS LAST"),
            "DuckDB refuses it": changed("count(*) AS deliveries", "count_if(true) AS deliveries, date_format(1)"),
            "Spark refuses it": changed(
                "count(*) AS deliveries", "count(*) AS deliveries, max(strftime(delivery_timestamp, '%H'))"
            ),
            "column delay_percentage is missing": changed("delay_percentage", "share"),
            "more than one row": changed("GROUP BY region", "GROUP BY region, status"),
            "does not read silver": "SELECT 1",
            "is missing. It had": changed("INTERVAL 30", "INTERVAL 10"),
        },
    },
}
