"""`make cluster`: the pipeline on a real Spark cluster, one of whose workers is killed in the middle.

    python tools/cluster.py        exit code 1 if the ledger does not balance, or nobody was killed

A standalone master and two workers of one core each, all from the Spark that pip has installed, on 127.0.0.1 and with a
secret. `sleigh run` streams 60 minutes of the night at ten times the usual rate; as soon as silver begins its second
micro-batch, one worker and its executor get SIGKILL. The other one goes on: Spark runs the lost tasks again there, reads
the state that was in the dead executor from the checkpoint, and Delta has one commit for each micro-batch. No worker takes
the dead one's place (tests/runtime/backends/test_cluster.py has that). All in build/cluster, afresh each time.

Master and worker, their options and the secret: https://spark.apache.org/docs/latest/spark-standalone.html and
https://spark.apache.org/docs/latest/security.html
"""

import ctypes
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "lib"))
from sleigh.errors import SleighError  # noqa: E402
from sleigh.runtime import CHECKPOINTS, cluster_profile, environment, reached  # noqa: E402
from sleigh.tables import SILVER  # noqa: E402

FOLDER = ROOT / "build" / "cluster"
NIGHT = ["--minutes", "60", "--rate", "6000", "--batch-seconds", "600"]
"""Six commits of landing, so two micro-batches of each stream: one before the blow, and one that it strikes."""

START_SECONDS = 60
"""How long the master, or a worker, may take to be there."""

DAEMON = {"SPARK_DAEMON_MEMORY": "256m", "SPARK_DAEMON_JAVA_OPTS": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"}
"""Master and workers only keep books: little memory, and no compiler that outlasts them."""


@dataclass
class Cluster:
    """A running cluster: its master's URL, the file of settings that its members and drivers read, and the processes."""

    folder: Path
    settings: Path
    url: str = ""
    master: object = None  # a subprocess.Popen
    workers: list = field(default_factory=list)

    @property
    def variables(self):
        """What a driver needs in its environment."""
        return {reached.MASTER: self.url, cluster_profile.MORE: str(self.settings)}


@contextmanager
def running(folder, workers=1, more=(), **size):
    """For a `with`: a Cluster of so many workers, its files in `folder`. All its processes are killed in the end.

    more: lines of Spark's settings, for its drivers. size: of each worker, see add_worker.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "cluster.conf"
    settings.touch(0o600)
    lines = [
        "spark.authenticate true",
        f"spark.authenticate.secret {secrets.token_hex(16)}",
        "spark.ui.killEnabled false",
        # A second door, on port 6066, that does not ask for the secret; open by itself since Spark 4.1:
        # https://github.com/apache/spark/pull/49894, https://seclists.org/oss-sec/2018/q3/105
        "spark.master.rest.enabled false",
    ]
    settings.write_text("\n".join([*lines, *more]) + "\n")
    cluster = Cluster(folder, settings)
    try:
        cluster.master = _start(cluster, "master", "master.Master", "--host", "127.0.0.1", "--port", "0")
        cluster.url = _said(cluster, cluster.master, "master", r"Starting Spark master at (spark://\S+)")
        for worker in [add_worker(cluster, **size) for _ in range(workers)]:
            require_worker(cluster, worker)
        yield cluster
    finally:
        for process in [*cluster.workers, cluster.master]:
            if process is not None:
                kill(process)


def add_worker(cluster, cores=1, memory="1g"):
    """Start one more worker, with an executor's `memory`, and return its process. It is there a few seconds later.

    It ends with the thread that calls this, see _end_with_parent.
    """
    name = f"worker-{len(cluster.workers) + 1}"
    size = ["--cores", str(cores), "--memory", memory, "--work-dir", str(cluster.folder / name)]
    worker = _start(cluster, name, "worker.Worker", "--host", "127.0.0.1", *size, cluster.url)
    cluster.workers.append(worker)
    return worker


def require_worker(cluster, worker):
    """Wait until the master has taken `worker`, one of cluster.workers."""
    _said(cluster, worker, f"worker-{cluster.workers.index(worker) + 1}", r"(Successfully registered with master)")


def executors(cluster, worker):
    """How many executors `worker` has started: each has a folder of its own, by application and number."""
    return len(list((cluster.folder / f"worker-{cluster.workers.index(worker) + 1}").glob("app-*/*/")))


def account(cluster):
    """What the master has had to do: {"executors": started, "executors_lost": of dead workers}."""
    log = (cluster.folder / "master.log").read_text(errors="replace")
    return {
        "executors": log.count("Launching executor "),
        "executors_lost": log.count("Telling app of lost executor: "),
    }


def kill(process):
    """SIGKILL for a member of the cluster and, of a worker, for its executors: as if the machine were gone."""
    if process.returncode is None:  # else its number may be another's by now
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _start(cluster, name, main, *words):
    import pyspark

    home = Path(pyspark.__file__).parent
    # Among them is SPARK_LOCAL_IP, which binds their pages, and what an executor opens, to this machine.
    env = environment.for_java() | DAEMON | {"SPARK_HOME": str(home)}
    env["SPARK_LOCAL_DIRS"] = str(cluster.folder / "local")
    script = [*words[:2], "--webui-port", "0", "--properties-file", str(cluster.settings), *words[2:]]
    with (cluster.folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            [shutil.which("bash"), str(home / "bin" / "spark-class"), f"org.apache.spark.deploy.{main}", *script],
            env=env,
            cwd=cluster.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a group of its own, with the executors that it starts
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )


def _end_with_parent():
    # PR_SET_PDEATHSIG: it ends even if nobody is left to end it. Linux means the thread that has started it.
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _said(cluster, process, name, pattern):
    """What `pattern` finds in a member's log, as soon as it is there. Raises SleighError if it ends, or says nothing."""
    log, until = cluster.folder / f"{name}.log", time.monotonic() + START_SECONDS
    while True:
        ended = process.poll() is not None
        found = re.search(pattern, log.read_text(errors="replace"))
        if found:
            return found[1]
        if ended or time.monotonic() > until:
            raise SleighError(f"the cluster's {name} does not start: see {log}")
        time.sleep(0.05)


def in_the_middle(lake, process, path, act):
    """Call act() as soon as the file `path`, of the checkpoint of silver in `lake`, is there. Returns a thread that waits.

    It gives up when `process` has ended. `thread.acted` says whether it has acted.
    """

    def watch():
        file = lake / CHECKPOINTS / SILVER.name / path
        while process.poll() is None:
            if file.exists():
                act()
                thread.acted = True
                return
            time.sleep(0.02)

    thread = threading.Thread(target=watch)
    thread.acted = False
    thread.start()
    return thread


def main():
    """Run it. Returns the exit code."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    lake = FOLDER / "lake"
    _say("starting a master and two workers of one core ...")
    with running(FOLDER, workers=2) as cluster:
        _say(f"they are there: {cluster.url}")
        driver = subprocess.Popen(
            [sys.executable, "-m", "sleigh", "run", *NIGHT, "--lake", str(lake)],
            env=os.environ | {"PYTHONPATH": str(ROOT / "lib")} | cluster.variables,
            stdin=subprocess.DEVNULL,
        )
        begun = time.monotonic()

        def strike():
            kill(cluster.workers[0])
            _say(f"SIGKILL for worker 1, {time.monotonic() - begun:.1f} s after the start; worker 2 goes on alone")

        watcher = in_the_middle(lake, driver, "offsets/1", strike)
        try:
            code = driver.wait()
        finally:
            if driver.poll() is None:
                driver.kill()
                driver.wait()
            watcher.join()
        found = account(cluster)
    _say(f"executors: {found['executors']} were started, {found['executors_lost']} lost with its worker")
    if not watcher.acted or found["executors_lost"] != 1:
        _say("nobody was killed while working: this run proves nothing")
        return 1
    _say("one of two workers was killed, and the ledger balances" if code == 0 else f"sleigh run has failed ({code})")
    return code


def _say(text):
    print(f"cluster: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except SleighError as problem:
        _say(str(problem))
        sys.exit(2)
