"""Answers to try on the exercises of lesson 03."""

import pandas as pd
from helpers import with_spark
from pyspark.sql import functions as F

speed = "reindeer_speed_kmh"


def mended(rows):
    return rows.withColumn("status", F.regexp_replace(F.lower(F.trim("status")), "[ -]", "_"))


def by_case(rows):
    plain = F.lower(F.trim("status"))
    return rows.withColumn("status", F.when(plain.isin("en route", "en-route"), "en_route").otherwise(plain))


def only_what_is_known(rows):
    plain = F.regexp_replace(F.lower(F.trim("status")), r"\W", "_")
    known = plain.isin("en_route", "delivered", "delayed")
    return rows.withColumn("status", F.when(known, plain).otherwise(F.col("status")))


def in_sql(rows):
    return rows.selectExpr("* EXCEPT (status)", "translate(lower(trim(STATUS)), ' -', '__') AS status")


def in_pandas(rows):
    table = rows.toPandas()
    table["status"] = table["status"].str.strip().str.lower().str.replace("[ -]", "_", regex=True)
    return table


def only_lower(rows):
    return rows.withColumn("status", F.lower("status"))


def blanks_left(rows):
    return rows.withColumn("status", F.lower(F.trim("status")))


def blanks_everywhere(rows):
    return rows.withColumn("status", F.regexp_replace(F.lower("status"), "[ -]", "_"))


def only_the_four(rows):
    known = {"Delivered ": "delivered", " delayed": "delayed", "EN ROUTE": "en_route", "en-route": "en_route"}
    return rows.replace(known, subset=["status"])


def guesses(rows):
    return mended(rows).fillna("delivered", ["status"])


def guesses_by_word(rows):
    found = F.when(F.lower("status").contains("deliver"), "delivered").otherwise(F.col("status"))
    return mended(rows).withColumn("status", found)


def empty_for_null(rows):
    return mended(rows).fillna("", ["status"])


def null_for_empty(rows):
    return mended(rows).replace("", None, ["status"])


def null_for_unknown(rows):
    valid = F.col("status").isin("en_route", "delivered", "delayed")
    return mended(rows).withColumn("status", F.when(valid, F.col("status")))


def drops_rows(rows):
    return mended(rows).where("status IN ('en_route', 'delivered', 'delayed')")


def drops_null(rows):
    return mended(rows).dropna(subset=["status"])


def each_once(rows):
    return mended(rows).distinct()


def twice(rows):
    return mended(rows).union(mended(rows))


def drops_a_column(rows):
    return mended(rows).drop("_row")


def also_gifts(rows):
    return mended(rows).fillna(1, ["num_gifts"])


def nothing(rows):
    rows.withColumn("status", F.lower("status"))


CASES = {
    "03.1": {
        "right": [14 + 9 + 8, 31.0],
        "wrong": [
            ("of them hold NULL", 49),
            ("filter misses", 18),
            ("0 itself", 22),
            ("is not it", 17),
            ("is not it", 0),
            ("is not it", 3191),
            ("not a whole number", 31.5),
            ("is text", "31"),
        ],
    },
    "03.2": {
        "right": [
            f"{speed} IS NOT NULL AND {speed} > 0 AND {speed} BETWEEN 0 AND 3000",
            f"ifnull({speed.upper()} > 0 AND NOT isnan({speed}) AND {speed} <= 3e3, FALSE); ",
            f"CASE WHEN {speed} <= 0 OR {speed} > 3000 OR {speed} IS NULL THEN false ELSE true END -- all else",
            f"coalesce({speed}, -1) > 0 AND coalesce({speed}, -1) <= 3000",
            with_spark(lambda spark: F.coalesce((F.col(speed) > 0) & (F.col(speed) <= 3000), F.lit(False))),
        ],
        "wrong": [
            ("for NULL the rule is NULL", f"{speed} > 0 AND {speed} <= 3000"),
            ("0 km/h passes", f"coalesce({speed} BETWEEN 0 AND 3000, false)"),
            ("3000.25 km/h passes", f"coalesce({speed} > 0, false)"),
            ("3000 km/h fails", f"coalesce({speed} > 0 AND {speed} < 3000, false)"),
            ("2500.5 km/h fails", f"coalesce({speed} > 0 AND {speed} < 2000 OR {speed} = 3000, false)"),
            ("0.25 km/h fails", f"coalesce({speed} BETWEEN 1 AND 3000, false)"),
            ("3000.25 km/h passes", f"coalesce({speed} > 0 AND round({speed}) <= 3000, false)"),
            ("NaN passes", f"coalesce({speed} > 0 AND NOT ({speed} BETWEEN 3000.1 AND double('infinity')), false)"),
            ("NULL passes", f"coalesce({speed} > 0 AND {speed} <= 3000, true)"),
            ("850 km/h fails", f"NOT coalesce({speed} > 0 AND {speed} <= 3000, false)"),
            ("not a condition", f"coalesce({speed}, 0)"),
            ("not 3000", 3000),
            ("PARSE_SYNTAX_ERROR", f"{speed} >"),
            ("UNRESOLVED_COLUMN", "speed > 0"),
        ],
    },
    "03.3": {
        "right": [mended, by_case, only_what_is_known, in_sql, in_pandas],
        "wrong": [
            ("'Delivered ' became 'delivered '", only_lower),
            ("'EN ROUTE' became 'en route'", blanks_left),
            ("'Delivered ' became 'delivered_'", blanks_everywhere),
            ("' En-Route ' became ' En-Route '", only_the_four),
            ("None became 'delivered': nothing in the row says so", guesses),
            ("'not delivered' became 'delivered'", guesses_by_word),
            ("None became ''", empty_for_null),
            ("'' became None", null_for_empty),
            ("'lost' became None", null_for_unknown),
            ("'lost' was there once and is there not at all", drops_rows),
            ("None was there once and is there not at all", drops_null),
            ("'Delivered ' was there twice and is there once", each_once),
            ("'Delivered ' was there twice and is there 4 times", twice),
            ("_row is missing", drops_a_column),
            ("num_gifts was None and is 1", also_gifts),
            ("returns None", nothing),
            ("hand over the function itself", "lower(trim(status))"),
            ("does not take that", lambda: pd.DataFrame()),
        ],
    },
}
