"""Answers to try on the exercises of lesson 05. Those with Spark's functions need a session: see with_spark."""

from functools import reduce

from helpers import with_spark
from pyspark.sql import functions as F
from sleigh.simulator.world import GIFT_SHARE

KINDS = list(GIFT_SHARE)


def bits(*, kinds=KINDS, combine=F.bit_or):
    bit = F.coalesce(*[F.when(F.col("gift_type") == kind, F.lit(1 << place)) for place, kind in enumerate(kinds)])
    return F.bit_count(combine(bit))


def flags(combine=F.max):
    seen = [F.coalesce(combine((F.col("gift_type") == kind).cast("int")), F.lit(0)) for kind in KINDS]
    return reduce(lambda one, other: one + other, seen)


def pair():
    return F.struct("city", "country")


def of(make):
    return with_spark(lambda spark: make())


SKETCH = 416
CASES = {
    "05.1": {
        "right": [2 * 7 * 416, 5_824.0],
        "wrong": [
            ("is one sketch", SKETCH),
            ("The window is part of the key", 7 * SKETCH),
            ("in five windows", 5 * 7 * SKETCH),
            ("One more came, without rows", 3 * 7 * SKETCH),
            ("as with the regions", 2 * 4 * SKETCH),
            ("of how many bytes each", 2 * 7 * 52),
            ("number of rows in the store", 14),
            ("three factors", 5000),
            ("three factors", 4 * 7 * SKETCH),
            ("is text", "5824"),
        ],
    },
    "05.2": {
        "right": [
            "size(collect_set(struct(city, country)) FILTER (WHERE city IS NOT NULL AND country IS NOT NULL))",
            of(lambda: F.size(F.collect_set(F.when(F.col("city").isNotNull() & F.col("country").isNotNull(), pair())))),
            of(
                lambda: F.array_size(
                    F.collect_set(F.expr("if(city IS NULL OR country IS NULL, NULL, array(city, country))"))
                )
            ),
            of(lambda: F.size(F.filter(F.collect_set(pair()), lambda p: p.city.isNotNull() & p.country.isNotNull()))),
            of(
                lambda: F.expr("size(collect_set(if(city || country IS NULL, NULL, struct(city, country))))").alias(
                    "approx"
                )
            ),
        ],
        "wrong": [
            ("a row without a city: you count 2", of(lambda: F.size(F.collect_set(pair())))),
            ("one city in two countries: you count 1", of(lambda: F.size(F.collect_set("city")))),
            ("one of them twice: you count 1", of(lambda: F.size(F.collect_set("country")))),
            ("one of them twice: you count 3", of(lambda: F.count("*"))),
            ("look alike when written together", of(lambda: F.size(F.collect_set(F.concat("city", "country"))))),
            ("look alike when written together", "size(collect_set(city || '|' || country))"),
            (
                "look alike when written together",
                of(lambda: F.size(F.collect_set(F.concat_ws(", ", "city", "country")))),
            ),
            (
                "names the other way round",
                "size(collect_set(if(city || country IS NULL, NULL, array_sort(array(city, country)))))",
            ),
            (
                "capitals and a blank",
                "size(collect_set(if(city || country IS NULL, NULL, struct(trim(city), country))))",
            ),
            (
                "whose name is empty",
                "size(collect_set(struct(city, country)) FILTER (WHERE city <> '' AND country <> ''))",
            ),
            (
                "a row without a country: you count 2",
                "size(collect_set(struct(city, country)) FILTER (WHERE city IS NOT NULL))",
            ),
            (
                "no place at all: you count None",
                "nullif(size(collect_set(if(city || country IS NULL, NULL, struct(city, country)))), 0)",
            ),
            (
                "3,000 pairs, each twice: you count",
                of(lambda: F.approx_count_distinct(F.when(F.expr("city || country IS NOT NULL"), pair()))),
            ),
            (
                "hll_sketch",
                "hll_sketch_estimate(hll_sketch_agg(if(city || country IS NULL, NULL, city || '\0' || country), 21)) AS n",
            ),
            ("a stream refuses it: Distinct aggregations", of(lambda: F.countDistinct("city", "country"))),
            ("you count [", of(lambda: F.collect_set(pair()))),
            ("not 7", 7),
        ],
    },
    "05.3": {
        "right": [
            of(flags),
            of(lambda: F.coalesce(bits(combine=F.bit_or), F.lit(0))),
            "+".join(f"int(coalesce(bool_or(gift_type = '{kind}'), false))" for kind in KINDS),
            "+".join(f"least(count_if(gift_type = '{kind}'), 1)" for kind in KINDS),
        ],
        "wrong": [
            ("the state keeps names", of(lambda: F.size(F.collect_set("gift_type")))),
            ("the state keeps names", of(lambda: F.size(F.collect_set(F.upper("gift_type"))))),
            ("the state keeps names", of(lambda: F.size(F.array_distinct(F.collect_list("gift_type"))))),
            ("approx_count_distinct keeps a sketch", of(lambda: F.approx_count_distinct("gift_type"))),
            ("no gift_type at all: you count None", of(bits)),
            (
                "three types, the last of the list among them: you count",
                of(lambda: F.coalesce(bits(kinds=KINDS[:6]), F.lit(0))),
            ),
            ("one type three times: you count 3", of(lambda: F.count("gift_type"))),
            ("one type three times: you count 3", of(lambda: flags(F.sum))),
            ("one type three times: you count", "bit_count(count(gift_type))"),
            ("two types: you count 1", of(lambda: F.coalesce(bits(combine=F.max), F.lit(0)))),
            ("one type: you count 7", "7 + 0 * count(*)"),
            ("a type and a NULL: you count 2", "count(DISTINCT coalesce(gift_type, 'none'))"),
            ("a stream refuses it", of(lambda: F.countDistinct("gift_type"))),
            ("not 7", 7),
        ],
    },
}
