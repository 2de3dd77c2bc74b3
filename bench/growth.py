"""A thousand commits later: does a micro-batch still cost what it does at first, and what has grown meanwhile?

The night at the default rate, 50 messages a commit, through bronze, silver and one gold table (--all: through all eight
streams), one commit to a micro-batch. A hundred commits are landed and streamed at a time, so that the logs are as long as
they were when live mode was there. Of each hundred: median seconds of a micro-batch, the CPU seconds of all processes to a
micro-batch (wall time is no measure on a machine that does other things, too), bytes and files of logs, checkpoints and
state, and memory as proportional set size (PSS). The first two micro-batches after each start are left out. A JVM gets
faster for its first thousand micro-batches, which would hide what the lake costs: so at the end the first hundred commits
run once more, on a fresh lake in the same JVM, and it is with these that the last hundred is compared. Prints a table for
each sink, writes results/growth.json; a sink that is not named keeps its figures there.
usage: python bench/growth.py [--commits 1100] [--sink delta-rs spark] [--mode live] [--all]
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from live import cpu_seconds
from pipeline import pss, require_pss
from sleigh.paths import ROOT

RESULTS = ROOT / "bench" / "results" / "growth.json"
HUNDRED, EVERY = 100, 5
SHORT = ("bronze_santa_deliveries", "silver_santa_deliveries", "gold_delivery_summary_realtime")


def measure(commits, sink, mode, every_stream):
    """Print a JSON object for each hundred commits, and for the first hundred of a fresh lake."""
    from sleigh import landing, pipeline, runtime
    from sleigh.landing import write
    from sleigh.pipeline import streams
    from sleigh.simulator.night import batches, night

    spark = runtime.session(long=True)
    spark.conf.set("spark.sql.streaming.numRecentProgressUpdates", 2 * HUNDRED)
    tables = list(pipeline.STREAMS) if every_stream else SHORT
    messages = night(-(-commits * EVERY // 60) + 1, rate=600, seed=24, faults="default")
    me = psutil.Process()

    def run(parts, count):
        """Land `count` commits and stream them; {table: seconds of each micro-batch}, and CPU seconds of them all."""
        for number, events, truth in islice(parts, count):
            rows = landing.with_ingestion_date(events, truth["arrival_time"])
            write.append(spark, landing.TABLE, rows, truth["arrival_time"], (number + 1) * EVERY)
        seconds, used = {}, cpu_seconds(me)
        for table in tables:
            query = pipeline.start_table(spark, table, files_per_batch=1, sink=sink, mode=mode)
            streams.drain(query)
            seconds[table] = [step["seconds"] for step in streams.progress(query) if step["rows"]]
        return seconds, cpu_seconds(me) - used

    with tempfile.TemporaryDirectory() as folder:
        for name, total in (("lake", commits), ("fresh", HUNDRED)):
            runtime.open_lake(spark, f"{folder}/{name}")
            runtime.create_table(spark, landing.TABLE)
            parts = batches(messages, EVERY)
            for done in range(0, total, HUNDRED):
                count = min(HUNDRED, total - done)
                begun = time.monotonic()
                seconds, used = run(parts, count)
                found = {
                    "lake": name,
                    "commits": done + count,
                    "seconds": {name: _median(each) for name, each in seconds.items()},
                }
                found["median_s"] = round(sum(found["seconds"].values()), 4)
                found["cpu_s"] = round(used / sum(map(len, seconds.values())), 4)
                found |= _sizes(Path(folder) / name, tables) | {"pss_mb": pss(me) >> 20}
                found["wall_s"] = round(time.monotonic() - begun, 1)
                print(json.dumps(found), flush=True)
        runtime.stop()


def _median(seconds):
    return round(statistics.median(seconds[2:]), 4)


def _sizes(lake, tables):
    """Kilobytes and files of what grows: the tables' logs, the checkpoints, and of these the state."""
    folders = {
        "log": [lake / table / "_delta_log" for table in tables],
        "checkpoint": [lake / "_checkpoints" / table for table in tables],
        "state": [lake / "_checkpoints" / table / "state" for table in tables],
    }
    sizes = {}
    for name, places in folders.items():
        files = [path for place in places for path in place.rglob("*") if path.is_file()]
        sizes |= {f"{name}_kb": sum(path.stat().st_size for path in files) >> 10, f"{name}_files": len(files)}
    return sizes


COLUMNS = (
    "lake",
    "commits",
    "median_s",
    "cpu_s",
    "log_kb",
    "log_files",
    "checkpoint_kb",
    "checkpoint_files",
    "state_kb",
    "pss_mb",
)


def of_sink(sink, arguments):
    """The hundreds of one sink, measured in a process of their own, printed as they come."""
    words = [sys.executable, __file__, "--measure", "--sink", sink, "--commits", str(arguments.commits)]
    words += ["--mode", arguments.mode] + ["--all"] * arguments.all
    child = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    hundreds = []
    print(f"\n{sink}\n\n| {' | '.join(COLUMNS)} |\n|{' --- |' * len(COLUMNS)}", flush=True)
    for line in child.stdout:
        if line.startswith("{"):
            hundreds.append(json.loads(line))
            print("| " + " | ".join(str(hundreds[-1][name]) for name in COLUMNS) + " |", flush=True)
    if child.wait() or not hundreds:
        sys.exit(f"the measurement with {sink} failed")
    *_, last, first = hundreds
    ratios = {name: round(last[name] / first[name], 2) for name in ("median_s", "cpu_s")}
    ratios |= {table: round(last["seconds"][table] / first["seconds"][table], 2) for table in first["seconds"]}
    print(f"\nthe last hundred to the first of a fresh lake: {ratios}")
    return {"commits": arguments.commits, "mode": arguments.mode, "ratios": ratios, "hundreds": hundreds}


def main():
    parser = argparse.ArgumentParser(description="What a micro-batch costs a thousand commits later.")
    parser.add_argument("--commits", type=int, default=1100, help="two hundred or more (default 1100)")
    parser.add_argument("--sink", nargs="+", choices=("delta-rs", "spark"), default=["delta-rs", "spark"])
    parser.add_argument("--mode", choices=("live", "final"), default="live", help="of gold (default live)")
    parser.add_argument("--all", action="store_true", help="all eight streams, not three of them")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.commits, arguments.sink[0], arguments.mode, arguments.all)
        return
    require_pss()
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    for sink in arguments.sink:
        kept[sink] = of_sink(sink, arguments)
        RESULTS.write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    main()
