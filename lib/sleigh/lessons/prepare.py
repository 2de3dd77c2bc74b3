"""A lesson's own lake: fresh, small, and filled up to the table the lesson starts from."""

from .. import landing, pipeline, runtime
from ..pipeline import bronze, expectations, silver, streams
from ..runtime.profile import ROOT
from ..tables import BRONZE, LANDING, QUARANTINE, SILVER
from .notebook import progress

STEPS = ("landing", "bronze", "silver")


def prepare(lesson, *, minutes=10, until="landing", every=60, **arguments):
    """Make a fresh lake for a lesson and return the Spark session with it open.

    lesson: its number, '03'. The lake is build/lessons/03 (on Databricks a schema); what an earlier run left is deleted.
    minutes: how much of the night is landed, in commits of `every` seconds of arrival; 0 leaves the lake empty.
    until: 'landing', 'bronze' or 'silver' (with its quarantine). What lies before is computed by batch, with the very
    functions the streams use, so that a lesson need not wait for the ones before it.
    The rest of `arguments` (seed, rate, faults, start_minute) goes to landing.generate.
    """
    wanted = STEPS[: STEPS.index(until) + 1] if minutes else ()
    spark = None
    for step in progress(["Spark", *wanted], f"lake of lesson {lesson}"):
        if step == "Spark":
            spark = runtime.session()
            folder = ROOT / "build" / "lessons" / lesson
            streams.stop(*spark.streams.active)  # left by a run that was interrupted
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
