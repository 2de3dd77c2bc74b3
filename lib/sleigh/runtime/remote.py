"""A Spark Connect server inside the JVM of the session that runs: two doors to one Spark, and one catalog behind both.

Some things only a client of Spark Connect may ask for, to run a declared pipeline above all. With the server in the JVM
that is there they need no second one.
"""

import uuid

from ..errors import SleighError

TOKEN = "SPARK_CONNECT_AUTHENTICATE_TOKEN"
"""The variable in which a client of another process finds the token."""


_running = {}  # application's id -> (address, token) of its server


def serve(spark):
    """Start the server of session `spark` unless it runs. Returns (address, token).

    It listens on a free port of this machine and serves whoever has the token. It ends with stop(), or with the JVM.
    Raises SleighError unless `spark` is a classic session, whose JVM is this machine's.
    """
    jvm = getattr(spark, "_jvm", None)
    if jvm is None:
        raise SleighError(
            "a Connect server is started in the JVM of a classic session on this machine only: leave out SLEIGH_RUNTIME; "
            "on Databricks Lakeflow runs a declared pipeline, see databricks/README.md"
        )
    service, application = _service(spark), spark.sparkContext.applicationId
    if application in _running and service.started():
        return _running[application]
    stop(spark)  # in a warm JVM: the server of a session that has ended
    token = uuid.uuid4().hex
    conf = jvm.org.apache.spark.SparkEnv.get().conf()
    conf.set("spark.connect.grpc.binding.port", "0")
    conf.set("spark.connect.authenticate.token", token)
    service.start(spark.sparkContext._jsc.sc())
    _running[application] = f"sc://localhost:{service.localPort()}", token
    return _running[application]


def client(spark):
    """A client session of this process, of a server that is started for it."""
    from pyspark.sql.connect.session import SparkSession

    address, token = serve(spark)
    return SparkSession.builder.remote(f"{address}/;token={token}").create()


def stop(spark):
    """End the server of session `spark`, and its clients' sessions, if there is one."""
    _running.clear()
    service = _service(spark)
    if service.started():
        none = spark._jvm.scala.Option.apply(None)
        service.stop(none, none)


def _service(spark):
    # A Scala object: its one instance.
    return getattr(getattr(spark._jvm.org.apache.spark.sql.connect.service, "SparkConnectService$"), "MODULE$")
