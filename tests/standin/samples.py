"""For each kind of refusal a call that serverless compute refuses and one that it takes instead, tried in the stand-in.

python -m standin.samples        (the variables of notebook.py are set) prints what became of each, as JSON
"""

import importlib
import json

from sleigh import runtime

STATE = "waits"  # a stream's checkpoint, filled by the first call that is taken


def _stream(spark, name="copy"):
    writer = spark.readStream.table("samples").writeStream
    return writer.option("checkpointLocation", runtime.checkpoint(name)).trigger(availableNow=True)


def _count(batch, batch_id):
    batch.count()


def _forgets(batch, batch_id):
    batch.cache()


REFUSED = {
    "timed triggers": [
        lambda spark: _stream(spark).trigger(processingTime="1 second").toTable("copy"),
        lambda spark: _stream(spark).trigger(continuous="1 second").toTable("copy"),
        lambda spark: (
            spark.readStream.table("samples")
            .writeStream.option("checkpointLocation", runtime.checkpoint("copy"))
            .toTable("copy")
        ),
    ],
    "data sources": [
        lambda spark: _stream(spark).format("noop").start(),
        lambda spark: _stream(spark).format("memory").queryName("m").start(),
        lambda spark: _stream(spark).format("console").start(),
        lambda spark: spark.readStream.format("rate").load().schema,
        lambda spark: spark.range(1).write.format("noop").mode("overwrite").save(),
    ],
    "state reader": [
        lambda spark: spark.read.format("statestore").load(runtime.checkpoint(STATE)).collect(),
        lambda spark: spark.read.format("state-metadata").load(runtime.checkpoint(STATE)).schema,
        lambda spark: spark.sql(f"SELECT * FROM read_statestore('{runtime.checkpoint(STATE)}')").collect(),
    ],
    "settings": [
        lambda spark: spark.conf.set("spark.sql.adaptive.enabled", "false"),
        lambda spark: spark.conf.unset("spark.sql.adaptive.enabled"),
        lambda spark: spark.sql("SET spark.sql.adaptive.enabled = false"),
    ],
    "caching": [
        lambda spark: spark.table("samples").cache(),
        lambda spark: spark.table("samples").persist(),
        lambda spark: spark.table("samples").unpersist(),
        lambda spark: spark.sql("CACHE TABLE samples"),
        lambda spark: spark.catalog.cacheTable("samples"),
        lambda spark: spark.catalog.clearCache(),
        lambda spark: spark.sql("REFRESH TABLE samples"),
    ],
    "classic session": [
        lambda spark: spark.sparkContext,
        lambda spark: spark.table("samples").rdd,
        lambda spark: spark._jvm,
    ],
    "global views": [
        lambda spark: spark.range(1).createGlobalTempView("g"),
        lambda spark: spark.sql("SELECT * FROM global_temp.g"),
    ],
    "table folders": [
        lambda spark: spark.read.format("delta").load(_folder(spark)).schema,
        lambda spark: spark.sql(f"SELECT * FROM delta.`{_folder(spark)}`").collect(),
        lambda spark: spark.sql("CREATE TABLE elsewhere (id INT) LOCATION '/tmp/elsewhere'"),
    ],
    "checkpoints elsewhere": [
        lambda spark: _stream(spark).option("checkpointLocation", "/tmp/checkpoint").toTable("copy"),
        lambda spark: (
            spark.readStream.table("samples").writeStream.trigger(availableNow=True).foreachBatch(_count).start()
        ),
    ],
    "declared pipelines": [lambda spark: importlib.import_module("pyspark.pipelines")],
    # None of the list: Python's folders are not those of the session, which is another machine.
    "this machine's files": [lambda spark: spark.read.text("/etc/hostname").collect()],
}
"""Kind -> functions of the session, each of which is refused."""

TAKEN = {
    "timed triggers": lambda spark: _stream(spark).toTable("copy").awaitTermination(),
    "data sources": lambda spark: _stream(spark, "f").foreachBatch(_count).start().awaitTermination(),
    "state reader": lambda spark: spark.table("copy").collect(),
    "settings": lambda spark: spark.conf.set("spark.sql.shuffle.partitions", "3"),
    "caching": lambda spark: spark.table("samples").createOrReplaceTempView("kept"),
    "classic session": lambda spark: spark.table("samples").count(),
    "global views": lambda spark: spark.table("kept").count(),
    "table folders": lambda spark: spark.sql("DESCRIBE DETAIL samples").collect(),
    "checkpoints elsewhere": lambda spark: _stream(spark, "c").option("mergeSchema", "true").toTable("c"),
    "declared pipelines": lambda spark: importlib.import_module("pyspark.sql"),
    "this machine's files": lambda spark: spark.read.text(_written(runtime.lake() / "a.txt")).collect(),
}
"""Kind -> what a lesson does instead, in the order in which it runs."""


def _folder(spark):
    return spark.sql("DESCRIBE DETAIL samples").first()["location"].removeprefix("file:")


def _written(path):
    path.write_text("one line\n")
    return str(path)


def tried(call, *given):
    """[class, message] of the error that the call raises; None if it raises none."""
    try:
        call(*given)
    except Exception as error:
        return [f"{type(error).__module__}.{type(error).__name__}", str(error)]
    return None


def main():
    spark = runtime.session("samples")
    spark.sql("CREATE OR REPLACE TABLE samples AS SELECT id FROM range(10)")
    found = {"taken": {kind: tried(call, spark) for kind, call in TAKEN.items()}}
    found["refused"] = {kind: [tried(call, spark) for call in calls] for kind, calls in REFUSED.items()}
    found["in a worker"] = tried(lambda: _stream(spark, "w").foreachBatch(_forgets).start().awaitTermination())
    found["time zone"] = spark.conf.get("spark.sql.session.timeZone")
    print(json.dumps(found))


if __name__ == "__main__":
    from standin import notebook

    notebook.install()
    main()
