"""A Spark Connect server that is already there: this process is a client of it, and others are, too."""

import os
import subprocess
import sys

import helpers
import pytest
from deltalake import DeltaTable
from sleigh.runtime import reached, remote
from sleigh.tables import LANDING, SILVER

CLIENT = """
import os
import sys
import pyspark
from sleigh import landing, ledger, pipeline, runtime
from sleigh.errors import SleighError
from sleigh.pipeline.stages import STAGES

spark = runtime.session(sys.argv[1])
landing.generate(spark, minutes=10, rate=60, every=600)
pipeline.run(spark, stages={name: STAGES[name] for name in ("bronze", "silver")})
balance = ledger.reconcile(spark, "silver")
print(balance.balanced, balance.generated, spark.catalog.currentDatabase(), spark.conf.get("spark.sql.session.timeZone"))

def refused():
    runtime.stop()
    try:
        runtime.session()
    except SleighError as problem:
        print(problem)

version, pyspark.__version__ = pyspark.__version__, "9.9.0"
refused()
pyspark.__version__ = version
os.environ["SLEIGH_MASTER"] += "x"
refused()
"""
"""What `sleigh run` does, but for gold: see test_connect.py. Then a client of another version, and one without the token."""


@pytest.fixture
def server(spark):
    """(address, token) of a server in the tests' own session."""
    try:
        yield remote.serve(spark)
    finally:
        remote.stop(spark)


def names(spark):
    """Of the tables in the database of everybody; the catalog's own list fails at one whose lake has been deleted."""
    return {row.tableName for row in spark.sql("SHOW TABLES IN default").collect()}


def test_a_client_has_a_database_of_its_own_and_the_server_goes_on(spark, server, tmp_path):
    address, token = server
    before = names(spark)
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, str(tmp_path / "lake")],
        env=os.environ | {"PYTHONPATH": str(helpers.ROOT / "lib"), reached.MASTER: f"{address}/;token={token}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    said, other, stranger = done.stdout.splitlines()
    balanced, rows, database, zone = said.split()
    assert (balanced, rows, zone) == ("True", "600", "UTC")
    assert other == f"{address} is Spark {spark.version}, and this client 9.9.0: they must be of one version"
    assert (
        stranger.startswith(f"{address} answers, but not as a Spark Connect server to this client: ")
        and token not in stranger
    )
    for name in (LANDING.name, SILVER.name):
        engines = {entry.get("engineInfo", "") for entry in DeltaTable(str(tmp_path / "lake" / name)).history()}
        assert engines and all(engine.startswith("Apache-Spark/") for engine in engines), (name, engines)
    assert names(spark) == before, "others' tables stay theirs"
    assert spark.catalog.databaseExists(database) and database.startswith("lake_")
    spark.sql(f"DROP DATABASE {database} CASCADE")
