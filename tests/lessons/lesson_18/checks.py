"""Right and wrong answers to the exercises of lesson 18."""

import math

from pyspark.sql import functions as F
from scipy import stats

# 18.1: an assignment that may grow


def bucket(salt, unit, number=F.md5, guarded=True):
    text = F.concat(F.lit(f"{salt}:"), F.col(unit))
    if number is F.md5:
        return F.conv(F.substring(F.md5(text), 1, 8), 16, 10).cast("bigint") % 10_000
    at = F.pmod(number(text), F.lit(10_000))
    return F.when(F.col(unit).isNotNull(), at) if guarded else at


def grown(number=F.md5, otherwise="undefined", **how):
    def make(salt, unit, percent):
        at = bucket(salt, unit, number, **how)
        upper = F.when(at < 100 * percent, "A").when(at >= 10_000 - 100 * percent, "B")
        return upper.otherwise(F.lit(otherwise))

    return make


def alternating(salt, unit, percent):
    """Even buckets for A, odd ones for B."""
    at = bucket(salt, unit)
    arm = F.when(at % 2 == 0, "A").otherwise("B")
    return F.when(at < 200 * percent, arm).otherwise("undefined")


def two_hashes(salt, unit, percent):
    inside = bucket(f"{salt} in", unit) < 200 * percent
    arm = F.when(bucket(f"{salt} arm", unit) < 5_000, "A").otherwise("B")
    return F.when(inside, arm).otherwise("undefined")


def in_sql(salt, unit, percent):
    number = f"conv(left(md5(concat('{salt}', {unit})), 6), 16, 10) % 1000"
    upper = 1000 - 10 * percent
    return f"CASE WHEN {number} < {10 * percent} THEN 'A' WHEN {number} >= {upper} THEN 'B' ELSE 'undefined' END"


def one_behind_the_other(salt, unit, percent):
    at = bucket(salt, unit)
    return F.when(at < 100 * percent, "A").when(at < 200 * percent, "B").otherwise("undefined")


def by_percent(salt, unit, percent):
    """Percent as part of the salt: each size draws anew."""
    return one_behind_the_other(f"{salt}{percent}", unit, percent)


def without_salt(salt, unit, percent):
    return grown()("", unit, percent)


def drawn(salt, unit, percent):
    share = F.rand()
    return (
        F.when(F.col(unit).isNull(), "undefined")
        .when(share < percent / 100, "A")
        .when(share >= 1 - percent / 100, "B")
        .otherwise("undefined")
    )


def drawn_by_a_seed(salt, unit, percent):
    """The same numbers for each salt, whatever the unit: it is its place in the table that decides."""
    share = F.rand(seed=sum(map(ord, salt)))
    arm = F.when(share < percent / 100, "A").when(share >= 1 - percent / 100, "B").otherwise("undefined")
    return F.when(F.col(unit).isNull(), "undefined").otherwise(arm)


def null_in_b(salt, unit, percent):
    at = bucket(salt, unit)
    outside = (at >= 100 * percent) & (at < 10_000 - 100 * percent)
    return F.when(at < 100 * percent, "A").when(outside, "undefined").otherwise("B")


def both_together(salt, unit, percent):
    return grown()(salt, unit, percent / 2)


def last_digit(salt, unit, percent):
    """A checksum's last bit for the arm: two salts agree on all, or on none."""
    text = F.concat(F.lit(f"{salt}:"), F.col(unit))
    arm = F.when(F.crc32(text) % 2 == 0, "A").otherwise("B")
    return F.when(bucket("in", unit) < 200 * percent, arm).otherwise("undefined")


# 18.2: both arms in one row


def side_by_side(minutes=10, watermark="5 minutes", others=False, counts=None):
    def make(deliveries):
        a = F.col("arm") == "A"
        b = ~a if others else F.col("arm") == "B"
        rows = deliveries.withWatermark("delivery_timestamp", watermark) if watermark else deliveries
        how = counts or (lambda arm: F.count_if(arm & (F.col("is_delayed") == 1)))
        windows = rows.groupBy(F.window("delivery_timestamp", f"{minutes} minutes")).agg(
            F.count_if(a).alias("a"), how(a).alias("delayed_a"), F.count_if(b).alias("b"), how(b).alias("delayed_b")
        )
        return windows.select(F.col("window.start").alias("window_start"), "a", "delayed_a", "b", "delayed_b")

    return make


def by_sums(deliveries):
    rows = deliveries.withWatermark("delivery_timestamp", "5 minutes").groupBy(
        F.window("delivery_timestamp", "10 minutes")
    )
    columns = []
    for name in "ab":
        mine = F.when(F.col("arm") == name.upper(), 1).otherwise(0)
        columns += [F.sum(mine).alias(name), F.sum(mine * F.col("is_delayed")).alias(f"delayed_{name}")]
    return rows.agg(*columns).withColumn("WINDOW_START", F.col("window.start"))


def in_sql_2(deliveries):
    deliveries.withWatermark("delivery_timestamp", "5 minutes").createOrReplaceTempView("deliveries_18_2")
    return deliveries.sparkSession.sql("""
        SELECT window(delivery_timestamp, '10 minutes').start AS window_start,
               count(*) FILTER (WHERE arm = 'A') AS a, coalesce(sum(is_delayed) FILTER (WHERE arm = 'A'), 0) AS delayed_a,
               count(*) FILTER (WHERE arm = 'B') AS b, coalesce(sum(is_delayed) FILTER (WHERE arm = 'B'), 0) AS delayed_b
        FROM deliveries_18_2 GROUP BY window(delivery_timestamp, '10 minutes')""")


def pivoted(deliveries):
    rows = deliveries.withWatermark("delivery_timestamp", "5 minutes").groupBy(
        F.window("delivery_timestamp", "10 minutes")
    )
    return rows.pivot("arm", ["A", "B"]).agg(F.count("*").alias("n"), F.sum("is_delayed").alias("delayed"))


def a_row_an_arm(deliveries):
    rows = deliveries.withWatermark("delivery_timestamp", "5 minutes")
    return rows.groupBy(F.window("delivery_timestamp", "10 minutes"), "arm").count()


def started(deliveries):
    return side_by_side()(deliveries).writeStream.format("noop")


def at_rest(deliveries):
    return deliveries.sparkSession.createDataFrame([(1, 2)], "a int, b int")


def only_a(arm):
    return F.sum(F.when(arm, F.col("is_delayed")))


def of_all(arm):
    return F.count(F.when(arm, F.col("is_delayed")))


# 18.3: a verdict


def evidence(a, b):
    (n_a, k_a), (n_b, k_b) = a, b
    rate = (k_a + k_b) / (n_a + n_b)
    v, d, t = rate * (1 - rate) * (1 / n_a + 1 / n_b), k_b / n_b - k_a / n_a, 0.01**2
    return math.exp(t * d * d / (2 * v * (v + t))) * math.sqrt(v / (v + t)), d, v


def nothing(a, b):
    return not (a[0] and b[0] and 0 < a[1] + b[1] < a[0] + b[0])


def ratio(a, b):
    return stats.chisquare([a[0], b[0]]).pvalue if a[0] + b[0] else 1


def verdict(line=0.001, enough=20, first="ratio", names=("better", "worse"), tested=None):
    def judge(a, b):
        if first == "ratio" and ratio(a, b) < line:
            return "mismatch"
        if nothing(a, b):
            return "go on"
        e, d, v = evidence(a, b)
        found = tested(d, v) if tested else e >= enough
        if found:
            return names[0] if d < 0 else names[1]
        return "mismatch" if first == "evidence" and ratio(a, b) < line else "go on"

    return judge


def in_other_words(a, b):
    total = a[0] + b[0]
    if total and (a[0] - b[0]) ** 2 / total > stats.chi2.isf(0.001, 1):
        return "Mismatch"
    if nothing(a, b):
        return "Go on"
    e, d, _ = evidence(a, b)
    return "go on" if e < 20 else ("worse", "better")[d < 0]


def careless(a, b):
    if ratio(a, b) < 0.001:
        return "mismatch"
    e, d, _ = evidence(a, b)
    return "go on" if e < 20 else "better" if d < 0 else "worse"


CASES = {
    "18.1": {
        "right": [grown(), grown(F.xxhash64), alternating, two_hashes, in_sql],
        "wrong": [
            ("from 5 to 20 percent, ", one_behind_the_other),
            ("from 5 to 20 percent, ", by_percent),
            ("two salts give every unit the same arm", without_salt),
            ("asked twice for the same salt", drawn),
            ("asked twice for the same salt", drawn_by_a_seed),
            ("a unit that is NULL is in no arm", null_in_b),
            ("a unit that is NULL is in no arm", grown(F.xxhash64, guarded=False)),
            ("with percent=20, A gets 20 %", both_together),
            ("two salts agree on ", last_digit),
            ("one of yours is None", grown(otherwise=None)),
            ("one of yours is 'control'", grown(otherwise="control")),
            ("your expression raised", lambda salt, unit, percent: F.col("no_such_column")),
            ("is no Column", lambda salt, unit, percent: 5),
        ],
    },
    "18.2": {
        "right": [side_by_side(), by_sums, in_sql_2],
        "wrong": [
            ("what is not A is not B for that", side_by_side(others=True)),
            ("and not NULL", side_by_side(counts=only_a)),
            ("yours are five", side_by_side(minutes=5)),
            ("count() counts every value", side_by_side(counts=of_all)),
            ("2 rows and not 3", side_by_side(watermark="10 minutes")),
            ("the watermark: expected '10:31', got '10:36'", side_by_side(watermark="0 minutes")),
            ("Spark refuses it", side_by_side(watermark=None)),
            ("your function raised", pivoted),
            ("the column window_start is missing", a_row_an_arm),
            ("a stream that writes already", started),
            ("no stream but a table at rest", at_rest),
            ("is no DataFrame", lambda deliveries: [1]),
        ],
    },
    "18.3": {
        "right": [verdict(), in_other_words],
        "wrong": [
            ("no reason to stop", verdict(tested=lambda d, v: abs(d) > 1.96 * math.sqrt(v))),
            ("no reason to stop", verdict(tested=lambda d, v: 2 * stats.norm.sf(abs(d) / math.sqrt(v)) < 0.05)),
            ("look at the ratio", verdict(first="never")),
            ("the ratio comes first", verdict(first="evidence")),
            ("B is better if fewer", verdict(names=("worse", "better"))),
            ("and the line is 0.001", verdict(line=0.05)),
            ("expected 'go on', got 'better'", verdict(enough=1)),
            ("expected 'go on', got 'better'", verdict(enough=15)),
            ("expected 'better', got 'go on'", verdict(enough=10_000_000)),
            ("raised ZeroDivisionError", careless),
            ("is none of mismatch, better, worse, go on", lambda a, b: "stop"),
            ("expected 'better', got 'go on'", lambda a, b: "go on"),
        ],
    },
}
