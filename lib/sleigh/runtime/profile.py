"""The laptop profile: how Spark and Delta are set for micro-batches of fifty rows on two cores, each with its reason.

Spark's defaults are made for tables of terabytes on a cluster. A lesson's micro-batch is a few kilobytes, and its time
goes into fixed costs per commit: planning, generating code, starting tasks, checksums, forks. `bench/microbatch.py`
measures what the profile saves. None of it belongs on a cluster, and Databricks never sees it.
"""

import os
import re

from ..errors import SleighError
from ..paths import ROOT

SPARK_DIR = ROOT / ".spark"  # jars, class archive, generated configuration: made once by set-up
JARS_DIR = SPARK_DIR / "jars"
ARCHIVE = SPARK_DIR / "classes.jsa"
CONF_DIR = SPARK_DIR / "conf"

HEAP = "1g"
"""The JVM's heap, if SLEIGH_HEAP does not give another."""

IDS_IN_HEAP = 1_000_000
"""Ids of an hour, which silver remembers, that HEAP is good for: 360,000 fit, 3.6 million do not (bench/pipeline.py)."""

ALWAYS = {
    "spark.sql.extensions": ("io.delta.sql.DeltaSparkSessionExtension", "Delta's SQL commands"),
    "spark.sql.catalog.spark_catalog": ("org.apache.spark.sql.delta.catalog.DeltaCatalog", "Delta tables by name"),
    "spark.sql.session.timeZone": ("UTC", "the same rows on every machine"),
    "spark.sql.parquet.outputTimestampType": (
        "TIMESTAMP_MICROS",
        "as Delta's specification has it; Spark's INT96 is nanoseconds to delta-rs, which end in the year 2262",
    ),
    "spark.master": ("local[2]", "two cores, as Binder and CI have"),
    "spark.driver.memory": (HEAP, "everything must fit in 2 GB"),
    "spark.driver.host": ("127.0.0.1", "nothing leaves this machine, and no DNS look-up at the start"),
    "spark.driver.bindAddress": ("127.0.0.1", "the same for the ports Spark opens"),
    "spark.hadoop.fs.defaultFS": ("file:///", "a lake's folder is one of this machine, whatever Hadoop is set up here"),
    "spark.ui.enabled": ("false", "no web server, no open port"),
    "spark.ui.showConsoleProgress": ("false", "no progress bars in a notebook's output"),
    "spark.sql.warehouse.dir": (str(ROOT / "build" / "warehouse"), "never in the reader's working folder"),
    "spark.connect.grpc.binding.address": ("127.0.0.1", "the Connect server serves this machine only"),
    "spark.sql.streaming.stopTimeout": ("60s", "a stop that hangs ends in an error, not in silence"),
}
"""Settings of every local session, measured or not: they decide what is right, not what is fast."""

LAPTOP = {
    "spark.sql.shuffle.partitions": ("1", "one small shuffle block, one state store, one file a micro-batch in order"),
    "spark.databricks.delta.snapshotPartitions": ("1", "the table's state is rebuilt at each commit: one task, not 50"),
    "spark.databricks.delta.snapshotCache.storageLevel": ("NONE", "a state of a few rows is not worth a cached RDD"),
    "spark.sql.adaptive.enabled": ("false", "re-planning between stages costs more than these stages"),
    "spark.sql.codegen.wholeStage": ("false", "compiling Java for 50 rows takes longer than interpreting them"),
    "spark.sql.codegen.factoryMode": (
        "NO_CODEGEN",
        "the same for projections: most of a commit was spent writing code",
    ),
    "spark.databricks.delta.delta.log.cacheSize": (
        "32",
        "logs to keep in memory; a lake has nine, and by itself Delta keeps those of deleted lakes for an hour, too",
    ),
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": (
        "2",
        "VACUUM lists a table's folder in so many tasks; by default 10,000, which is 20 s for ten files",
    ),
    "spark.databricks.delta.checkpoint.partSize": ("1000000", "one part a checkpoint"),
    "spark.databricks.delta.properties.defaults.checkpointInterval": (
        "100",
        "a log checkpoint every 100 commits, not 10",
    ),
    "spark.databricks.delta.stats.collect": ("false", "per-file min/max help skipping among thousands of files"),
    "spark.hadoop.fs.file.impl": (
        "org.apache.hadoop.fs.RawLocalFileSystem",
        "no .crc file beside each file, no chmod process for each write",
    ),
    "spark.hadoop.fs.AbstractFileSystem.file.impl": (
        "org.apache.hadoop.fs.local.RawLocalFs",
        "the same for the checkpoint's files",
    ),
}
"""What makes small micro-batches fast. bench/microbatch.py switches this off to compare."""

JAVA_OPTIONS = {
    "-XX:+UseSerialGC": "one collector thread: less memory and no contention on two cores",
    "-Xss4m": "deep plans need stack",
    "-XX:ReservedCodeCacheSize=160m": "a full code cache turns the compiler off for good",
    "-Xshare:auto": "use the class archive where there is one, start without it otherwise",
    "-Xlog:disable": "no JVM warnings in a notebook's output",
    "-Xlog:all=error:stderr": "but errors, yes",
}

QUICK = "-XX:TieredStopAtLevel=1"
"""For a JVM that ends within minutes: what Java's second compiler would make faster is over before it has been compiled, and
it takes a third of the processor meanwhile (`python bench/pipeline.py`; 36,000 events: 38 core-seconds for 51)."""

QUICK_EVENTS = 300_000
"""How many events a run may have for a QUICK JVM; beyond, the second compiler pays (bench/pipeline.py)."""

JAVA_PROPERTIES = {
    "user.language": ("en", "Java has digits of its own for some languages, and Delta's file names are numbers"),
    "user.country": ("US", "the same"),
    "file.encoding": ("UTF-8", "text is UTF-8, whatever the terminal's locale"),
    "sun.jnu.encoding": ("UTF-8", "and so are the names of files"),
}
"""Of every JVM of ours, whatever SLEIGH_JAVA_OPTIONS asks for: a lake must not depend on its reader's locale."""

_LOG4J = """\
# Only errors, to stderr; the session sends its stderr to build/spark.log.
rootLogger.level = error
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{HH:mm:ss} %p %c{1}: %m%n%ex
"""


TMP = "/tmp"
"""Where Java keeps temporary files on Linux, among them the native libraries that it unpacks."""


def forbids_programs(folder):
    """Whether the file system of `folder` is mounted noexec, so that no library can be loaded from there."""
    return bool(os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0))


def heap():
    """The JVM's heap as Java writes it: SLEIGH_HEAP, else HEAP. Raises SleighError if it is no size, or below 512 MB."""
    wanted = os.environ.get("SLEIGH_HEAP") or HEAP
    size = re.fullmatch(r"(\d{1,6})([mg])", wanted.lower())
    if not size or int(size[1]) * {"m": 1, "g": 1024}[size[2]] < 512:
        raise SleighError(f"SLEIGH_HEAP={wanted} is no size for a heap: write SLEIGH_HEAP=4g, or 1500m; at least 512m")
    return wanted


def jars():
    """The Delta jars that set-up has fetched, sorted paths; empty before set-up."""
    return sorted(str(path) for path in JARS_DIR.glob("*.jar"))


def java_options(archive=ARCHIVE):
    """The JVM's options as one string, with the class archive if it is there."""
    options = list(JAVA_OPTIONS)
    if archive.exists():
        options.append(f'-XX:SharedArchiveFile="{archive}"')
    return " ".join(options)


def settings(laptop=True):
    """All settings of a local session as a dict of strings, without their reasons."""
    chosen = {**ALWAYS, **(LAPTOP if laptop else {})}
    conf = {name: value for name, (value, _) in chosen.items()}
    # extraClassPath, not spark.jars: it is the one form that classic, Connect and spark-pipelines all load from.
    conf["spark.driver.extraClassPath"] = ":".join(jars())
    conf["spark.driver.extraJavaOptions"] = java_options()
    return conf


def write_conf(folder=CONF_DIR, extra=None, chosen=None, more=""):
    """Write spark-defaults.conf and log4j2.properties into `folder` and return the path of the first.

    chosen: the settings, if not settings(); extra: others, which win. more: lines of a spark-defaults.conf, which win over
    all.

    The one file serves all three ways to start: classic and Connect take it as --properties-file, spark-pipelines takes
    the folder as SPARK_CONF_DIR. (The first two do not, because that puts the folder on the class path, and the JVM
    refuses a class archive when the path holds a folder that is not empty.)
    """
    folder.mkdir(parents=True, exist_ok=True)
    conf = {**(chosen or settings()), **(extra or {})}
    properties = {name: value for name, (value, _) in JAVA_PROPERTIES.items()}
    properties["log4j2.configurationFile"] = folder / "log4j2.properties"
    if forbids_programs(TMP):
        own = SPARK_DIR / "tmp"
        own.mkdir(parents=True, exist_ok=True)
        properties["java.io.tmpdir"] = own
    options = [conf["spark.driver.extraJavaOptions"], *[f'-D{name}="{value}"' for name, value in properties.items()]]
    conf["spark.driver.extraJavaOptions"] = " ".join(options)
    lines = [f"{name} {value}" for name, value in conf.items()]
    lines += [more] if more else []
    for name, text in (("spark-defaults.conf", "\n".join(lines) + "\n"), ("log4j2.properties", _LOG4J)):
        target = folder / name
        if not target.exists() or target.read_text() != text:  # two sessions starting at once write the same bytes
            part = target.with_suffix(f".{id(text)}.part")
            part.write_text(text)
            part.replace(target)
    return folder / "spark-defaults.conf"
