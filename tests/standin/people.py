"""Two users of one catalog, and a schema that is nobody's of the course, in the stand-in.

python -m standin.people        (the variables of notebook.py are set) prints what became of it, as JSON
"""

import json
import os

from pyspark.sql.connect.session import SparkSession
from sleigh import runtime
from sleigh.lessons.prepare import prepare

from standin import notebook
from standin.samples import tried

BOB = "bob.o'neil@example.com"
FOLDER = "build/lessons/03"


def come(user, **widgets):
    """A new session of `user`, whose notebook has these widgets; the last one's ends."""
    last = SparkSession.getActiveSession()
    if last:
        last.stop()
    os.environ |= {notebook.USER: user, notebook.WIDGETS: json.dumps(widgets)}
    return notebook.install()["spark"]


def lake(user, **widgets):
    """(its session, where its lake is), which has a table and a checkpoint."""
    spark = come(user, **widgets)
    runtime.open_lake(spark, FOLDER)
    spark.sql("CREATE TABLE IF NOT EXISTS mine AS SELECT current_user() AS whose")
    (runtime.lake() / "_checkpoints").mkdir(exist_ok=True)
    return spark, runtime.lake()


def left(spark, path):
    """Whose the table `mine` of the lake at `path` is, and whether the checkpoints are there."""
    schema = path.parent.name
    found = spark.catalog.tableExists(f"{schema}.mine") and spark.sql(f"SELECT whose FROM {schema}.mine").first()[0]
    return [found, (path / "_checkpoints").is_dir()]


def main():
    _, adas = lake(notebook.ADA)  # a process has one session at a time, so Ada's ends as Bob comes
    spark, bobs = lake(BOB)
    said = {"lakes": [str(adas), str(bobs)], "before": [left(spark, path) for path in (adas, bobs)]}
    said["bob removes his"] = tried(runtime.remove_lake, FOLDER)
    said["after"] = [left(spark, path) for path in (adas, bobs)]

    _, shared = lake(BOB, schema="team")
    spark = come(notebook.ADA, schema="team")
    said["ada removes bob's"] = tried(runtime.remove_lake, FOLDER)
    said["ada prepares"] = tried(lambda: prepare("03", minutes=0))
    said["bob's is left"] = left(spark, shared)

    spark = come(notebook.ADA, schema="prod")
    spark.sql("CREATE SCHEMA prod_03 WITH DBPROPERTIES ('team' = 'ada@example.com')")
    spark.sql("CREATE TABLE prod_03.mine AS SELECT 'prod' AS whose")
    said["ada prepares in prod"] = tried(lambda: prepare("03", minutes=0))
    said["prod is left"] = left(spark, adas.parent.with_name("prod_03") / "lake")
    print("\n" + json.dumps(said))


if __name__ == "__main__":
    main()
