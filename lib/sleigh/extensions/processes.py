"""Processes beside the streams, for whatever extension has some: start them, start them again when they die, end them."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time

from ..paths import ROOT

_LOOK_SECONDS = 0.5  # between two looks at whether all are alive


def start(module, lake, *words):
    """Start the extensions' `module`, such as alerts.sender, for the lake at folder `lake`. Returns its subprocess.Popen.

    It is told who its parent is, and is to end when that does: see waiter.
    """
    return subprocess.Popen(
        [sys.executable, "-m", f"{__package__}.{module}", f"--lake={lake}", f"--parent={os.getpid()}", *words],
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


@contextlib.contextmanager
def running(starts):
    """Run processes until the block ends, and start again whatever dies. starts: {name: function that starts it}.

    Yields {name: Popen}. They are ended in the order in which they were started.
    """
    alive, over = {}, threading.Event()

    def watch():
        while not over.wait(_LOOK_SECONDS):
            for name, process in alive.items():
                if process.poll() is not None:
                    alive[name] = starts[name]()

    watcher = threading.Thread(target=watch, name="processes", daemon=True)
    try:
        alive.update({name: begin() for name, begin in starts.items()})
        watcher.start()
        yield alive
    finally:
        over.set()
        if watcher.ident:
            watcher.join()
        for process in alive.values():
            stop(process)


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
