"""Answers to the exercises of lesson 03."""

from pyspark.sql import functions as F


def solution_03_3(rows):
    return rows.withColumn("status", F.regexp_replace(F.lower(F.trim("status")), "[ -]", "_"))


def by_case(rows):
    plain = F.lower(F.trim("status"))
    return rows.withColumn("status", F.when(plain.isin("en route", "en-route"), "en_route").otherwise(plain))


def only_lower(rows):
    return rows.withColumn("status", F.lower("status"))


def blanks_left(rows):
    return rows.withColumn("status", F.lower(F.trim("status")))


def guesses(rows):
    return solution_03_3(rows).fillna("delivered", ["status"])


def drops_rows(rows):
    return solution_03_3(rows).where("status IN ('en_route', 'delivered', 'delayed')")


def drops_a_column(rows):
    return solution_03_3(rows).drop("_row")


def also_gifts(rows):
    return solution_03_3(rows).fillna(1, ["num_gifts"])


def nothing(rows):
    rows.withColumn("status", F.lower("status"))


speed = "reindeer_speed_kmh"

CASES = {
    "03.1": {
        "right": [14 + 9 + 8],
        "wrong": {
            "of them hold NULL": 49,
            "filter misses": 18,
            "for which": 17,
        },
    },
    "03.2": {
        "right": [f"{speed} IS NOT NULL AND {speed} > 0 AND {speed} BETWEEN 0 AND 3000"],
        "wrong": {
            "for NULL the rule is NULL": f"{speed} > 0 AND {speed} <= 3000",
            "0 km/h passes": f"coalesce({speed} BETWEEN 0 AND 3000, false)",
            "99999 km/h passes": f"coalesce({speed} > 0, false)",
            "3000 km/h fails": f"coalesce({speed} > 0 AND {speed} < 3000, false)",
            "NULL passes": f"coalesce({speed} > 0 AND {speed} <= 3000, true)",
            "not a condition": f"coalesce({speed}, 0)",
            "PARSE_SYNTAX_ERROR": f"{speed} >",
        },
    },
    "03.3": {
        "right": [by_case],
        "wrong": {
            "'Delivered ' became 'delivered '": only_lower,
            "'EN ROUTE' became 'en route'": blanks_left,
            "that is a guess": guesses,
            "'lost' is gone": drops_rows,
            "_row is gone": drops_a_column,
            "another column": also_gifts,
        },
    },
}
