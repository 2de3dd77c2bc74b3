"""What the extensions cost: events a second of each at three rates, and what all of them add to a live run.

First `python -m sleigh run --with NAME` for each extension and rate, on a fresh lake: the seconds of its own stages, beside
those of the pipeline's stages in the same run. Then `python -m sleigh live` as bench/live.py measures it, without any
extension and with all of them, one after the other. Prints two tables, writes results/extensions.json; of the extensions
that are not named it keeps the throughput that is there.
usage: python bench/extensions.py [NAME ...] [--rates 600 6000 60000] [--minutes 10] [--live-minutes 5]
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from live import run as run_live
from pipeline import require_pss
from sleigh import extensions
from sleigh.paths import ROOT
from sleigh.pipeline.stages import STAGES

RESULTS = ROOT / "bench" / "results" / "extensions.json"

COST = ("cores_used", "pss_peak_mb", "bronze_to_silver_p50_s", "bronze_to_silver_p95_s", "landing_to_gold_p95_s")


def run(name, rate, minutes):
    """One run with extension `name`: silver rows, seconds of its stages and of the pipeline's, its events a second."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-m", "sleigh", "run", "--json", "--with", name, "--lake", f"{folder}/lake"]
        done = subprocess.run(
            [*words, "--minutes", str(minutes), "--rate", str(rate), "--batch-seconds", "60"],
            env=os.environ | {"PYTHONPATH": str(ROOT / "lib")},
            capture_output=True,
            text=True,
        )
    if done.returncode:
        sys.exit(f"{name} at {rate}: {done.stdout}{done.stderr}")
    said = json.loads(done.stdout.splitlines()[-1])
    own = sum(said["seconds"][stage] for stage in extensions.stages([name]))
    return {
        "silver": said["silver"],
        "seconds": round(own, 2),
        "pipeline_seconds": round(sum(said["seconds"][stage] for stage in STAGES), 2),
        "events_per_second": round(said["silver"] / own),
        "ledger": said["extensions"][name],
    }


def keep(throughput, live):
    RESULTS.write_text(json.dumps({"throughput": throughput, "live": live}, indent=1) + "\n")


def main():
    parser = argparse.ArgumentParser(
        description="Throughput of each extension, and what all of them add to a live run."
    )
    parser.add_argument("names", nargs="*", help="the extensions to measure one by one (default: each)")
    parser.add_argument("--rates", type=int, nargs="+", default=[600, 6000, 60000])
    parser.add_argument("--minutes", type=int, default=10, help="of the night, in each run (default 10)")
    parser.add_argument("--live-minutes", type=float, default=5, help="of each live run (default 5)")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(extensions.NAMES):
        parser.error(f"there is no extension {min(unknown)!r}; there are {', '.join(extensions.NAMES)}")
    require_pss()
    print("| extension | events a minute | events/s | its seconds, of the pipeline's |\n| --- | --- | --- | --- |")
    kept = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"throughput": {}, "live": {}}
    throughput = {name: kept["throughput"].get(name, {}) for name in extensions.NAMES}
    for name in arguments.names or extensions.NAMES:
        for rate in arguments.rates:
            found = throughput[name][str(rate)] = run(name, rate, arguments.minutes)
            share = found["seconds"] / found["pipeline_seconds"]
            print(f"| {name} | {rate:,} | {found['events_per_second']:,} | {share:.2f}x |", flush=True)
        keep(throughput, kept["live"])
    live = {
        label: run_live(arguments.live_minutes, 600, 1, "delta-rs", also)
        for label, also in {"alone": (), "all": extensions.NAMES}.items()
    }
    print("\n| live, 600 events a minute | without | with all | difference |\n| --- | --- | --- | --- |")
    for name in COST:
        alone, every = live["alone"][name], live["all"][name]
        print(f"| {name} | {alone} | {every} | {every - alone:+.2f} |")
    keep(throughput, live)
    sys.exit(0 if all(figures["balanced"] and not figures["failed"] for figures in live.values()) else 1)


if __name__ == "__main__":
    main()
