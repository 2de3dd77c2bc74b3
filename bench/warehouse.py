"""One refresh of the dashboard: all 14 queries on an hour of the night, by DuckDB and by Spark SQL.

Two lakes: as `sleigh run` leaves it, a dozen files of silver, and as live mode does, COMMITS of them. Three ways: the
course's warehouse, which reads the new files only; a new one each time, which reads them all; Spark. All in one process, one
after the other; the figure is the median of RUNS refreshes after one to warm up, and before each a row is committed to
silver, as a running stream would. Prints one table, writes results/warehouse.json.   usage: python bench/warehouse.py
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from sleigh import landing, pipeline, runtime
from sleigh.serve import warehouse

RUNS = 5
COMMITS = 720
"""An hour of landing commits, one each five seconds."""

SILVER = "silver_santa_deliveries"


def timed(function):
    begun = time.perf_counter()
    function()
    return time.perf_counter() - begun


def commit_a_row(lake):
    from deltalake import DeltaTable, write_deltalake

    path = str(lake / SILVER)
    row = DeltaTable(path).to_pyarrow_dataset().head(1)
    write_deltalake(path, row, mode="append")


def cut(lake):
    """Write silver anew in COMMITS commits of the same rows."""
    from deltalake import DeltaTable, write_deltalake

    path = lake / SILVER
    rows = DeltaTable(str(path)).to_pyarrow_table()
    path.rename(lake.parent / "whole")
    runtime.create_files(path, SILVER)
    table, step = DeltaTable(str(path)), -(-len(rows) // COMMITS)
    for begin in range(0, len(rows), step):
        write_deltalake(table, rows.slice(begin, step), mode="append")


def measure(spark, lake):
    """{way: median seconds of a refresh}."""
    house = warehouse.Warehouse(lake)
    ways = {
        "DuckDB, new files only": house.ask_all,
        "DuckDB, opened anew": lambda: warehouse.Warehouse(lake).ask_all(),
        "Spark SQL": lambda: [warehouse.ask_spark(spark, name) for name in warehouse.QUERIES],
    }
    seconds = {}
    for way, refresh in ways.items():
        times = []
        for _ in range(RUNS + 1):
            commit_a_row(lake)
            times.append(timed(refresh))
        seconds[way] = round(statistics.median(times[1:]), 3)
    return seconds


def main():
    with tempfile.TemporaryDirectory() as folder:
        lake = Path(folder) / "lake"
        spark = runtime.session(lake)
        landing.generate(spark, minutes=60)
        pipeline.run(spark)
        seconds = {"as `run` leaves it": measure(spark, lake)}
        cut(lake)
        runtime.open_lake(spark, lake)
        seconds[f"silver in {COMMITS} commits"] = measure(spark, lake)
        runtime.stop()
    print("| one refresh, all 14 queries | lake | seconds | ratio to Spark |\n| --- | --- | --- | --- |")
    for name, ways in seconds.items():
        for way, value in ways.items():
            print(f"| {way} | {name} | {value:.2f} | {ways['Spark SQL'] / value:.1f}x |")
    target = Path(__file__).parent / "results" / "warehouse.json"
    target.write_text(json.dumps({"minutes": 60, "rate": 600, "runs": RUNS, "seconds": seconds}, indent=1) + "\n")


if __name__ == "__main__":
    main()
