"""Environment variables: what another installation of Spark, Hadoop or Java has set does not reach ours.

What is ours, and stays: SLEIGH_HEAP, SLEIGH_JAVA_OPTIONS, SLEIGH_SPARK_CONF, SLEIGH_RUNTIME, JAVA_HOME, PATH.
"""

import os
import re
import sys
from contextlib import contextmanager

from ..paths import ROOT

_OTHERS = re.compile(
    # SPARK_HOME is another Spark, SPARK_REMOTE another server, HADOOP_CONF_DIR another file system, PYSPARK_GATEWAY_PORT
    # another JVM; the last three are options that every Java takes, a second garbage collector among them.
    r"_?(SPARK|PYSPARK|HADOOP|HDFS|YARN|HIVE)_.*|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS"
)


def for_java(keep=None):
    """A copy of this process's variables for a JVM: without others' settings (but for that called `keep`), in one locale.

    The locale decides how a JVM spells the names of files.
    """
    kept = {name: value for name, value in os.environ.items() if name == keep or not _OTHERS.fullmatch(name)}
    return kept | {"LC_ALL": "C.UTF-8"}


def become_driver():
    """Make this process's environment that of a driver: others' settings gone, what Spark's workers need in place."""
    for name in [name for name in os.environ if _OTHERS.fullmatch(name)]:  # pyspark looks at them at each call
        del os.environ[name]
    path = [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]
    os.environ |= {
        "SPARK_LOCAL_IP": "127.0.0.1",
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
