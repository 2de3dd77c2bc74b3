"""Spark Connect: a server in a JVM of this process, and a client of it. The stand-in for Databricks serverless."""

import os
import socket

from .. import jvm
from . import local


class Backend(local.Backend):
    # foreachBatch runs in a worker there, not beside the tables' files.
    sinks = ("spark",)

    # Each foreachBatch starts a Python worker, and Spark gives it ten seconds to call back. While other streams keep two
    # cores busy that is not enough.
    merges_at_once = False

    def running(self):
        from pyspark.sql.connect.session import SparkSession

        return SparkSession.getActiveSession() or SparkSession._get_default_session()

    def gateway(self, long):
        return jvm.launch_jvm(long)[0]

    def connected(self):
        # What SparkSession.builder.remote("local[2]") does, but on a free port: that one is always 15002, so that a second
        # notebook could not start.
        from pyspark.sql.connect.session import SparkSession

        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        os.environ |= {
            "SPARK_LOCAL_REMOTE": "1",
            "SPARK_CONNECT_MODE_ENABLED": "1",
        }
        SparkSession._start_connect_server("local[2]", {"spark.connect.grpc.binding.port": str(port)})
        return SparkSession.builder.remote(f"sc://localhost:{port}").getOrCreate()
