"""Sender and receiver as processes beside the streams: started, started again when they die, ended with the run."""

import contextlib
import functools

from ... import runtime
from .. import processes
from ..processes import stop, waiter

__all__ = ["DRAIN_SECONDS", "beside", "start", "stop", "waiter"]

DRAIN_SECONDS = 30
"""How long, when the streams have ended, the rest of the outbox may take to be sent."""


@contextlib.contextmanager
def beside(lake):
    """Run sender and receiver of the lake at folder `lake` until the block ends, and then send what is left.

    They end with this process, however it ends. On Databricks, where a lake is no folder, nothing is started.
    """
    if not runtime.backend().has_files:
        yield
        return
    starts = {name: functools.partial(start, name, lake) for name in ("receiver", "sender")}
    with processes.running(starts) as running:
        yield
        # It may be in the middle of a long pause. Or it is started again, and finds nothing to do.
        stop(running["sender"])
        start("sender", lake, f"--within={DRAIN_SECONDS}").wait()


def start(name, lake, *words):
    """Start `name`, sender or receiver, of the lake at folder `lake`. Returns its subprocess.Popen."""
    return processes.start(f"alerts.{name}", lake, *words)
