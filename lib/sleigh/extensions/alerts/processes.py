"""Sender and receiver as processes beside the streams: started, started again when they die, ended with the run."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

from ... import runtime
from ...paths import ROOT

DRAIN_SECONDS = 30
"""How long, when the streams have ended, the rest of the outbox may take to be sent."""

_LOOK_SECONDS = 0.5  # between two looks at whether both are alive


@contextlib.contextmanager
def beside(lake):
    """Run sender and receiver of the lake at folder `lake` until the block ends, and then send what is left.

    They end with this process, however it ends. On Databricks, where a lake is no folder, nothing is started.
    """
    if not runtime.backend().has_files:
        yield
        return
    running, over = {name: start(name, lake) for name in ("receiver", "sender")}, threading.Event()

    def watch():
        while not over.wait(_LOOK_SECONDS):
            for name, process in running.items():
                if process.poll() is not None:
                    running[name] = start(name, lake)

    watcher = threading.Thread(target=watch, name="alerts", daemon=True)
    watcher.start()
    try:
        yield
        stop(
            running["sender"]
        )  # it may be in the middle of a long pause; or it is started again, and finds nothing to do
        start("sender", lake, f"--within={DRAIN_SECONDS}").wait()
    finally:
        over.set()
        watcher.join()
        for process in running.values():
            stop(process)


def start(name, lake, *words):
    """Start `name`, sender or receiver, of the lake at folder `lake`. Returns its subprocess.Popen."""
    return subprocess.Popen(
        [sys.executable, "-m", f"sleigh.extensions.alerts.{name}", f"--lake={lake}", f"--parent={os.getpid()}", *words],
        env=os.environ | {"PYTHONPATH": str(ROOT / "lib")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C and Jupyter's interrupt are for us; they are told when their turn comes
    )


def stop(process):
    """Tell a process to end, and wait until it has; after ten seconds it is killed."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def waiter(parent):
    """For a process that is to end with process `parent`, or when it is told: a function wait(seconds).

    It returns True at once when there is a reason to end, and False when the time is up.
    """
    told = []  # an Event would not do, its lock may be held where the signal strikes
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.append(True))

    def wait(seconds):
        until = time.monotonic() + seconds
        while not told and os.getppid() == parent:
            rest = until - time.monotonic()
            if rest <= 0:
                return False
            time.sleep(min(rest, 0.1))
        return True

    return wait
