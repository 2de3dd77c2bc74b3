"""How a process of ours ends: with its exit code, all said, and Python's own last work done."""

import subprocess
import sys

from sleigh.paths import ROOT


def test_all_is_said_and_done_before_it_ends():
    script = "import atexit; from sleigh.ending import leave; atexit.register(print, 'last'); print('first'); leave(3)"
    done = subprocess.run([sys.executable, "-c", script], env={"PYTHONPATH": str(ROOT / "lib")}, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (3, b"first\nlast\n", b"")


def test_it_ends_though_nobody_reads_what_it_says():
    script = "import os; from sleigh.ending import leave; print('x'); os.close(1); leave(0)"
    done = subprocess.run([sys.executable, "-c", script], env={"PYTHONPATH": str(ROOT / "lib")}, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
