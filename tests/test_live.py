"""Live mode: it starts, shows how it goes, survives its parts, and whatever ends it, the ledger balances."""

import json
import os
import signal
import subprocess
import sys
import time

import helpers
import pytest
from sleigh import landing, ledger, live, pipeline, runtime, sinks
from sleigh.__main__ import main
from sleigh.errors import SleighError
from sleigh.gold import GOLD

BRONZE, SILVER, QUARANTINE = "bronze_santa_deliveries", "silver_santa_deliveries", "quarantine_santa_deliveries"
NIGHT = {"rate": 60, "speed": 60, "seed": 24}


def wait_for(condition, seconds=60):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.1)


def part(running, table):
    return next(row for row in live.status(running) if row["table"] == table)


def has_read(running, *tables):
    return lambda: all((part(running, table)["batch"] or 0) >= 2 for table in tables)


@pytest.fixture
def often(monkeypatch):
    """Gold every few seconds, so that a test sees it."""
    monkeypatch.setattr(live, "TRIGGERS", live.TRIGGERS | dict.fromkeys(GOLD, 3) | {QUARANTINE: 1})


def test_started_watched_and_stopped(spark, tmp_path, often):
    before = {name: spark.conf.get(name) for name in live.SETTINGS}
    running = live.start(tmp_path / "lake", **NIGHT)
    assert {name: spark.conf.get(name) for name in live.SETTINGS} == before, "the session's settings are its own"
    wait_for(has_read(running, *running.queries))
    rows = live.status(running)
    assert [row["table"] for row in rows] == [landing.TABLE, *pipeline.STREAMS]
    assert {row["state"] for row in rows} == {"running"} and not any(row["error"] for row in rows)
    for row in rows[1:]:
        assert row["seconds"] > 0 and row["rows"] >= 0 and row["rows_per_second"] >= 0
    assert part(running, SILVER)["watermark"].startswith("2026-12-24T")
    assert "producer running" in live.line(running) and "8 of 8 streams running" in live.line(running)
    balance = live.stop(running)
    assert balance.balanced, str(balance)
    assert balance.generated == balance.bronze >= 300, "at least one commit of five seconds"
    assert all(entry["waiting"] == 0 and entry["counted"] > 0 for entry in balance.gold.values())
    assert {row["state"] for row in live.status(running)[1:]} == {"stopped"}
    assert running.producer.returncode == 0
    assert live.stop(running).as_dict() == balance.as_dict(), "stopping twice is stopping once"


def test_a_dead_stream_and_a_dead_producer_are_named_and_brought_back(spark, tmp_path, often):
    running = live.start(tmp_path / "lake", **NIGHT)
    wait_for(has_read(running, *running.queries))
    folder = running.lake / QUARANTINE
    folder.rename(running.lake / "_scratch")  # its disk is gone
    wait_for(lambda: part(running, QUARANTINE)["state"] == "failed")
    said = part(running, QUARANTINE)["error"]
    assert said and "\n" not in said and "Traceback" not in said, said
    assert f"FAILED {QUARANTINE}: {said}" in live.line(running)
    at = part(running, SILVER)["batch"]
    wait_for(lambda: part(running, SILVER)["batch"] > at + 1)
    others = [row for row in live.status(running) if row["table"] != QUARANTINE]
    assert {row["state"] for row in others} == {"running"}, "the others go on"

    running.producer.kill()
    wait_for(lambda: part(running, landing.TABLE)["state"] == "failed")
    assert part(running, landing.TABLE)["error"] == "it was killed (exit code -9)"
    landed = landing.landed_seconds()
    (running.lake / "_scratch").rename(folder)
    live.restart(running, landing.TABLE)
    live.restart(running, QUARANTINE)
    wait_for(lambda: landing.landed_seconds() > landed)
    assert {row["state"] for row in live.status(running)} == {"running"}
    balance = live.stop(running)
    assert balance.balanced, str(balance)
    assert balance.generated > landed and balance.quarantined > 0


def test_a_stream_that_cannot_be_brought_back_is_in_the_ledger(spark, tmp_path, often, monkeypatch):
    """Stopping ends all the same, and says what is missing."""
    append_to = sinks.append_to

    def broken(_):
        def commit(batch, batch_id):
            raise OSError("no space left on device")

        return commit

    running = live.start(tmp_path / "lake", **NIGHT)
    wait_for(has_read(running, SILVER))
    monkeypatch.setattr(sinks, "append_to", broken)
    live.restart(running, QUARANTINE)
    wait_for(lambda: part(running, QUARANTINE)["state"] == "failed")
    assert part(running, QUARANTINE)["error"] == "OSError: no space left on device"
    monkeypatch.setattr(sinks, "append_to", lambda table: broken(table) if table == QUARANTINE else append_to(table))
    balance = live.stop(running)
    assert not balance.balanced and all(line.startswith("quarantine: ") for line in balance.lost), str(balance)
    assert part(running, QUARANTINE)["error"] == "OSError: no space left on device"
    monkeypatch.undo()
    pipeline.run(spark, mode="live", sink="delta-rs")
    assert ledger.reconcile(spark).balanced, "nothing was lost, only late"


def test_the_producer_ends_by_itself_and_is_not_started_beyond_its_end(spark, tmp_path, often):
    running = live.start(tmp_path / "lake", **NIGHT, minutes=0.1)
    wait_for(lambda: part(running, landing.TABLE)["state"] == "ended")
    live.restart(running, landing.TABLE)
    assert part(running, landing.TABLE)["state"] == "ended"
    with pytest.raises(SleighError, match="no stream writes 'gold'; there are landing_santa_deliveries, bronze_"):
        live.restart(running, "gold")
    balance = live.stop(running)
    assert balance.balanced and balance.generated == 360 * NIGHT["rate"] // 60


def test_another_night_and_the_other_mode_are_refused_before_anything_runs(spark, tmp_path, plain_folder):
    with pytest.raises(SleighError, match="this lake holds another night"):
        live.start(plain_folder, rate=61, seed=24)
    faults = helpers.PLAIN["faults"]
    with pytest.raises(SleighError, match="was begun in final mode: go on with --mode final"):
        live.start(plain_folder, rate=helpers.PLAIN["rate"], seed=24, faults=faults)
    assert not spark.streams.active


# --- the command line -------------------------------------------------------------------------------------------------


def begun(lake, *more):
    """`python -m sleigh live --no-dashboard` in a process group of its own."""
    words = ["live", "--no-dashboard", "--json", "--rate", "60", "--speed", "60", "--lake", str(lake), *more]
    return subprocess.Popen(
        [sys.executable, "-m", "sleigh", *words],
        env=os.environ | {"PYTHONPATH": str(helpers.ROOT / "lib"), "PYTHONUNBUFFERED": "1"},
        cwd=helpers.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def until_said(process, text):
    for line in process.stderr:
        if text in line:
            return
    raise AssertionError(f"it ended and never said {text!r}")


def test_killed_then_ended_by_ctrl_c_then_by_itself(spark, tmp_path):
    """Three runs on one lake, by both sinks: SIGKILL, a Ctrl-C in the terminal, and --minutes."""
    lake, ends = tmp_path / "lake", []
    process = begun(lake, "--sink", "spark")
    try:
        until_said(process, "8 of 8 streams running")
        wait_for(lambda: landing.landed_seconds(lake) >= 600)
        time.sleep(2)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    ends.append(landing.landed_seconds(lake))

    process = begun(lake)
    try:
        until_said(process, "8 of 8 streams running")
        wait_for(lambda: landing.landed_seconds(lake) > ends[0])
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does it: to everyone
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    ends.append(landing.landed_seconds(lake))
    assert process.returncode == 0, out + err
    assert "balanced: every event is accounted for" in out and "Traceback" not in err
    said = json.loads(out.splitlines()[-1])
    assert said["balanced"] and said["generated"] == said["bronze"] == ends[1] > ends[0]

    process = begun(lake, "--minutes", "0.1")
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    said = json.loads(out.splitlines()[-1])
    assert said["balanced"] and ends[1] < said["generated"] <= ends[1] + 360 + 300 and said["minutes"] >= 0.1


@pytest.mark.parametrize(
    "words, said",
    [
        (["--rate", "0"], "rate must be a whole number from 1"),
        (["--speed", "0"], "speed must be a number from 0.01 to 3600, not 0.0"),
        (["--speed", "nan"], "speed must be a number"),
        (["--minutes", "0"], "minutes must be a number above 0, not 0.0"),
        (["--minutes", "nan"], "minutes must be a number above 0"),
        (["--start-minute", "1500"], "start_minute must be a whole number"),
        (["--faults", "x"], "faults must be"),
        (["--sink", "kafka"], "invalid choice: 'kafka'"),
    ],
)
def test_bad_arguments_are_one_line_and_start_no_spark(monkeypatch, capfd, tmp_path, words, said):
    monkeypatch.setattr(runtime, "session", lambda *_: pytest.fail("Spark was started"))
    try:
        code = main(["live", "--lake", str(tmp_path / "lake"), *words])
    except SystemExit as left:
        code = left.code
    out, err = capfd.readouterr()
    assert code == 2 and out == "" and err.count("\n") == 1 and err.startswith("sleigh: ") and said in err


def test_delta_rs_is_refused_on_connect(monkeypatch, capfd, tmp_path):
    monkeypatch.setenv("SLEIGH_RUNTIME", "connect")
    for words in (["live"], ["run", "--sink", "delta-rs"]):
        assert main([*words, "--lake", str(tmp_path / "lake")]) == 2
        assert 'use sink="spark" on Connect' in capfd.readouterr().err
    assert not (tmp_path / "lake").exists()
