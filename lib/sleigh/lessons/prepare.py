"""A lesson's own lake: fresh, small, and filled up to the table the lesson starts from."""

import shutil

from .. import landing, pipeline, runtime
from ..pipeline import bronze, expectations, silver, streams
from ..runtime.profile import ROOT
from ..tables import BRONZE, LANDING, QUARANTINE, SILVER
from .notebook import progress

STEPS = ("landing", "bronze", "silver")

AT_HOME = {
    "10": "it kills a process, and breaks files of tables and of checkpoints",
    "11": "it counts jobs and files, and lays tables out as folders",
    "12": "it declares a pipeline from a notebook; on Databricks the pipeline's own files do, see databricks/README.md",
}
"""Lessons that go nowhere but on a machine of one's own: {lesson: because}. Elsewhere prepare() ends the notebook."""

_claimed = []  # the folder of the lesson that this process is at


def prepare(lesson, *, minutes=10, until="landing", every=60, **arguments):
    """Make a fresh lake for a lesson and return the Spark session with it open.

    lesson: its number, '03'. The lake is build/lessons/03 (on Databricks a schema); what an earlier run left is deleted.
    While another kernel has that lake (a second copy of the lesson, its solution), it is build/lessons/03-2, and so on.
    minutes: how much of the night is landed, in commits of `every` seconds of arrival; 0 leaves the lake empty.
    until: 'landing', 'bronze' or 'silver' (with its quarantine). What lies before is computed by batch, with the very
    functions the streams use, so that a lesson need not wait for the ones before it.
    The rest of `arguments` (seed, rate, faults, start_minute) goes to landing.generate.
    A lesson that is AT_HOME ends here elsewhere, with one line that says why.
    """
    wanted = STEPS[: STEPS.index(until) + 1] if minutes else ()
    if lesson in AT_HOME and runtime.backend().refuses:
        runtime.backend().leave(f"lesson {lesson} is for a machine of your own: {AT_HOME[lesson]}")
    spark = None
    for step in progress(["Spark", *wanted], f"lake of lesson {lesson}"):
        if step == "Spark":
            spark = runtime.session()
            streams.stop(*spark.streams.active)  # left by a run that was interrupted
            folder = _own_lake(lesson)
            runtime.remove_lake(folder)
            runtime.open_lake(spark, folder)
        elif step == "landing":
            landing.generate(spark, minutes=minutes, every=every, **arguments)
        elif step == "bronze":
            pipeline.write(spark, bronze.ingest(spark.table(LANDING.name)), BRONZE.name)
        else:
            rows = spark.table(BRONZE.name)
            pipeline.write(spark, silver.clean_batch(rows), SILVER.name)
            pipeline.write(spark, expectations.quarantine(rows), QUARANTINE.name)
    return spark


def own_table(spark, name, columns, *, partitioned_by=(), **properties):
    """Make an empty Delta table of the lesson's own, whatever an earlier run of the cell left of it and of its stream.

    columns: as CREATE TABLE takes them; partitioned_by: some of their names. properties: Delta's, without `delta.`. It
    lies in the lake, and goes with it.
    """
    given = runtime.backend().table_properties | {f"delta.{key}": value for key, value in properties.items()}
    pairs = ", ".join(f"'{key}' = '{value}'" for key, value in given.items())
    tail = f"USING delta PARTITIONED BY ({', '.join(partitioned_by)})" if partitioned_by else "USING delta"
    tail += f" TBLPROPERTIES ({pairs})" if pairs else ""
    if not runtime.backend().has_files:
        spark.sql(f"CREATE OR REPLACE TABLE {name} ({columns}) {tail}")
        return
    spark.sql(f"DROP TABLE IF EXISTS {name}")
    folder = runtime.lake() / runtime.SCRATCH / name
    for left in (folder, runtime.checkpoint(name)):
        shutil.rmtree(left, ignore_errors=True)
    place = str(folder).replace("\\", "\\\\").replace("'", "\\'")
    spark.sql(f"CREATE TABLE {name} ({columns}) {tail} LOCATION '{place}'")


def _own_lake(lesson):
    """The folder of the first lake of `lesson` that no other process has, claimed until the next lesson or the end."""
    while _claimed:
        runtime.release(_claimed.pop())
    first = ROOT / "build" / "lessons" / lesson
    for folder in [first, *[first.with_name(f"{lesson}-{number}") for number in range(2, 10)]]:
        try:
            runtime.claim(folder)
        except runtime.LakeTaken as problem:
            taken = problem
        else:
            _claimed.append(folder)
            return folder
    raise taken
