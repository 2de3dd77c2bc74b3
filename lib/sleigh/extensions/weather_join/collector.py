"""The collector: a process of its own, without a JVM, that lands what the weather service has published.

    python -m sleigh.extensions.weather_join.collector --lake DIR [--within SECONDS]

How far it has come is in the landing table itself: each commit bears the second of the night that it reaches, as those of
the messages do (landing/write.py). So a collector that is killed, asked twice, or run beside another one leaves no
observation out and lands none twice; and a service that was down for hours is asked for all of them when it is back.
"""

import argparse
import os
import sys
import time
from pathlib import Path

from ... import landing, runtime
from ...ending import leave
from ...errors import sentence
from ...tables import LANDING_WEATHER
from .. import processes
from . import client

LOOK_SECONDS = 1
"""Between two looks at whether the night has gone on."""

PATIENCE_SECONDS = 20
"""How long a run waits for the service before it goes on without."""


def collect(lake, *, within=None, wait=time.sleep):
    """Land what was published since the last time, in one commit. Returns the number of rows; None: the service is down.

    within: seconds that the service has to answer in (None: PATIENCE_SECONDS).
    """
    path = Path(lake) / LANDING_WEATHER.name
    runtime.create_files(path, LANDING_WEATHER.name)
    since = landing.last_second(lake, LANDING_WEATHER.name) or 0
    if landing.landed_seconds(lake) <= since:
        return 0
    found = client.published(lake, since, within=PATIENCE_SECONDS if within is None else within, wait=wait)
    if found is None:
        return None
    until, rows = found
    return landing.append_files(path, rows, rows["issued_at"], until)


def main(argv=None):
    """Exit code 0: told to stop, or all is landed; 1: the service did not answer in time; 2: one line on stderr."""
    parser = argparse.ArgumentParser(
        prog="python -m sleigh.extensions.weather_join.collector", description="Land what the weather service says."
    )
    parser.error = lambda message: parser.exit(2, f"sleigh: {message}\n")
    parser.add_argument("--lake", required=True, help="folder of the tables")
    parser.add_argument("--within", type=float, help="land what there is, within so many seconds, and end")
    parser.add_argument("--parent", type=int, default=os.getppid(), help="end when this process does (default: parent)")
    arguments = parser.parse_args(argv)
    wait = processes.waiter(arguments.parent)
    try:
        if arguments.within is not None:
            return 1 if collect(arguments.lake, within=arguments.within, wait=wait) is None else 0
        while not wait(LOOK_SECONDS):
            collect(arguments.lake, wait=wait)
    except Exception as problem:
        print(f"sleigh: {sentence(problem)}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    leave(main())
