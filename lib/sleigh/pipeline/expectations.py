"""Expectations: named rules about a bronze row, and what becomes of rows that break them.

A rule is a SQL expression that must be true. NULL is not true: `status IN (...)` is NULL for a missing status, and a
filter written as its negation would let the row pass both ways or neither (lesson 03). So a rule that is not true has
failed, whatever else it is.
"""

from functools import reduce

from pyspark.sql import functions as F

# A timestamp begins with a date of a four-digit year: Spark also parses '12:00:00', as a time of the day on which it runs,
# and years up to 294247, where the arithmetic of windows overflows and ends the stream.
RULES = {
    "valid_delivery_id": "length(trim(delivery_id)) > 0",
    "valid_timestamp": "timestamp LIKE '____-__-__%' AND try_to_timestamp(timestamp) IS NOT NULL",
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
