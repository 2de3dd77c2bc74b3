"""Live mode: it starts, shows how it goes, survives its parts, and whatever ends it, the ledger balances."""

import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys

import helpers
import psutil
import pytest
from helpers import wait_for
from sleigh import landing, ledger, live, pipeline, runtime
from sleigh.__main__ import main
from sleigh.errors import SleighError
from sleigh.landing import producer
from sleigh.live import process, run, watch
from sleigh.pipeline import sinks, streams
from sleigh.pipeline.gold import GOLD
from sleigh.pipeline.stages import STAGES, STREAMS
from sleigh.runtime import claims
from sleigh.serve import server

BRONZE, SILVER, QUARANTINE = "bronze_santa_deliveries", "silver_santa_deliveries", "quarantine_santa_deliveries"
ALL_RUN = f"{len(STREAMS)} of {len(STREAMS)} streams running"
NIGHT = {"rate": 60, "speed": 60, "seed": 24}


def part(running, table):
    return next(row for row in live.status(running) if row["table"] == table)


def has_read(running, *tables):
    return lambda: all((part(running, table)["batch"] or 0) >= 1 for table in tables)


@pytest.fixture(autouse=True)
def nothing_is_left(spark, monkeypatch):
    """A test that fails half-way must not leave a producer or a stream to the next one."""
    begun, start = [], live.start
    monkeypatch.setattr(live, "start", lambda *words, **more: begun.append(start(*words, **more)) or begun[-1])
    yield
    for running in begun:
        process.stop(running)
    streams.stop(*spark.streams.active)


@pytest.fixture
def often(monkeypatch):
    """A commit a second, and gold every few: more often, eight streams would keep two cores from anything else."""
    monkeypatch.setattr(process, "BATCH_SECONDS", 1)
    monkeypatch.setattr(run, "TRIGGERS", run.TRIGGERS | dict.fromkeys(GOLD, 3) | {QUARANTINE: 1})


@pytest.fixture
def few(often):
    """One gold table instead of all: where a test is about the parts of a run, the others would only take their time."""
    before = [(place, dict(place)) for place in (GOLD, STREAMS, STAGES)]
    for table in list(GOLD)[1:]:
        del GOLD[table], STREAMS[table]
    STAGES["gold"] = STAGES["gold"][:1]
    yield
    for place, whole in before:  # not item by item: their order counts
        place.clear()
        place.update(whole)


def test_started_watched_and_stopped(spark, tmp_path, often):
    before = {name: spark.conf.get(name) for name in run.SETTINGS}
    running = live.start(tmp_path / "lake", **NIGHT)
    assert {name: spark.conf.get(name) for name in run.SETTINGS} == before, "the session's settings are its own"
    wait_for(has_read(running, *running.queries))
    rows = live.status(running)
    assert [row["table"] for row in rows] == [landing.TABLE, *STREAMS]
    assert {row["state"] for row in rows} == {"running"} and not any(row["error"] for row in rows)
    for row in rows[1:]:
        assert row["seconds"] > 0 and row["rows"] >= 0 and row["rows_per_second"] >= 0
    assert part(running, SILVER)["watermark"].startswith("2026-12-24T")
    assert "producer running" in live.line(running) and ALL_RUN in live.line(running)
    second = begun(running.lake)
    assert f"process {os.getpid()} runs the streams of the lake" in second.communicate()[1] and second.returncode == 2
    balance = live.stop(running)
    assert running.lake not in claims._claims
    assert balance.balanced, str(balance)
    assert balance.generated == balance.bronze >= 120, "at least two commits"
    assert all(entry["waiting"] == 0 and entry["counted"] > 0 for entry in balance.gold.values())
    assert {row["state"] for row in live.status(running)[1:]} == {"stopped"}
    assert live.status(running)[0]["state"] == "stopped" and running.producer.returncode == producer.STOPPED
    assert not running.behind and not live.has_ended(running)


def test_a_dead_stream_and_a_dead_producer_are_named_and_brought_back(spark, tmp_path, few):
    running = live.start(tmp_path / "lake", **NIGHT)
    wait_for(has_read(running, *running.queries))
    folder = running.lake / QUARANTINE
    folder.rename(running.lake / "_scratch")  # its disk is gone
    wait_for(lambda: part(running, QUARANTINE)["state"] == "failed")
    said = part(running, QUARANTINE)["error"]
    assert said and "\n" not in said and "Traceback" not in said, said
    assert f"FAILED {QUARANTINE}: {said}" in live.line(running)
    at = part(running, SILVER)["batch"]
    wait_for(lambda: part(running, SILVER)["batch"] > at)
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
    assert live.stop(running).as_dict() == balance.as_dict(), "stopping twice is stopping once"


def test_a_stream_that_cannot_be_brought_back_is_in_the_ledger(spark, tmp_path, few, monkeypatch):
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


def test_streams_without_time_are_named_and_lose_nothing(spark, tmp_path, few):
    running = live.start(tmp_path / "lake", **NIGHT)
    streams.stop(*running.queries.values())
    at = landing.landed_seconds()
    wait_for(lambda: landing.landed_seconds() > at)
    balance = live.stop(running, seconds=0)
    assert not balance.balanced and BRONZE in running.behind
    assert live.stop(running).balanced and not running.behind


def test_a_run_whose_lake_is_not_open_is_left_alone(spark, tmp_path, few):
    """Tables go by name: its streams would read and write another lake's."""
    running = live.start(tmp_path / "lake", **NIGHT)
    with pytest.raises(SleighError, match=f"streams still run on the lake {running.lake}"):
        runtime.open_lake(spark, tmp_path / "other")
    streams.stop(*running.queries.values())
    runtime.open_lake(spark, tmp_path / "other")
    for call in (live.stop, lambda run: live.restart(run, SILVER)):
        with pytest.raises(SleighError, match="another lake is open"):
            call(running)
    assert not (tmp_path / "other" / SILVER).exists()
    # "failed" is what a stream calls itself that was stopped in the middle of a micro-batch.
    assert live.status(running)[0]["state"] in ("stopped", "failed")
    runtime.open_lake(spark, running.lake)
    assert live.stop(running).balanced


def test_a_restart_that_fails_is_said_and_the_watch_goes_on(spark, tmp_path, few):
    running = live.start(tmp_path / "lake", **NIGHT)
    watcher = watch.Watch(running)

    def told():
        status = json.loads((running.lake / "_live" / "status.json").read_text())
        return {part["table"]: part for part in status["streams"]}

    wait_for(has_read(running, *running.queries))
    folder = running.lake / SILVER
    folder.rename(running.lake / "_scratch")
    wait_for(lambda: told()[QUARANTINE]["state"] == "running" and told()[SILVER]["state"] == "failed")
    watch.ask_restart(str(running.lake), SILVER)
    wait_for(lambda: (told()[SILVER]["error"] or "").startswith("it did not start again: "))
    with pytest.raises(SleighError, match=f"the files of {SILVER} are gone"):
        live.stop(running)  # without an end in the middle: the producer and all streams have stopped
    assert not spark.streams.active and part(running, landing.TABLE)["state"] == "stopped"
    assert part(running, SILVER)["error"].startswith("it did not start again: ")
    (running.lake / "_scratch").rename(folder)
    live.restart(running, landing.TABLE)
    for table in running.queries:
        watch.ask_restart(running.lake, table)
    wait_for(lambda: {(part["state"], part["error"]) for part in told().values()} == {("running", None)})
    watcher.close()
    balance = live.stop(running)
    assert balance.balanced, str(balance)


def test_the_producer_ends_by_itself_and_is_not_started_beyond_its_end(spark, tmp_path, few):
    running = live.start(tmp_path / "lake", **NIGHT, minutes=0.05)
    wait_for(lambda: part(running, landing.TABLE)["state"] == "ended")
    live.restart(running, landing.TABLE)
    assert part(running, landing.TABLE)["state"] == "ended" and live.has_ended(running)
    with pytest.raises(SleighError, match="no stream writes 'gold'; there are landing_santa_deliveries, bronze_"):
        live.restart(running, "gold")
    balance = live.stop(running)
    assert balance.balanced and balance.generated == 180 * NIGHT["rate"] // 60


def test_another_night_and_the_other_mode_are_refused_before_anything_runs(spark, tmp_path, plain_folder):
    with pytest.raises(SleighError, match="this lake holds another night"):
        live.start(plain_folder, rate=61, seed=24)
    faults = helpers.PLAIN["faults"]
    with pytest.raises(SleighError, match="was begun in final mode: go on with --mode final"):
        live.start(plain_folder, rate=helpers.PLAIN["rate"], seed=24, faults=faults)
    assert not spark.streams.active


# --- the command line -------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def handlers_are_put_back():
    """A run in this process takes the signals and the log for itself."""
    before, level = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}, logging.root.level
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    logging.root.setLevel(level)


def words_of_a_run(lake, *more):
    words = ["live", "--json", "--rate", "60", "--speed", "60", "--lake", str(lake), *more]
    return words if "--port" in more else [*words, "--no-dashboard"]


def begun(lake, *more):
    """`python -m sleigh live` in a process group of its own, with a dashboard if `more` has a port for it."""
    return subprocess.Popen(
        [sys.executable, "-m", "sleigh", *words_of_a_run(lake, *more)],
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


def family(process):
    """The process and all that it has started, the producer and the page in sessions of their own included."""
    return [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]


def assert_gone(processes):
    _, alive = psutil.wait_procs(processes, timeout=30)
    assert not alive, [one.cmdline() for one in alive]


def has_written(lake, table):
    return lambda: (lake / table / "_delta_log" / f"{1:020}.json").exists()


def test_killed_then_ended_by_ctrl_c_then_by_itself(spark, tmp_path, capfd, monkeypatch):
    """Three runs on one lake, by both sinks: SIGKILL, a Ctrl-C in the terminal with the page open, and --minutes."""
    lake, ends = tmp_path / "lake", []
    begin = begun(lake, "--sink", "spark")
    try:
        wait_for(has_written(lake, SILVER))
    finally:
        everyone = family(begin)
        os.killpg(begin.pid, signal.SIGKILL)
        begin.communicate()
    assert_gone(everyone)
    ends.append(landing.landed_seconds(lake))

    port = server.free_port(9500)
    with socket.create_server(("127.0.0.1", port)):  # somebody else's
        going_on = begun(lake, "--port", str(port))
        try:
            until_said(going_on, f"port {port} is in use: taking the next free one")
            address = re.fullmatch(
                r"the dashboard: (http://127\.0\.0\.1:(\d+)/\?token=\S+)\n", going_on.stdout.readline()
            )
            assert int(address[2]) > port and helpers.fetch(address[1]) == 200
            until_said(going_on, ALL_RUN)
            wait_for(lambda: landing.landed_seconds(lake) > ends[0])
            everyone = family(going_on)
            os.killpg(going_on.pid, signal.SIGINT)  # as a terminal does it: to the whole group
            out, err = going_on.communicate(timeout=300)
        finally:
            going_on.kill()
    assert_gone(everyone)
    ends.append(landing.landed_seconds(lake))
    assert going_on.returncode == 0, out + err
    assert "balanced: every event is accounted for" in out and "Traceback" not in err
    said = json.loads(out.splitlines()[-1])
    assert said["balanced"] and said["generated"] == said["bronze"] == ends[1] > ends[0]

    monkeypatch.setattr(process, "BATCH_SECONDS", 1)
    code = main([*words_of_a_run(lake), "--minutes", "0.15"])  # here: the third JVM would tell nothing new
    out, err = capfd.readouterr()
    assert code == 0, out + err
    said = json.loads(out.splitlines()[-1])
    assert said["balanced"] and ends[1] < said["generated"] <= ends[1] + 540 and said["minutes"] >= 0.15


def test_when_spark_ends_so_does_the_run_in_one_line(tmp_path):
    """Out of memory, the kernel of the operating system kills the JVM, and nobody asks it to say good-bye."""
    process = begun(tmp_path / "lake", "--port", str(server.free_port(9600)))
    try:
        assert process.stdout.readline().startswith("the dashboard: http://127.0.0.1:")
        everyone = family(process)
        next(one for one in everyone if one.is_running() and "java" in one.name()).kill()
        _, err = process.communicate(timeout=300)
    finally:
        process.kill()
    assert process.returncode == 2 and "sleigh: Spark has ended" in err.splitlines()[-1], err
    assert "Traceback" not in err
    assert_gone(everyone)


@pytest.mark.parametrize(
    "words, said",
    [
        (["--rate", "0"], "rate must be a whole number from 1"),
        (["--speed", "0"], "speed must be a number from 0.01 to 3600, not 0.0"),
        (["--speed", "nan"], "speed must be a number"),
        (["--minutes", "0"], "minutes must be a number above 0, not 0.0"),
        (["--minutes", "nan"], "minutes must be a number above 0"),
        (["--minutes", "inf"], "minutes must be a number above 0"),
        (["--start-minute", "1500"], "start_minute must be a whole number"),
        (["--faults", "x"], "faults must be"),
        (["--sink", "kafka"], "invalid choice: 'kafka'"),
        (["--port", "80000"], "port must be a whole number from 1 to"),
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
