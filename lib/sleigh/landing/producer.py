"""The producer: a process of its own, without a JVM, that lands the night as it happens.

    python -m sleigh.landing.producer --lake DIR [--rate 600 --speed 1 --batch-seconds 5 --start-minute 0 --minutes N ...]

It goes on where the lake's landing stopped. SIGTERM and Ctrl-C end it after the commit it is at, and it ends when the
process that started it does. Killed at any other moment it leaves no half batch: rows and their number are one commit of
Delta, and the ledger takes for sent what has landed (landing.truth).
"""

import argparse
import math
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from .. import landing, runtime
from ..domain import NIGHT_MINUTES, night_milliseconds
from ..ending import leave
from ..errors import SleighError, sentence
from ..simulator.faults import parse_faults
from ..simulator.night import check_arguments, night

SLICE_MINUTES = 10
"""Minutes of the night made at a time, fewer at a high rate."""

MESSAGES_IN_MEMORY = 100_000

STOPPED = 3
"""Exit code of a producer that was told to stop before its end."""


def check(*, rate=600, speed=1, minutes=None, seed=24, faults="default", start_minute=None, batch_seconds=5):
    """Raise SleighError, one line, for arguments that produce() would not take."""
    try:
        check_arguments(1, start_minute or 0, rate, faults, seed)
        for name, value, low, high in (("speed", speed, 0.01, 3600), ("batch_seconds", batch_seconds, 0.01, 3600)):
            if not low <= value <= high:
                raise ValueError(f"{name} must be a number from {low:g} to {high}, not {value!r}")
        if minutes is not None and not 0 < minutes <= NIGHT_MINUTES:
            raise ValueError(f"minutes must be a number above 0 and up to {NIGHT_MINUTES}, not {minutes!r}")
    except ValueError as problem:
        raise SleighError(str(problem)) from None


def produce(
    lake,
    *,
    rate=600,
    speed=1,
    batch_seconds=5,
    start_minute=None,
    minutes=None,
    seed=24,
    faults="default",
    feeds=(),
    wait=time.sleep,
    on_batch=None,
):
    """Land the night in the lake at folder `lake` as it happens, a commit each `batch_seconds` of real time.

    speed: seconds of the night to a second of real time. start_minute: where a fresh lake begins (0 if not given).
    feeds: names of feeds.FEEDS, which are landed after each commit, as far as it goes.
    minutes: how much of the night, counted from start_minute if given, else from where the landing is; else all of it.
    wait(seconds) waits, and stops the producer by returning True. on_batch(second, rows) is called after each commit.
    Late for any reason, it lands all that is due in one commit, so that it never drifts.
    Returns the second of the night that it has reached. Raises SleighError as landing.keep_truth does, or for
    arguments outside the night.
    """
    check(
        rate=rate,
        speed=speed,
        minutes=minutes,
        seed=seed,
        faults=faults,
        start_minute=start_minute,
        batch_seconds=batch_seconds,
    )
    lake, path, first = Path(lake), Path(lake) / landing.TABLE, (start_minute or 0) * 60
    landing.begin(lake, first)
    reached = max(first, landing.landed_seconds(lake))
    if minutes is None:
        end = NIGHT_MINUTES * 60
    else:
        seconds = math.ceil(round(minutes * 60, 6))  # 31 seconds are 0.5166... minutes, and those 31.000000000000004
        end = min(NIGHT_MINUTES * 60, (reached if start_minute is None else first) + seconds)
    step = max(1, round(batch_seconds * speed))  # seconds of the night to a commit
    landing.check_feeds(feeds)
    senders = None  # they ask where the night begins, and the first slice says so
    origin = None  # when the night would have begun, always played at this speed
    while reached < end:
        arrival, rows, truth, until = _slice(lake, reached, rate, seed, faults)
        senders = senders if senders is not None else [_sender(lake, name, rate, seed, faults) for name in feeds]
        until, origin = min(until, end), origin or time.monotonic() - reached / speed
        while reached < until:
            due = min(until, (reached // step + 1) * step)
            if wait(max(0, origin + due / speed - time.monotonic())):
                return reached
            now = int((time.monotonic() - origin) * speed)
            due = min(until, max(due, now // step * step))
            begin, stop = np.searchsorted(arrival, [reached * 1000, due * 1000])
            batch, times = rows.slice(begin, stop - begin), truth["arrival_time"].slice(begin, stop - begin)
            landed = landing.append_files(path, batch, times, due) if len(batch) else 0
            reached = due
            for send in senders:
                send(reached)
            if on_batch:
                on_batch(reached, landed)
    return reached


def _sender(lake, name, rate, seed, faults):
    def append(table, *batch):
        return landing.append_files(lake / table, *batch)

    table = landing.FEEDS[name].table.name
    runtime.create_files(lake / table, table)
    return landing.sender(lake, name, append, rate=rate, seed=seed, faults=faults)


def _slice(lake, second, rate, seed, faults):
    """The messages from about `second` on, with their truth kept: (arrival in ms, rows, truth, second of its end)."""
    length = max(1, min(SLICE_MINUTES, MESSAGES_IN_MEMORY // rate))
    start = second // 60
    minutes = min((start // length + 1) * length, NIGHT_MINUTES) - start
    messages = night(minutes, start_minute=start, rate=rate, seed=seed, faults=faults)
    landing.keep_truth(messages, start, minutes, lake=lake, seed=seed, rate=rate, faults=parse_faults(faults))
    arrival = messages.truth["arrival_time"]
    rows = landing.with_ingestion_date(messages.events, arrival)
    return night_milliseconds(arrival), rows, messages.truth, (start + minutes) * 60


def main(argv=None):
    """Exit code 0: the end was reached; STOPPED: it was told to stop, or its parent has ended; 2: wrong arguments."""
    parser = argparse.ArgumentParser(
        prog="python -m sleigh.landing.producer",
        description="The producer: a process of its own, without a JVM, that lands the night as it happens.",
    )
    parser.error = lambda message: parser.exit(2, f"sleigh: {message}\n")
    parser.add_argument("--lake", required=True, help="folder of the tables")
    parser.add_argument("--rate", type=int, default=600, help="messages a minute of event time (default 600)")
    parser.add_argument("--speed", type=float, default=1, help="60 plays an hour of the night in a minute (default 1)")
    parser.add_argument("--batch-seconds", type=float, default=5, help="real seconds to a commit (default 5)")
    parser.add_argument("--start-minute", type=int, help="where a fresh lake begins (default 0)")
    parser.add_argument("--minutes", type=float, help="how much of the night (default: to its end)")
    parser.add_argument("--seed", type=int, default=24, help="same seed, same night (default 24)")
    parser.add_argument("--faults", default="default", help="default, none, or rates such as broken=0.05,late=0")
    parser.add_argument("--feeds", default="", help="what to land beside the messages, names with commas between")
    parser.add_argument("--parent", type=int, default=os.getppid(), help="end when this process does (default: parent)")
    arguments = vars(parser.parse_args(argv))
    lake, parent = arguments.pop("lake"), arguments.pop("parent")
    arguments["feeds"] = tuple(name for name in arguments["feeds"].split(",") if name)
    told, stopped = [], []  # to stop; an Event would not do, its lock may be held where the signal strikes
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.append(True))

    def wait(seconds):
        until = time.monotonic() + seconds
        while not told and os.getppid() == parent:
            rest = until - time.monotonic()
            if rest <= 0:
                return False
            time.sleep(min(rest, 0.2))
        stopped.append(True)
        return True

    try:
        produce(lake, **arguments, wait=wait)
    except Exception as problem:
        print(f"sleigh: {sentence(problem)}", file=sys.stderr)
        return 2
    return STOPPED if stopped else 0


if __name__ == "__main__":
    leave(main())
