"""A disk that is full, at any moment: one line, exit code not 0, and with more room the same command goes on.

The disk is a tmpfs, which has as much room as its last mount says. To mount one takes root, and where that is not allowed
the trial fails.
"""

import contextlib
import json
import random
import re
import subprocess
import sys

import helpers
import trials

FULL = re.compile(r"No space left on device|disk is full|no space", re.IGNORECASE)

NIGHT = {"minutes": 12, "rate": 60, "every": 120}
"""Of each trial; its lake has about SIZES[1] kilobytes at its end."""

SIZES = {"producer": (24, 150), "run": (150, 2500), "live": (150, 1500)}
"""Who fills the disk -> from where to where its size is drawn, kilobytes."""

ROOMY = 256 * 1024


@contextlib.contextmanager
def tmpfs(folder, kilobytes):
    """A file system of that size, mounted at `folder` until the end. Gives the function that changes its size."""
    folder.mkdir(parents=True)
    _mount("-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", folder)
    try:
        yield lambda kilobytes: _mount("-o", f"remount,size={kilobytes}k", folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def _mount(*words):
    done = subprocess.run(["mount", *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, f"this trial mounts a small file system, which takes root: {done.stderr.strip()}"


def trial(folder, seed):
    """Twice too small a disk for the producer, then for a run or a live run, and then room enough."""
    draw = random.Random(seed)
    night = {**NIGHT, "seed": draw.randint(0, 2**31), "faults": "broken=0.1,duplicates=0.1,late=0.2"}
    with tmpfs(folder.with_name("disk"), ROOMY) as resize:
        lake = folder.with_name("disk") / "lake"
        lake.mkdir()
        fill("producer", producer(lake, night), lake, resize, draw)
        landed = helpers.command(*inspected(lake))
        who = draw.choice(["run", "live"])
        said = fill(who, run(lake, night) if who == "run" else live(lake, night), lake, resize, draw)
        assert said["balanced"], said
        landed = helpers.command(*inspected(lake))
        assert landed.returncode == 0, landed.stdout + landed.stderr
    return {"messages": said["generated"], "kills": {}}


def inspected(lake):
    return ["inspect", str(lake)]


def producer(lake, night):
    words = [f"--{name}={night[name]}" for name in ("rate", "seed", "faults", "minutes")]
    words += [f"--lake={lake}", "--start-minute=0", "--speed=3600", "--batch-seconds=0.03"]
    return ["-m", "sleigh.landing.producer", *words]


def run(lake, night):
    return ["-m", "sleigh", *helpers.arguments(night, lake), "--json"]


def live(lake, night):
    words = [f"--{name}={night[name]}" for name in ("rate", "seed", "faults")]
    return ["-m", "sleigh", "live", *words, f"--lake={lake}", "--minutes=0.3", "--speed=60", "--no-dashboard", "--json"]


def fill(who, words, lake, resize, draw):
    """Run `words` on two disks that are too small, then on a roomy one. Returns what it said last as JSON, or None."""
    for size in sorted(draw.uniform(*SIZES[who]) for _ in range(2)):
        resize(used(lake.parent) + int(size))
        done = start(words)
        if done.returncode == 0:  # it was enough
            break
        assert_one_line(who, done)
    resize(ROOMY)
    done = start(words)
    assert done.returncode == 0, f"{who} with room: {done.stdout}{done.stderr}"
    lines = done.stdout.splitlines()
    return json.loads(lines[-1]) if lines else None


def start(words):
    return subprocess.run(
        [sys.executable, *words], env=trials.environment(), cwd=trials.ROOT, capture_output=True, text=True, timeout=300
    )


def used(folder):
    """Kilobytes that are taken on the file system of `folder`."""
    done = subprocess.run(["df", "--output=used", "-k", str(folder)], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1])


def assert_one_line(who, done):
    """It says what is wrong in a line that a reader understands, and does not call the ledger right."""
    said = [line for line in done.stderr.splitlines() if line.startswith("sleigh: ")]
    told = f"{who} ended with {done.returncode}\n{done.stdout}{done.stderr}"
    assert "Traceback" not in done.stderr + done.stdout, told
    assert FULL.search(done.stderr), told
    assert who == "live" or len(said) == 1, told
