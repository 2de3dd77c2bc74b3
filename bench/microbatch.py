"""One micro-batch of 50 rows into Delta: Spark's and Delta's defaults against the laptop profile.

Three ways to write: append, windowed append (state), update with SQL MERGE. Each is one stream with availableNow over
BATCHES commits of 50 rows, one commit to a micro-batch; the figure is the median of the micro-batches after the first
two. Both sides run one after the other in processes of their own, on the same cores. Prints one table, writes
results/microbatch.json.   usage: python bench/microbatch.py [--batches 8]
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
from sleigh.runtime import profile

ROWS = 50
KINDS = ("append", "window", "merge")
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


def measure(batches):
    """Seconds of each micro-batch after the first two, by kind."""
    from pyspark.sql import functions as F

    seconds = {}
    with tempfile.TemporaryDirectory() as folder:
        spark = runtime.session()
        for number in range(batches):
            rows = spark.range(ROWS, numPartitions=1).select(
                F.col("id"), (F.lit(1_800_000_000 + 60 * number) + F.col("id")).cast("timestamp").alias("t")
            )
            rows.write.format("delta").mode("append").save(f"{folder}/source")
        for kind in KINDS:
            query = _start(spark, folder, kind)
            query.awaitTermination()
            steps = [json.loads(p.json) for p in query.recentProgress]
            seconds[kind] = [s["durationMs"]["triggerExecution"] / 1000 for s in steps if s["numInputRows"]][2:]
        runtime.stop()
    return seconds


def _start(spark, folder, kind):
    from pyspark.sql import functions as F

    rows = spark.readStream.format("delta").option("maxFilesPerTrigger", 1).load(f"{folder}/source")
    target = f"{folder}/{kind}"
    if kind != "append":
        rows = rows.withWatermark("t", "5 minutes").groupBy(F.window("t", "1 minute")).count()
        rows = rows.select(F.col("window.start").alias("start"), "count")
    writer = rows.writeStream.option("checkpointLocation", f"{folder}/{kind}_checkpoint").trigger(availableNow=True)
    if kind != "merge":
        return writer.format("delta").start(target)
    spark.sql(f"CREATE TABLE delta.`{target}` (start TIMESTAMP, count BIGINT) USING delta")

    def merge(batch, batch_id):
        batch.createOrReplaceTempView("updates")
        batch.sparkSession.sql(
            f"MERGE INTO delta.`{target}` t USING updates s ON t.start = s.start "
            "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
        )

    return writer.outputMode("update").foreachBatch(merge).start()


def in_own_process(batches, conf=None):
    env = os.environ | ({"SLEIGH_SPARK_CONF": str(conf)} if conf else {})
    command = [sys.executable, __file__, "--measure", "--batches", str(batches)]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"the measurement failed: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(
        description="One micro-batch of 50 rows into Delta: Spark's and Delta's defaults against the laptop profile."
    )
    parser.add_argument("--batches", type=int, default=8, help="micro-batches a stream, more than 3 (default 8)")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.batches)))
        return
    with tempfile.TemporaryDirectory() as folder:
        sides = {
            "defaults": in_own_process(arguments.batches, defaults_conf(folder)),
            "laptop": in_own_process(arguments.batches),
        }
    medians = {side: {kind: statistics.median(found[kind]) for kind in KINDS} for side, found in sides.items()}
    table = {
        kind: {
            "defaults_s": round(medians["defaults"][kind], 2),
            "laptop_s": round(medians["laptop"][kind], 2),
            "ratio": round(medians["defaults"][kind] / medians["laptop"][kind], 1),
        }
        for kind in KINDS
    }
    print(
        "| one micro-batch of 50 rows | Spark's and Delta's defaults, s | laptop profile, s | ratio |\n"
        "| --- | --- | --- | --- |"
    )
    for kind, row in table.items():
        print(f"| {kind} | {row['defaults_s']} | {row['laptop_s']} | {row['ratio']}x |")
    target = Path(__file__).parent / "results" / "microbatch.json"
    target.write_text(
        json.dumps({"batches": arguments.batches, "rows": ROWS, "table": table, "seconds": sides}, indent=1) + "\n"
    )


if __name__ == "__main__":
    main()
