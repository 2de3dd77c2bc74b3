"""What only repetition shows: kills by the hundred, random nights, disks that are full, clocks that step, hours of live.

usage: python bench/soak.py [--minutes 30] [--kills 100] [--only storm night ...] [--seed 1]
       python bench/soak.py --live [--minutes 30]

Trial after trial until the time is over and there were kills enough, with new numbers each; a line a trial. Each kind of
trial has a share of the time. It ends with exit code 1 at the first trial in which something is lost, or that does not end
as it should, and says with which seed. With --live instead: live mode with the page open, at the default rate and, for a
third of the time, at ten times the rate; exit code 1 if the ledger does not balance, a part has failed, or memory grows.
What was tried replaces what results/soak.json had of it; other kinds of trial keep theirs.
"""

import argparse
import itertools
import json
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from chaos import clock, disk, runs, storm, torn, twice
from sleigh.errors import first_line
from sleigh.paths import ROOT

RESULTS = ROOT / "bench" / "results" / "soak.json"

TRIALS = {
    "storm": (24, storm.trial),
    "night": (1, runs.night),
    "kill": (2, runs.kill),
    "live": (2, runs.live),
    "extension": (1, runs.extension),
    "disk": (1, disk.trial),
    "clock": (1, clock.trial),
    "torn": (1, torn.trial),
    "twice": (1, twice.trial),
}
"""Kind of trial -> (its share of the time, trial(folder, seed)), see tests/chaos."""

PARTS = ("trials", "live")
"""Of results/soak.json: an entry for each kind of trial, and for each rate of the long live runs."""

RATE = 600
GROWTH_PERCENT = 5.0
"""How much more memory a live run may have in its last third than in its second."""


def main(argv=None):
    """Exit code 0: every trial was right."""
    parser = argparse.ArgumentParser(description="Try what goes wrong, again and again, until the time is over.")
    parser.add_argument("--minutes", type=float, default=30, help="how long (default 30)")
    parser.add_argument(
        "--kills",
        type=int,
        default=0,
        help="and until so many kills, a tenth of them of each piece of work (default 0)",
    )
    parser.add_argument("--only", nargs="+", choices=TRIALS, default=list(TRIALS), help="only these kinds of trial")
    parser.add_argument(
        "--seed", type=int, default=1, help="of the first trial; each next one has the next (default 1)"
    )
    parser.add_argument("--live", action="store_true", help="the long live runs, with the page open, instead")
    arguments = parser.parse_args(argv)
    if arguments.kills and "storm" not in arguments.only:
        parser.error(
            "--kills counts those of each piece of work, which are storm's: leave --only out, or name storm, too"
        )
    part = live(arguments.minutes) if arguments.live else repeated(arguments)
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps({name: known.get(name, {}) | part.get(name, {}) for name in PARTS}, indent=2) + "\n")
    print(json.dumps(part))
    wrong = wrong_in(part)
    print(f"WRONG: {wrong}" if wrong else "every trial was right")
    return 1 if wrong else 0


def repeated(arguments):
    """Trials until there were enough. Returns their part of results/soak.json."""
    begun, failed = time.monotonic(), None
    done, spent = {name: [] for name in arguments.only}, dict.fromkeys(arguments.only, 0.0)
    for seed in itertools.count(arguments.seed):
        name = min(spent, key=lambda name: spent[name] / TRIALS[name][0])
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="sleigh-soak-") as folder:
            try:
                done[name].append({"seed": seed, **TRIALS[name][1](Path(folder) / "lake", seed)})
            except Exception as error:
                failed = {"seed": seed, "error": f"{type(error).__name__}: {first_line(error)}"}
                traceback.print_exception(error)
        seconds, minutes, kills = time.monotonic() - start, (time.monotonic() - begun) / 60, sum_kills(done)
        spent[name] += seconds
        told = "WRONG" if failed else "right"
        print(f"[{minutes:5.1f} min] {name} {seed}: {told}, {seconds:.0f} s, {kills.total()} kills in all", flush=True)
        if failed or (minutes > arguments.minutes and enough(kills, arguments.kills)):
            break
    found = {kind: summed(rows, spent[kind]) for kind, rows in done.items()}
    if failed:
        found[name]["failed"] = failed
    return {"trials": found}


def sum_kills(done):
    """{what was hit: how often}, of all trials."""
    return sum((Counter(row["kills"]) for rows in done.values() for row in rows), Counter())


def enough(kills, wanted):
    """Whether there were so many kills, and a tenth of them of each piece of work."""
    return kills.total() >= wanted and all(kills[piece] >= wanted / 10 for piece in storm.KILLS if wanted)


def summed(rows, seconds):
    """What results/soak.json says of one kind of trial: how many were right, and what was killed in them how often."""
    return {
        "trials": len(rows),
        "minutes": round(seconds / 60, 1),
        "kills": dict(sum((Counter(row["kills"]) for row in rows), Counter())),
        "messages": sum(row["messages"] for row in rows),
        "failed": None,
    }


def live(minutes):
    """The long live runs. Returns their part of results/soak.json, an entry a rate."""
    found = {}
    for rate, length in ((RATE, minutes), (10 * RATE, minutes / 3)):
        found[str(rate)] = long_run(length, rate)
        print(f"{length:g} minutes of {rate} events a minute: {found[str(rate)]}", flush=True)
    return {"live": found}


def long_run(minutes, rate):
    """One of them: bench/live.py's figures."""
    import live as bench_live

    bench_live.require_pss()
    return bench_live.run(minutes, rate, 1, "delta-rs")


def wrong_in(part):
    """What was wrong, in one line; "" if nothing was."""
    for kind, found in part.get("trials", {}).items():
        if failed := found["failed"]:
            return f"{kind} with --seed {failed['seed']}: {failed['error']}"
    for rate, figures in part.get("live", {}).items():
        grown = figures["pss_growth_percent"]
        if not figures["balanced"] or figures["failed"] or grown >= GROWTH_PERCENT:
            return f"live at {rate}: balanced {figures['balanced']}, failed {figures['failed']}, memory {grown:+} %"
    return ""


if __name__ == "__main__":
    sys.exit(main())
