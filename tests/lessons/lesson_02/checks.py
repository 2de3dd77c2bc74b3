"""Answers to the exercises of lesson 02, right and wrong."""

import json
from collections import namedtuple

from pyspark.sql import functions as F
from sleigh import runtime

Rows = namedtuple("Rows", "plain remembers")


def named(batch, batch_id, table, stream):
    writer = batch.write.format("delta").option("txnAppId", stream).option("txnVersion", batch_id)
    writer.mode("append").saveAsTable(table)


def by_options(rows, number, name, app):
    rows.write.options(txnAppId=app, txnVersion=str(number)).saveAsTable(name, format="delta", mode="append")
    return rows


def by_insert(rows, number, name, app):
    """insertInto takes no options, and says nothing."""
    rows.write.options(txnAppId=app, txnVersion=number).insertInto(name)


def by_the_catalogue(batch, batch_id, table, stream):
    batch.coalesce(1).writeTo(table).option("txnAppId", f"sink-{stream}").option("txnVersion", 10 + batch_id).append()


def by_history(batch, batch_id, table, stream):
    """One writer at a time can also look its own note up in the table's history."""
    note = json.dumps([stream, batch_id])
    done = runtime.session().sql(f"DESCRIBE HISTORY {table}").where(F.col("userMetadata") == note).count()
    if not done:
        batch.write.format("delta").mode("append").option("userMetadata", note).saveAsTable(table)


def plain(batch, batch_id, table, stream):
    batch.write.format("delta").mode("append").saveAsTable(table)


def one_name_for_all(batch, batch_id, table, stream):
    writer = batch.write.format("delta").option("txnAppId", "bronze").option("txnVersion", batch_id)
    writer.mode("append").saveAsTable(table)


def name_and_number_swapped(batch, batch_id, table, stream):
    writer = batch.write.format("delta").option("txnAppId", batch_id).option("txnVersion", stream)
    writer.mode("append").saveAsTable(table)


def number_of_one(batch, batch_id, table, stream):
    named(batch, 1, table, stream)


def name_of_each_batch(batch, batch_id, table, stream):
    """Right for the replay alone: another name for each micro-batch, and no stream in it."""
    named(batch, 0, table, f"batch {batch_id}")


def overwriting(batch, batch_id, table, stream):
    batch.write.format("delta").mode("overwrite").saveAsTable(table)


def merging(batch, batch_id, table, stream):
    batch.createOrReplaceTempView("arrived")
    key = "t.delivery_id = a.delivery_id"
    runtime.session().sql(f"MERGE INTO {table} t USING arrived a ON {key} WHEN NOT MATCHED THEN INSERT *")


def only_new_rows(batch, batch_id, table, stream):
    plain(batch.exceptAll(runtime.session().table(table)), batch_id, table, stream)


seen = set()
latest = {}


def seen_in_python(batch, batch_id, table, stream):
    if (stream, batch_id) not in seen:
        seen.add((stream, batch_id))
        plain(batch, batch_id, table, stream)


def latest_in_a_default(batch, batch_id, table, stream, *, done=latest):
    if latest.get(stream, -1) < batch_id:
        latest[stream] = batch_id
        plain(batch, batch_id, table, stream)


def only_the_first(batch, batch_id, table, stream):
    if batch_id == 0:
        plain(batch, batch_id, table, stream)


def nothing_written(batch, batch_id, table, stream):
    return batch.write.format("delta").option("txnAppId", stream).option("txnVersion", batch_id)


CASES = {
    "02.1": {
        "right": [
            {"remembers": 800 + 100, "plain": 800 + 200 + 100},
            Rows(1100, 900),
            {"plain": 1100.0, "remembers": 900.0},
            {"Plain": sum([300, 300, 200, 200, 100]), "Remembers": sum([300, 300, 200, 100])},
        ],
        "wrong": {
            "writes it again": {"plain": 900, "remembers": 900},
            "the wrong way round": {"plain": 900, "remembers": 1100},
            "not the two before it": {"plain": 1700, "remembers": 900},
            "remembers: it finds micro-batch 2 in its log": {"plain": 1100, "remembers": 1100},
            "plain: the 100 rows that landed after": {"plain": 1000, "remembers": 800},
            "remembers: the 100 rows that landed after": {"plain": 1100, "remembers": 800},
            "none is taken away": {"plain": 1100, "remembers": 600},
            "so they are written once": {"plain": 1200, "remembers": 900},
            "plain: 1,300? Start from the 800": {"plain": 1300, "remembers": 900},
            "remembers: 1,000? Start": {"plain": 1100, "remembers": 1000},
            "is a dict": 1100,
        },
    },
    "02.2": {
        "right": [named, by_options, by_the_catalogue, by_history],
        "wrong": [
            ("came again after a restart of the process: expected 1, got 2", plain),
            ("came again after a restart of the process: expected 1, got 2", by_insert),
            ("of another stream (the same numbers, a new checkpoint): expected 1, got 0", one_name_for_all),
            ("your function raised", name_and_number_swapped),
            ("came again after a restart of the process: expected 1, got 0", number_of_one),
            ("of another stream (the same numbers, a new checkpoint): expected 1, got 0", name_of_each_batch),
            ("a row of micro-batch 0: expected 1, got 0", overwriting),
            ("(bronze keeps both): expected 2, got 1", merging),
            ("(bronze keeps both): expected 2, got 1", only_new_rows),
            ("came again after a restart of the process: expected 1, got 2", seen_in_python),
            ("came again after a restart of the process: expected 1, got 2", latest_in_a_default),
            ("came again after a restart of the process: expected 1, got 0", only_the_first),
            ("a row of micro-batch 0: expected 1, got 0", nothing_written),
            ("is called with (batch, batch_id, table, stream)", lambda batch, batch_id: batch.count()),
            ("hand over the function itself", 4),
        ],
    },
    "02.3": {
        "right": [
            {"landing_commit": 10, "micro_batch": 5},
            {"micro_batch": 5.0, "landing_commit": 10.0},
            namedtuple("Walk", "micro_batch landing_commit")(5, 10),
            {"MICRO_BATCH": 5, "LANDING_COMMIT": 9 + 1},
        ],
        "wrong": {
            "where its event time 10:04 would put it": {"micro_batch": 2, "landing_commit": 5},
            "the wrong way round": {"micro_batch": 10, "landing_commit": 5},
            "the version of bronze": {"micro_batch": 6, "landing_commit": 10},
            "9 is the minute of arrival": {"micro_batch": 5, "landing_commit": 9},
            "*before* the first file": {"micro_batch": 5, "landing_commit": 11},
            "micro-batch 3? Look": {"micro_batch": 3, "landing_commit": 8},
            "Commit 7? Its range": {"micro_batch": 5, "landing_commit": 7},
            "micro-batch 9? Look": {"micro_batch": 9, "landing_commit": 10},
            "is a dict": 5,
        },
    },
}
