"""The command line: what it prints, what it returns, what it says about bad arguments, and going on with a lake."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import helpers
import pytest
from sleigh import landing, runtime
from sleigh.__main__ import main
from sleigh.errors import SleighError
from sleigh.paths import ROOT
from sleigh.pipeline import expectations, gold, silver, stages
from sleigh.runtime import profile

SMALL = {"minutes": 5, "rate": 60, "seed": 3, "faults": "broken=0.1,duplicates=0.1,late=0", "every": 100}

QUICK = ("--sink", "delta-rs")
"""What the command line says is the same; Spark as the one that commits has its runs in test_kill.py and on Connect."""

KEYS = {
    "generated",
    "bronze",
    "silver",
    "quarantined",
    "deduplicated",
    "too_late_for_silver",
    "gold",
    "balanced",
    "extensions",
    "seconds",
}


def run(capfd, *words):
    """(exit code, stdout, stderr) of a command in this process, whose session is warm."""
    try:
        code = main([str(word) for word in words])
    except SystemExit as left:
        code = left.code
    return code, *capfd.readouterr()


def one_line(capfd, *words):
    """The one line on stderr that a refused command says, exit code 2, nothing on stdout."""
    code, out, err = run(capfd, *words)
    lines = [line for line in err.splitlines() if not line.endswith(" ...")]  # the stages say how far it came
    assert code == 2 and out == "" and len(lines) == 1, (code, out, err)
    assert lines[0].startswith("sleigh: ") and "Traceback" not in err
    return lines[0]


@pytest.mark.parametrize(
    "words, said",
    [
        (["run", "--minutes", "0"], "minutes must be a whole number from 1 to 1500, not 0"),
        (["run", "--minutes", "2000"], "minutes must be a whole number from 1 to 1500"),
        (["run", "--minutes", "-1"], "minutes"),
        (["run", "--minutes", "ten"], "invalid int value: 'ten'"),
        (["run", "--minutes", "10", "--start-minute", "1495"], "minutes must be at most 5 from start_minute 1495 on"),
        (["run", "--start-minute", "-5"], "start_minute"),
        (["run", "--rate", "0"], "rate must be a whole number from 1"),
        (["run", "--seed", "-1"], "seed"),
        (
            ["run", "--faults", "x"],
            "rates of broken, duplicates, late, anomalies, flood, experiment, swallowed, not 'x'",
        ),
        (["run", "--faults", "broken=2"], "the rate of broken must be a number from 0 to 0.5, not '2'"),
        (["run", "--faults", ""], "faults"),
        (["run", "--mode", "sideways"], "invalid choice: 'sideways'"),
        (["run", "--batch-seconds", "0"], "batch-seconds"),
        (["run", "--frobnicate"], "unrecognized arguments: --frobnicate"),
        (["frobnicate"], "invalid choice: 'frobnicate'"),
        ([], "required"),
        (["run", "--sink", "kafka"], "invalid choice: 'kafka'"),
        (["run", "--lake", ""], "--lake: it names no folder"),
        (["live", "--lake", "  "], "--lake: it names no folder"),
        (["doctor", "--lake", ""], "--lake: it names no folder"),
        (["inspect", " "], "lake: it names no folder"),
    ],
)
def test_bad_arguments_are_one_line_and_start_no_spark(monkeypatch, capfd, words, said):
    monkeypatch.setattr(runtime, "session", lambda *_: pytest.fail("Spark was started"))
    assert said in one_line(capfd, *words)


@pytest.mark.parametrize("words, helped", [([], ""), (["frobnicate"], ""), (["run", "--rate", "x"], " run")])
def test_the_help_that_is_named_is_there(capfd, words, helped):
    assert one_line(capfd, *words).endswith(f"`python -m sleigh{helped} --help` lists what there is")
    assert run(capfd, *helped.split(), "--help")[0] == 0


def test_a_process_of_its_own_says_the_same():
    done = helpers.command("run", "--rate", "0")
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1
    assert done.stderr.startswith("sleigh: rate must be a whole number from 1 to 1000000")


def test_a_lake_that_is_a_file_or_below_one(spark, tmp_path, capfd):
    (tmp_path / "file").write_text("")
    for lake in (tmp_path / "file", tmp_path / "file" / "lake"):
        line = one_line(capfd, *helpers.arguments(SMALL, lake))
        assert f"cannot write to the lake's folder {lake}" in line and "--lake" in line


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that not even root can write to")
def test_a_lake_that_cannot_be_written(spark, capfd):
    assert "cannot write to the lake's folder /proc/lake" in one_line(capfd, *helpers.arguments(SMALL, "/proc/lake"))


CLAIMING = """
from sleigh import runtime
runtime.claim({!r})
print("mine", flush=True)
input()
"""


def test_a_lake_is_one_process_s_at_a_time(tmp_path):
    """Two that write one checkpoint stop each other's streams, so the second one is refused, before it starts Spark."""
    lake = tmp_path / "lake"
    runtime.claim(lake)
    runtime.claim(lake)  # a cell that is run again
    for words in (["run"], ["live", "--no-dashboard"]):
        done = helpers.command(*words, "--lake", str(lake))
        said = f"sleigh: process {os.getpid()} runs the streams of the lake {lake}: stop it first"
        assert done.returncode == 2 and done.stdout == "" and done.stderr.splitlines()[-1].startswith(said), done.stderr
    runtime.release(lake)
    runtime.release(lake)

    other = subprocess.Popen(
        [sys.executable, "-c", CLAIMING.format(str(lake))],
        env=os.environ | {"PYTHONPATH": str(helpers.ROOT / "lib")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with other:
        assert other.stdout.readline() == b"mine\n"
        with pytest.raises(SleighError, match=f"^process {other.pid} runs"):
            runtime.claim(lake)
        other.kill()  # which cannot tidy up
        other.wait()
        runtime.claim(lake)
        runtime.release(lake)


@pytest.fixture(scope="module")
def small_folder(spark, tmp_path_factory):
    """SMALL, by the command line. Tests that go on with it take a copy."""
    lake = tmp_path_factory.mktemp("cli") / "lake"
    assert main([*helpers.arguments(SMALL, lake), *QUICK]) == 0
    return lake


@pytest.fixture
def small(spark, small_folder, tmp_path):
    lake = tmp_path / "lake"
    shutil.copytree(small_folder, lake)
    return lake


def test_json_and_a_second_run_that_changes_nothing(spark, small, capfd):
    helpers.opened(spark, small)
    before = helpers.tables(spark, helpers.PIPELINE)
    code, out, err = run(capfd, *helpers.arguments(SMALL, small), *QUICK, "--json")
    assert code == 0, out + err
    said = json.loads(out.splitlines()[-1])
    assert said.keys() >= KEYS and said["balanced"] is True
    assert said["generated"] == said["bronze"] == 300
    assert said["silver"] + said["quarantined"] + said["deduplicated"] + said["too_late_for_silver"] == 300
    assert said["gold"].keys() == gold.GOLD.keys()
    assert all(entry.keys() == {"counted", "too_late", "waiting"} for entry in said["gold"].values())
    assert all(sum(entry.values()) == said["silver"] for entry in said["gold"].values())
    assert said["seconds"].keys() >= {"session", "landing", "bronze", "silver", "gold", "ledger", "total"}
    assert "balanced: every event is accounted for" in out
    assert [line for line in err.splitlines() if line] == [
        "5 minutes of the night, 300 events: about 25 s on two cores ...",
        *(f"{stage} ..." for stage in ("session", "landing", "bronze", "silver", "gold", "ledger")),
    ]
    assert helpers.tables(spark, helpers.PIPELINE) == before


def test_another_night_and_going_backwards_are_refused(spark, small, capfd):
    helpers.opened(spark, small)
    before = helpers.tables(spark, helpers.PIPELINE)
    other = one_line(capfd, *helpers.arguments(SMALL | {"seed": 4}, small))
    assert "this lake holds another night (--seed 3" in other
    assert before == helpers.tables(spark, helpers.PIPELINE)


def test_going_backwards_is_refused(spark, tmp_path, capfd):
    lake = tmp_path / "lake"
    runtime.open_lake(spark, lake)
    helpers.landing.generate(spark, **SMALL, start_minute=30)
    line = one_line(capfd, *helpers.arguments(SMALL | {"start_minute": 10}, lake))
    assert "has the night up to minute 35: continue with --start-minute 35" in line
    assert len(landing.truth()) == 300


def test_a_lost_row_is_exit_code_1_and_named(spark, tmp_path, capfd, monkeypatch):
    """An engine that loses one row on its way to silver."""
    lost, (clean, quarantine) = "SD-3-0000123", stages.STAGES["silver"]
    losing = replace(clean, compute=lambda rows: silver.clean(rows).where(f"delivery_id <> '{lost}'"))
    monkeypatch.setitem(stages.STAGES, "silver", [losing, quarantine])
    code, out, err = run(capfd, *helpers.arguments(SMALL | {"faults": "none"}, tmp_path / "lake"), *QUICK, "--json")
    assert code == 1 and f"LOST     silver: {lost}" in out and "NOT BALANCED" in out
    assert "does not balance" in err and "Traceback" not in err
    said = json.loads(out.splitlines()[-1])
    assert said["balanced"] is False and said["lost"] == [f"silver: {lost}"] and said["silver"] == 299


HALF = helpers.PLAIN | {"minutes": 20}


@pytest.fixture(scope="module")
def half_folder(spark, tmp_path_factory):
    """The first half of helpers.PLAIN, by the command line, in final mode. Tests that go on with it take a copy."""
    lake = tmp_path_factory.mktemp("half") / "lake"
    assert main([*helpers.arguments(HALF, lake), *QUICK]) == 0
    return lake


def test_going_on_equals_going_in_one(spark, half_folder, plain_folder, tmp_path, capfd):
    """Minutes 0-20 and then 20-40 give every table that 0-40 gives at once.

    That holds for every table because no event of this night is late. Where some are, landing, bronze and quarantine are
    still equal; silver and gold may differ by late events, since the watermark moves when a run ends.
    """
    lake = shutil.copytree(half_folder, tmp_path / "lake")
    helpers.opened(spark, lake)
    assert len(landing.truth()) == runtime.read(spark, "bronze_santa_deliveries").num_rows == 1200
    code, out, _ = run(capfd, *helpers.arguments(HALF | {"start_minute": 20}, lake), *QUICK, "--json")
    both = json.loads(out.splitlines()[-1])
    assert code == 0 and both["generated"] == both["bronze"] == 2400 and both["balanced"]
    mine = helpers.tables(spark, helpers.PIPELINE)
    helpers.opened(spark, plain_folder)
    for table, rows in helpers.tables(spark, helpers.PIPELINE).items():
        assert mine[table] == rows, table


def test_live_mode(spark, half_folder, live_folder, tmp_path, capfd):
    """Gold in live mode, again and on: it is what live_folder has, made from the same night."""
    lake = shutil.copytree(half_folder, tmp_path / "lake")
    for table in gold.GOLD:  # begun anew, on the silver that is there
        shutil.rmtree(lake / table)
        shutil.rmtree(lake / "_checkpoints" / table)
    code, out, _ = run(capfd, *helpers.arguments(HALF, lake), *QUICK, "--mode", "live", "--json")
    assert code == 0
    assert all(entry["waiting"] == 0 for entry in json.loads(out.splitlines()[-1])["gold"].values())
    code, _, _ = run(capfd, *helpers.arguments(HALF | {"start_minute": 20}, lake), *QUICK, "--mode", "live")
    assert code == 0
    mine = helpers.tables(spark, gold.GOLD)
    helpers.opened(spark, live_folder)
    assert mine == helpers.tables(spark, gold.GOLD)


def test_the_mode_of_a_lake_cannot_be_changed(spark, small, capfd):
    """Spark would go on, and count the windows twice that one mode has written and the other writes again."""
    helpers.opened(spark, small)
    before = helpers.tables(spark, gold.GOLD)
    line = one_line(capfd, *helpers.arguments(SMALL | {"start_minute": 5}, small), "--mode", "live")
    assert "was begun in final mode: go on with --mode final, or use another lake" in line
    assert helpers.tables(spark, gold.GOLD) == before
    code, out, err = run(capfd, *helpers.arguments(SMALL | {"start_minute": 5}, small), *QUICK)
    assert code == 0 and "balanced: every event" in out, out + err


def test_stopped_by_hand(tmp_path):
    """Ctrl-C while streams run: one line, without what Spark and py4j have to say of it. (test_kill.py goes on.)

    In a process of its own: an interrupted call to the JVM leaves its answer on the connection, for the next call to read.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "sleigh", *helpers.arguments(SMALL, tmp_path / "lake")],
        env=os.environ | {"PYTHONPATH": str(ROOT / "lib"), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    said = []
    for line in process.stderr:
        said.append(line.rstrip())
        if said[-1] == "silver ...":
            break
    offsets = tmp_path / "lake/_checkpoints/silver_santa_deliveries/offsets"
    while not offsets.exists():  # the streams run
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    lines = [line for line in said + err.splitlines() if not line.endswith(" ...")]
    assert process.returncode == 130 and out == ""
    assert lines == ["sleigh: stopped; the lake is whole, run the same command to go on"]


def test_what_nobody_expected_is_one_line_too(spark, tmp_path, capfd, monkeypatch):
    """Spark's messages have up to 200 lines; they are kept."""
    from sleigh import __main__ as cli

    def fails(*_, **__):
        raise RuntimeError("[SOMETHING] went wrong\n" + 200 * "\tat org.apache.spark\n")

    monkeypatch.setattr(landing, "generate", fails)
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    line, log = one_line(capfd, *helpers.arguments(SMALL, tmp_path / "lake")), tmp_path / "build" / "sleigh.log"
    assert line == f"sleigh: RuntimeError: [SOMETHING] went wrong (all of it is in {log})"
    assert log.read_text().count("at org.apache.spark") >= 200 and "Traceback" in log.read_text()
    shutil.rmtree(log.parent)
    log.parent.write_text("")  # as in a checkout that cannot be written
    assert one_line(capfd, *helpers.arguments(SMALL, tmp_path / "lake")).endswith("went wrong")

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path))

    monkeypatch.setattr(landing, "generate", full)
    line = one_line(capfd, *helpers.arguments(SMALL, tmp_path / "lake"))
    assert line == f"sleigh: No space left on device: {tmp_path}"


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["doctor"], ["run", "--rate", "0"]])
@pytest.mark.parametrize("buffered", ["", "1"])
def test_a_reader_that_goes_is_no_error(words, buffered):
    """`doctor | head -1`, also with 2>&1: no traceback, from Python's end either."""
    read, write = os.pipe()
    os.close(read)
    environment = {"PYTHONPATH": str(helpers.ROOT / "lib"), "JAVA_HOME": "/nowhere", "PYTHONUNBUFFERED": buffered}
    for streams_ in ({"stdout": write, "stderr": subprocess.PIPE}, {"stdout": write, "stderr": write}):
        command = [sys.executable, "-m", "sleigh", *words]
        done = subprocess.run(command, env=os.environ | environment, text=True, **streams_)
        said = done.stderr or ""
        if words == ["run", "--rate", "0"] and streams_["stderr"] != write:
            assert done.returncode == 2 and said.count("\n") == 1
        else:  # argparse itself passes over what it cannot print
            assert (done.returncode == 141 or "--help" in words) and said == ""
    os.close(write)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_a_full_disk_behind_stdout_and_no_stdout_at_all():
    environment = os.environ | {"PYTHONPATH": str(helpers.ROOT / "lib"), "JAVA_HOME": "/nowhere"}
    for words, code, lines in ((">/dev/full", 2, 1), (">&- 2>&-", 1, 0)):
        for buffered in ("", "1"):
            command = f"PYTHONUNBUFFERED={buffered} '{sys.executable}' -m sleigh doctor {words}"
            done = subprocess.run(command, env=environment, shell=True, capture_output=True, text=True)
            assert done.returncode == code and done.stderr.count("\n") == lines, done.stderr
            assert not lines or "No space left on device" in done.stderr


def test_nothing_is_said_in_docstrings():
    """With PYTHONOPTIMIZE=2 there are none."""
    files = [file for folder in ("lib", "tools", "bench") for file in (helpers.ROOT / folder).rglob("*.py")]
    assert len(files) > 50 and not [file for file in files if "__doc__" in file.read_text()]


def test_the_rules_are_those_of_the_faults():
    """The simulator breaks the rules that expectations names, and no others."""
    from sleigh.simulator.faults import BREAKABLE

    assert set(BREAKABLE) == set(expectations.RULES)


def test_more_ids_than_the_heap_holds_are_announced(monkeypatch, capfd):
    from sleigh import __main__ as cli

    cli._warn_of_heap(profile.IDS_IN_HEAP)
    assert capfd.readouterr().err == ""
    cli._warn_of_heap(3_600_000)
    assert "3,600,000 ids" in capfd.readouterr().err
    monkeypatch.setenv("SLEIGH_HEAP", "4g")
    cli._warn_of_heap(3_600_000)
    assert capfd.readouterr().err == ""


def test_inspect_says_where_each_stream_stands(plain_folder, tmp_path, capfd):
    code, out, err = run(capfd, "inspect", plain_folder)
    lines = out.splitlines()
    assert (code, err, lines[-1]) == (0, "", "8 streams, none broken") and len(lines) == 10
    silver = lines[2].split()
    assert silver[:4] == ["silver_santa_deliveries", "2", "2", "2026-12-24T09:39:59.000Z"] and silver[-1] == "3"

    lake = shutil.copytree(plain_folder, tmp_path / "lake")
    (lake / "_checkpoints" / "gold_top_cities" / "offsets" / "2").write_text("")
    code, out, err = run(capfd, "inspect", lake)
    assert code == 1 and err == "" and out.splitlines()[-1] == "8 streams, 1 broken"
    assert out.splitlines()[-2].startswith("BROKEN   gold_top_cities: offsets/2 is cut off: bring ")
    code, out, err = run(capfd, "inspect", lake, "--json")
    (broken,) = [entry for entry in json.loads(out)["streams"] if entry["broken"]]
    assert code == 1 and broken["stream"] == "gold_top_cities" and broken["restart"] == "stops with an error"
    assert one_line(capfd, "inspect", tmp_path / "no").startswith(f"sleigh: there is no lake in {tmp_path}/no: name")
