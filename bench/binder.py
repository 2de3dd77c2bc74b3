"""What lessons need where Binder runs them: one processor and 2 GB, with JupyterLab beside them.

A control group of Linux holds JupyterLab, a lesson's kernel and its JVM, and has the limits; what sends the cells and reads
their outputs is outside, as a browser is. `local` is the laptop profile; `binder` is binder/start in front of the programs,
as in Binder's image, and so runtime/backends/binder.py. Of each lesson: the seconds from the start of its kernel to the last
cell, and to the first figure. Of the group: `peak_mb`, the most that it held, files among it that the system keeps in memory
and gives back when more is wanted; `own_mb`, the most without those; `parts_mb`, what each program had resident then;
`killed`, how many processes the limit has cost. (How often more was wanted than is allowed, memory.failcnt, stayed at nought
beside processes that were killed, so it is left out.)
The last row is what a learner does: LEFT_OPEN has run and keeps its kernel, while the next lesson runs.
Needs root and control groups of version 1; else it says so, and its exit code is 1. `load` is the system's load average of
the last minute, for the machine may do other things. Prints one table, writes results/binder.json.
usage: python bench/binder.py [local] [binder] [00 09 13 09+13]
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tools"))
import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from sleigh.paths import ROOT

import notebooks

PLACES = ("local", "binder")
LEFT_OPEN = "09"
ROWS = ("00", "09", "13", f"{LEFT_OPEN}+13")
CPUS, MEMORY_MB = 1, 2048
GROUPS = Path("/sys/fs/cgroup")
TARGET = Path(__file__).parent / "results" / "binder.json"
PARTS = {"java": "JVM", "ipykernel_launcher": "kernel", "jupyterlab": "JupyterLab", "sleigh.landing": "producer"}
"""What stands in a program's command line -> what it is."""

WAIT = """\
import time
from pathlib import Path
Path({there!r}).touch()
while Path({there!r}).exists():
    time.sleep(0.1)
"""
"""The last cell of a lesson that is left open: says that all others have run, and waits until it is told to end."""


class Group:
    """A control group with the limits, as long as a `with` lasts; what is left in it then is killed."""

    def __init__(self):
        self.memory, self.cpu = (GROUPS / kind / f"sleigh-{os.getpid()}" for kind in ("memory", "cpu"))
        self.own, self.parts = 0, {}
        self._ended = threading.Event()

    def __enter__(self):
        self.memory.mkdir()
        self.cpu.mkdir()
        for name in ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes"):  # no swap either
            (self.memory / name).write_text(str(MEMORY_MB << 20))
        (self.cpu / "cpu.cfs_quota_us").write_text(str(CPUS * int(self.read(self.cpu, "cpu.cfs_period_us"))))
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._watcher.join()
        while pids := self.pids():
            for pid in pids:
                with _gone():
                    os.kill(pid, 9)
            time.sleep(0.1)
        self.memory.rmdir()
        self.cpu.rmdir()

    def inside(self, *words):
        """The command that joins the group and becomes `words`."""
        enter = "; ".join(f'echo $$ > "{group}/cgroup.procs"' for group in (self.memory, self.cpu))
        return ["sh", "-c", f'{enter}; exec "$@"', "sh", *words]

    def pids(self):
        return [int(pid) for pid in self.read(self.memory, "cgroup.procs").split()]

    def used(self):
        """What the group has needed until now."""
        killed = dict(line.split() for line in self.read(self.memory, "memory.oom_control").splitlines())
        return {
            "peak_mb": int(self.read(self.memory, "memory.max_usage_in_bytes")) >> 20,
            "own_mb": self.own >> 20,
            "parts_mb": self.parts,
            "killed": int(killed["oom_kill"]),
        }

    def _watch(self):
        while not self._ended.wait(0.2):
            lines = dict(line.split() for line in self.read(self.memory, "memory.stat").splitlines())
            if int(lines["total_rss"]) > self.own:
                self.own = int(lines["total_rss"])
                self.parts = self._resident()

    def _resident(self):
        """{program: MB resident}, the memory that two share counted for both."""
        found = {}
        for pid in self.pids():
            with _gone():
                words = Path(f"/proc/{pid}/cmdline").read_text()
                if os.environ.get("SHOW"):
                    print(pid, words.replace("\0", " ")[:150], Path(f"/proc/{pid}/statm").read_text().split()[1])
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                part = next((name for word, name in PARTS.items() if word in words), "others")
                found[part] = found.get(part, 0) + (pages * os.sysconf("SC_PAGE_SIZE") >> 20)
        return found

    @staticmethod
    def read(group, name):
        return (group / name).read_text()


def _gone():
    return suppress(ProcessLookupError, FileNotFoundError)


def refusal():
    """Why nothing can be measured here, in one line; None if it can be."""
    for group in (GROUPS / "memory", GROUPS / "cpu"):
        if not (group / "cgroup.procs").exists():
            return f"no control groups of version 1 at {group}"
        if not os.access(group, os.W_OK):
            return f"{group} cannot be written, and only root may set limits"
    return None


def program(place, *words):
    """The command by which `words` are started in `place`."""
    return [str(ROOT / "binder" / "start"), *words] if place == "binder" else list(words)


@contextmanager
def lab(group, place, lesson):
    """JupyterLab in the group, as long as a `with` lasts; it has been asked for its page and for the lesson."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--no-browser", "--allow-root", f"--port={port}", "--ServerApp.root_dir=.", "--IdentityProvider.token="]
    words = program(place, sys.executable, "-m", "jupyterlab", "--ip=127.0.0.1", *options)
    process = subprocess.Popen(group.inside(*words), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for path in ("lab", f"api/contents/notebooks/{lesson.name}"):
            _get(f"http://127.0.0.1:{port}/{path}")
        yield
    finally:
        process.terminate()
        process.wait(60)


def _get(address, seconds=120):
    until = time.monotonic() + seconds
    while True:
        try:
            return urllib.request.urlopen(address, timeout=seconds).read()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def kernels_in(group, place, folder):
    """Make `folder` one of Jupyter's in which the kernel python3 is that of this Python, started in the group."""
    spec = KernelSpecManager().get_kernel_spec("python3")
    kernel = Path(folder) / "kernels" / "python3"
    kernel.mkdir(parents=True)
    words = group.inside(*program(place, sys.executable, *spec.argv[1:]))
    (kernel / "kernel.json").write_text(json.dumps(spec.to_dict() | {"argv": words}))


@contextmanager
def left_open(lesson, folder):
    """Lesson `lesson` has run, and its kernel is there as long as a `with` lasts. Raises notebooks.Failed if it has not."""
    notebook = nbformat.read(lesson, as_version=4)
    there = Path(folder) / "there"
    notebook.cells.append(nbformat.v4.new_code_cell(WAIT.format(there=str(there))))
    copy = Path(folder) / f"open-{lesson.name}"
    nbformat.write(notebook, copy)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(notebooks.execute, copy, copy, lesson.parent)
        while not there.exists() and not running.done():
            time.sleep(0.1)
        try:
            if running.done():
                running.result()
            yield
        finally:
            there.unlink(missing_ok=True)
            if error := running.exception():
                raise error


def measure(place, row):
    """Run the lesson of `row`, one of ROWS, as in `place`. Returns what it took, see the module; `failure` if it failed."""
    *before, number = row.split("+")
    lesson, *first = [next((ROOT / "notebooks").glob(f"{each}_*.ipynb")) for each in (number, *before)]
    found = {"seconds": None, "first_figure_s": None}
    with tempfile.TemporaryDirectory() as folder, Group() as group:
        kernels_in(group, place, folder)
        os.environ["JUPYTER_PATH"] = folder
        with lab(group, place, lesson):
            try:
                with left_open(first[0], folder) if first else nullcontext():
                    begun = time.time()
                    target = Path(folder) / lesson.name
                    notebooks.execute(lesson, target)
                    found["seconds"] = round(time.time() - begun, 1)
                shown = first_figure(nbformat.read(target, as_version=4))
                found["first_figure_s"] = shown and round(shown - begun, 1)
            except notebooks.Failed as failed:
                found["failure"] = str(failed)
            return found | group.used()


def first_figure(notebook):
    """When the first cell with a figure ended, seconds since 1970, as papermill has noted it; None if there is none."""
    for cell in notebook.cells:
        shown = {kind for output in cell.get("outputs", []) for kind in output.get("data", {})}
        if any("plotly" in kind for kind in shown):
            return datetime.fromisoformat(cell.metadata.papermill.end_time).timestamp()
    return None


def main(arguments):
    if reason := refusal():
        print(f"binder: not measured: {reason}", file=sys.stderr)
        return 1
    places = [place for place in PLACES if place in arguments] or PLACES
    rows = [row for row in ROWS if row in arguments] or ROWS
    print("| lesson | place | seconds | first figure | peak, MB | its own | killed |\n|" + " --- |" * 7)
    for row in rows:
        for place in places:
            found = measure(place, row) | {"load": round(os.getloadavg()[0], 1)}
            shown = [found[name] for name in ("seconds", "first_figure_s", "peak_mb", "own_mb", "killed")]
            print(f"| {row} | {place} | " + " | ".join(map(str, shown)) + " |", found.get("failure", ""), flush=True)
            keep(row, place, found)
    return 0


def keep(row, place, found):
    """Write what was found beside what is already in the results, in the order of ROWS and PLACES."""
    rows = json.loads(TARGET.read_text())["rows"] if TARGET.exists() else {}
    rows.setdefault(row, {})[place] = found
    rows = {row: {place: rows[row][place] for place in PLACES if place in rows[row]} for row in ROWS if row in rows}
    TARGET.write_text(json.dumps({"cpus": CPUS, "memory_mb": MEMORY_MB, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    signal.signal(
        signal.SIGTERM, signal.default_int_handler
    )  # the group goes with its processes, however this one ends
    sys.exit(main(sys.argv[1:]))
