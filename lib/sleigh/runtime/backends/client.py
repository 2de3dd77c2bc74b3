"""A Spark Connect server that is already there, named by SLEIGH_MASTER=sc://HOST:PORT: this process is a client of it.

How the server is set is its owner's affair; what decides what is right is set for this session. The lake is a folder
that the server's machines and this one see under one name.
"""

import os
import zlib

from ...errors import SleighError, first_line
from .. import environment, profile, reached
from . import cluster, connect

CONNECT_MODE = "SPARK_CONNECT_MODE_ENABLED"
"""What makes pyspark a client; it would keep this process from any other session, so it goes with the client."""

READY_SECONDS = 10
"""How long a server that has answered may take until it speaks Spark Connect."""


class Backend(cluster.Backend):
    merges_at_once = connect.Backend.merges_at_once

    def running(self):
        return connect.Backend.running(self)

    def start(self, long=False):
        url = os.environ.get(reached.MASTER, "").strip()
        reached.own_address(url, "sc")
        environment.become_driver()
        os.environ[CONNECT_MODE] = "1"  # or pyspark.sql.functions would ask for a JVM of this process
        try:
            return self._client(url)
        except BaseException:
            os.environ.pop(CONNECT_MODE, None)
            raise

    def _client(self, url):
        import pyspark

        name = reached.shown(url)
        try:
            _require_connect(url)
            from pyspark.sql.connect.session import SparkSession

            spark = SparkSession.builder.remote(url).create()
            theirs = spark.version
        except Exception as error:
            said = first_line(error) or type(error).__name__
            raise SleighError(f"{name} answers, but not as a Spark Connect server to this client: {said}") from error
        ours = pyspark.__version__
        if theirs.split(".")[:2] != ours.split(".")[:2]:
            _give_up(spark, f"{name} is Spark {theirs}, and this client {ours}: they must be of one version")
        if not self.has_delta(spark):
            _give_up(spark, f"{name} has no Delta: start it with delta-spark's jars and its spark.sql.extensions")
        for setting, (value, _) in profile.ALWAYS.items():
            if spark.conf.isModifiable(setting):
                spark.conf.set(setting, value)
        return spark

    def stop(self):
        """End this client's session; the server goes on."""
        spark = self.running()
        if spark is not None:
            spark.stop()
        os.environ.pop(CONNECT_MODE, None)

    def is_running(self):
        return True

    def open_lake(self, spark, folder):
        # The server's catalog is everyone's: a database for each lake, or one reader's tables would become another's.
        name = f"lake_{zlib.crc32(str(self.lake_path(spark, folder)).encode()):08x}"
        spark.sql(f"CREATE DATABASE IF NOT EXISTS {name}")
        spark.sql(f"USE {name}")
        super().open_lake(spark, folder)


def _require_connect(url):
    # Spark's own client would try again for ten minutes.
    import grpc
    from pyspark.sql.connect.client import DefaultChannelBuilder

    channel = DefaultChannelBuilder(url).toChannel()
    try:
        grpc.channel_ready_future(channel).result(timeout=READY_SECONDS)
    finally:
        channel.close()


def _give_up(spark, why):
    spark.stop()
    raise SleighError(why)
