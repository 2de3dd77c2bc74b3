"""Answers to try on the exercises of lesson 07."""

from helpers import with_spark
from pyspark.sql import functions as F

RUNNING = """SELECT window_start, 100 * sum(period_successful) OVER (ORDER BY window_start)
                                      / sum(period_deliveries) OVER (ORDER BY window_start) AS running_success
             FROM {progress}"""

BY_JOIN = """SELECT a.window_start, 100 * sum(b.period_successful) / sum(b.period_deliveries) AS running_success
             FROM {progress} a JOIN {progress} b ON b.window_start <= a.window_start GROUP BY a.window_start"""

BY_END = """-- the night so far
            SELECT WINDOW_START, period_deliveries, /* percent */ round(100.0 * sum(period_successful) OVER so_far
                   / sum(period_deliveries) OVER so_far, 1) AS RUNNING_SUCCESS
            FROM {progress} WINDOW so_far AS (ORDER BY window_end ROWS UNBOUNDED PRECEDING) ORDER BY 1 DESC;"""

IN_STEPS = """WITH so_far AS (SELECT *, sum(period_successful) OVER (ORDER BY window_start) AS done,
                              sum(period_deliveries) OVER (ORDER BY window_start) AS n FROM {progress})
              SELECT window_start, CAST(done * 100 / n AS decimal(6, 2)) AS running_success FROM so_far"""

BY_DELAYED = """SELECT window_start, 100 - 100 * sum(period_delayed) OVER (ORDER BY window_start)
                / sum(period_delayed + period_successful) OVER (ORDER BY window_start) AS running_success FROM {progress}"""


def over(expression):
    return f"SELECT window_start, {expression} AS running_success FROM {{progress}}"


FOUR = "('Clear', 'Snowy', 'Foggy', 'Cloudy')"
STRANGE = f"coalesce(weather_condition, '') NOT IN {FOUR}"

CASES = {
    "07.1": {
        "right": [10, [10], {10}, (10, 10)],
        "wrong": [
            ("forgive more", [10, 15]),
            ("not the last to close", [15]),
            ("no filter", []),
            ("do not count it", [1, 5, 15]),
            ("of 1 min with 10:14:30", [1, 5, 10, 15]),
            ("of 5 min with 10:14:30", [5, 10, 15]),
            ("of 5 min with 10:14:30", [5, 10]),
            ("of 1 min with 10:14:30", 1),
            ("out of 1, 5, 10 and 15", [20]),
            ("out of 1, 5, 10 and 15", [10, 16]),
            ("is text", "ten"),
        ],
    },
    "07.2": {
        "right": [RUNNING, BY_JOIN, BY_END, IN_STEPS, BY_DELAYED, RUNNING.replace("SELECT window_start,", "select *,")],
        "wrong": [
            ("the mean of the windows' rates", over("avg(success_rate_percentage) OVER (ORDER BY window_start)")),
            ("rate of the window alone", over("success_rate_percentage")),
            ("without ORDER BY", over("100 * sum(period_successful) OVER () / sum(period_deliveries) OVER ()")),
            ("backwards", RUNNING.replace("ORDER BY window_start", "ORDER BY window_start DESC")),
            ("shares from 0 to 1", RUNNING.replace("100 * ", "")),
            ("whole percents, cut", RUNNING.replace("/ sum", "div sum")),
            (
                "whole percents, rounded",
                RUNNING.replace("100 * ", "round(100 * ").replace(" AS running", ", 0) AS running"),
            ),
            ("column running_success is missing", RUNNING.replace("AS running_success", "AS rate")),
            ("column window_start is missing", RUNNING.replace("window_start,", "window_start AS w,", 1)),
            ("1 rows, 1 window_start", RUNNING + " ORDER BY window_start DESC LIMIT 1"),
            ("10 rows, 5 window_start", f"{RUNNING} UNION ALL {RUNNING}"),
            (
                "with 181 of 200 delivered so far: expected 90.5, got 181",
                over("sum(period_successful) OVER (ORDER BY window_start)"),
            ),
            (
                "10:20, with 465 of 710 delivered so far: expected 65.49",
                RUNNING.replace("ORDER BY window_start", "ORDER BY window_start ROWS 1 PRECEDING"),
            ),
            ("got '", over("concat(round(100 * sum(period_successful) OVER (ORDER BY window_start) / 7), ' %')")),
            ("in braces", RUNNING.replace("{progress}", "gold_overall_progress")),
            (
                "no f before",
                RUNNING.replace("{progress}", "<pyspark.sql.streaming.query.StreamingQuery object at 0x7f>"),
            ),
            ("PARSE_SYNTAX_ERROR", RUNNING.replace("FROM", "FORM")),
            ("no SQL in a string", 81.2),
        ],
    },
    "07.3": {
        "right": [
            f"count_if(coalesce(weather_condition NOT IN {FOUR}, true))",
            f"count(*) - count_if(weather_condition IN {FOUR})",
            f"count(delivery_id) - count_if(weather_condition IN {FOUR}) AS other_weather_count;",
            f"sum(CASE WHEN weather_condition IN {FOUR} THEN 0 ELSE 1 END)",
            f"count_if(weather_condition IS NULL OR weather_condition NOT IN {FOUR})",
            "COUNT_IF(NOT coalesce(weather_condition, '') RLIKE '^(Clear|Snowy|Foggy|Cloudy)$')",
            with_spark(lambda spark: F.count("*") - F.count_if(F.expr(f"weather_condition IN {FOUR}"))),
        ],
        "wrong": [
            ("weather NULL: expected 1, got 0", f"count_if(weather_condition NOT IN {FOUR})"),
            ("weather 'Hail': expected 4, got 0", "count_if(weather_condition IS NULL)"),
            ("weather 'Clear': expected 0, got 8", f"count_if(weather_condition IN {FOUR})"),
            (
                "weather '': expected 2, got 0",
                f"count_if(coalesce(weather_condition NOT IN {FOUR} AND weather_condition <> '', true))",
            ),
            (
                "weather 'clear': expected 3, got 0",
                "count_if(coalesce(lower(weather_condition) NOT IN ('clear', 'snowy', 'foggy', 'cloudy'), true))",
            ),
            (
                "weather ' Snowy ': expected 9, got 0",
                f"count_if(coalesce(trim(weather_condition) NOT IN {FOUR}, true))",
            ),
            ("weather 'Cloudy': expected 0, got 7", "count_if(" + STRANGE.replace(", 'Cloudy'", "") + ")"),
            ("weather 'Hail': expected 4, got 1", f"count(DISTINCT CASE WHEN {STRANGE} THEN weather_condition END)"),
            ("expected 0, got None", f"sum(CASE WHEN {STRANGE} THEN 1 END)"),
            ("weather 'Clear': expected 0, got 8", "count(*)"),
            (
                "weather 'clear': expected 3, got 0",
                "count_if(weather_condition <=> 'Hail' OR weather_condition IS NULL)",
            ),
            ("for each row", f"weather_condition NOT IN {FOUR}"),
            ("without SELECT", "SELECT count(*) FROM silver_santa_deliveries"),
            ("not 2", 2),
        ],
    },
}
