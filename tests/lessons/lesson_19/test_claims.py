"""What lesson 19 says of designs, crashes and deletions, on a few rows of three tenants."""

import pytest
from pyspark.sql import functions as F
from sleigh import runtime
from sleigh.lessons.prepare import own_table
from sleigh.pipeline import streams

COLUMNS = "delivery_id STRING, region STRING, num_gifts INT"
TENANTS = ["Africa", "Asia", "Europe"]
ROWS = [(f"{region[:2]}{number}", region, number + 1) for region in TENANTS for number in range(4)]


@pytest.fixture
def source(spark, lake):
    """A table of twelve rows, four of each tenant, in one commit; the tables that are named in a test are made in it."""
    own_table(spark, "claims_source", COLUMNS)
    spark.createDataFrame(ROWS, COLUMNS).coalesce(1).write.format("delta").mode("append").saveAsTable("claims_source")
    return "claims_source"


def drain(rows, name, write=None):
    """The rows read by a stream into table `name`, or by `write`."""
    writer = rows.writeStream.option("checkpointLocation", runtime.checkpoint(name)).trigger(availableNow=True)
    query = writer.foreachBatch(write).start() if write else writer.format("delta").toTable(name)
    query.awaitTermination()
    return sum(step["rows"] for step in streams.progress(query))


def of(rows, tenant):
    return rows.where(F.col("region") == tenant)


def test_each_stream_reads_all_of_a_plain_table_and_only_its_own_partition(spark, source):
    for tenant in TENANTS[:2]:
        own_table(spark, "claims_one", COLUMNS)
        assert drain(of(spark.readStream.table(source), tenant), "claims_one") == len(ROWS)
    own_table(spark, "claims_shared", COLUMNS, partitioned_by=["region"])
    assert drain(spark.readStream.table(source), "claims_shared") == len(ROWS)
    assert spark.sql("DESCRIBE HISTORY claims_shared").count() == 2, "made, and one commit for all tenants"
    own_table(spark, "claims_one", COLUMNS)
    assert drain(of(spark.readStream.table("claims_shared"), "Asia"), "claims_one") == 4
    assert {row.region for row in spark.table("claims_one").collect()} == {"Asia"}


@pytest.mark.parametrize(("keep", "times"), [(False, 3), (True, 1)])
def test_a_fan_out_reads_as_often_as_it_writes_unless_it_keeps_the_micro_batch(spark, source, keep, times):
    def write(batch, batch_id):
        batch = batch.persist() if keep else batch
        for tenant in TENANTS:
            of(batch, tenant).write.format("noop").mode("append").save()
        batch.unpersist()

    assert drain(spark.readStream.table(source), "claims_fan_out", write) == times * len(ROWS)


def test_after_a_crash_between_two_tables_only_a_name_and_a_number_save_the_first(spark, source):
    tables = ["claims_first", "claims_second"]

    def run(checkpoint, named, crash):
        def write(batch, batch_id):
            for place, table in enumerate(tables):
                if crash and place == 1:
                    raise RuntimeError("power cut")
                writer = of(batch, TENANTS[place]).write.format("delta").mode("append")
                if named:
                    writer = writer.option("txnAppId", "one name for all").option("txnVersion", batch_id)
                writer.saveAsTable(table)

        rows = spark.readStream.table(source)
        if crash:
            with pytest.raises(Exception, match="power cut"):
                drain(rows, checkpoint, write)
        else:
            drain(rows, checkpoint, write)
        return [spark.table(table).count() for table in tables]

    for named, after in ((False, [8, 4]), (True, [4, 4])):
        for table in tables:
            own_table(spark, table, COLUMNS)
        assert run(f"claims_{named}", named, crash=True) == [4, 0]
        assert run(f"claims_{named}", named, crash=False) == after
    # A new checkpoint counts from 0 again, and under the old name everything is skipped.
    assert run("claims_anew", True, crash=False) == [4, 4]


def test_one_division_by_zero_stops_all_and_nullif_does_not(spark, source):
    own_table(spark, "claims_measured", COLUMNS + ", own_measure DOUBLE")
    measure = "CASE region WHEN 'Africa' THEN 1 / {} ELSE 1 END AS own_measure"
    rows = spark.readStream.table(source)
    with pytest.raises(Exception, match="TASK_WRITE_FAILED"):  # whose rule it was, it does not say
        drain(rows.selectExpr("*", measure.format("(num_gifts - 1)")), "claims_measured")
    assert spark.table("claims_measured").count() == 0
    drain(rows.selectExpr("*", measure.format("nullif(num_gifts - 1, 0)")), "claims_measured")
    assert spark.table("claims_measured").where("own_measure IS NULL").count() == 1


def test_a_deletion_upstream_stops_every_stream_that_does_not_skip_it(spark, source):
    own_table(spark, "claims_copy", COLUMNS)
    drain(spark.readStream.table(source), "claims_copy")
    spark.sql(f"DELETE FROM {source} WHERE region = 'Europe'")
    with pytest.raises(Exception, match="DELTA_SOURCE_TABLE_IGNORE_CHANGES"):
        drain(spark.readStream.table(source), "claims_copy")
    drain(spark.readStream.option("skipChangeCommits", True).table(source), "claims_copy")
    assert spark.table("claims_copy").count() == len(ROWS)


def test_open_source_spark_does_not_know_row_filters(spark, source):
    with pytest.raises(Exception, match="PARSE_SYNTAX_ERROR"):
        spark.sql(f"ALTER TABLE {source} SET ROW FILTER mine ON (region)")
