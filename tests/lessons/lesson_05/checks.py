"""Answers to the exercises of lesson 05. Those with Spark's functions need a session: see with_spark."""

from helpers import with_spark
from pyspark.sql import functions as F
from sleigh.simulator.world import GIFT_SHARE

KINDS = list(GIFT_SHARE)


def whole():
    return F.col("city").isNotNull() & F.col("country").isNotNull()


def bits(*, kinds=KINDS, combine=F.bit_or):
    bit = F.coalesce(*[F.when(F.col("gift_type") == kind, F.lit(1 << place)) for place, kind in enumerate(kinds)])
    return F.bit_count(combine(bit))


def flags():
    seen = [F.coalesce(F.max((F.col("gift_type") == kind).cast("int")), F.lit(0)) for kind in KINDS]
    return sum(seen[1:], seen[0])


def of(make):
    return with_spark(lambda spark: make())


CASES = {
    "05.1": {
        "right": [2 * 7 * 416],
        "wrong": {
            "is one sketch": 416,
            "The window is part of the key": 7 * 416,
            "all five windows": 5 * 7 * 416,
            "one more came": 3 * 7 * 416,
            "for four regions": 2 * 4 * 416,
            "could hold at the end": 5000,
        },
    },
    "05.2": {
        "right": [
            of(lambda: F.expr("size(collect_set(struct(city, country)) FILTER (WHERE city <> '' AND country <> ''))"))
        ],
        "wrong": {
            "a row without a city: you count 2": of(lambda: F.size(F.collect_set(F.struct("city", "country")))),
            "one name: you count 1": of(lambda: F.size(F.collect_set("city"))),
            "one of them twice: you count 1": of(lambda: F.size(F.collect_set("country"))),
            "one of them twice: you count 3": of(lambda: F.count("*")),
            "look alike when written together": of(lambda: F.size(F.collect_set(F.concat("city", "country")))),
            "a stream refuses it: Distinct aggregations": of(lambda: F.countDistinct("city", "country")),
            "estimates": of(lambda: F.approx_count_distinct(F.struct("city", "country"))),
        },
    },
    "05.3": {
        "right": [of(flags)],
        "wrong": {
            "the names themselves": of(lambda: F.size(F.collect_set("gift_type"))),
            "in 416 bytes": of(lambda: F.approx_count_distinct("gift_type")),
            "no gift_type at all: you count None": of(bits),
            "all seven, some twice: you count": of(lambda: F.coalesce(bits(kinds=KINDS[:6]), F.lit(0))),
            "one type three times: you count": of(lambda: F.count("gift_type")),
            "a stream refuses it": of(lambda: F.countDistinct("gift_type")),
        },
    },
}
