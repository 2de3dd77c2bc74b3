"""Service and collector beside the streams; they end with the run."""

import contextlib
import functools
import time

from ... import runtime
from ..processes import running
from ..processes import start as start_process
from . import client, collector

FAULTS = "busy=0.05,error=0.1"
"""What goes wrong with the service in a run: a sixth of the requests."""

_START_SECONDS = 20


@contextlib.contextmanager
def beside(lake):
    """Run the service and the collector of the lake at folder `lake` until the block ends.

    They end with this process, however it ends. On Databricks, where a lake is no folder, nothing is started: the service
    is on this machine.
    """
    if not runtime.backend().has_files:
        yield
        return
    client.note(lake).unlink(missing_ok=True)  # of a service that has ended
    starts = {
        "collector": functools.partial(start, "collector", lake),
        "service": functools.partial(start, "service", lake, f"--faults={FAULTS}"),
    }
    with running(starts):
        yield


def catch_up(lake):
    """Land all that the service has published by now. If it is down, the streams go on without."""
    if runtime.backend().has_files:
        until = time.monotonic() + _START_SECONDS
        while not client.note(lake).exists() and time.monotonic() < until:  # it is just being started
            time.sleep(0.05)
        collector.collect(lake)


def start(name, lake, *words):
    """Start `name`, service or collector, of the lake at folder `lake`. Returns its subprocess.Popen."""
    return start_process(f"weather_join.{name}", lake, *words)
