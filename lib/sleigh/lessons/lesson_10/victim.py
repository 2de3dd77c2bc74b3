"""The process that lesson 10 kills: four streams, each of which comes to one point of a micro-batch and stands still there.

    python -m sleigh.lessons.lesson_10.victim LAKE

It reads the landing table of the lake, and writes into tables of the lesson's own. Where a stream stands, a file with its
name appears in STANDING. When all four do, it is for somebody else to end this process.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from ... import runtime
from ...errors import SleighError
from ...paths import ROOT
from ...pipeline import checkpoints, streams
from ...runtime import profile
from ...tables import LANDING

POINTS = ("at_start", "planned", "in_merge", "written")
"""The streams, by the point at which each stands: before it has planned anything; and in micro-batch 1 after the plan and
before the rows, in the middle of a MERGE, and between the rows and the note that the micro-batch has ended."""

STANDING = f"{runtime.SCRATCH}/standing"  # a folder of the lake
COLUMNS = ("delivery_id", "city")
FILES_PER_BATCH = 2
SECONDS = 120  # that all four may take


def table(lake, name):
    """The folder of the table that stream `name` writes, with the columns delivery_id and city."""
    return Path(lake) / runtime.SCRATCH / name


def begin(lake):
    """Empty the four tables, and start the process for the lake at folder `lake`. Returns its subprocess.Popen.

    It has a process group of its own.
    """
    from deltalake import DeltaTable, Field, Schema

    for name in POINTS:
        for left in (table(lake, name), runtime.checkpoint(name, lake)):
            shutil.rmtree(left, ignore_errors=True)
        DeltaTable.create(str(table(lake, name)), Schema([Field(column, "string") for column in COLUMNS]))
    shutil.rmtree(Path(lake) / STANDING, ignore_errors=True)
    (Path(lake) / STANDING).mkdir()
    options = os.environ.get("SLEIGH_JAVA_OPTIONS") or profile.java_options()
    return subprocess.Popen(
        [sys.executable, "-m", __name__, str(lake)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "lib"), "SLEIGH_JAVA_OPTIONS": f"{options} -XX:TieredStopAtLevel=1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # what is killed is the group: the process and its JVM
    )


def wait(process, lake):
    """Wait until all four streams stand. Raises SleighError if the process ends before, or takes SECONDS."""
    until = time.monotonic() + SECONDS
    while missing := [name for name in POINTS if not (Path(lake) / STANDING / name).exists()]:
        if process.poll() is not None or time.monotonic() > until:
            kill(process)
            raise SleighError(
                f"the process that was to be killed never came to {', '.join(missing)}: build/spark.log may say why"
            )
        time.sleep(0.05)


def kill(process):
    """SIGKILL for the process and its JVM, at once. Returns the exit code."""
    with contextlib.suppress(ProcessLookupError):  # it has ended by itself
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def stand(folder, name):
    """Note in `folder` that stream `name` stands, and never come back."""
    (Path(folder) / name).touch()
    while True:
        time.sleep(1)


def start(spark, lake, name, *, stands=False):
    """Start stream `name` of POINTS over what has landed. If it `stands`, then in micro-batch 1 and for good."""
    path, checkpoint, folder = table(lake, name), runtime.checkpoint(name), str(Path(lake) / STANDING)
    if stands and name == "in_merge":
        spark.udf.register("stand", lambda _: stand(folder, name), "string")  # called in a worker of Spark's

    def append(batch, batch_id):
        if stands and (name, batch_id) == ("planned", 1):
            stand(folder, name)
        stream = checkpoints.stream_id(checkpoint)
        writer = batch.write.format("delta").option("txnAppId", stream).option("txnVersion", batch_id)
        writer.mode("append").save(str(path))
        if stands and (name, batch_id) == ("written", 1):
            stand(folder, name)

    def merge(batch, batch_id):
        batch.createOrReplaceTempView("arrived")
        city = "stand(s.city)" if stands and batch_id == 1 else "s.city"
        batch.sparkSession.sql(
            f"MERGE INTO delta.`{path}` t USING arrived s ON t.delivery_id = s.delivery_id "
            f"WHEN MATCHED THEN UPDATE SET city = {city} "
            f"WHEN NOT MATCHED THEN INSERT (delivery_id, city) VALUES (s.delivery_id, {city})"
        )

    rows = streams.source(spark, LANDING.name, FILES_PER_BATCH, startingVersion=0).select(*COLUMNS)
    writer = rows.coalesce(1).writeStream.queryName(name).option("checkpointLocation", checkpoint)
    return writer.foreachBatch(merge if name == "in_merge" else append).trigger(availableNow=True).start()


def main(lake):
    """Start the four, and stay until this process is killed or the one that started it has ended."""
    from pyspark.sql.streaming import StreamingQueryListener

    folder, parent = Path(lake) / STANDING, os.getppid()
    spark = runtime.session(lake)

    class AtTheStart(StreamingQueryListener):
        def onQueryStarted(self, event):
            # Spark waits for this before the first plan is made.
            if event.name == "at_start":
                stand(folder, "at_start")

        def onQueryProgress(self, event):
            pass

        def onQueryIdle(self, event):
            pass

        def onQueryTerminated(self, event):
            pass

    spark.streams.addListener(AtTheStart())
    for name in (*POINTS[1:], POINTS[0]):
        threading.Thread(target=start, args=(spark, lake, name), kwargs={"stands": True}, daemon=True).start()
    while os.getppid() == parent:
        time.sleep(0.2)
    os.killpg(0, signal.SIGKILL)  # nobody is left who would


if __name__ == "__main__":
    main(sys.argv[1])
