"""The whole pipeline on an hour of the night, at the default rate and at up to 100 times as much, and on the whole night.

Each run is `python -m sleigh run` in a process of its own on a fresh lake, session start and ledger included. Memory is the
proportional set size (PSS) of all its processes together, sampled twice a second, its peak. More than IDS_IN_HEAP events
get a heap of HEAP: the ids of the last hour, which silver remembers, do not fit into the laptop profile's. Prints one table,
writes results/pipeline.json; with --runs, only those, the others in the file stay as they are.
usage: python bench/pipeline.py [--runs 600x60 6667x1500]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from sleigh.runtime.profile import IDS_IN_HEAP, ROOT

HEAP = "4g"

RUNS = [(600, 60), (6000, 60), (16_667, 60), (60_000, 60), (6667, 1500)]
"""Events a minute, and minutes: 36,000 events, ten times as many, a million, 3.6 million, and ten million in a night."""


def require_pss():
    if not hasattr(psutil.Process().memory_full_info(), "pss"):
        sys.exit("the proportional set size of a process is known on Linux only: run this there")


def pss(process):
    """Proportional set size in bytes of a process and all its children."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total


def run(rate, minutes):
    """Run the pipeline once; its JSON plus wall seconds and the peak of PSS in bytes."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "sleigh", "run", "--minutes", str(minutes), "--rate", str(rate), "--json"]
        more = {"SLEIGH_HEAP": HEAP} if rate * min(minutes, 60) > IDS_IN_HEAP else {}
        begun = time.monotonic()
        child = subprocess.Popen(
            [*command, "--lake", f"{folder}/lake"],
            env=os.environ | {"PYTHONPATH": str(ROOT / "lib")} | more,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        peak, done = 0, threading.Event()

        def watch():
            nonlocal peak
            process = psutil.Process(child.pid)
            while not done.wait(0.5):
                peak = max(peak, pss(process))

        watcher = threading.Thread(target=watch)
        watcher.start()
        out, _ = child.communicate()
        done.set()
        watcher.join()
        wall = time.monotonic() - begun
    if child.returncode:
        sys.exit(f"the run at rate {rate} failed with exit code {child.returncode}")
    result = json.loads(out.splitlines()[-1])
    sizes = {
        "rate": rate,
        "minutes": minutes,
        "events": result["generated"],
        "wall_s": round(wall, 1),
        "peak_pss_mb": peak >> 20,
    }
    return sizes | more | {"seconds": result["seconds"], "balanced": result["balanced"]}


def main():
    parser = argparse.ArgumentParser(description="The whole pipeline on an hour of the night and on all of it.")
    parser.add_argument("--runs", type=_sizes, nargs="+", default=RUNS, metavar="RATExMINUTES")
    arguments = parser.parse_args()
    require_pss()
    target = Path(__file__).parent / "results" / "pipeline.json"
    known = {(one["rate"], one["minutes"]): one for one in json.loads(target.read_text())["runs"]}
    print("| events | rate x minutes | seconds | ratio | peak PSS, MB | balanced |\n" + "| --- " * 6 + "|")
    for size in arguments.runs:
        one = known[size] = run(*size)
        first = known[RUNS[0]]["wall_s"] if RUNS[0] in known else one["wall_s"]
        print(
            f"| {one['events']:,} | {one['rate']:,} x {one['minutes']} | {one['wall_s']} | {one['wall_s'] / first:.1f}x "
            f"| {one['peak_pss_mb']:,} | {one['balanced']} |",
            flush=True,
        )
        target.write_text(json.dumps({"runs": [known[size] for size in sorted(known)]}, indent=1) + "\n")


def _sizes(text):
    rate, minutes = map(int, text.split("x"))
    return rate, minutes


if __name__ == "__main__":
    main()
