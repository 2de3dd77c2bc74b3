"""How fast the night is made: 10 thousand, 100 thousand and a million messages. Prints a table, writes results/night.json.

Each size runs in a process of its own, so that its peak memory is its own. `seconds` is the better of two calls after a
small one that loads what is loaded once.
"""

import json
import resource
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "lib"))

SIZES = [10_000, 100_000, 1_000_000]  # messages of a whole night of 1500 minutes, so `rate` is a 1500th, rounded up


def measure(size):
    """Generate a night of at least `size` messages in this process. Returns a dict of what it took."""
    from sleigh.domain import NIGHT_MINUTES
    from sleigh.simulator.night import night

    rate = -(-size // NIGHT_MINUTES)
    night(1, rate=1)
    before = _peak_mb()
    seconds = []
    for _ in range(2):
        begun = time.perf_counter()
        events = len(night(NIGHT_MINUTES, rate=rate).events)
        seconds.append(time.perf_counter() - begun)
    best = min(seconds)
    return {
        "events": events,
        "seconds": round(best, 3),
        "events_per_second": round(events / best),
        "peak_rss_mb": round(_peak_mb()),
        "of_it_before_mb": round(before),
    }


def _peak_mb():
    unit = 1 if sys.platform == "darwin" else 1024  # bytes on macOS, kilobytes on Linux
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def main():
    rows = []
    for size in SIZES:
        done = subprocess.run([sys.executable, __file__, str(size)], check=True, capture_output=True, text=True)
        rows.append(json.loads(done.stdout))
    for row in rows:
        row["times_the_events"] = round(row["events"] / rows[0]["events"], 1)
        row["times_the_seconds"] = round(row["seconds"] / rows[0]["seconds"], 1)
    print("".join(f"{name:>20}" for name in rows[0]))
    for row in rows:
        print("".join(f"{value:>20,}" for value in row.values()))
    path = Path(__file__).parent / "results" / "night.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"night": rows}, indent=2) + "\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(measure(int(sys.argv[1]))))
    else:
        main()
