"""Answers to try on the exercises of lesson 08."""

from pyspark.sql import Window
from pyspark.sql import functions as F

KEY = ("window_start", "city", "country")


def newest(changes, after):
    known = changes.where(F.col("micro_batch") <= after).groupBy(*KEY)
    return known.agg(F.max_by("total_deliveries", "micro_batch").alias("total_deliveries"))


def largest(changes, after):
    known = changes.where(f"micro_batch <= {after}").groupBy(*KEY)
    return known.agg(F.max("total_deliveries").alias("TOTAL_DELIVERIES"), F.count("*").alias("changes"))


def last_of_each(changes, after):
    newest_first = Window.partitionBy(*KEY).orderBy(F.desc("micro_batch"))
    numbered = changes.where(F.col("micro_batch") < after + 1).withColumn("nth", F.row_number().over(newest_first))
    return numbered.where("nth = 1")


def in_pandas(changes, after):
    table = changes.toPandas().query("micro_batch <= @after").sort_values("micro_batch")
    return table.groupby(list(KEY), dropna=False, as_index=False).total_deliveries.last()


def in_sql(changes, after):
    text = f"""SELECT window_start, city, country, max_by(total_deliveries, micro_batch) AS total_deliveries
               FROM {{changes}} WHERE micro_batch <= {after} GROUP BY ALL"""
    return changes.sparkSession.sql(text, changes=changes)


def of_that_alone(changes, after):
    return newest(changes.where(F.col("micro_batch") == after), after)


def before_it(changes, after):
    return newest(changes.where(F.col("micro_batch") < after), after)


def of_the_night(changes, after):
    return newest(changes, 99)


def added_up(changes, after):
    known = changes.where(F.col("micro_batch") <= after).groupBy(*KEY)
    return known.agg(F.sum("total_deliveries").alias("total_deliveries"))


def numbers_of_changes(changes, after):
    known = changes.where(F.col("micro_batch") <= after).groupBy(*KEY)
    return known.agg(F.count("*").alias("total_deliveries"))


def smallest(changes, after):
    known = changes.where(F.col("micro_batch") <= after).groupBy(*KEY)
    return known.agg(F.min("total_deliveries").alias("total_deliveries"))


def by_name(changes, after):
    known = changes.where(F.col("micro_batch") <= after).groupBy("window_start", "city")
    return known.agg(F.first("country").alias("country"), F.max("total_deliveries").alias("total_deliveries"))


def over_windows(changes, after):
    known = changes.where(F.col("micro_batch") <= after).groupBy("city", "country")
    return known.agg(F.min("window_start").alias("window_start"), F.max("total_deliveries").alias("total_deliveries"))


def by_join(changes, after):
    """With = instead of <=>: the city without a country does not find itself."""
    known = changes.where(F.col("micro_batch") <= after)
    last = known.groupBy(*KEY).agg(F.max("micro_batch").alias("micro_batch"))
    return known.join(last, [*KEY, "micro_batch"]).select(*KEY, "total_deliveries")


def every_change(changes, after):
    return changes.where(F.col("micro_batch") <= after)


def three(changes, after):
    return newest(changes, 3)


def newest_at_all(changes, after):
    """Only cities whose newest change of the night had come."""
    last = F.max("micro_batch").over(Window.partitionBy(*KEY))
    return changes.withColumn("last", last).where(f"micro_batch = last AND last <= {after}")


def without_country(changes, after):
    return newest(changes, after).drop("country")


def by_count():
    """A window needs a session, so it is made when a test runs."""
    return Window.partitionBy("window_start").orderBy(F.desc("total_deliveries"))


def numbered(rows, function, n, by=None):
    return rows.withColumn("place", function().over(by or by_count())).where(f"place <= {n}")


def by_rank(rows, n):
    return numbered(rows, F.rank, n)


def by_counting(rows, n):
    other = rows.select(F.col("window_start").alias("_w"), F.col("total_deliveries").alias("_n"))
    ahead = F.count_if(F.col("_n") > F.col("total_deliveries"))
    every = rows.crossJoin(other).where("window_start = _w").groupBy(*rows.columns).agg((ahead + 1).alias("place"))
    return every.where(f"place <= {n}")


def by_pandas(rows, n):
    table = rows.toPandas()
    table["place"] = table.groupby("window_start").total_deliveries.rank(method="min", ascending=False)
    return table[table.place <= n].sort_values("place")


def by_sql(rows, n):
    text = f"""SELECT * FROM (SELECT *, RANK() OVER (PARTITION BY window_start ORDER BY total_deliveries DESC) AS PLACE
                              FROM {{rows}}) WHERE place <= {n} ORDER BY window_start, place"""
    return rows.sparkSession.sql(text, rows=rows)


def by_row_number(rows, n):
    return numbered(rows, F.row_number, n)


def by_dense_rank(rows, n):
    return numbered(rows, F.dense_rank, n)


def with_tie_break(rows, n):
    return numbered(rows, F.rank, n, by_count().orderBy(F.desc("total_deliveries"), "city", "country"))


def over_everything(rows, n):
    return numbered(rows, F.rank, n, Window.orderBy(F.desc("total_deliveries")))


def the_last(rows, n):
    return numbered(rows, F.rank, n, by_count().orderBy("total_deliveries"))


def always_three(rows, n):
    return by_rank(rows, 3)


def one_too_few(rows, n):
    return by_rank(rows, n - 1)


def one_london(rows, n):
    return by_rank(rows, n).dropDuplicates(["window_start", "city"])


def dense_places(rows, n):
    return by_rank(rows, n).withColumn("place", F.dense_rank().over(by_count()))


def places_from_0(rows, n):
    return by_rank(rows, n).withColumn("place", F.col("place") - 1)


def limited(rows, n):
    return by_rank(rows, 99).orderBy("place").limit(n)


def other_counts(rows, n):
    return by_rank(rows, n).withColumn("total_deliveries", F.lit(1))


def twice(rows, n):
    return by_rank(rows, n).unionAll(by_rank(rows, n))


def without_place(rows, n):
    return by_rank(rows, n).drop("place")


def nothing(rows, n):
    by_rank(rows, n)


CASES = {
    "08.1": {
        "right": [newest, largest, last_of_each, in_pandas, in_sql],
        "wrong": [
            ("changes of that micro-batch alone", of_that_alone),
            ("what micro-batch 3 itself changed is missing", before_it),
            ("later micro-batches", of_the_night),
            ("added up", added_up),
            ("numbers of changes", numbers_of_changes),
            ("smallest counts", smallest),
            ("3 rows and not 4", by_name),
            ("after micro-batch 5: 5 rows and not 6: 22:30, Lagos, Nigeria is missing", over_windows),
            ("North Pole, NULL is missing", by_join),
            ("is there 2 times", every_change),
            ("after micro-batch 5", three),
            ("22:15, Lagos, Nigeria is missing", newest_at_all),
            ("column country is missing", without_country),
            ("it does not take that", lambda changes: changes),
        ],
    },
    "08.2": {
        "right": [by_rank, by_counting, by_pandas, by_sql],
        "wrong": [
            ("is not on the list, though", by_row_number),
            ("22:15, top 3: Beirut (Lebanon) with 42 deliveries is on the list, though 4", by_dense_rank),
            ("with 54 deliveries is not on the list, though", with_tie_break),
            ("Each window has a list of its own", over_everything),
            ("22:15, top 3: Beirut", the_last),
            ("22:30, top 3: Paris (France) with 30 deliveries is not on the list, though only 2", one_too_few),
            ("top 1: Cairo (Egypt) with 54 deliveries is on the list, though 1", always_three),
            ("is not on the list, though London with as many is on it", one_london),
            ("has place 2, and 2 cities", dense_places),
            ("has place 0, and 0 cities", places_from_0),
            ("22:15, top 3: no city at all", limited),
            ("with 1 is in no row handed in", other_counts),
            ("twice", twice),
            ("column place is missing", without_place),
            ("returns None", nothing),
            ("the function itself", "rank()"),
        ],
    },
    "08.3": {
        "right": [(187, 235), [187, 187 + 49 - 1]],
        "wrong": [
            ("share the third place", (187, 236)),
            ("may have had no delivery", (188, 235)),
            ("may have had no delivery", (224, 235)),
            ("cannot have fewer", (0, 235)),
            ("one number", (187, 187)),
            ("one number", (224, 224)),
            ("least comes first", (235, 187)),
            ("with 38 in the quarter without it", (187, 224)),
            ("too many", (187, 251)),
            ("list of 2 values", 187),
            ("is text", ("187", "235")),
        ],
    },
}
