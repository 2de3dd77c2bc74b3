"""Answers to the exercises of lesson 08."""

from pyspark.sql import Window
from pyspark.sql import functions as F


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


def twice(rows, n):
    return by_rank(rows, n).unionAll(by_rank(rows, n))


def without_place(rows, n):
    return by_rank(rows, n).drop("place")


def nothing(rows, n):
    by_rank(rows, n)


CASES = {
    "08.1": {
        "right": [["Johannesburg", 12]],
        "wrong": {
            "with five minutes": ("Lagos", 10),
            "comes from those before": ("Johannesburg", 11),
            "the empty one": ("Johannesburg", 13),
            "newest delivery and the watermark": ("Johannesburg", 9),
            "two rings": ("Lagos", 12),
            "Cairo gets no more": ("Cairo", 12),
        },
    },
    "08.2": {
        "right": [by_counting],
        "wrong": {
            "though others with as many": by_row_number,
            "22:15, top 3: Beirut is on the list, though 4": by_dense_rank,
            "with 54 deliveries is not on the list": with_tie_break,
            "Each window has a list of its own": over_everything,
            "22:15, top 3: Beirut": the_last,
            "22:30, top 3: Paris (France) with 30 deliveries is not on the list, though only 2": one_too_few,
            "top 1: Cairo is on the list, though 1": always_three,
            "is not on the list, though others": one_london,
            "has place 2, and 2 cities": dense_places,
            "twice": twice,
            "column place is missing": without_place,
        },
    },
    "08.3": {
        "right": [[187, 187 + 49 - 1]],
        "wrong": {
            "share the third place": (187, 236),
            "may have had no delivery": (188, 235),
            "cannot have fewer": (0, 235),
            "one number": (187, 187),
            "could have had more": (187, 224),
            "too many": (187, 251),
        },
    },
}
