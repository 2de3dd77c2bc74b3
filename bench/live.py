"""Live mode for half an hour: what it costs, how fresh it is, whether it grows, and whether the ledger balances at its end.

What runs is `python -m sleigh live`, as for a user, with the page open in a browser and refreshing every 10 s. Measured
is all that the command starts, the browser is not: JVM and streams, producer, page and its kernel. Memory is the
proportional set size (PSS) of these processes together, every 5 s; the time of a refresh is what the page says. Figures
leave the first fifth out, which starts and warms up. Prints one table, writes results/live.json with one entry a rate.
usage: python bench/live.py [--minutes 30] [--rate 600] [--speed 1]
"""

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
import browser
from pipeline import pss, require_pss
from sleigh import landing

ROOT = Path(__file__).resolve().parents[1]
SILVER, SUMMARY = "silver_santa_deliveries", "gold_delivery_summary_realtime"


def cpu_seconds(process):
    """CPU seconds, user's and system's, of a process and all its children."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            total += sum(one.cpu_times()[:2])
    return total


def commits(lake, table, columns):
    """Yield (version, time of the commit, rows) of each commit of `table` that added a file."""
    for log in sorted((lake / table / "_delta_log").glob("*.json")):
        added = [json.loads(line)["add"]["path"] for line in log.read_text().splitlines() if line.startswith('{"add"')]
        for path in added:
            yield (
                int(log.stem),
                log.stat().st_mtime,
                pq.read_table(lake / table / path.replace("%20", " "), columns=columns),
            )


def gold_times(lake, table):
    """{micro-batch: (first version of silver that it did not read, time of its commit)} of those still in the checkpoint."""
    folder, times = lake / "_checkpoints" / table, {}
    for done in (folder / "commits").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError):  # deleted just now
            offset = json.loads((folder / "offsets" / done.name).read_text().splitlines()[2])
            times[int(done.name)] = offset["reservoirVersion"], done.stat().st_mtime
    return times


def latencies(lake, since, merged):
    """Seconds from bronze's start to silver's commit (by file), and from landing to gold (by event), after `since`.

    merged: gold's times, in order.
    """
    landed = {}
    for _, at, rows in commits(lake, landing.TABLE, ["delivery_id"]):
        landed |= {name: at for name in rows["delivery_id"].to_pylist() if name not in landed}
    to_silver, to_gold = [], []
    for version, at, rows in commits(lake, SILVER, ["delivery_id", "ingestion_timestamp"]):
        if at < since or not len(rows):
            continue
        to_silver.append(at - min(rows["ingestion_timestamp"].to_pylist()).timestamp())
        seen = next((when for unread, when in merged if unread > version), None)
        if seen:
            to_gold += [seen - landed[name] for name in rows["delivery_id"].to_pylist()]
    return to_silver, to_gold


def percentile(values, share):
    """The value that this share of `values` is below; None if there are none."""
    return round(sorted(values)[min(len(values) - 1, int(share * len(values)))], 2) if values else None


def thirds(samples, since, until):
    """Median of the second and of the last third of the time."""
    length = (until - since) / 3
    return [
        round(statistics.median(value for at, value in samples if low <= at <= low + length))
        for low in (since + length, since + 2 * length)
    ]


def watch(process, page, lake, minutes):
    """What is seen while it runs: (samples of memory, of refreshes and of CPU seconds, each with its time, gold's times)."""
    memory, refreshes, cpu, merged, begun = [], [], [], {}, time.time()
    for tick in range(int(minutes * 12)):
        time.sleep(max(0, begun + 5 * tick - time.time()))
        memory.append((time.time(), pss(process) / 2**20))
        cpu.append((time.time(), cpu_seconds(process)))
        said = browser.REFRESH.search(page.locator(".sleigh .strip").inner_text())
        if said and tick % 2:
            refreshes.append((time.time(), float(said[1])))
        if tick % 12 == 11:  # while it runs: a checkpoint keeps its newest 100 micro-batches only
            merged |= gold_times(lake, SUMMARY)
    return memory, refreshes, cpu, merged


def run(minutes, rate, speed, sink, also=()):
    """Run live mode once on a fresh lake, with the extensions `also`. Returns the figures."""
    with tempfile.TemporaryDirectory() as folder, browser.chromium() as chromium:
        lake = Path(folder) / "lake"
        # A minute more than is measured, so that the page, which takes its time to start, is closed before it ends.
        night = {
            "rate": rate,
            "speed": speed,
            "sink": sink,
            "minutes": minutes + 1,
            "lake": lake,
            "with": ",".join(also),
        }
        command = [
            sys.executable,
            "-m",
            "sleigh",
            "live",
            "--json",
            *[f"--{name}={value}" for name, value in night.items()],
        ]
        with open(Path(folder) / "said", "wb") as said:
            started = subprocess.Popen(command, cwd=ROOT / "lib", stdout=subprocess.PIPE, stderr=said, text=True)
        address = started.stdout.readline().removeprefix("the dashboard: ").strip()
        try:
            with browser.watched(chromium, address) as page:
                page.locator(".sleigh .strip span").first.wait_for()
                memory, refreshes, cpu, merged = watch(psutil.Process(started.pid), page, lake, minutes)
        except BaseException:
            started.terminate()  # else it would run on, beside whatever is measured next
            raise
        balance = json.loads(started.communicate()[0].splitlines()[-1])
        failed = [line for line in (Path(folder) / "said").read_text().splitlines() if line.startswith("sleigh: ")]
        merged |= gold_times(lake, SUMMARY)
        begun, until = memory[0][0], memory[-1][0]
        since = begun + minutes * 12
        to_silver, to_gold = latencies(lake, since, [merged[batch] for batch in sorted(merged)])
    second, last = thirds(memory, begun, until)
    waits = [value for at, value in refreshes if at >= since]
    failed += [  # no figure, and half an hour of others is not lost by it
        f"nothing was seen of {what}"
        for what, seen in (("silver", to_silver), ("gold", to_gold), ("the page's refreshes", waits))
        if not seen
    ]
    (first, used), (end, more) = next(sample for sample in cpu if sample[0] >= since), cpu[-1]
    return {
        "minutes": minutes,
        "speed": speed,
        "sink": sink,
        "page": True,
        "cores_used": round((more - used) / (end - first), 2),
        "bronze_to_silver_p50_s": percentile(to_silver, 0.5),
        "bronze_to_silver_p95_s": percentile(to_silver, 0.95),
        "landing_to_gold_p50_s": percentile(to_gold, 0.5),
        "landing_to_gold_p95_s": percentile(to_gold, 0.95),
        "refresh_p50_s": percentile(waits, 0.5),
        "refresh_p95_s": percentile(waits, 0.95),
        "pss_peak_mb": round(max(value for _, value in memory)),
        "pss_second_third_mb": second,
        "pss_last_third_mb": last,
        "pss_growth_percent": round(100 * (last / second - 1), 1),
        "events": balance["generated"],
        "balanced": balance["balanced"],
        "failed": failed,
    }


def main():
    parser = argparse.ArgumentParser(
        description="Live mode for half an hour: cost, freshness, growth, and the ledger at its end."
    )
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=int, default=600)
    parser.add_argument("--speed", type=float, default=1)
    parser.add_argument("--sink", choices=("delta-rs", "spark"), default="delta-rs")
    parser.add_argument("--into", default=ROOT / "bench" / "results" / "live.json", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    require_pss()
    figures = run(arguments.minutes, arguments.rate, arguments.speed, arguments.sink)
    print(f"| live, {arguments.rate} events a minute | |\n| --- | --- |")
    for name, value in figures.items():
        print(f"| {name} | {value} |")
    target = Path(arguments.into)
    known = json.loads(target.read_text()) if target.exists() else {}
    target.write_text(json.dumps(known | {str(arguments.rate): figures}, indent=1) + "\n")
    sys.exit(0 if figures["balanced"] and not figures["failed"] else 1)


if __name__ == "__main__":
    main()
