"""A Spark cluster, named by SLEIGH_MASTER=spark://HOST:PORT: the driver in this process, and executors elsewhere.

The lake is a folder that all machines see under one name. Spark commits everything, delta-rs nothing: it only reads, in
this process. All commits are the driver's, and one driver at a time has a lake (claims). Functions of foreachBatch run
here; other functions in Python run beside the executors, by the very interpreter, which must be there under its name.
"""

import os
import time
from pathlib import Path

from ...errors import SleighError, first_line
from .. import cluster_profile, jvm, lakes, reached
from . import local

EXECUTOR_SECONDS = 60
"""How long a session waits for the first executor: a worker starts one in a few seconds."""


class Backend(local.Backend):
    sinks = ("spark",)

    # Memory, disk and most of Spark are the cluster's.
    own_machine = False

    spark_commits_all = True

    def gateway(self, long):
        url = _master()
        more = os.environ.get(cluster_profile.MORE)
        settings = cluster_profile.settings(url, reached.own_address(url, "spark"))
        return jvm.launch_jvm(long, settings, _text(more) if more else "")[0]

    def connected(self):
        try:
            spark = super().connected()
        except Exception as error:
            if "stopped SparkContext" not in str(error):
                raise
            # What Spark says when no master has answered, three times in a minute (StandaloneAppClient.scala).
            raise SleighError(
                f"the master {_master()} has refused this driver: is it Spark {_version()}, and does {cluster_profile.MORE} "
                "name a file with its secret?"
            ) from error
        tracker = spark.sparkContext._jsc.sc().statusTracker()
        until = time.monotonic() + EXECUTOR_SECONDS
        while len(tracker.getExecutorInfos()) < 2:  # the driver is one of them
            if time.monotonic() > until:
                spark.stop()
                raise SleighError(
                    f"no worker of {_master()} has started an executor in {EXECUTOR_SECONDS} s: is one there, and are a "
                    f"core and the memory of spark.executor.memory free? ({cluster_profile.MORE} may set that)"
                )
            time.sleep(0.1)
        try:
            require_version(spark)
        except SleighError:
            spark.stop()
            raise
        return spark

    def create_table(self, spark, lake, table):
        spark.sql(f"{lakes.definition(table)} LOCATION {local.literal(lake / table.name)}")

    def as_one(self, rows):
        # coalesce would make one task of all that is before it as well: parsing, and the state.
        return rows.repartition(1)


def require_version(spark):
    """Raise SleighError unless an executor of session `spark` runs the Spark that this driver does.

    A master takes drivers of other versions, too; their tasks fail later, with what Java thinks of a class.
    """
    from pyspark.sql import functions as F

    ask = F.java_method(F.lit("org.apache.spark.package"), F.lit("SPARK_VERSION"))  # answered where the row is made
    try:
        theirs = spark.range(0, 1, 1, 1).select(ask).first()[0]
    except Exception as error:
        raise SleighError(
            f"the workers of {_master()} cannot do what this driver tells them: are they Spark {_version()}? "
            f"{first_line(getattr(error, 'java_exception', None) or error)}"
        ) from error
    if theirs != _version():
        raise SleighError(
            f"the workers of {_master()} are Spark {theirs}, this driver {_version()}: they must be the same"
        )


def _master():
    url = os.environ.get(reached.MASTER, "")
    reached.addresses(url, "spark")
    return url.strip()


def _version():
    import pyspark

    return pyspark.__version__


def _text(path):
    try:
        return Path(path).read_text()
    except OSError as error:
        raise SleighError(f"{cluster_profile.MORE}={path} cannot be read: {error.strerror}") from None
