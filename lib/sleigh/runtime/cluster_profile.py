"""The cluster profile: how Spark and Delta are set where others compute, each setting with its reason.

What decides what is right (profile.ALWAYS) holds there too. What makes micro-batches of fifty rows fast on two cores
(profile.LAPTOP) does not, and is left out: one shuffle partition, interpreted plans, no statistics, no adaptive plans, a
log checkpoint each 100 commits. Whatever else a cluster needs, its secret or the memory of its executors, stands in a file
of Spark's settings that MORE names; its lines win.

What the settings of the state store do: https://spark.apache.org/docs/latest/streaming/apis-on-dataframes-and-datasets.html
"""

from pathlib import Path

from ..paths import ROOT
from . import profile

MORE = "SLEIGH_CLUSTER_CONF"
"""The variable that names a file like spark-defaults.conf, for this cluster."""

CLUSTER = {
    "spark.sql.shuffle.partitions": (
        "8",
        "stores of a stream's state, for good: a checkpoint keeps the number that it began with. So it is one for the cores "
        "that are to be, not for those that are there; the laptop's 1 would keep all but one of them idle, and Spark's 200 "
        "is 200 stores to commit at each micro-batch (docs/scaling.md)",
    ),
    "spark.databricks.delta.snapshotPartitions": (
        "8",
        "tasks that rebuild a table's state at each commit: 50 by themselves, for a log of a few thousand lines",
    ),
    "spark.rpc.message.maxSize": (
        "512",
        "MB of a task, not 128: what is landed goes to the executors in tasks, up to a million messages at once",
    ),
    "spark.sql.streaming.stateStore.providerClass": (
        "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider",
        "state grows with the rate: on the heap an hour of 3.6 million ids needs 4 GB, in RocksDB a disk",
    ),
    "spark.sql.streaming.stateStore.rocksdb.changelogCheckpointing.enabled": (
        "true",
        "a commit writes what has changed, not all files of the store; whoever takes over from a dead worker reads it again",
    ),
    "spark.sql.streaming.stateStore.rocksdb.boundedMemoryUsage": (
        "true",
        "one bound (maxMemoryUsageMB, 500) for all stores of an executor; else each of the eight streams' has its own",
    ),
    "spark.hadoop.fs.AbstractFileSystem.file.impl": (
        "org.apache.hadoop.fs.local.RawLocalFs",
        "no .crc file beside each of the checkpoints' and the logs', as on the laptop: either goes on with a lake of the "
        "other's. Not fs.file.impl as well: RocksDB uploads by copyFromLocalFile, which takes file:/ for a LocalFileSystem",
    ),
}
"""What differs from Spark's own defaults because others compute, beside what is different on each cluster: see settings."""


def settings(master, host):
    """All settings of a driver on this machine for the cluster at `master`; workers reach the driver at address `host`."""
    chosen = {name: value for name, (value, _) in CLUSTER.items()}
    return (
        profile.settings(laptop=False)
        | chosen
        | {
            "spark.master": master,
            "spark.driver.host": host,
            "spark.driver.bindAddress": host,
            # The driver has Delta's jars on its class path; executors fetch them from it, whatever is on their disks.
            "spark.jars": ",".join(Path(jar).as_uri() for jar in profile.jars()),
            # Functions in Python run in workers beside the executors, and those must find the library where it is here.
            "spark.executorEnv.PYTHONPATH": str(ROOT / "lib"),
        }
    )
