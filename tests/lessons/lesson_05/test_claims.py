"""What lesson 05 says of Spark and its cells do not print: the sketch, the fields of the state, and who may read it.

Three commits from 12:00 on. North has 40 deliveries in two cities, South two in one, and one has no region. Red here
means that Spark behaves otherwise now.
"""

import subprocess
import sys
from datetime import datetime, timedelta

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from pyspark.errors import UnsupportedOperationException
from pyspark.sql import functions as F
from sleigh.simulator import world

NOON = datetime(2026, 12, 24, 12)
MINUTES = (1, 6, 7)
"""When the deliveries of each commit happened: the second and the third fall into the same window."""

PAIR = ("city", "country")


def commit(number):
    at = NOON + timedelta(minutes=MINUTES[number])
    rows = [("North", ("Oslo", "Bergen")[n % 2], "Norway", f"{number}-{n}", 3, 1) for n in range(40)]
    rows += [("South", "Suva", "Fiji", f"{number}-s{n}", 5, 0) for n in range(2)]
    rows += [(None, None, "Fiji", f"{number}-x", 7, 0)]
    names = ("region", "city", "country", "delivery_id", "gifts", "delivered")
    return pa.Table.from_pylist(
        [dict(zip(names, row, strict=True)) | {"at": at} for row in rows],
        pa.schema(
            [("at", pa.timestamp("us", "UTC"))]
            + [(name, pa.string()) for name in names[:4]]
            + [(name, pa.int32()) for name in names[4:]]
        ),
    )


class Lake:
    """A table of three commits, and streams over it whose results go nowhere."""

    def __init__(self, spark, folder):
        self.spark, self.folder = spark, folder
        for number in range(len(MINUTES)):
            write_deltalake(str(folder / "deliveries"), commit(number), mode="append")

    def stream(self):
        return self.spark.readStream.format("delta").option("startingVersion", 0).load(str(self.folder / "deliveries"))

    def batch(self):
        return self.spark.read.format("delta").load(str(self.folder / "deliveries"))

    def run(self, rows, name):
        writer = rows.writeStream.format("noop").outputMode("update").trigger(availableNow=True)
        writer.option("checkpointLocation", str(self.folder / name)).start().awaitTermination()

    def state(self, name):
        return self.spark.read.format("statestore").load(str(self.folder / name))


def regional(rows, *aggregates):
    on_time = rows.withWatermark("at", "1 hour")
    return on_time.groupBy(F.window("at", "5 minutes"), "region").agg(*aggregates)


@pytest.fixture
def lake(spark, tmp_path):
    return Lake(spark, tmp_path)


def test_the_sketch_counts_25_pacific_cities_as_26_in_25_registers(spark):
    pair = F.struct(*PAIR)
    register = F.shiftrightunsigned(F.xxhash64(pair), 64 - 9)
    pacific = spark.createDataFrame(world.cities()).where("region = 'Pacific Islands'")
    row = pacific.agg(F.countDistinct(pair), F.countDistinct(register), F.approx_count_distinct(pair)).first()
    assert tuple(row) == (25, 25, 26)


def test_fields_of_one_name_are_mixed_up_unless_named_by_position(lake):
    """Spark 4.2 prunes the columns of the read by name, and finds another field. Arrow refuses such a struct."""
    tenth = (F.col("gifts") / 10).cast("decimal(20,6)")
    lake.run(regional(lake.stream(), F.sum("gifts"), F.sum("delivered"), F.sum(tenth)), "sums")
    rows = lake.state("sums")
    named = rows.select(F.col("value").cast("struct<gifts:bigint,delivered:bigint,tenth:decimal(30,6),none:boolean>"))
    right = sorted(tuple(row[0])[:2] for row in named.collect())
    assert right == sorted(
        tuple(row)[:2]
        for row in regional(lake.batch(), F.sum("gifts"), F.sum("delivered")).drop("window", "region").collect()
    )
    assert sorted(tuple(row)[:2] for row in rows.select("value.*").collect()) != right
    with pytest.raises(UnsupportedOperationException, match="DUPLICATED_FIELD_NAME_IN_ARROW_STRUCT"):
        rows.toArrow()


def test_two_aggregations_count_distinct_values_exactly_in_append_mode(lake):
    windows = (
        lake.stream().withWatermark("at", "0 seconds").groupBy(F.window("at", "5 minutes"), "region", *PAIR).count()
    )
    found = []
    writer = windows.groupBy("window", "region").agg(F.count("city").alias("cities")).writeStream.outputMode("append")
    query = writer.foreachBatch(lambda batch, _: found.extend(batch.collect()) and None)
    query = query.option("checkpointLocation", str(lake.folder / "two")).trigger(availableNow=True).start()
    query.awaitTermination()
    assert {row.region: row.cities for row in found} == {"North": 2, "South": 1, None: 0}


FRESH = """
import sys
from sleigh import runtime
spark = runtime.session()
rows = spark.read.format("statestore").load(sys.argv[1])
try:
    rows.collect()
except Exception as error:
    print("CANNOT_LOAD_STATE_STORE" in str(error))
spark.streams.active
print(len(rows.collect()))
"""


def test_a_fresh_session_must_look_at_its_streams_before_it_reads_state(lake):
    lake.run(regional(lake.stream(), F.count("*")), "counts")
    command = [sys.executable, "-c", FRESH, str(lake.folder / "counts")]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.stdout.split() == ["True", "6"], run.stderr[-500:]
