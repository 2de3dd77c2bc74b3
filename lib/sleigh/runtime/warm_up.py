"""What install.archive_classes runs in a process of its own: a session that loads what every session loads."""

import tempfile

from . import sessions


def warm_up():
    """One small stream into Delta and one MERGE, so that the archive holds their classes."""
    with tempfile.TemporaryDirectory() as folder:
        spark = sessions.session(folder)
        spark.range(50).selectExpr("id", "timestamp_seconds(id) AS t").write.format("delta").save(f"{folder}/a")
        rows = spark.readStream.format("delta").load(f"{folder}/a").withWatermark("t", "1 minute").groupBy("t").count()
        query = rows.writeStream.format("delta").option("checkpointLocation", f"{folder}/c").trigger(availableNow=True)
        query.start(f"{folder}/b").awaitTermination()
        spark.sql(f"MERGE INTO delta.`{folder}/a` a USING delta.`{folder}/b` b ON a.t = b.t WHEN MATCHED THEN DELETE")
        sessions.stop()


if __name__ == "__main__":
    warm_up()
