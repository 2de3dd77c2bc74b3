"""What lesson 05 says of Spark: distinct counts in a stream, what its state holds and where, and which changes it refuses.

Three commits from 12:00 on. North has 40 deliveries in two cities, South two in one, and one has no region. Red here
means that Spark behaves otherwise now.
"""

import subprocess
import sys
from datetime import datetime, timedelta

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from pyspark.errors import AnalysisException, UnsupportedOperationException
from pyspark.sql import functions as F
from sleigh.pipeline import gold
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
    """A table that grows by one commit at a time, and streams over it whose results go nowhere."""

    def __init__(self, spark, folder, commits=3):
        self.spark, self.folder = spark, folder
        for number in range(commits):
            self.land(number)

    def land(self, number):
        write_deltalake(str(self.folder / "deliveries"), commit(number), mode="append")

    def stream(self):
        return self.spark.readStream.format("delta").load(str(self.folder / "deliveries"))

    def batch(self):
        return self.spark.read.format("delta").load(str(self.folder / "deliveries"))

    def run(self, rows, name, mode="update"):
        writer = rows.writeStream.format("noop").outputMode(mode).trigger(availableNow=True)
        query = writer.option("checkpointLocation", str(self.folder / name)).start()
        query.awaitTermination()
        return query

    def state(self, name, **options):
        return self.spark.read.format("statestore").options(**options).load(str(self.folder / name))

    def metadata(self, name):
        return self.spark.read.format("state-metadata").load(str(self.folder / name)).first()


def regional(rows, *aggregates):
    on_time = rows.withWatermark("at", "1 hour")
    return on_time.groupBy(F.window("at", "5 minutes"), "region").agg(*aggregates)


@pytest.fixture
def lake(spark, tmp_path):
    return Lake(spark, tmp_path)


@pytest.fixture
def four(spark):
    """Four shuffle partitions for the test."""
    before = spark.conf.get("spark.sql.shuffle.partitions")
    spark.conf.set("spark.sql.shuffle.partitions", "4")
    yield
    spark.conf.set("spark.sql.shuffle.partitions", before)


def test_a_stream_refuses_count_distinct(lake):
    with pytest.raises(AnalysisException, match="Distinct aggregations are not supported on streaming"):
        lake.run(regional(lake.stream(), F.countDistinct("city", "country")), "refused")


def test_a_struct_with_null_counts_and_count_distinct_passes_over_it(lake):
    counts = lake.batch().agg(
        F.countDistinct(*PAIR).alias("distinct"),
        F.size(F.collect_set("city")).alias("names"),
        F.size(F.collect_set(F.struct(*PAIR))).alias("structs"),
    )
    assert counts.first().asDict() == {"distinct": 3, "names": 3, "structs": 4}


def test_a_null_region_is_a_group(lake):
    groups = {row.region: row["count"] for row in lake.batch().groupBy("region").count().collect()}
    assert groups == {"North": 120, "South": 6, None: 3}


@pytest.fixture(scope="module")
def sketched(spark, tmp_path_factory):
    """A stream with set and sketch of cities and of delivery ids, drained."""
    lake = Lake(spark, tmp_path_factory.mktemp("sketched"))
    both = [
        F.collect_set(F.struct(*PAIR)),
        F.approx_count_distinct(F.struct(*PAIR)),
        F.collect_set("delivery_id"),
        F.approx_count_distinct("delivery_id"),
    ]
    lake.run(regional(lake.stream(), *both), "both")
    return lake


def test_set_and_sketch_in_the_store(sketched):
    names = sketched.state("both").schema["value"].dataType.names
    registers = [f"MS[{n}]" for n in range(52)]
    assert names == ["buf", *registers, "buf", *registers]
    rows = {(row.key.window.start.minute, row.key.region): row.value for row in sketched.state("both").collect()}
    sets = {key: (len(value[0]), len(value[53])) for key, value in rows.items()}
    assert sets[0, "South"][0] < sets[0, "North"][0] == sets[5, "North"][0], "as many cities, as many bytes"
    assert sets[5, "North"][1] > 1.9 * sets[0, "North"][1], "twice the ids, twice the bytes"
    assert b"Bergen" in rows[0, "North"][0] and b"Norway" in rows[0, "North"][0]


def test_a_smaller_deviation_costs_a_larger_sketch(sketched):
    sketched.run(regional(sketched.stream(), F.approx_count_distinct("city", 0.01)), "one_percent")
    assert len(sketched.state("one_percent").schema["value"].dataType) == 1639


def test_the_sketch_counts_25_pacific_cities_as_26_in_25_registers(spark):
    pair = F.struct(*PAIR)
    register = F.shiftrightunsigned(F.xxhash64(pair), 64 - 9)
    pacific = spark.createDataFrame(world.cities()).where("region = 'Pacific Islands'")
    row = pacific.agg(F.countDistinct(pair), F.countDistinct(register), F.approx_count_distinct(pair)).first()
    assert tuple(row) == (25, 25, 26)


def test_an_average_is_two_fields_and_a_set_is_its_values(lake, spark):
    columns = {"delivery_time_seconds": 40, "distance_from_previous_km": 1.0, "magic_level": 80.0, "is_delayed": 0}
    silver = lake.stream().withColumns(
        {name: F.lit(value) for name, value in columns.items()}
        | {"delivery_timestamp": F.col("at"), "num_gifts": F.col("gifts"), "is_delivered": F.col("delivered")}
    )
    lake.run(gold.by_region(silver), "by_region", "append")
    value = lake.state("by_region").schema["value"].dataType
    assert sorted(value.names) == sorted(["count"] * 3 + ["sum"] * 6 + ["isEmpty"] + ["buf"] * 2)


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


@pytest.mark.usefixtures("four")
def test_a_row_of_the_state_lies_where_its_key_hashes_to(lake):
    lake.run(regional(lake.stream(), F.count("*")), "hashed")
    hashed = F.pmod(F.hash("key.window", "key.region"), F.lit(4))
    rows = lake.state("hashed").select("partition_id", hashed.alias("hash")).collect()
    assert len(rows) == 6 and all(row.partition_id == row.hash for row in rows)


@pytest.mark.usefixtures("four")
def test_four_regions_share_two_of_four_partitions(spark):
    regions = spark.createDataFrame([("Asia",), ("Africa",), ("Europe",), ("Middle East",)], "region string")
    rows = regions.select("region", F.pmod(F.hash("region"), F.lit(4)).alias("partition")).collect()
    assert {row.region: row.partition for row in rows} == {"Asia": 2, "Europe": 2, "Africa": 0, "Middle East": 0}


@pytest.mark.usefixtures("four")
def test_the_checkpoint_keeps_the_number_of_partitions(lake, spark):
    rows = lake.stream().groupBy("region").count()
    lake.run(rows, "kept")
    lake.land(2)
    spark.conf.set("spark.sql.shuffle.partitions", "8")
    query = lake.run(rows, "kept")
    assert query.lastProgress.stateOperators[0].numShufflePartitions == 4
    assert lake.metadata("kept").numPartitions == 4


def test_a_micro_batch_writes_one_row_for_each_key(lake):
    query = lake.run(regional(lake.stream(), F.count("*")), "few")
    assert query.recentProgress[0].numInputRows == 129
    assert query.recentProgress[0].stateOperators[0].numRowsUpdated == 6


def test_one_aggregate_more_is_refused_and_the_old_query_goes_on(spark, tmp_path):
    lake = Lake(spark, tmp_path, commits=2)
    old = regional(lake.stream(), F.count("*"))
    lake.run(old, "shape")
    lake.land(2)
    with pytest.raises(Exception, match="STATE_STORE_VALUE_SCHEMA_NOT_COMPATIBLE"):
        lake.run(regional(lake.stream(), F.count("*"), F.max("gifts")), "shape")
    lake.run(old, "shape")
    counts = {row.key.region: row.value[0] for row in lake.state("shape").collect() if row.key.window.start.minute == 5}
    assert counts == {"North": 80, "South": 4, None: 2}


def test_two_sums_that_change_places_are_accepted_and_mixed(spark, tmp_path):
    lake = Lake(spark, tmp_path, commits=2)
    gifts, delivered = F.sum("gifts"), F.sum("delivered")
    lake.run(regional(lake.stream(), gifts, delivered), "order")
    lake.land(2)
    lake.run(regional(lake.stream(), delivered, gifts), "order")
    north = {
        row.key.window.start.minute: tuple(row.value)
        for row in lake.state("order").collect()
        if row.key.region == "North"
    }
    assert north == {0: (120, 40), 5: (120 + 40, 40 + 120)}, "gifts and then delivered in the first field"


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


def test_a_fresh_session_must_look_at_its_streams_before_it_reads_state(sketched):
    command = [sys.executable, "-c", FRESH, str(sketched.folder / "both")]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.stdout.split() == ["True", "6"], run.stderr[-500:]
