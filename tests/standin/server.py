"""One Spark Connect server, a process of its own, set as serverless compute is where that can change a result."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]

SETTINGS = {
    "spark.sql.sources.default": "delta",  # what a table is without USING
    # What a new table gets that says nothing about it: https://docs.databricks.com/aws/en/delta/tune-file-size
    "spark.databricks.delta.properties.defaults.autoOptimize.autoCompact": "true",
    "spark.sql.session.timeZone": "Asia/Tokyo",  # not documented to be UTC, so it is not
    "spark.sql.shuffle.partitions": "2",  # "auto" there; here at least not the one of the laptop profile
}

_PROCESS = """
import sys
from sleigh import runtime
spark = runtime.session()
print(spark.client._builder.endpoint, flush=True)
sys.stdin.read()
runtime.stop()
"""


class Server(NamedTuple):
    """remote: sc://localhost:PORT. volumes: the folder that its notebooks have for /Volumes."""

    remote: str
    volumes: Path


@contextlib.contextmanager
def serving(folder, long=False):
    """Keep a server running, with its tables and volumes below `folder`. Yields a Server. long: see runtime.session."""
    from sleigh.runtime import profile

    folder = Path(folder).resolve()
    volumes, warehouse = folder / "Volumes", folder / "spark-warehouse"
    volumes.mkdir(parents=True)
    java = profile.java_options() if long else f"{profile.java_options()} {profile.QUICK}"
    own = {"spark.sql.warehouse.dir": str(warehouse), "spark.driver.extraJavaOptions": java}
    conf = profile.write_conf(folder / "conf", SETTINGS | own)
    paths = [ROOT / "lib", ROOT / "tests", ROOT / "tools", Path(__file__).parent / "workers"]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "SLEIGH_RUNTIME": "connect",
        "SLEIGH_SPARK_CONF": str(conf),
        "STANDIN_VOLUMES": str(volumes),  # for workers/
    }
    environment.pop("DATABRICKS_RUNTIME_VERSION", None)
    process = subprocess.Popen(
        [sys.executable, "-c", _PROCESS], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        endpoint = process.stdout.readline().strip()
        if not endpoint:
            raise RuntimeError(f"the stand-in's server does not start (exit code {process.wait(60)})")
        yield Server(f"sc://{endpoint}", volumes)
    finally:
        process.stdin.close()
        process.wait(60)
