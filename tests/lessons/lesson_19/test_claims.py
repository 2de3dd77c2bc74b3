"""What lesson 19 says of a fan-out's name and its cells do not print."""

from sleigh import runtime
from sleigh.lessons.prepare import own_table
from sleigh.pipeline import streams

COLUMNS = "delivery_id STRING, region STRING"


def test_under_the_same_name_a_new_checkpoint_counts_from_0_again_and_everything_is_skipped(spark, lake):
    own_table(spark, "claims_source", COLUMNS)
    spark.sql("INSERT INTO claims_source VALUES ('a', 'Africa'), ('b', 'Asia')")
    own_table(spark, "claims_named", COLUMNS)

    def write(batch, batch_id):
        writer = batch.write.format("delta").mode("append").option("txnAppId", "one name for all")
        writer.option("txnVersion", batch_id).saveAsTable("claims_named")

    for checkpoint in ("the_old_one", "a_new_one"):
        writer = streams.source(spark, "claims_source").writeStream.foreachBatch(write).trigger(availableNow=True)
        query = writer.option("checkpointLocation", runtime.checkpoint(checkpoint)).start()
        streams.drain(query)
        assert [step["batch"] for step in streams.progress(query)] == [0]
        assert spark.table("claims_named").count() == 2, "a and b, by the old checkpoint"
