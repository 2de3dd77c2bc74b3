"""A live run tells the lake how it is, and takes requests from there: that is how a dashboard in another process knows.

`<lake>/_live/status.json` is written anew each second, whole or not at all; `<lake>/_live/restart-<table>` is a request.
And when the system's clock is set back, all streams start again: Spark waits for the next micro-batch until the clock says
so (SystemClock.waitTillTime in core/src/main/scala/org/apache/spark/util/Clock.scala of github.com/apache/spark), so after a
step of an hour they would stand still for an hour.
"""

import contextlib
import datetime as dt
import json
import threading
import time
from pathlib import Path

from .. import runtime
from ..paths import whole
from ..tables import TABLES
from . import report, run

EVERY_SECONDS = 1

STEP_SECONDS = 2
"""Set back by less, the clock costs no more than a wait of so long."""


def ask_restart(lake, table):
    """Ask the live run on the lake at folder `lake` to start the stream of `table` again; it does within a second or two.

    The landing table stands for the producer. Raises ValueError for a table that neither writes.
    """
    if table not in TABLES:
        raise ValueError(f"no stream writes {table!r}")
    folder = Path(lake) / runtime.LIVE
    folder.mkdir(exist_ok=True)
    (folder / f"restart-{table}").touch()


class Watch:
    """Write a live run's status and serve its requests, in a thread, from creation until close()."""

    def __init__(self, live):
        self.live, self._done = live, threading.Event()
        self._folder = live.lake / runtime.LIVE
        self._folder.mkdir(exist_ok=True)
        for old in self._folder.glob("restart-*"):
            old.unlink()
        self._ahead = _ahead()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def _run(self):
        while not self._done.wait(EVERY_SECONDS):
            ahead, before = _ahead(), self._ahead
            self._ahead = ahead
            if ahead < before - STEP_SECONDS:
                for table in self.live.queries:
                    self._restart(table)
            for request in self._folder.glob("restart-*"):
                request.unlink(missing_ok=True)
                self._restart(request.name.removeprefix("restart-"))
            with contextlib.suppress(OSError):  # a full disk; the dashboard takes the silence for a run that has ended
                self._write()

    def _restart(self, table):
        with contextlib.suppress(Exception):  # status has it, and the reader can press the button again
            run.restart(self.live, table)

    def _write(self):
        producer, *streams = report.status(self.live)
        status = {
            "at": dt.datetime.now(dt.UTC).isoformat(),
            "speed": self.live.night["speed"],
            "producer": producer,
            "streams": streams,
        }
        with whole(self._folder / "status.json") as part:
            part.write_text(json.dumps(status))

    def close(self):
        """End the thread and leave no status behind."""
        self._done.set()
        self._thread.join(30)
        (self._folder / "status.json").unlink(missing_ok=True)


def _ahead():
    """How far the system's clock is ahead of the one that only counts on, seconds."""
    return time.time() - time.monotonic()
