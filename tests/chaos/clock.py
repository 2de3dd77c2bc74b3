"""A clock that steps, an hour ahead or back, while live mode runs: nothing is lost, and nothing stands still.

The clock of the system is not ours to set. clock.c stands before the C library's functions in one process and its children,
JVM included, and makes their wall clock as far off as a file says; the monotonic clock goes on as it does in a real step.
It is compiled for each trial, by cc.
"""

import json
import random
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import trials
from deltalake import DeltaTable
from sleigh.tables import SILVER

STEPS = (3600, -3600)
"""Seconds that the clock is off after a step."""


def trial(folder, seed):
    """A live run whose clock steps twice, in any order; after each step silver goes on, and its ledger balances."""
    draw = random.Random(seed)
    clock = folder.with_name("clock")
    words = ["live", "--lake", str(folder), "--speed", "60", "--rate", "60", "--seed", str(seed), "--no-dashboard"]
    process = subprocess.Popen(
        [sys.executable, "-m", "sleigh", *words, "--json"],
        env=trials.environment() | stepping(clock),
        cwd=trials.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        started = trials.read_until(process.stderr, "streams running")
        assert "streams running" in started, started
        assert_goes_on(folder, "the start")
        for step in draw.sample(STEPS, 2):
            time.sleep(draw.uniform(2, 6))
            set_ahead(clock, step)
            assert_goes_on(folder, f"the clock was set {step:+} s off")
        process.send_signal(signal.SIGINT)
        told, said = process.communicate(timeout=180)
    finally:
        trials.kill_group(process)
    assert process.returncode == 0, told + said
    balance = json.loads(told.splitlines()[-1])
    assert balance["balanced"] and "FAILED" not in said, told + said
    return {"messages": balance["generated"], "kills": {}}


def assert_goes_on(lake, since, seconds=90):
    """Silver gets three more commits within that time."""
    path = lake / SILVER.name
    at, until = DeltaTable(str(path)).version(), time.monotonic() + seconds
    while DeltaTable(str(path)).version() < at + 3:
        assert time.monotonic() < until, f"silver has stood still for {seconds} s since {since}"
        time.sleep(0.5)


def set_ahead(clock, seconds):
    """Set the clock of who reads the file `clock`."""
    with clock.open("r+b") as file:  # in place: it is mapped
        file.write(struct.pack("=q", seconds))


def stepping(clock):
    """The environment of a process whose clock is as far ahead as the file `clock`, which is made, says; at first it is not.

    Raises AssertionError if there is no C compiler, or the clock of a process does not step.
    """
    library = clock.with_suffix(".so")
    clock.write_bytes(struct.pack("=q", 7200))
    source = Path(__file__).with_suffix(".c")
    done = subprocess.run(
        ["cc", "-shared", "-fPIC", "-O2", "-o", str(library), str(source)], capture_output=True, text=True
    )
    assert done.returncode == 0, f"this trial compiles {source.name} by cc: {done.stderr}"
    environment = {"LD_PRELOAD": str(library), "SLEIGH_CLOCK": str(clock)}
    said = subprocess.check_output(
        [sys.executable, "-c", "import time; print(time.time())"], env=trials.environment() | environment
    )
    assert abs(float(said) - time.time() - 7200) < 60, f"the clock does not step: {said}"
    set_ahead(clock, 0)
    return environment
