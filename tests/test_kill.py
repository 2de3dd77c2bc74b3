"""SIGKILL in the middle of everything: what was killed is run again, and nothing is lost and nothing doubled."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

import helpers
from sleigh import ledger, runtime
from sleigh.schemas import TABLES

# Stage and how long after it begins (seconds, from the times of these stages) the whole process group dies.
KILLS = [
    ("landing", 0.1, 1.5),
    ("bronze", 0.5, 5.0),
    ("silver", 0.5, 6.0),
    ("gold", 1.0, 8.0),
    ("gold", 2.0, 12.0),
]


def run_until_killed(words, stage, delay):
    """Start the command in a process group of its own, kill the group `delay` seconds into `stage`.

    Returns the stage in which it died, or None if it had ended before.
    """
    env = os.environ | {"PYTHONPATH": str(helpers.ROOT / "lib"), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "sleigh", *words],
        env=env,
        cwd=helpers.ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    said = None
    try:
        for line in process.stderr:
            said = line.split(" ")[0]
            if said == stage:
                time.sleep(delay)  # the point is to die at no particular moment
                break
        else:
            return None
        os.killpg(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        rest = process.stderr.read().split("\n")
        process.wait()
    assert process.returncode == -signal.SIGKILL
    return [said, *(line.split(" ")[0] for line in rest if line.endswith(" ..."))][-1]


def test_killed_at_five_random_points(spark, late_folder, tmp_path):
    """A night with every fault, late rows too: in the end every table is what one undisturbed run has made."""
    draw = random.Random(20261224)
    lake = tmp_path / "lake"
    words = helpers.arguments(helpers.LATE, lake)
    died = []
    for stage, earliest, latest in KILLS:
        delay = draw.uniform(earliest, latest)
        died.append(run_until_killed(words, stage, delay))
        print(f"killed {delay:.1f} s into {stage}: it was at {died[-1]}")
    assert None not in died, f"one run ended before it was killed: {died}"
    assert len(set(died) & {"landing", "bronze", "silver", "gold"}) >= 3, died

    last = helpers.command(*words, "--json")
    assert last.returncode == 0, last.stdout + last.stderr
    helpers.opened(spark, lake)
    balance = ledger.reconcile(spark)
    assert balance.balanced, str(balance)
    mine = helpers.tables(spark, TABLES)
    helpers.opened(spark, late_folder)
    for table, rows in helpers.tables(spark, TABLES).items():
        assert mine[table] == rows, f"{table}: {difference(mine[table], rows)}"
    assert runtime.lake() == late_folder.resolve()


def difference(one: Counter, other: Counter):
    return f"{sum((one - other).values())} rows too many, {sum((other - one).values())} missing"
