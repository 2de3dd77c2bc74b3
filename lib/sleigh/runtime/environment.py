"""Environment variables: what another installation of Spark, Hadoop or Java has set does not reach ours.

What is ours, and stays: SLEIGH_HEAP, SLEIGH_JAVA_OPTIONS, SLEIGH_SPARK_CONF, SLEIGH_RUNTIME, SLEIGH_MASTER,
SLEIGH_CLUSTER_CONF, JAVA_HOME, PATH.
"""

import os
import re
import sys
from contextlib import contextmanager

from .. import java
from ..paths import ROOT

_OTHERS = re.compile(
    # SPARK_HOME is another Spark, SPARK_REMOTE another server, HADOOP_CONF_DIR another file system, PYSPARK_GATEWAY_PORT
    # another JVM; the last are options that every Java takes.
    "|".join([r"_?(SPARK|PYSPARK|HADOOP|HDFS|YARN|HIVE)_.*", *java.OPTIONS])
)

HERE = {"no_grpc_proxy": "localhost,127.0.0.1", "SPARK_LOCAL_IP": "127.0.0.1"}
"""A proxy, which leads to the network, does not lead Spark Connect's clients to this machine; and a JVM of Spark binds this
address, without asking the network for its name."""


def for_java():
    """A copy of this process's variables for a JVM, or for a client of it: without others' settings, in one locale.

    The locale decides how a JVM spells the names of files.
    """
    kept = {name: value for name, value in os.environ.items() if not _OTHERS.fullmatch(name)}
    return kept | {"LC_ALL": "C.UTF-8"} | HERE


def become_driver():
    """Make this process's environment that of a driver: others' settings gone, what Spark's workers need in place."""
    for name in [name for name in os.environ if _OTHERS.fullmatch(name)]:  # pyspark looks at them at each call
        del os.environ[name]
    path = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
    os.environ |= HERE | {
        # Spark's Python workers must be this very environment, or foreachBatch on Connect hangs.
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(dict.fromkeys([str(ROOT / "lib"), *path])),
    }


@contextmanager
def changed(variables):
    """os.environ with these `variables` added, as long as the block runs."""
    before = dict(os.environ)
    os.environ |= variables
    try:
        yield
    finally:
        for name in variables:
            os.environ.pop(name)
        os.environ |= {name: before[name] for name in variables if name in before}
