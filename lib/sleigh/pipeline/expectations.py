"""Expectations: named rules about a bronze row, and what becomes of rows that break them.

A rule is a SQL expression that must be true. NULL is not true: `status IN (...)` is NULL for a missing status, and a
filter written as its negation would let the row pass both ways or neither (lesson 03). So a rule that is not true has
failed, whatever else it is.
"""

from datetime import timedelta
from functools import reduce

from pyspark.sql import functions as F

from ..domain import CHRISTMAS, NIGHT_END, NIGHT_START

SKEW = timedelta(minutes=5)
"""How far ahead of the true time a sender's clock may be."""

VISIBLE = r"[^\p{Z}\p{Cc}\p{Cf}]"
"""A letter, a digit or a sign: no blank of any width, no control character such as tab and NUL, none that shows nothing.
trim() takes off the common blank alone."""

# A time must be one at which the event can have happened. The newest event moves the watermark: after a single one from
# tomorrow, all that is on time is too late. Nothing happens after it was reported, so where rows come as things happen the
# rule to copy asks the arrival:    ... BETWEEN <the day you went live> AND ingestion_timestamp + INTERVAL 5 MINUTES
# Ours cannot: the night of 2026 is replayed on any day, and ingestion_timestamp does not say when in the night a message
# arrived. Two other facts bound the time. No message comes before the night or after it. And the sleigh comes at midnight:
# an event is within three hours of the midnight of the place that it names. (One that is ahead of its arrival by less than
# that does pass; the ledger counts what it makes too late.)
# And a timestamp begins with a date of a four-digit year: Spark takes '12:00:00', too, for a time of the day it runs on.
_TIME = "try_to_timestamp(timestamp)"
_MIDNIGHT = f"try_to_timestamp('{CHRISTMAS}T00:00:00 ' || if(timezone LIKE '%/%', timezone, NULL))"

RULES = {
    "valid_delivery_id": f"delivery_id RLIKE r'{VISIBLE}'",
    "valid_timestamp": (
        f"timestamp LIKE '____-__-__%' AND {_TIME} "
        f"BETWEEN TIMESTAMP '{NIGHT_START:%Y-%m-%dT%H:%M:%SZ}' AND TIMESTAMP '{NIGHT_END + SKEW:%Y-%m-%dT%H:%M:%SZ}' "
        f"AND coalesce({_TIME} BETWEEN {_MIDNIGHT} - INTERVAL 3 HOURS AND {_MIDNIGHT} + INTERVAL 3 HOURS, true)"
    ),
    "valid_status": "status IN ('en_route', 'delivered', 'delayed')",
    "valid_coordinates": "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180",
    "positive_gifts": "num_gifts > 0",
}


def check(df, rules=RULES):
    """`df` plus failed_rules array<string>: the names of the rules that are not true, in the rules' order, maybe empty."""
    failed = [F.when(~F.coalesce(F.expr(rule), F.lit(False)), F.lit(name)) for name, rule in rules.items()]
    return df.withColumn("failed_rules", F.array_compact(F.array(*failed)))


def valid(bronze, rules=RULES):
    """The rows of `bronze` for which every rule is true, unchanged."""
    return check(bronze, rules).where(F.size("failed_rules") == 0).drop("failed_rules")


def quarantine(bronze, rules=RULES):
    """The other rows of `bronze`, as they came, plus failed_rules array<string> and quarantined_at timestamp."""
    failed = check(bronze, rules).where(F.size("failed_rules") > 0)
    return failed.withColumn("quarantined_at", F.current_timestamp())


def metrics(bronze, *by, rules=RULES):
    """Rows, passed and failed per rule, for all of `bronze` or for each value of the columns `by`.

    Columns: *by, rule string, rows bigint, passed bigint, failed bigint, pass_percentage double (2 decimals).
    """
    checked = check(bronze, rules)
    per_rule = [
        checked.select(
            *by, F.lit(name).alias("rule"), F.array_contains("failed_rules", name).cast("int").alias("failed")
        )
        for name in rules
    ]
    return (
        reduce(lambda one, other: one.unionAll(other), per_rule)
        .groupBy(*by, "rule")
        .agg(F.count("*").alias("rows"), F.sum("failed").alias("failed"))
        .select(*by, "rule", "rows", (F.col("rows") - F.col("failed")).alias("passed"), "failed")
        .withColumn("pass_percentage", F.round(100 * F.col("passed") / F.col("rows"), 2))
    )
