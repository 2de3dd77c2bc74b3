"""Where the time of a micro-batch of 50 rows goes: Spark's and Delta's defaults against the laptop profile, phase by phase.

Two ways to write: append, and counts by window (state), each one stream with availableNow over BATCHES commits of 50 rows,
one commit to a micro-batch. Of each phase the median of the micro-batches after the first two; beside the times, which are
this machine's, the jobs and tasks of the whole stream and the files that it leaves in its checkpoint, which are not. Both
sides run one after the other in processes of their own, as microbatch.py has them. Prints one table, writes
results/anatomy.json.   usage: python bench/anatomy.py [--batches 6]
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
from microbatch import ROWS, defaults_conf
from sleigh import runtime
from sleigh.pipeline import cost

KINDS = ("append", "window")


def measure(batches):
    """{kind: milliseconds by phase, jobs, tasks, files} of one side, in this process."""
    from pyspark.sql import functions as F

    found = {}
    with tempfile.TemporaryDirectory() as folder:
        spark = runtime.session()
        for number in range(batches):
            rows = spark.range(ROWS, numPartitions=1).select(
                F.col("id"), (F.lit(1_800_000_000 + 60 * number) + F.col("id")).cast("timestamp").alias("t")
            )
            rows.write.format("delta").mode("append").save(f"{folder}/source")
        for kind in KINDS:
            found[kind] = _run(spark, Path(folder), kind)
        runtime.stop()
    return found


def _run(spark, folder, kind):
    from pyspark.sql import functions as F

    rows = spark.readStream.format("delta").option("maxFilesPerTrigger", 1).load(f"{folder}/source")
    if kind == "window":
        rows = rows.withWatermark("t", "5 minutes").groupBy(F.window("t", "1 minute")).count()
        rows = rows.select(F.col("window.start").alias("start"), "count")
    checkpoint = folder / f"{kind}_checkpoint"
    writer = rows.writeStream.format("delta").option("checkpointLocation", str(checkpoint))
    query = writer.trigger(availableNow=True).start(f"{folder}/{kind}")
    query.awaitTermination()
    steps = [cost.phases(report) for report in query.recentProgress if report.numInputRows][2:]
    jobs = cost.jobs(spark, query)
    return {
        "ms": {phase: round(statistics.median(step[phase] for step in steps)) for phase in steps[0]},
        "jobs": len(jobs),
        "tasks": sum(job["tasks"] for job in jobs),
        "files": sum(path.is_file() and path.suffix != ".crc" for path in checkpoint.rglob("*")),
    }


def in_own_process(batches, conf=None):
    env = os.environ | ({"SLEIGH_SPARK_CONF": str(conf)} if conf else {})
    command = [sys.executable, __file__, "--measure", "--batches", str(batches)]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"the measurement failed: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description="Where the time of a micro-batch of 50 rows goes, phase by phase.")
    parser.add_argument("--batches", type=int, default=6, help="micro-batches a stream, more than 3 (default 6)")
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
    print(
        f"| {arguments.batches} micro-batches of {ROWS} rows | ms each | addBatch | jobs | tasks | files left |\n"
        "| --- | --- | --- | --- | --- | --- |"
    )
    for side, kinds in sides.items():
        for kind, one in kinds.items():
            row = [sum(one["ms"].values()), one["ms"]["addBatch"], one["jobs"], one["tasks"], one["files"]]
            print(f"| {kind}, {side} | {' | '.join(map(str, row))} |")
    target = Path(__file__).parent / "results" / "anatomy.json"
    target.write_text(json.dumps({"batches": arguments.batches, "rows": ROWS, "sides": sides}, indent=1) + "\n")


if __name__ == "__main__":
    main()
