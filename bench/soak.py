"""What only repetition shows: random nights, and runs, live runs and extensions that are killed, one after another.

usage: python bench/soak.py [--minutes 30] [--only night kill live extension] [--seed 1]

Trial after trial until the time is over, with new numbers each; a line a trial. It ends with exit code 1 at the first
trial whose ledger does not balance, and says with which seed. Writes
results/soak.json.
"""

import argparse
import itertools
import json
import platform
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
import random

import helpers
import run_extensions
import trials
from sleigh import extensions, ledger, runtime
from sleigh.paths import ROOT
from sleigh.pipeline import streams

RESULTS = ROOT / "bench" / "results" / "soak.json"


def night(folder, seed):
    """A random night through final and live mode, in this process."""
    case = trials.random_night(runtime.session(), folder, seed)
    return {"messages": case["minutes"] * case["rate"], "kills": 0}


def kill(folder, seed):
    """A random night by the command line, killed one to four times, wherever it is: as if undisturbed, or better."""
    draw = random.Random(seed)
    arguments = trials.draw_night(draw)
    stages = draw.choices(list(trials.KILLS), k=draw.randint(1, 4))
    died = trials.killed(arguments, folder, stages, seed)
    spark = runtime.session(folder)
    balance = ledger.reconcile(spark)
    assert balance.balanced, f"{arguments}, killed in {died}\n{balance}"
    undisturbed = helpers.fill(spark, folder.with_name("undisturbed"), **arguments)
    trials.assert_kills_cost_nothing(spark, undisturbed, folder)
    return {"messages": balance.generated, "kills": sum(stage is not None for stage in died)}


def live(folder, seed):
    """A live run, killed with all its processes one to three times."""
    kills = random.Random(seed).randint(1, 3)
    return {"messages": trials.killed_live(folder, kills, seed), "kills": kills}


def extension(folder, seed):
    """The streams of one extension, by either sink, killed at any moment, and run again: its line of the ledger balances."""
    draw, spark = random.Random(seed), runtime.session()
    name, sinks = draw.choice(extensions.NAMES), [draw.choice(streams.SINKS) for _ in range(2)]
    night = trials.draw_night(draw)
    trials.feed_extensions(spark, folder, night)
    extensions.prepare(spark, [name])
    died = trials.extensions_killed([name], folder, sinks[0], lambda: time.sleep(draw.uniform(0, 6)))
    runtime.open_lake(spark, folder)  # once more: the other process has made tables in it
    run_extensions.run(spark, [name], sink=sinks[1])
    (audit,) = extensions.audit(spark, [name], ledger.Ledger()).extensions
    assert audit.balanced, f"{name} by {sinks}, {night}: {audit.wrong[:5]}"
    return {"messages": night["minutes"] * night["rate"], "kills": int(died)}


TRIALS = {"night": night, "kill": kill, "live": live, "extension": extension}


def main(argv=None):
    """Exit code 0: every trial was right."""
    parser = argparse.ArgumentParser(description="Try random nights and kills until the time is over.")
    parser.add_argument("--minutes", type=float, default=30, help="how long (default 30)")
    parser.add_argument("--only", nargs="+", choices=TRIALS, default=list(TRIALS), help="only these kinds of trial")
    parser.add_argument(
        "--seed", type=int, default=1, help="of the first trial; each next one has the next (default 1)"
    )
    arguments = parser.parse_args(argv)
    begun, done, failed = time.monotonic(), {name: [] for name in arguments.only}, None
    for seed, name in zip(itertools.count(arguments.seed), itertools.cycle(arguments.only)):
        start = time.monotonic()
        if start - begun > 60 * arguments.minutes:
            break
        with tempfile.TemporaryDirectory(prefix="sleigh-soak-") as folder:
            try:
                done[name].append({"seed": seed, **TRIALS[name](Path(folder) / "lake", seed)})
            except Exception:
                failed = {"trial": name, "seed": seed, "error": traceback.format_exc().strip().splitlines()[-1]}
                traceback.print_exc()
        seconds = time.monotonic() - start
        told = "WRONG" if failed else "right"
        print(f"[{(time.monotonic() - begun) / 60:5.1f} min] {name} {seed}: {told}, {seconds:.0f} s", flush=True)
        if failed:
            break
    result = report(done, (time.monotonic() - begun) / 60, failed)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result["trials"]))
    print(
        f"WRONG: {failed['trial']} with --seed {failed['seed']}: {failed['error']}"
        if failed
        else "every trial was right"
    )
    return 1 if failed or not any(done.values()) else 0


def report(done, minutes, failed):
    """What results/soak.json holds."""
    sums = {
        name: {
            "trials": len(rows),
            "kills": sum(row["kills"] for row in rows),
            "messages": sum(row["messages"] for row in rows),
        }
        for name, rows in done.items()
    }
    return {"minutes": round(minutes, 1), "python": platform.python_version(), "trials": sums, "failed": failed}


if __name__ == "__main__":
    sys.exit(main())
