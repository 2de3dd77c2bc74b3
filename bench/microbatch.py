"""One micro-batch of 50 rows into Delta, three ways: Spark's and Delta's defaults, the laptop profile, and delta-rs.

Three kinds of stream: append, windowed append (state), update with MERGE. Each has availableNow and takes BATCHES commits of
50 rows, one to a micro-batch; the figure is the median of the micro-batches after the first WARM, in which Java is still
slow. With the profile the source begins as pipeline.streams.source lets it begin, and delta-rs commits as pipeline.sinks
does. The ways run one after the other in processes of their own, on the same cores. Prints one table, writes
results/microbatch.json.   usage: python bench/microbatch.py [--batches 20]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from sleigh import runtime
from sleigh.pipeline import sinks
from sleigh.runtime import profile

ROWS = 50
WARM = 5
KINDS = {"append": "append", "window": "windowed append (state)", "merge": "update with MERGE"}
WAYS = ("defaults", "profile", "delta-rs")
DELTA_ONLY = (
    "spark.sql.extensions",
    "spark.sql.catalog.spark_catalog",
    "spark.master",
    "spark.driver.memory",
    "spark.sql.session.timeZone",
)


def defaults_conf(folder):
    """A spark-defaults.conf that holds nothing but Delta, two cores, the heap and the time zone."""
    lines = [f"{name} {profile.ALWAYS[name][0]}" for name in DELTA_ONLY]
    lines.append(f"spark.driver.extraClassPath {':'.join(profile.jars())}")
    path = Path(folder) / "spark-defaults.conf"
    path.write_text("\n".join(lines) + "\n")
    return path


def measure(way, batches):
    """Seconds of each micro-batch after the first WARM, by kind."""
    from pyspark.sql import functions as F

    seconds = {}
    with tempfile.TemporaryDirectory() as folder:
        spark = runtime.session(folder)
        for number in range(batches):
            rows = spark.range(ROWS, numPartitions=1).select(
                F.col("id"), (F.lit(1_800_000_000 + 60 * number) + F.col("id")).cast("timestamp").alias("t")
            )
            rows.write.format("delta").mode("append").save(f"{folder}/source")
        for kind in KINDS:
            query = _start(spark, folder, kind, way)
            query.awaitTermination()
            steps = [json.loads(p.json) for p in query.recentProgress]
            seconds[kind] = [s["durationMs"]["triggerExecution"] / 1000 for s in steps if s["numInputRows"]][WARM:]
        runtime.stop()
    return seconds


def _start(spark, folder, kind, way):
    from pyspark.sql import functions as F

    reader = spark.readStream.format("delta").option("maxFilesPerTrigger", 1)
    if way != "defaults":
        reader = reader.option("startingVersion", 0)
    rows, target = reader.load(f"{folder}/source"), f"{folder}/{kind}"
    if kind != "append":
        rows = rows.withWatermark("t", "5 minutes").groupBy(F.window("t", "1 minute")).count()
        rows = rows.select(F.col("window.start").alias("start"), "count")
    spark.createDataFrame([], rows.schema).write.format("delta").save(target)
    writer = rows.writeStream.option("checkpointLocation", runtime.checkpoint(kind)).trigger(availableNow=True)
    writer = writer.outputMode("update" if kind == "merge" else "append")
    if way == "delta-rs":
        write = sinks.merging("start") if kind == "merge" else sinks.appending
        return writer.foreachBatch(sinks.of_batches(sinks.committing(kind, write))).start()
    if kind != "merge":
        return writer.format("delta").start(target)

    def merge(batch, batch_id):
        batch.createOrReplaceTempView("updates")
        batch.sparkSession.sql(
            f"MERGE INTO delta.`{target}` t USING updates s ON t.start = s.start "
            "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
        )

    return writer.foreachBatch(merge).start()


def in_own_process(way, batches, conf):
    env = os.environ | ({"SLEIGH_SPARK_CONF": str(conf)} if way == "defaults" else {})
    command = [sys.executable, __file__, "--measure", way, "--batches", str(batches)]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"the measurement failed: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description="One micro-batch of 50 rows into Delta, three ways.")
    parser.add_argument(
        "--batches", type=int, default=20, help=f"micro-batches a stream, more than {WARM} (default 20)"
    )
    parser.add_argument("--measure", choices=WAYS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure, arguments.batches)))
        return
    with tempfile.TemporaryDirectory() as folder:
        conf = defaults_conf(folder)
        seconds = {way: in_own_process(way, arguments.batches, conf) for way in WAYS}
    table = {kind: {way: round(statistics.median(seconds[way][kind]), 3) for way in WAYS} for kind in KINDS}
    print(f"| one micro-batch of {ROWS} rows, seconds | {' | '.join(WAYS)} | ratios |\n" + "| --- " * 5 + "|")
    for kind, row in table.items():
        ratios = " and ".join(f"{row['defaults'] / row[way]:.1f}x" for way in WAYS[1:])
        print(f"| {KINDS[kind]} | {' | '.join(f'{row[way]:.2f}' for way in WAYS)} | {ratios} |")
    target = Path(__file__).parent / "results" / "microbatch.json"
    found = {"batches": arguments.batches, "rows": ROWS, "table": table, "seconds": seconds}
    target.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
