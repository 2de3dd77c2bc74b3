"""SIGKILL in the middle of everything: what was killed is run again, and nothing is lost and nothing doubled."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter

import helpers
from sleigh import landing, ledger, pipeline, runtime
from sleigh.__main__ import main
from sleigh.pipeline import gold
from sleigh.tables import TABLES

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


def kill_and_go_on(night, lake, seed):
    """Kill five runs of the night on `lake`, let the sixth, which is in this process, end."""
    draw = random.Random(seed)
    words = helpers.arguments(night, lake)
    died = []
    for stage, earliest, latest in KILLS:
        delay = draw.uniform(earliest, latest)
        died.append(run_until_killed(words, stage, delay))
        print(f"killed {delay:.1f} s into {stage}: it was at {died[-1]}")
    assert None not in died, f"one run ended before it was killed: {died}"
    assert len(set(died) & {"landing", "bronze", "silver", "gold"}) >= 3, died
    assert main(words) == 0, "the ledger balances"


def more_minutes(night):
    return night | {"start_minute": night.get("start_minute", 0) + night["minutes"], "minutes": 10}


def test_killed_at_five_random_points_every_table_is_as_if_undisturbed(spark, tmp_path):
    """Nothing in this night is late, so no table depends on where the watermark stood when a micro-batch was cut.

    The ten minutes after it bring the watermark of both lakes to the same end, see the next test.
    """
    killed, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"
    kill_and_go_on(helpers.PLAIN, killed, seed=20261224)
    helpers.fill(spark, undisturbed, **helpers.PLAIN)
    found = []
    for folder in (undisturbed, killed):
        helpers.opened(spark, folder)
        landing.generate(spark, **more_minutes(helpers.PLAIN))
        pipeline.run(spark)
        balance = ledger.reconcile(spark)
        assert balance.balanced, str(balance)
        found.append(helpers.tables(spark, TABLES))
    for table, rows in found[0].items():
        assert found[1][table] == rows, f"{table}: {difference(found[1][table], rows)}"


def test_killed_at_five_random_points_no_late_event_is_lost_that_was_not_lost_anyway(spark, late_folder, tmp_path):
    """Late events too. A kill can save some of them, and never costs one.

    Killed between Delta's commit and the stream's own, a micro-batch is replayed and Delta skips it. So nobody reads its
    rows again, the watermark stays where it was, and the next micro-batch finds fewer of its events late.
    """
    lake = tmp_path / "lake"
    kill_and_go_on(helpers.LATE, lake, seed=7)
    balances, tables = [], []
    for folder in (late_folder, lake):
        helpers.opened(spark, folder)
        balances.append(ledger.reconcile(spark))
        tables.append(helpers.tables(spark, TABLES))
    assert balances[1].balanced, str(balances[1])
    before_any_watermark = ("landing_santa_deliveries", "bronze_santa_deliveries", "quarantine_santa_deliveries")
    for table in before_any_watermark:
        assert tables[1][table] == tables[0][table], f"{table}: {difference(tables[1][table], tables[0][table])}"
    assert not tables[0]["silver_santa_deliveries"] - tables[1]["silver_santa_deliveries"]
    for table in gold.GOLD:
        keys = TABLES[table].key
        rows = runtime.read(spark, table).select(keys)
        assert rows.num_rows == rows.group_by(keys).aggregate([]).num_rows, f"{table}: a window twice"
        kept = [balance.gold[table]["counted"] + balance.gold[table]["waiting"] for balance in balances]
        assert kept[1] >= kept[0], table


def difference(one: Counter, other: Counter):
    return f"{sum((one - other).values())} rows too many, {sum((other - one).values())} missing"
