"""The kinds of answers that exercises take, and how rows are compared."""

import datetime as dt
import sys
import time
from collections import deque, namedtuple
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyspark.sql import Row
from pyspark.sql import functions as F
from sleigh.lessons import attempt
from sleigh.lessons.answers import list_of, number, one_of, optional, record, set_of, sql, text, tuple_of, whole_number
from sleigh.lessons.attempt import Wrong
from sleigh.lessons.compare import same_table, small_case
from sleigh.lessons.frames import column, frame, rows

NOON = dt.datetime(2026, 12, 24, 12, tzinfo=dt.UTC)
Pair = namedtuple("Pair", "low high")


def refused(kind, value):
    """Why `kind` does not take `value`."""
    with pytest.raises(Wrong) as why:
        kind(value)
    return str(why.value)


@pytest.mark.parametrize("five", [5, 5.0, np.int8(5), np.float32(5), Decimal("5.00"), Fraction(10, 2), np.array(5)])
def test_five_is_five(five):
    settled = whole_number(five)
    assert settled == 5 and type(settled) is int


def test_numbers_that_are_not_whole():
    assert number(Decimal("0.25")) == number(np.float64(0.25)) == number(Fraction(1, 4)) == 0.25
    assert whole_number(0.1 + 0.2 + 0.7) == 1
    assert refused(whole_number, 5.5) == "5.5 is not a whole number."
    assert "is text" in refused(number, "5")
    assert "True is not a number" in refused(number, True)
    assert "True is not a number" in refused(number, np.bool_(True))


def test_text_and_choices():
    assert text(np.str_(" a ")) == "a"
    assert sql(" SELECT 1 ; \n") == "SELECT 1"
    assert one_of("append", "update")(" Append ") == "append"
    assert one_of(1, 5)(np.float64(5)) == 5
    assert refused(one_of("append", "update"), "complete") == "'complete' is none of append, update."
    assert optional(number)(None) is None and optional(number)(2.0) == 2


@pytest.mark.parametrize(
    "given", [{"Low": 1, " high ": 2.0}, Pair(1, 2), pd.Series({"low": 1, "high": 2}), Row(low=1, high=2)]
)
def test_records(given):
    assert record(low=whole_number, high=whole_number)(given) == {"low": 1, "high": 2}


def test_records_that_are_none():
    kind = record(low=number, high=number)
    assert refused(kind, {"low": 1}) == """the dict has the keys {"low": …, "high": …}, and yours has ['low']."""
    assert refused(kind, {"low": 1, "high": "2"}).startswith("\"high\": '2' is text")
    assert "is a dict" in refused(kind, [1, 2])


@pytest.mark.parametrize(
    "given", [[1, 2], (1, 2), {1, 2}, range(1, 3), deque([1, 2]), np.array([1, 2]), pd.Series([1, 2])]
)
def test_lists(given):
    assert list_of(whole_number)(given) == [1, 2]
    assert set_of(number)(given) == {1, 2}
    assert tuple_of(number, number)(list(given)) == (1, 2)


def test_lists_that_are_none():
    assert list_of(number)(5) == [5]
    assert "has no order" in refused(tuple_of(number, number), {1, 2})
    assert refused(tuple_of(number, number), [1]) == "the answer is a list of 2 values, in order, and yours holds 1."
    assert refused(list_of(number, 3), [1]) == "the answer is a list of 3, and yours holds 1."
    assert refused(list_of(number), [1, "x"]).startswith("number 2: 'x' is text")
    assert "take it out of the table" in refused(list_of(number), pd.DataFrame({"n": [1]}))


def test_tables_of_every_kind_are_the_same_rows(spark):
    given = {"city": ["Suva", None], "n": [1.0, 2.5], "at": [NOON, NOON]}
    arrow = pa.table(given)
    kind = rows("city", "N", "at")
    wanted = [{"city": "Suva", "N": 1, "at": NOON}, {"city": None, "N": 2.5, "at": NOON}]
    indexed = arrow.to_pandas().set_index("city")
    for table in (arrow, arrow.to_pandas(), indexed, arrow.to_pylist(), spark.createDataFrame(arrow).coalesce(1)):
        assert kind(table) == wanted
        assert frame(table).count() == 2
    assert refused(kind, arrow.drop(["n"])) == "the column N is missing: there are city, at."
    assert "groupBy without its agg" in refused(kind, spark.range(3).groupBy("id"))
    assert "is a stream" in refused(kind, spark.readStream.format("rate").load())
    assert "your answer raised" in refused(rows("x"), spark.range(1).select(F.expr("raise_error('x')").alias("x")))


def loops(number):
    while True:
        number += 1


def leaves(number):
    sys.exit(3)


@pytest.mark.parametrize(
    ("does", "seconds", "why"), [(leaves, 60, "raised"), (loops, 4, "was stopped after 4 seconds")]
)
def test_what_python_does_inside_spark_ends_in_one_line(does, seconds, why, spark, monkeypatch, capfd):
    monkeypatch.setattr(attempt, "SLOW_SECONDS", seconds)
    with attempt.quiet():
        said = refused(rows("x"), spark.range(1).select(F.udf(does, "long")("id").alias("x")))
    assert why in said and "\n" not in said
    assert spark.range(3).count() == 3
    # Spark's book of jobs is kept by a listener, which hears of an end a little later.
    until = time.monotonic() + 20
    while spark.sparkContext.statusTracker().getActiveJobsIds() and time.monotonic() < until:
        time.sleep(0.05)
    assert not spark.sparkContext.statusTracker().getActiveJobsIds()
    assert capfd.readouterr().err == ""


def test_columns(spark):
    for given in (F.count("*"), "count(*)"):
        assert spark.range(3).agg(column(given).alias("n")).first().n == 3
    assert "an expression" in refused(column, 7)


def test_a_small_case():
    small_case("7 files", 4, 4)
    small_case("a mean", 1 / 3, 0.333, close=0.01)
    for got in (3, 4.5, "4", None, True):
        with pytest.raises(Wrong, match=r"^7 files: expected 4, got "):
            small_case("7 files", 4, got)
    with pytest.raises(Wrong, match=r"^\[1, 2\]: expected None, got 0\.$"):
        small_case([1, 2], None, 0)


TABLE = [{"k": "a", "n": 1}, {"k": "b", "n": None}, {"k": None, "n": 0.5}]


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (TABLE[:2], "2 rows and not 3: NULL is missing."),
        ([*TABLE, TABLE[0]], "4 rows and not 3: a is there 2 times."),
        ([*TABLE, {"k": "c", "n": 1}], "4 rows and not 3: c should not be there."),
        ([*TABLE[:2], {"k": "c", "n": 1}], "other rows: NULL is missing."),
        ([TABLE[0], {"k": "b", "n": 0}, TABLE[2]], "n of b: expected None, got 0."),
        (TABLE[::-1], "the right rows in another order: NULL stands where a belongs."),
        ([], "0 rows and not 3: a is missing."),
    ],
)
def test_tables_that_differ(found, why):
    with pytest.raises(Wrong) as told:
        same_table(found, TABLE, by="k", in_order=True)
    assert str(told.value) == why


def test_tables_that_are_the_same():
    same_table(TABLE[::-1], TABLE, by="k")
    same_table([{**row, "n": row["n"] and row["n"] + 1e-9} for row in TABLE], TABLE, by=["k"], in_order=True)
