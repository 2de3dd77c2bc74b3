"""The whole pipeline on 60 minutes of the night, at the default rate and at 10 and 100 times as much.

Each run is `python -m sleigh run` in a process of its own on a fresh lake, session start and ledger included. Memory is the
proportional set size (PSS) of all its processes together, sampled twice a second, its peak. More than IDS_IN_HEAP events
get a heap of HEAP: the ids of the last hour, which silver remembers, do not fit into the laptop profile's. Prints one table,
writes results/pipeline.json.   usage: python bench/pipeline.py [--rates 600 6000 60000]
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


def run(rate, minutes=60):
    """Run the pipeline once; its JSON plus wall seconds and the peak of PSS in bytes."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "sleigh", "run", "--minutes", str(minutes), "--rate", str(rate), "--json"]
        more = {"SLEIGH_HEAP": HEAP} if rate * minutes > IDS_IN_HEAP else {}
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
    sizes = {"rate": rate, "events": result["generated"], "wall_s": round(wall, 1), "peak_pss_mb": peak >> 20}
    return sizes | more | {"seconds": result["seconds"], "balanced": result["balanced"]}


def main():
    parser = argparse.ArgumentParser(
        description="The whole pipeline on 60 minutes of the night, at the default rate and at 10 and 100 times as much."
    )
    parser.add_argument("--rates", type=int, nargs="+", default=[600, 6000, 60000])
    parser.add_argument("--minutes", type=int, default=60)
    arguments = parser.parse_args()
    require_pss()
    runs = []
    print(
        "| events | rows, ratio | seconds | seconds, ratio | peak PSS, MB | balanced |\n"
        "| --- | --- | --- | --- | --- | --- |"
    )
    for rate in arguments.rates:
        one = run(rate, arguments.minutes)
        runs.append(one)
        rows, wall = one["events"] / runs[0]["events"], one["wall_s"] / runs[0]["wall_s"]
        row = [f"{one['events']:,}", f"{rows:.0f}x", one["wall_s"], f"{wall:.1f}x", one["peak_pss_mb"], one["balanced"]]
        print("| " + " | ".join(map(str, row)) + " |", flush=True)
    target = Path(__file__).parent / "results" / "pipeline.json"
    target.write_text(json.dumps({"minutes": arguments.minutes, "runs": runs}, indent=1) + "\n")


if __name__ == "__main__":
    main()
