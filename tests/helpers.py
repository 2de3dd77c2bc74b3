"""What the engine's tests share: two nights, crafted messages, comparing tables, the command line."""

import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import pyarrow as pa
from sleigh import landing, pipeline, runtime
from sleigh.landing.sent import shown
from sleigh.paths import ROOT
from sleigh.tables import EVENT, LANDING, WALL_CLOCK

PLAIN = {"minutes": 40, "rate": 60, "seed": 24, "faults": "broken=0.05,duplicates=0.05,late=0", "every": 600}
"""Duplicates and broken rows, nothing late: 2,400 messages in 4 commits, 2 micro-batches a stream."""

LATE = {
    "minutes": 30,
    "start_minute": 90,
    "rate": 60,
    "seed": 7,
    "faults": "broken=0.1,duplicates=0.1,late=0.4",
    "every": 200,
}
"""High rates of every fault, some messages too late for silver: 1,800 in 9 commits, 3 micro-batches a stream."""

_ARROW = {"string": pa.string(), "int": pa.int32(), "double": pa.float64(), "date": pa.date32()}
EVENT_SCHEMA = pa.schema([(field.name, _ARROW[field.dataType.simpleString()]) for field in EVENT])
LANDING_SCHEMA = pa.schema([(field.name, _ARROW[field.dataType.simpleString()]) for field in LANDING.columns])

PIPELINE = (LANDING.name, *pipeline.STREAMS)
"""The tables of a lake that the pipeline has filled. Those of extensions are in tables.TABLES, too."""

NOON = datetime(2026, 12, 24, 12, tzinfo=UTC)


class with_spark(NamedTuple):
    """An answer to an exercise that is made by `make(spark)` when the test runs."""

    make: object


def fill(spark, folder, **night):
    """A fresh lake at `folder` with a night streamed through all tables. Returns the folder, the lake is open."""
    runtime.open_lake(spark, folder)
    landing.generate(spark, **night)
    pipeline.run(spark)
    return folder


def opened(spark, folder):
    """Open the lake at `folder` unless it is. Returns the folder."""
    if not runtime.is_open(folder):
        runtime.open_lake(spark, folder)
    return folder


def without(folder, target, names):
    """Copy the lake at `folder` to `target`, but for the tables `names` and their checkpoints. Returns the target."""
    return shutil.copytree(folder, target, ignore=shutil.ignore_patterns(*names))


def message(number=0, seconds=None, **changes):
    """A message that keeps every rule, as a dict of the 16 fields, `seconds` (its number) after noon of the night."""
    at = NOON + timedelta(seconds=number if seconds is None else seconds)
    return {
        "delivery_id": f"T-{number:05d}",
        "timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "city": "Suva",
        "country": "Fiji",
        "region": "Oceania",
        "latitude": -18.14,
        "longitude": 178.44,
        "timezone": "Pacific/Fiji",
        "gift_type": "Toys",
        "num_gifts": 2,
        "status": "delivered",
        "delivery_time_seconds": 40,
        "distance_from_previous_km": 10.0,
        "weather_condition": "Foggy",
        "reindeer_speed_kmh": 900.0,
        "magic_level": 80.0,
    } | changes


def bronze_rows(spark, messages):
    """Crafted messages as a batch DataFrame with the columns of bronze."""
    from sleigh.pipeline import bronze

    return bronze.ingest(spark.createDataFrame(pa.Table.from_pylist(messages, EVENT_SCHEMA)))


def land_messages(spark, *commits):
    """Land crafted messages, one commit for each list, and keep as truth that each came as its own `timestamp` says.

    A message that keeps every rule is clean, one that repeats a delivery_id a duplicate, the others are broken.
    """
    import duckdb

    runtime.create_table(spark, landing.TABLE)
    folder = runtime.lake() / "_truth"
    folder.mkdir(exist_ok=True)
    truth, seen = [], Counter()
    for number, messages in enumerate(commits, 1):
        rows = [each | {"ingestion_date": date(2026, 12, 24)} for each in messages]
        _write(runtime.lake() / landing.TABLE, pa.Table.from_pylist(rows, LANDING_SCHEMA), number)
        for each in messages:
            broken = each.pop("_broken", [])
            seen[each["delivery_id"]] += 1
            kind = "broken" if broken else "clean" if seen[each["delivery_id"]] == 1 else "duplicate"
            truth.append((len(truth), each["delivery_id"], each["timestamp"], kind, broken))
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    db.execute("CREATE TABLE t (seq BIGINT, delivery_id VARCHAR, sent VARCHAR, kind VARCHAR, broken_rules VARCHAR[])")
    db.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", truth)
    part = folder / "crafted.parquet"
    db.execute(f"""
        COPY (SELECT seq, delivery_id, TRY_CAST(sent AS TIMESTAMPTZ) AS event_time,
                     TIMESTAMPTZ '{NOON:%Y-%m-%d %H:%M:%S}+00' AS arrival_time, kind, broken_rules,
                     0.0::DOUBLE AS late_seconds FROM t ORDER BY seq)
        TO '{str(part).replace("'", "''")}' (FORMAT parquet)""")


def _write(path, rows, number):
    from deltalake import CommitProperties, Transaction, write_deltalake

    named = CommitProperties(app_transactions=[Transaction("tests", number)])
    write_deltalake(str(path), rows, mode="append", commit_properties=named)


def arrow(rows):
    """A pyarrow Table or a Spark DataFrame as a pyarrow Table."""
    return rows if isinstance(rows, pa.Table) else rows.toArrow()


def counted(rows, without=WALL_CLOCK):
    """Rows as a Counter of tuples, without the wall-clock columns; times as integers, so that year 10,000 has a place."""
    table = arrow(rows)
    columns = []
    for name in table.column_names:
        if name in without:
            continue
        column = table[name]
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("us", column.type.tz)).cast(pa.int64())
        elif pa.types.is_date(column.type):
            column = column.cast(pa.int32())
        columns.append([_key(value) for value in column.to_pylist()])
    return Counter(zip(*columns, strict=True))


def _key(value):
    return tuple(value) if isinstance(value, list) else repr(value) if isinstance(value, float) else value


def assert_same(actual, expected):
    """Fail, showing a few rows, unless both have the same columns and the same rows as often, whatever their order."""
    actual, expected = arrow(actual), arrow(expected)
    assert actual.column_names == expected.column_names
    one, other = counted(actual), counted(expected)
    assert sum(one.values()) == actual.num_rows
    extra, missing = list((one - other).elements()), list((other - one).elements())
    assert not extra and not missing, f"{len(extra)} extra: {extra[:3]}\n{len(missing)} missing: {missing[:3]}"


def tables(spark, names):
    """{name: counted rows} of tables of the open lake."""
    return {name: counted(runtime.read(spark, name)) for name in names}


def arguments(night, lake):
    """The command line that runs such a night on `lake`."""
    names = {"every": "batch-seconds"}
    pairs = [(f"--{names.get(name, name).replace('_', '-')}", str(shown(value))) for name, value in night.items()]
    return ["run", *[word for pair in pairs for word in pair], "--lake", str(lake)]


def fetch(address):
    """The status with which a page on this machine answers, past any proxy."""
    try:
        return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address).status
    except urllib.error.HTTPError as error:
        return error.code


def command(*words, **environment):
    """Run `python -m sleigh WORDS` as a process of its own. Returns the CompletedProcess, with text."""
    env = os.environ | {"PYTHONPATH": str(ROOT / "lib")} | environment
    return subprocess.run([sys.executable, "-m", "sleigh", *words], env=env, cwd=ROOT, capture_output=True, text=True)


def wait_for(condition, seconds=180):
    """Wait until `condition()` is true; an AssertionError after `seconds`."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.05)
