"""Kills, many and cheap: each piece of work on one lake is killed again and again, then ends, and nothing shows it.

Java takes most of the time of a run that is killed. So each process has one piece of work, and its end is drawn from the
time after Spark is up.
"""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import helpers
import trials
from sleigh import landing, ledger, runtime
from sleigh.pipeline import streams
from sleigh.tables import QUARANTINE, SILVER

from . import work

TIMES = {
    "producer": (0.3, 3.0),  # from its start: it has no JVM
    "bronze": (0.1, 4.0),
    "silver": (0.1, 5.0),
    "append": (0.2, 8.0),
    "MERGE": (0.2, 8.0),
    "replay": (0.1, 6.0),
    "compaction": (0.1, 8.0),
}
"""Piece -> when it is killed, seconds after it has begun, from the times of these pieces on two cores."""

KILLS = {"producer": 5, "bronze": 3, "silver": 3, "append": 5, "MERGE": 5, "replay": 3, "compaction": 3}
"""Piece -> how often it is killed in one trial."""

MORE_MINUTES = 10
"""Of the night at the end, undisturbed: they bring every watermark to one place, see trials.assert_kills_cost_nothing."""


def trial(folder, seed):
    """A night, each piece of its work killed again and again; then every table is as if it had not been."""
    draw = random.Random(seed)
    mode = ("append", "MERGE")[seed % 2]
    minutes = draw.randint(8, 16)
    night = {
        "start_minute": draw.randint(0, 1000),
        "rate": draw.randint(20, 120),
        "seed": draw.randint(0, 2**31),
        "faults": {name: round(draw.uniform(0.02, 0.3), 2) for name in ("broken", "duplicates")} | {"late": 0},
    }
    undisturbed, kills = folder.with_name("undisturbed"), Counter()
    produced(folder, night, minutes, draw, kills)
    spark = runtime.session(folder)
    for piece in ("bronze", "silver", mode, "compaction"):
        killed(spark, piece, folder, draw, kills)
    runtime.open_lake(spark, undisturbed)
    landing.generate(spark, **night, minutes=minutes, every=120)
    for piece in ("bronze", "silver", mode):
        work.PIECES[piece](spark, "delta-rs")
    assert_equal(spark, folder, undisturbed, night, minutes, mode, f"seed {seed}, {dict(kills)}")
    killed(spark, "replay", folder, draw, kills)
    balance = assert_repaired(spark, folder, undisturbed, mode, f"seed {seed}, {dict(kills)}")
    return {"messages": balance.generated, "kills": dict(kills)}


def produced(lake, night, minutes, draw, kills):
    """Land the night by a producer that is killed, and goes on, again and again."""
    words = [f"--{name.replace('_', '-')}={landing.shown(value)}" for name, value in night.items()]
    words += [f"--lake={lake}", f"--minutes={minutes}", f"--speed={20 * minutes}", "--batch-seconds=0.1"]
    lake.mkdir(parents=True)
    for _ in range(KILLS["producer"]):
        process = begin("-m", "sleigh.landing.producer", *words)
        await_moment(lake, "producer", draw)
        kills["producer"] += end(process)
    last = begin("-m", "sleigh.landing.producer", *words)
    said, _ = last.communicate(timeout=120)
    assert last.returncode == 0, f"the producer: {said}"
    assert landing.landed_seconds(lake) == (night["start_minute"] + minutes) * 60


def killed(spark, piece, lake, draw, kills):
    """Kill the piece of work on `lake` again and again, by either sink, then let it end here, by the quicker one."""
    for _ in range(KILLS[piece]):
        sink = draw.choice(streams.SINKS)
        process = begin(str(Path(work.__file__)), piece, str(lake), sink)
        line = process.stdout.readline()
        assert line == "begun\n", f"{piece} by {sink}: {line}{process.communicate()[0]}"
        await_moment(lake, piece, draw)
        kills[piece] += end(process)
    runtime.claim(lake)  # a killed process keeps nothing
    runtime.open_lake(spark, lake)
    work.PIECES[piece](spark, "delta-rs")
    runtime.release(lake)


def await_moment(lake, piece, draw):
    """Wait until the process is to die: any time, or (one in two) just when some commit has appeared in a table's log.

    What goes wrong between a commit and the note of it in the stream's checkpoint takes a few hundredths of a second: any
    time finds it once in twenty kills.
    """
    until = time.monotonic() + draw.uniform(*TIMES[piece])
    commits = draw.choice([None, draw.randint(1, 3)])
    at = written(lake)
    while time.monotonic() < until:
        if commits and written(lake) >= at + commits:
            time.sleep(draw.uniform(0, 0.05))
            break
        time.sleep(0.005)


def written(lake):
    """How many commits the logs of a lake's tables have."""
    return sum(1 for _ in lake.glob("*/_delta_log/*.json"))


def begin(*words):
    """Start Python with `words` in a process group of its own; what it says is one text."""
    return subprocess.Popen(
        [sys.executable, *words],
        env=trials.environment(),
        cwd=trials.ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def end(process):
    """Kill the process with all it has started. Returns whether it was still at work; AssertionError if it had failed."""
    trials.kill_group(process)
    said, _ = process.communicate()
    assert process.returncode in (0, -signal.SIGKILL), said
    return process.returncode == -signal.SIGKILL and "ended" not in said


def assert_equal(spark, lake, undisturbed, night, minutes, mode, case):
    """Both lakes, after a few more minutes of the night, have the same rows in every table, and their ledgers balance."""
    more = night | {"start_minute": night["start_minute"] + minutes, "minutes": MORE_MINUTES, "every": 120}
    found = []
    for folder in (undisturbed, lake):
        runtime.open_lake(spark, folder)
        landing.generate(spark, **more)
        for piece in ("bronze", "silver", mode):
            work.PIECES[piece](spark, "delta-rs")
        balance = ledger.reconcile(spark)
        assert balance.balanced, f"{case}: {folder.name}\n{balance}"
        found.append(helpers.tables(spark, helpers.PIPELINE))
    assert_same_tables(*found, case)


def assert_repaired(spark, lake, undisturbed, mode, case):
    """Both lakes, the undisturbed one repaired too, have the same silver and quarantine, and balance after gold."""
    runtime.open_lake(spark, undisturbed)
    work.PIECES["replay"](spark, None)
    expected = helpers.tables(spark, (SILVER.name, QUARANTINE.name))
    runtime.open_lake(spark, lake)
    assert_same_tables(expected, helpers.tables(spark, (SILVER.name, QUARANTINE.name)), case)
    work.PIECES[mode](spark, "delta-rs")
    balance = ledger.reconcile(spark)
    assert balance.balanced, f"{case}: repaired\n{balance}"
    return balance


def assert_same_tables(expected, found, case):
    for table, rows in expected.items():
        extra, missing = found[table] - rows, rows - found[table]
        assert not extra and not missing, (
            f"{case}: {table} has {extra.total()} rows too many and {missing.total()} missing: {[*extra, *missing][:3]}"
        )
