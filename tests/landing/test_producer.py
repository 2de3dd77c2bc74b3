"""The producer: the night in time, each message once, and truth equal to what has landed whenever it is stopped."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time

import deltalake
import helpers
import psutil
import pytest
from deltalake import DeltaTable
from sleigh import landing, runtime
from sleigh.errors import SleighError
from sleigh.landing import producer
from sleigh.runtime import lakes
from sleigh.simulator.night import night
from sleigh.tables import EVENT

NIGHT = {"rate": 60, "seed": 5}


@pytest.fixture
def lake(tmp_path, monkeypatch):
    """A fresh folder, open as the lake, without Spark."""
    folder = tmp_path / "Santa's lake"
    monkeypatch.setattr(lakes, "_open", folder)
    return folder


def command(lake, *words, **night):
    pairs = [f"--{name.replace('_', '-')}={value}" for name, value in (NIGHT | night).items()]
    return [sys.executable, "-m", "sleigh.landing.producer", "--lake", str(lake), *pairs, *words]


def run(lake, **night):
    """A producer as a process of its own, running."""
    env = os.environ | {"PYTHONPATH": str(helpers.ROOT / "lib")}
    return subprocess.Popen(command(lake, **night), env=env, stderr=subprocess.PIPE, text=True)


def landed(lake):
    return DeltaTable(str(lake / landing.TABLE)).to_pyarrow_table().select(EVENT.names)


def wait_for(condition, seconds=30):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


def reached(lake, second):
    return lambda: (lake / landing.TABLE / "_delta_log").exists() and landing.landed_seconds(lake) >= second


def assert_truth_is_what_landed(lake):
    """The first `landed_seconds` of the night, no more and no less, are both in the table and in the truth."""
    seconds = landing.landed_seconds(lake)
    assert len(landing.truth()) == landed(lake).num_rows == seconds * NIGHT["rate"] // 60
    whole = night(-(-seconds // 60), **NIGHT)
    helpers.assert_same(landed(lake), whole.events.slice(0, seconds * NIGHT["rate"] // 60))
    assert landing.truth().equals(whole.truth.slice(0, seconds * NIGHT["rate"] // 60))


class Clock:
    """Time that passes only where the producer waits, and where a slow commit is played."""

    def __init__(self, monkeypatch):
        self.now, self.waits = 1000.0, []
        monkeypatch.setattr(producer.time, "monotonic", lambda: self.now)

    def wait(self, seconds):
        self.waits.append(seconds)
        self.now += seconds


def test_it_lands_what_is_due_and_no_earlier(lake, monkeypatch):
    clock, seen = Clock(monkeypatch), []
    end = producer.produce(
        lake, **NIGHT, minutes=1, wait=clock.wait, on_batch=lambda *each: seen.append((clock.now - 1000, *each))
    )
    assert end == 60 and seen == [(5.0 * i, 5 * i, 5) for i in range(1, 13)]
    assert_truth_is_what_landed(lake)


def test_at_a_high_speed_a_commit_is_longer_not_more_often(lake, monkeypatch):
    clock, seen = Clock(monkeypatch), []
    producer.produce(
        lake,
        **NIGHT,
        minutes=20,
        speed=60,
        wait=clock.wait,
        on_batch=lambda *each: seen.append((clock.now - 1000, *each)),
    )
    assert seen == [(5.0 * i, 300 * i, 300) for i in range(1, 5)]
    assert_truth_is_what_landed(lake)


def test_a_slow_commit_is_caught_up_in_one_and_nothing_drifts(lake, monkeypatch):
    clock, seen = Clock(monkeypatch), []

    def on_batch(second, rows):
        seen.append((round(clock.now - 1000, 3), second, rows))
        clock.now += 17.0 if second == 10 else 0.04

    producer.produce(lake, **NIGHT, minutes=1, wait=clock.wait, on_batch=on_batch)
    assert [each[:2] for each in seen[:4]] == [(5.0, 5), (10.0, 10), (27.0, 25), (30.0, 30)]
    assert [each[:2] for each in seen[4:]] == [(second, second) for second in range(35, 61, 5)]
    assert_truth_is_what_landed(lake)


def test_it_goes_on_where_the_landing_stopped(lake):
    assert producer.produce(lake, **NIGHT, speed=3600, minutes=1.5) == 90
    assert_truth_is_what_landed(lake)
    assert producer.produce(lake, **NIGHT, speed=3600, minutes=12) == 90 + 720
    assert_truth_is_what_landed(lake)
    assert producer.produce(lake, **NIGHT, speed=3600, start_minute=0, minutes=10) == 810, "it has them all"
    assert_truth_is_what_landed(lake)


@pytest.mark.parametrize("seconds", [31, 62, 124])
def test_minutes_that_are_no_whole_number_end_on_their_second(lake, seconds):
    assert producer.produce(lake, **NIGHT, speed=3600, minutes=seconds / 60) == seconds


def test_it_ends_with_the_night(lake):
    assert producer.produce(lake, **NIGHT, speed=3600, start_minute=1495) == 1500 * 60
    assert landed(lake).num_rows == len(landing.truth()) == 5 * 60
    assert producer.produce(lake, **NIGHT, speed=3600) == 1500 * 60


def test_another_night_is_refused(lake):
    producer.produce(lake, **NIGHT, speed=3600, minutes=1)
    with pytest.raises(SleighError, match="this lake holds another night"):
        producer.produce(lake, **NIGHT | {"seed": 6}, speed=3600, minutes=1)
    assert_truth_is_what_landed(lake)


def test_a_lake_that_run_has_begun_is_gone_on_with(spark, tmp_path):
    runtime.open_lake(spark, tmp_path / "lake")
    landing.generate(spark, minutes=2, **NIGHT)
    producer.produce(tmp_path / "lake", **NIGHT, speed=3600, minutes=1)
    assert_truth_is_what_landed(tmp_path / "lake")


def test_told_to_stop_it_ends_after_its_commit(lake):
    for number in (signal.SIGTERM, signal.SIGINT):
        begun = landing.landed_seconds(lake) if lake.exists() else 0
        process = run(lake, speed=60, batch_seconds=0.2)
        wait_for(reached(lake, begun + 60))
        process.send_signal(number)
        assert process.wait(5) == producer.STOPPED and process.stderr.read() == ""
        assert_truth_is_what_landed(lake)


def test_killed_at_any_moment_truth_is_what_landed(lake):
    draw = random.Random(24)
    for _ in range(5):
        begun = landing.landed_seconds(lake) if lake.exists() else 0
        process = run(lake, speed=600, batch_seconds=0.01)  # commit upon commit
        wait_for(reached(lake, begun + 30))
        time.sleep(draw.uniform(0, 0.3))
        process.kill()
        process.wait()
        assert_truth_is_what_landed(lake)
    producer.produce(lake, **NIGHT, speed=3600, minutes=2)
    assert_truth_is_what_landed(lake)


def test_killed_before_its_first_commit_nothing_was_sent(lake, monkeypatch):
    """The truth of ten minutes is there, and none of them has landed."""
    with pytest.raises(KeyboardInterrupt):
        producer.produce(lake, **NIGHT, wait=lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    assert list((lake / "_truth").glob("*.parquet"))
    assert len(landing.truth()) == landed(lake).num_rows == 0


def test_two_producers_on_one_lake_land_the_night_once(lake):
    both = [run(lake, speed=120, batch_seconds=0.05, start_minute=0, minutes=8) for _ in range(2)]
    for process in both:
        assert process.wait(60) == 0, process.stderr.read()
    assert landing.landed_seconds(lake) == 480
    assert_truth_is_what_landed(lake)


def test_beaten_by_another_producer_in_the_middle_of_a_commit(lake, monkeypatch):
    """The other one lands more than half of this one's batch after this one has looked."""
    landing.begin(lake, 0)
    messages, path = night(2, **NIGHT), lake / landing.TABLE
    rows, times = (
        landing.with_ingestion_date(messages.events, messages.truth["arrival_time"]),
        messages.truth["arrival_time"],
    )
    real, calls = deltalake.write_deltalake, []

    def beaten(*arguments, **more):
        calls.append(1)
        if len(calls) == 1:
            assert landing.append_files(path, rows.slice(0, 80), times.slice(0, 80), 80) == 80
        return real(*arguments, **more)

    monkeypatch.setattr(deltalake, "write_deltalake", beaten)
    assert landing.append_files(path, rows, times, 120) == 40
    assert len(calls) == 3
    helpers.assert_same(landed(lake), messages.events)


def test_without_docstrings_it_runs(lake):
    """As for someone who has PYTHONOPTIMIZE=2."""
    words = command(lake, minutes=1, speed=3600)
    done = subprocess.run(words, env=os.environ | {"PYTHONPATH": str(helpers.ROOT / "lib"), "PYTHONOPTIMIZE": "2"})
    assert done.returncode == 0 and len(landed(lake)) == 60


def test_it_ends_when_its_parent_does(lake):
    """A parent that is killed cannot say good-bye."""
    source = f"import subprocess; subprocess.run({command(lake, speed=60)!r})"
    env = os.environ | {"PYTHONPATH": str(helpers.ROOT / "lib")}
    parent = subprocess.Popen([sys.executable, "-c", source], env=env)
    try:
        wait_for(lambda: (lake / "_truth" / "night.json").exists())
        (child,) = psutil.Process(parent.pid).children()
        parent.kill()
        parent.wait()
        gone, alive = psutil.wait_procs([child], timeout=5)
        assert gone and not alive
    finally:
        parent.kill()
        with contextlib.suppress(psutil.NoSuchProcess, UnboundLocalError):
            child.kill()


@pytest.mark.parametrize(
    "words, said",
    [
        ({"rate": 0}, "rate must be a whole number from 1"),
        ({"speed": 0}, "speed must be a number from 0.01 to 3600, not 0"),
        ({"speed": float("nan")}, "speed must be a number"),
        ({"batch_seconds": 0}, "batch_seconds must be a number from 0.01 to 3600"),
        ({"minutes": 0}, "minutes must be a number above 0"),
        ({"start_minute": 1500}, "start_minute must be a whole number"),
        ({"faults": "x"}, "faults must be"),
        ({"seed": -1}, "seed must be"),
    ],
)
def test_bad_arguments_are_one_line(lake, capsys, words, said):
    assert producer.main(command(lake, **words)[3:]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"sleigh: {said}") and err.count("\n") == 1 and not lake.exists()
