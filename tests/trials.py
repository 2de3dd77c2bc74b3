"""What needs repetition to mean something: a random night, a run that is killed, a live run that is killed.

The tests try a few of each, `make soak` (bench/soak.py) hundreds.
"""

import contextlib
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import helpers
import pyarrow as pa
import pytest
import run_extensions
from engines import assert_engines_agree
from sleigh import extensions, landing, ledger, pipeline, runtime, tables
from sleigh.__main__ import main
from sleigh.paths import ROOT
from sleigh.pipeline import bronze, checkpoints, gold, silver, streams
from sleigh.pipeline.stages import Stream
from sleigh.runtime import profile
from sleigh.simulator.weather_reports import reports
from sleigh.tables import LANDING, SILVER

# Stage and how long after it begins (seconds, from the times of these stages) the whole process group dies.
KILLS = {"landing": (0.1, 1.5), "bronze": (0.5, 5.0), "silver": (0.5, 6.0), "gold": (1.0, 10.0)}


def draw_night(draw):
    """Arguments of landing.generate for a small night with any faults, from a random.Random."""
    return {
        "minutes": draw.randint(4, 30),
        "start_minute": draw.randint(0, 1000),
        "rate": draw.randint(6, 60),
        "seed": draw.randint(0, 2**31),
        "faults": {name: round(draw.uniform(0, 0.5), 2) for name in ("broken", "duplicates", "late")},
        "every": draw.choice([30, 60, 100, 300, 3600]),
    }


def random_night(spark, folder, seed):
    """Whatever the night, its faults, how it is cut into micro-batches and how long gold waits: the sums come out.

    And live mode is final mode and the windows that are open, and both engines give the same rows to the dashboard's
    queries. Everything is drawn from `seed`, and returned; the lakes lie in `folder`. Raises AssertionError.
    """
    draw = random.Random(seed)
    night, batches = draw_night(draw), draw.randint(1, 4)
    delay = draw.choice([0, 1, 5, 20])
    case = {**night, "batches": batches, "watermark_minutes": delay}
    final, live = folder / "final", folder / "live"
    with pytest.MonkeyPatch.context() as patch:
        for name, table in vars(tables).items():
            if isinstance(table, tables.Table) and table.name in gold.GOLD:
                patched = replace(table, watermark_minutes=delay)
                patch.setattr(gold, name, patched)
                patch.setitem(tables.TABLES, table.name, patched)
        runtime.open_lake(spark, final)
        landing.generate(spark, **night)
        commits = len(list((final / landing.TABLE / "_delta_log").glob("*.json"))) - 1
        pipeline.run(spark, files_per_batch=-(-commits // batches))
        balance = ledger.reconcile(spark)
        assert balance.balanced, f"{case}\n{balance}"
        closed, finals = {}, {}
        for table in gold.GOLD:
            closed[table], finals[table] = checkpoints.watermark(table), runtime.read(spark, table)

        shutil.copytree(final, live, ignore=shutil.ignore_patterns("gold_*"))
        runtime.open_lake(spark, live)
        streams.drain(*[pipeline.start_table(spark, table, mode="live") for table in gold.GOLD])
        for table in gold.GOLD:
            rows = runtime.read(spark, table)
            ends = rows["window_end"].cast(pa.int64()).to_numpy() // 1000
            helpers.assert_same(rows.filter(pa.array(ends <= closed[table])), finals[table])
            waiting = rows.filter(pa.array(ends > closed[table]))[tables.TABLES[table].counted]
            assert sum(waiting.to_pylist()) == balance.gold[table]["waiting"], f"{case}: {table}"
        assert_engines_agree(spark, live)
    shutil.rmtree(folder)
    return case


def run_until_killed(words, stage, delay):
    """Start `sleigh WORDS` in a process group of its own, kill the group `delay` seconds into `stage`.

    Returns the stage in which it died, or None if it had ended before.
    """
    process = begin(words)
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
    if process.returncode != -signal.SIGKILL:
        return None
    return [said, *(line.split(" ")[0] for line in rest if line.endswith(" ..."))][-1]


def feed_extensions(spark, folder, night):
    """A lake at `folder` with all that the extensions read of a night, and nothing that they write. Returns the folder.

    Silver, gold by region and the feeds have a commit for each that has landed.
    """
    runtime.open_lake(spark, folder)
    landing.generate(spark, **night, feeds=extensions.feeds(extensions.NAMES))
    streams.drain(Stream(LANDING, lambda sent: silver.clean(bronze.ingest(sent)), SILVER).start(spark))
    streams.drain(pipeline.start_table(spark, tables.BY_REGION.name, sink="delta-rs"))
    until = 60 * (night["start_minute"] + night["minutes"])
    rows, _ = reports(night["seed"], until=until)
    runtime.create_table(spark, tables.LANDING_WEATHER.name)
    landing.append_files(folder / tables.LANDING_WEATHER.name, rows, rows["issued_at"], until)
    return folder


def extensions_killed(names, lake, sink, moment):
    """Run the streams of the extensions `names` on `lake`, a commit to a micro-batch, in a process that is then killed.

    The lake has what they read; see run_extensions.py. moment(), called as they begin, returns when it is to die. Returns
    whether it died of that, and had not ended before.
    """
    process = subprocess.Popen(
        [sys.executable, str(Path(run_extensions.__file__)), ",".join(names), str(lake), sink],
        env=environment(),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        for line in process.stdout:
            assert line == "begun\n", line
            moment()
            os.killpg(process.pid, signal.SIGKILL)
            break
    finally:
        process.kill()
        rest, _ = process.communicate()
    return process.returncode == -signal.SIGKILL and "ended" not in rest


def killed(night, lake, stages, seed):
    """Run the night on `lake` once for each of `stages`, killed at a random moment of it, and then, here, to its end.

    Returns where each of them died. Raises AssertionError unless the last run balances.
    """
    draw = random.Random(seed)
    words = helpers.arguments(night, lake)
    died = [run_until_killed(words, stage, draw.uniform(*KILLS[stage])) for stage in stages]
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = main(words)
    assert code == 0, f"killed in {died}\n{said.getvalue()}"
    return died


def assert_kills_cost_nothing(spark, undisturbed, lake):
    """No late event is lost in `lake`, whose runs were killed, that is not lost in `undisturbed`, the same night.

    Killed between Delta's commit and the stream's own, a micro-batch is replayed and Delta skips it. So nobody reads its
    rows again, the watermark stays where it was, and the next micro-batch finds fewer of its events late: a kill can save
    some of them, and never costs one.
    """
    balances, found = [], []
    for folder in (undisturbed, lake):
        helpers.opened(spark, folder)
        balances.append(ledger.reconcile(spark))
        found.append(helpers.tables(spark, helpers.PIPELINE))
    assert balances[1].balanced, str(balances[1])
    for table in (tables.LANDING, tables.BRONZE, tables.QUARANTINE):  # before any watermark
        assert found[1][table.name] == found[0][table.name], table.name
    assert not found[0][SILVER.name] - found[1][SILVER.name]
    for table in gold.GOLD:
        keys = tables.TABLES[table].key
        rows = runtime.read(spark, table).select(keys)
        assert rows.num_rows == rows.group_by(keys).aggregate([]).num_rows, f"{table}: a window twice"
        kept = [balance.gold[table]["counted"] + balance.gold[table]["waiting"] for balance in balances]
        assert kept[1] >= kept[0], table


def killed_live(lake, kills, seed):
    """A live run at 60 times the speed, killed with all its processes after a few seconds, `kills` times, then ended.

    Returns the number of events of its last ledger. Raises AssertionError unless it balances.
    """
    draw = random.Random(seed)
    words = ["live", "--lake", str(lake), "--speed", "60", "--seed", str(seed % 1000), "--no-dashboard"]
    for _ in range(kills):
        process = begin([*words, "--minutes", "5"])
        read_until(process.stderr, "streams running")
        time.sleep(draw.uniform(0, 20))
        _kill_family(process)
    done = helpers.command(*words, "--minutes", "0.3", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["balanced"], done.stdout
    return said["generated"]


def begin(words):
    """Start `sleigh WORDS` in a process group of its own. Returns the Popen; what it says on stderr is to be read there."""
    return subprocess.Popen(
        [sys.executable, "-m", "sleigh", *words],
        env=environment(),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def read_until(pipe, words):
    """The lines of `pipe` up to the first that has `words` in it, or its end, as one text."""
    lines = []
    for line in pipe:
        lines.append(line)
        if words in line:
            break
    return "".join(lines)


def environment():
    """That of a process which works for less than a minute, with the library on its path."""
    options = os.environ.get("SLEIGH_JAVA_OPTIONS")  # of a stage of the checks; elsewhere a reader's own
    short = {"SLEIGH_JAVA_OPTIONS": f"{options} {profile.QUICK}"} if options else {}
    return os.environ | {"PYTHONPATH": str(ROOT / "lib"), "PYTHONUNBUFFERED": "1"} | short


def kill_group(process):
    """SIGKILL for a process that was started in a group of its own, and for all of the group; it may have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _kill_family(process):
    import psutil

    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for one in family:  # the producer has a session of its own
        try:
            one.kill()
        except psutil.NoSuchProcess:
            continue
    process.stderr.close()
    process.wait()
