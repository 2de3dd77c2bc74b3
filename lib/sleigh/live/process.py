"""The producer of a live run, in a process of its own: start it, stop it, and what it complained of."""

import os
import subprocess
import sys
import tempfile

from .. import extensions, landing
from ..domain import NIGHT_MINUTES
from ..runtime import profile

BATCH_SECONDS = 5
"""Real seconds to a commit of the landing table."""


def start(live):
    """Start the producer of `live`; it goes on where the landing stopped."""
    words = [f"--lake={live.lake}", f"--parent={os.getpid()}", f"--batch-seconds={BATCH_SECONDS}"]
    words += [f"--{name}={landing.shown(value)}" for name, value in live.night.items()]
    if feeds := extensions.feeds(live.also):
        words.append(f"--feeds={','.join(feeds)}")
    if live.until is not None:
        words.append(f"--minutes={min(NIGHT_MINUTES, (live.until - landing.landed_seconds(live.lake)) / 60)}")
    live.complaints = tempfile.TemporaryFile()  # noqa: SIM115, status reads it later
    live.producer = subprocess.Popen(
        [sys.executable, "-m", "sleigh.landing.producer", *words],
        env=os.environ | {"PYTHONPATH": str(profile.ROOT / "lib")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=live.complaints,
        start_new_session=True,  # Ctrl-C and Jupyter's interrupt are for us; the producer is told when its turn comes
    )


def stop(live):
    """Tell the producer to end after its commit, and wait until it has; after ten seconds it is killed."""
    if live.producer is None:
        return
    live.producer.terminate()
    try:
        live.producer.wait(10)
    except subprocess.TimeoutExpired:
        live.producer.kill()
        live.producer.wait()


def complaint(live):
    """The last line that a producer which failed wrote on stderr, or that it was killed."""
    live.complaints.seek(0)
    lines = live.complaints.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"it was killed (exit code {live.producer.returncode})"
