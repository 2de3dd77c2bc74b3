"""The whole pipeline on 60 minutes of the night, four ways, equal rows: what a laptop's time goes into.

    defaults   `sleigh run` with Spark's and Delta's defaults: nothing set but Delta, two cores, the heap and the time zone
    profile    `sleigh run` as it is
    delta-rs   `sleigh run --sink delta-rs`: Spark computes, delta-rs commits
    DuckDB     silver and the five gold tables from landing's files in one go: what the arithmetic alone needs

Each is a process of its own on a fresh lake, its start included, one after the other on the same cores. The rows that the
first three have written are compared with those of the fourth (tests/oracle.py, which shares no code with the library).
Prints one table, writes results/defaults.json.   usage: python bench/defaults.py [--minutes 60] [--rounds 1]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
import oracle
from microbatch import defaults_conf
from sleigh.paths import ROOT

WAYS = {"defaults": [], "profile": [], "delta-rs": ["--sink", "delta-rs"]}
"""Name -> what `sleigh run` is told besides."""


def run(way, lake, minutes, conf):
    """Fill `lake` by one of WAYS; wall seconds, and what each stage took."""
    command = [
        sys.executable,
        "-m",
        "sleigh",
        "run",
        "--minutes",
        str(minutes),
        "--json",
        "--lake",
        str(lake),
        *WAYS[way],
    ]
    more = {"PYTHONPATH": str(ROOT / "lib")} | ({"SLEIGH_SPARK_CONF": str(conf)} if way == "defaults" else {})
    out, seconds = _timed(command, os.environ | more)
    result = json.loads(out.splitlines()[-1])
    return seconds | {"events": result["generated"], "balanced": result["balanced"], "stages": result["seconds"]}


def arithmetic(lake):
    """Silver and gold of `lake` by DuckDB in a process of its own: wall seconds, and those of the SQL alone."""
    out, seconds = _timed([sys.executable, __file__, "--arithmetic", str(lake)], os.environ)
    return seconds | json.loads(out.splitlines()[-1])


def _timed(command, env):
    begun = time.monotonic()
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    wall = time.monotonic() - begun
    if done.returncode:
        sys.exit(f"{' '.join(command[1:4])} failed: {(done.stderr.strip().splitlines() or ['no word'])[-1]}")
    return done.stdout, {"wall_s": round(wall, 2)}


def require_equal(db, lake):
    """Exit unless gold at `lake` is what DuckDB expects, row by row. Returns {table: rows}."""
    rows = {}
    for table in oracle.GOLD_COLUMNS:
        oracle.gold(db, table)
        keys, expected, rows[table], wrong = oracle.compare_gold(db, lake, table)
        if not keys == expected == rows[table] or any(wrong.values()):
            sys.exit(f"{table} differs: {expected} rows expected, {rows[table]} written, {wrong}")
    return rows


def one_round(minutes):
    """Every way once; {way: what run and arithmetic return}."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        found = {way: run(way, folder / way, minutes, defaults_conf(folder)) for way in WAYS}
        found["DuckDB"] = arithmetic(folder / "profile")
        db = oracle.compute(folder / "profile")
        for way in WAYS:
            found[way]["rows"] = require_equal(db, folder / way)
    return found


def main():
    parser = argparse.ArgumentParser(
        description="The whole pipeline on 60 minutes of the night, four ways, equal rows."
    )
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=1, help="how often all four run; the figures are medians")
    parser.add_argument("--arithmetic", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.arithmetic:
        begun = time.monotonic()
        db = oracle.compute(arguments.arithmetic)
        for table in oracle.GOLD_COLUMNS:
            oracle.gold(db, table)
        print(json.dumps({"sql_s": round(time.monotonic() - begun, 2)}))
        return
    rounds = [one_round(arguments.minutes) for _ in range(arguments.rounds)]
    wall = {way: statistics.median(found[way]["wall_s"] for found in rounds) for way in rounds[0]}
    print(f"| {arguments.minutes} minutes of the night | seconds | the defaults take |\n| --- | --- | --- |")
    for way, seconds in wall.items():
        print(f"| {way} | {seconds:.1f} | {wall['defaults'] / seconds:.1f}x |")
    print("equal rows: gold of all three, row by row, is what DuckDB has computed")
    target = Path(__file__).parent / "results" / "defaults.json"
    target.write_text(json.dumps({"minutes": arguments.minutes, "rounds": rounds}, indent=1) + "\n")


if __name__ == "__main__":
    main()
