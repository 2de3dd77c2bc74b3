"""A clock that steps, an hour ahead or back, while live mode runs: nothing is lost, and nothing stands still.

The clock of the system is not ours to set. libfaketime (the package of that name in Debian; README of
github.com/wolfcw/libfaketime) gives one process and its children, JVM included, a clock that is as far off as a file says,
and leaves the monotonic one alone.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import trials
from deltalake import DeltaTable
from sleigh.tables import SILVER

STEPS = ("+3600", "-3600")
"""Seconds that the clock is off after a step."""


def trial(folder, seed):
    """A live run whose clock steps twice, in any order; after each step silver goes on, and its ledger balances."""
    draw = random.Random(seed)
    offset = folder.with_name("offset")
    offset.write_text("+0")
    words = ["live", "--lake", str(folder), "--speed", "60", "--rate", "60", "--seed", str(seed), "--no-dashboard"]
    process = subprocess.Popen(
        [sys.executable, "-m", "sleigh", *words, "--json"],
        env=trials.environment() | faked(offset),
        cwd=trials.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        started = trials.read_until(process.stderr, "streams running")
        assert "streams running" in started, started
        for step in draw.sample(STEPS, 2):
            time.sleep(draw.uniform(2, 6))
            step_clock(offset, step)
            assert_goes_on(folder, step)
        process.send_signal(signal.SIGINT)
        told, said = process.communicate(timeout=180)
    finally:
        trials.kill_group(process)
    assert process.returncode == 0, told + said
    balance = json.loads(told.splitlines()[-1])
    assert balance["balanced"] and "FAILED" not in said, told + said
    return {"messages": balance["generated"], "kills": {}}


def step_clock(offset, step):
    """Set the clock of who reads `offset`, whole."""
    part = offset.with_suffix(".part")
    part.write_text(step)
    part.replace(offset)


def assert_goes_on(lake, step, seconds=60):
    """Silver gets three more commits within that time."""
    path = lake / SILVER.name
    at, until = DeltaTable(str(path)).version(), time.monotonic() + seconds
    while DeltaTable(str(path)).version() < at + 3:
        assert time.monotonic() < until, f"silver has stood still for {seconds} s since the clock stepped to {step} s"
        time.sleep(0.5)


def faked(offset):
    """The environment of a process whose clock is as far off as the file `offset` says, looked up each second."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    library = os.environ.get("SLEIGH_FAKETIME") or (str(found[0]) if found else None)
    assert library, "this trial makes a clock step by libfaketime: apt-get install libfaketime"
    return {
        "LD_PRELOAD": library,
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
