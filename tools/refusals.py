"""What Databricks serverless compute refuses, as far as public documentation says so: the one list of it.

tools/serverless.py looks for it in the code. Nothing here was run on Databricks. `certain` is False where the documentation
is silent on a part of what we take for refused, or contradicts itself; the field `note` says on which. `error` is the error
as users quote it or its page has it, None where no public text has one; sqlstate is part of it where it is known.

A feature that the course does without on Databricks has the same name here and in runtime/backends/databricks.py.
"""

from typing import NamedTuple

_DOCS = "https://docs.databricks.com/aws/en/"
LIMITATIONS = f"{_DOCS}compute/serverless/limitations"

DATA_SOURCES = frozenset({"avro", "binaryfile", "csv", "delta", "json", "kafka", "orc", "parquet", "text", "xml"})
"""The formats that may be read and written, by the Chinese edition of LIMITATIONS, which lists them:
https://learn.microsoft.com/zh-cn/azure/databricks/compute/serverless/limitations (Auto Loader, cloudFiles, is another
page's and not used here)."""

TRIGGERS = frozenset({"availableNow", "once"})
"""Keywords of DataStreamWriter.trigger() that are taken; none at all is refused like processingTime, which it stands for."""

SETTINGS = frozenset(
    {
        "spark.databricks.execution.timeout",
        "spark.sql.ansi.enabled",
        "spark.sql.files.maxPartitionBytes",
        "spark.sql.legacy.timeParserPolicy",
        "spark.sql.session.timeZone",
        "spark.sql.shuffle.partitions",
    }
)
"""What spark.conf.set() may set: https://docs.databricks.com/aws/en/spark/conf, "serverless notebooks and jobs", as
https://cazpian.ai/blog/the-serverless-black-box-what-you-lose-on-databricks-serverless-compute quotes its table."""


class Refusal(NamedTuple):
    """what: is refused. error: how it says so. source: where that stands. certain, note: see above."""

    what: str
    error: str | None
    source: str
    certain: bool = True
    note: str = ""


REFUSALS = {
    "timed triggers": Refusal(
        "a stream with processingTime, continuous or realTime, or without any trigger",
        "[INFINITE_STREAMING_TRIGGER_NOT_SUPPORTED] Trigger type ProcessingTime is not supported for this cluster type.",
        "https://learn.microsoft.com/en-us/azure/databricks/pyspark/reference/classes/datastreamwriter/trigger",
    ),
    "data sources": Refusal(
        "a format that is not in DATA_SOURCES, as a source or as a sink: noop, memory, console, rate, rate-micro-batch",
        None,
        "https://learn.microsoft.com/zh-cn/azure/databricks/compute/serverless/limitations",
        certain=False,
        note="the list is of data sources; that a sink must be one of them, too, is not said in so many words, and "
        "https://docs.databricks.com/aws/en/query/streaming shows the sink memory without saying on which compute",
    ),
    "state reader": Refusal(
        "spark.read.format('statestore') and 'state-metadata', read_statestore() and read_state_metadata()",
        None,
        f"{_DOCS}structured-streaming/read-state",
        note="the page excludes standard access mode, too, and a few lines on asks for it from runtime 16.3: of serverless "
        "it says one thing only",
    ),
    "settings": Refusal(
        "spark.conf.set() and SET of what is not in SETTINGS",
        "[CONFIG_NOT_AVAILABLE] Configuration {name} is not available. SQLSTATE: 42K0I",
        "https://docs.azure.cn/zh-cn/databricks/error-messages/config-not-available-error-class",
    ),
    "caching": Refusal(
        "cache(), persist(), unpersist(), CACHE TABLE, UNCACHE TABLE, CLEAR CACHE, REFRESH TABLE",
        "[NOT_SUPPORTED_WITH_SERVERLESS] PERSIST TABLE is not supported on serverless compute. SQLSTATE: 0A000",
        "https://github.com/capitalone/datacompy/issues/407",
    ),
    "classic session": Refusal(
        "sparkContext, RDDs and whatever reaches for the JVM: only the API of Spark Connect is there",
        "[JVM_ATTRIBUTE_NOT_SUPPORTED] Attribute `{name}` is not supported in Spark Connect as it depends on the JVM.",
        LIMITATIONS,
    ),
    "global views": Refusal(
        "global temporary views",
        "[NOT_SUPPORTED_WITH_SERVERLESS] GLOBAL TEMPORARY VIEW is not supported on serverless compute. SQLSTATE: 0A000",
        LIMITATIONS,
    ),
    "table folders": Refusal(
        "the folder of a managed table: its files, its _delta_log, delta-rs, a LOCATION of one's own",
        "[INVALID_PARAMETER_VALUE.LOCATION_OVERLAP] Input path url '{path}' overlaps with managed storage",
        f"{_DOCS}volumes/paths",
        certain=False,
        note="the error is of a listing by Spark (https://qiita.com/taka_yayoi/items/1fd38f0fa0b0bafef846); from Python's "
        "own file functions the folder is just not there. A Delta table in a volume may be read by its path",
    ),
    "checkpoints elsewhere": Refusal(
        "a stream's checkpoint outside Unity Catalog: in a folder of the driver",
        None,
        f"{_DOCS}structured-streaming/unity-catalog",
        certain=False,
        note="documented as what must be used; what is said to a path that is none is not",
    ),
    "declared pipelines": Refusal(
        "pyspark.pipelines anywhere but in the files of a pipeline: already its import fails",
        "[PIPELINES_NOT_SUPPORTED] The pyspark.pipelines module is not supported here. It can only be used within the "
        "execution of a Pipeline.",
        "pyspark/pipelines/__init__.py of databricks-connect 19.3.0",
    ),
}
"""Name of the feature -> what of it is refused."""
