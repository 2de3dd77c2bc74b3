"""Answers to the exercises of lesson 07."""

RUNNING = """SELECT window_start, 100 * sum(period_successful) OVER (ORDER BY window_start)
                                      / sum(period_deliveries) OVER (ORDER BY window_start) AS running_success
             FROM {progress}"""

BY_JOIN = """SELECT a.window_start, 100 * sum(b.period_successful) / sum(b.period_deliveries) AS running_success
             FROM {progress} a JOIN {progress} b ON b.window_start <= a.window_start GROUP BY a.window_start"""


def over(expression):
    return f"SELECT window_start, {expression} AS running_success FROM {{progress}}"


FOUR = "('Clear', 'Snowy', 'Foggy', 'Cloudy')"

CASES = {
    "07.1": {
        "right": [10],
        "wrong": {
            "forgive more": [10, 15],
            "not the last to close": [15],
            "no filter": [],
            "ends by then is closed": [1, 5, 10, 15],
        },
    },
    "07.2": {
        "right": [BY_JOIN],
        "wrong": {
            "the mean of the windows' rates": over("avg(success_rate_percentage) OVER (ORDER BY window_start)"),
            "rate of the window alone": over("success_rate_percentage"),
            "without ORDER BY": over("100 * sum(period_successful) OVER () / sum(period_deliveries) OVER ()"),
            "backwards": RUNNING.replace("ORDER BY window_start", "ORDER BY window_start DESC"),
            "shares from 0 to 1": RUNNING.replace("100 * ", ""),
            "no column running_success": RUNNING.replace("AS running_success", "AS rate"),
            "1 rows for 4 windows": RUNNING + " ORDER BY window_start DESC LIMIT 1",
            "10:00: 180.0 is not": over("sum(period_successful) OVER (ORDER BY window_start)"),
            "in braces": RUNNING.replace("{progress}", "gold_overall_progress"),
        },
    },
    "07.3": {
        "right": [f"count(*) - count_if(weather_condition IN {FOUR})"],
        "wrong": {
            "NULL is not": f"count_if(weather_condition NOT IN {FOUR})",
            "counts the NULLs": "count_if(weather_condition IS NULL)",
            "the known ones": f"count_if(weather_condition IN {FOUR})",
            "without letters": f"count_if(coalesce(weather_condition NOT IN {FOUR} AND weather_condition <> '', true))",
            "it counts 11": "count(*)",
            "for each row": f"weather_condition NOT IN {FOUR}",
        },
    },
}
