"""The pipeline on a Spark cluster of one worker and of two, one core each: what the second brings, and its death costs.

Each run is `python -m sleigh run` on a fresh lake, against a standalone master and workers on this machine
(tools/cluster.py), with the cluster profile. Of each stage: seconds, and the CPU seconds of the driver (its JVM and its
Python) and of the executors, sampled four times a second. A machine of two cores serves the driver as well, so that two
workers have less than two cores there: how many were busy in all is told. Then a tenth of the events on two workers, twice:
undisturbed, and with one worker killed as `make cluster` does it. Prints a table for each, writes results/cluster.json.
usage: python bench/cluster.py [--rate 60000] [--minutes 60]
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "lib"), str(ROOT / "tools")]
import cluster as clusters  # noqa: E402, this file's own name, but that one's folder comes first
from live import cpu_seconds  # noqa: E402

RESULTS = ROOT / "bench" / "results" / "cluster.json"

MEMORY = "2g"
"""Of an executor, and of the driver, which cuts 3.6 million messages into commits."""


def run(workers, rate, minutes, killed=False):
    """Run the pipeline once on so many workers. Returns what the file of results has of it.

    killed: whether the first worker gets SIGKILL when silver begins its second micro-batch.
    """
    with tempfile.TemporaryDirectory() as folder:
        more, lake = [f"spark.executor.memory {MEMORY}"], Path(folder) / "lake"
        with clusters.running(Path(folder) / "cluster", workers, more, memory=MEMORY) as cluster:
            begun = time.monotonic()
            words = ["--minutes", str(minutes), "--rate", str(rate), "--json", "--lake", str(lake)]
            driver = subprocess.Popen(
                [sys.executable, "-m", "sleigh", "run", *words],
                env=os.environ | {"PYTHONPATH": str(ROOT / "lib"), "SLEIGH_HEAP": MEMORY} | cluster.variables,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            samples, struck = sampled(driver, cluster), []

            def strike():
                struck.append(time.monotonic())
                clusters.kill(cluster.workers[0])

            if killed:
                clusters.in_the_middle(lake, driver, "offsets/1", strike)
            stages = []  # (when it began, its name), as it tells them
            for line in driver.stderr:
                if line.rstrip().endswith(" ...") and " " not in line.rstrip()[:-4]:
                    stages.append((time.monotonic(), line.split()[0]))
            out = driver.stdout.read()
            driver.wait()
            ended = time.monotonic()
            executors = clusters.account(cluster)
        if driver.returncode or len(struck) != killed:
            sys.exit(f"the run on {workers} workers failed: exit code {driver.returncode}, {len(struck)} killed")
    told = json.loads(out.splitlines()[-1])
    borders = [*stages, (ended, None)]
    return {
        "workers": workers,
        "rate": rate,
        "minutes": minutes,
        "events": told["generated"],
        "wall_s": round(ended - begun, 1),
        "balanced": told["balanced"],
        **executors,
        **({"killed_after_s": round(struck[0] - begun, 1)} if killed else {}),
        "stages": {
            name: {
                "seconds": round(until - start, 2),
                "driver_cpu_s": spent(samples, start, until, 1),
                "executors_cpu_s": spent(samples, start, until, 2),
            }
            for (start, name), (until, _) in itertools.pairwise(borders)
        },
    }


def sampled(driver, cluster):
    """A list that grows while `driver` runs: (when, CPU seconds of the driver, CPU seconds of the workers' executors)."""
    samples = []
    ours, theirs = psutil.Process(driver.pid), [psutil.Process(worker.pid) for worker in cluster.workers]
    last = dict.fromkeys(theirs, 0.0)  # who was killed has spent what it had

    def watch():
        while driver.poll() is None:
            for worker in theirs:
                last[worker] = max(last[worker], cpu_seconds(worker) if worker.is_running() else 0)
            samples.append((time.monotonic(), cpu_seconds(ours), sum(last.values())))
            time.sleep(0.25)

    threading.Thread(target=watch, daemon=True).start()
    return samples


def spent(samples, start, until, column):
    """The CPU seconds in `column` that were spent between two moments."""
    inside = [sample[column] for sample in samples if start <= sample[0] <= until]
    return round(inside[-1] - inside[0], 2) if inside else 0.0


def show(one):
    """Print a run as a table."""
    print(f"\n{one['workers']} workers, {one['events']:,} events, {one['wall_s']} s, balanced: {one['balanced']}")
    if "killed_after_s" in one:
        print(f"one was killed after {one['killed_after_s']} s; executors lost: {one['executors_lost']}")
    print("| stage | seconds | driver, CPU s | executors, CPU s |\n| --- | ---: | ---: | ---: |")
    for name, of in one["stages"].items():
        print(f"| {name} | {of['seconds']} | {of['driver_cpu_s']} | {of['executors_cpu_s']} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description="The pipeline on one and on two workers of one core, and one killed.")
    parser.add_argument("--rate", type=int, default=60_000)
    parser.add_argument("--minutes", type=int, default=60)
    arguments = parser.parse_args()
    found = {"cores": psutil.cpu_count()}
    for name, workers, rate, killed in [
        ("one", 1, arguments.rate, False),
        ("two", 2, arguments.rate, False),
        ("undisturbed", 2, arguments.rate // 10, False),
        ("killed", 2, arguments.rate // 10, True),
    ]:
        found[name] = run(workers, rate, arguments.minutes, killed)
        show(found[name])
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
