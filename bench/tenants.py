"""What a tenant costs: three designs for 1, 4 and 7 tenants, over the same 6,000 rows of silver in ten commits.

    streams   a stream for each tenant, filtered, into a table of its own
    fan-out   one stream, whose foreachBatch keeps the micro-batch and appends to a table for each
    shared    one table partitioned by tenant: the library's stream, extensions/tenants

Each runs in a process of its own on a copy of one lake, with Spark's sink. Seconds and CPU seconds are those of the streams
alone, without the start of the session; memory is the proportional set size (PSS) of process and JVM at its peak. Prints one
table, with the ratios to one tenant, and writes results/tenants.json.   usage: python bench/tenants.py [--tenants 1 4 7]
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from live import cpu_seconds
from pipeline import pss, require_pss
from sleigh import landing, pipeline, runtime
from sleigh.paths import ROOT
from sleigh.pipeline import streams
from sleigh.pipeline.stages import STAGES
from sleigh.tables import SILVER

COMMITS = 10


def names(count):
    return [f"tenant {number}" for number in range(count)]


def fill(folder, count):
    """A lake whose silver has 6,000 deliveries in ten commits, of `count` tenants in turn."""
    import pyarrow as pa
    from deltalake import write_deltalake

    spark = runtime.session(folder)
    landing.generate(spark, minutes=10, rate=600, every=60, faults="none")
    pipeline.run(spark, stages={name: STAGES[name] for name in ("bronze", "silver")}, files_per_batch=1)
    rows = runtime.read(spark, SILVER.name)
    region = pa.array([names(count)[place % count] for place in range(len(rows))])
    rows = rows.set_column(rows.schema.get_field_index("region"), "region", region)
    shutil.rmtree(folder / SILVER.name)
    runtime.create_files(folder / SILVER.name, SILVER.name)
    step = -(-len(rows) // COMMITS)
    for begin in range(0, len(rows), step):
        write_deltalake(str(folder / SILVER.name), rows.slice(begin, step), mode="append")
    runtime.stop()


def designs(spark, tenants):
    """{design: function that starts its streams, availableNow, and returns them}"""
    from pyspark.sql import functions as F
    from sleigh.extensions import tenants as library

    def source():
        return streams.source(spark, SILVER.name, 1)

    def started(rows, name):
        where = str(runtime.lake() / runtime.SCRATCH / name)
        return rows.writeStream.option("checkpointLocation", f"{where}/checkpoint").trigger(availableNow=True), where

    def of_one(number, tenant):
        writer, where = started(source().where(F.col("region") == tenant), f"stream_{number}")
        return writer.format("delta").start(f"{where}/table")

    def fan_out(batch, batch_id):
        batch.persist()
        for number, tenant in enumerate(tenants):
            part = batch.where(F.col("region") == tenant).write.format("delta").mode("append")
            part.option("txnAppId", "fan-out").option("txnVersion", batch_id).save(f"{folder}/{number}")
        batch.unpersist()

    folder = runtime.lake() / runtime.SCRATCH / "fan_out"

    def shared():
        library.registry.begin(spark, tenants)
        return [library.stream().start(spark)]

    return {
        "streams": lambda: [of_one(number, tenant) for number, tenant in enumerate(tenants)],
        "fan-out": lambda: [started(source(), "fan_out")[0].foreachBatch(fan_out).start()],
        "shared": shared,
    }


def one(design, count, folder):
    """Run a design here, on the lake at `folder`, and print what it took as JSON."""
    spark = runtime.session(folder)
    start = designs(spark, names(count))[design]
    spark.table(SILVER.name).count()  # the JVM has read a table once
    me = psutil.Process()
    begun, used = time.monotonic(), cpu_seconds(me)
    queries = start()
    streams.drain(*queries)
    seconds, cpu = time.monotonic() - begun, cpu_seconds(me) - used
    read = sum(step["rows"] for query in queries for step in streams.progress(query))
    print(json.dumps({"seconds": round(seconds, 2), "cpu_seconds": round(cpu, 2), "rows_read": read}), flush=True)


def measured(design, count, lake):
    """The same in a process of its own on a copy of `lake`, with the peak of its memory, and cores used."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(lake, f"{folder}/lake")
        child = subprocess.Popen(
            [sys.executable, __file__, "--one", design, "--tenants", str(count), "--lake", f"{folder}/lake"],
            env=os.environ | {"PYTHONPATH": str(ROOT / "lib")},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        peak, done = 0, threading.Event()

        def watch():
            nonlocal peak
            while not done.wait(0.25):
                peak = max(peak, pss(psutil.Process(child.pid)))

        watcher = threading.Thread(target=watch)
        watcher.start()
        out, _ = child.communicate()
        done.set()
        watcher.join()
    if child.returncode:
        sys.exit(f"{design} with {count} tenants failed with exit code {child.returncode}")
    found = json.loads(out.splitlines()[-1])
    cores = round(found["cpu_seconds"] / found["seconds"], 2)
    return {"design": design, "tenants": count} | found | {"cores": cores, "peak_pss_mb": peak >> 20}


def main():
    parser = argparse.ArgumentParser(description="What a tenant costs, in three designs.")
    parser.add_argument("--tenants", type=int, nargs="+", default=[1, 4, 7])
    parser.add_argument("--one", help=argparse.SUPPRESS)  # what the processes that it starts are called with
    parser.add_argument("--lake", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        one(arguments.one, arguments.tenants[0], arguments.lake)
        return
    require_pss()
    runs = []
    print("| design | tenants | rows read | seconds | ratio | cores | peak PSS, MB |\n" + "| --- " * 7 + "|")
    with tempfile.TemporaryDirectory() as folder:
        for count in arguments.tenants:
            fill(Path(folder).resolve() / str(count), count)
        for design in ("streams", "fan-out", "shared"):
            for count in arguments.tenants:
                runs.append(measured(design, count, f"{folder}/{count}"))
                run, first = runs[-1], next(each for each in runs if each["design"] == design)
                ratio = run["seconds"] / first["seconds"]
                row = [design, count, f"{run['rows_read']:,}", run["seconds"], f"{ratio:.1f}x", run["cores"]]
                print("| " + " | ".join(map(str, [*row, run["peak_pss_mb"]])) + " |", flush=True)
    target = ROOT / "bench" / "results" / "tenants.json"
    target.write_text(json.dumps({"commits": COMMITS, "runs": runs}, indent=1) + "\n")


if __name__ == "__main__":
    main()
