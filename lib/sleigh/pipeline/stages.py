"""The stages: which stream feeds which table. The one list, for a run from end to end as for live mode."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .. import runtime
from ..tables import BRONZE, LANDING, QUARANTINE, SILVER, TABLES, Table
from . import bronze, expectations, gold, silver, streams

FILES_PER_BATCH = 3
"""Landing files to a micro-batch of bronze. Each later stream takes what one micro-batch before it wrote."""


@dataclass(frozen=True)
class Stream:
    """The stream that computes the rows of `target` from those of `source` by `compute`, DataFrame -> DataFrame.

    options: of Delta's source. write(spark, sink): makes the foreachBatch function that writes them, where to append or to
    MERGE windows is not enough; see streams.start.
    """

    source: Table
    compute: Callable
    target: Table
    settings: dict = field(default_factory=dict)  # Spark's, for this stream alone, see streams.settings
    options: dict = field(default_factory=dict)
    write: Callable | None = None

    def start(self, spark, *, files_per_batch=1, sink="spark", **how):
        """Start it, at most `files_per_batch` (None: all there are) files to a micro-batch. `how`: see streams.start."""
        with streams.settings(spark, self.settings):
            rows = self.compute(streams.source(spark, self.source.name, files_per_batch, **self.options))
            if not streams.has_windows(self.target.name):
                # A micro-batch is written as one file and read as a whole. Were it two, the next stream could take the
                # younger first and its watermark would run ahead of events that were on time.
                rows = runtime.backend().as_one(rows)
            write = self.write(spark, sink) if self.write else None
            return streams.start(rows, self.target.name, sink=sink, write=write, **how)


STAGES = {
    "bronze": [Stream(LANDING, bronze.ingest, BRONZE)],
    "silver": [Stream(BRONZE, silver.clean, SILVER), Stream(BRONZE, expectations.quarantine, QUARANTINE)],
    "gold": [Stream(SILVER, compute, TABLES[name]) for name, compute in gold.GOLD.items()],
}
"""The streams by stage: each needs only what the stages before it write."""

STREAMS = {stream.target.name: stream for stage in STAGES.values() for stream in stage}
"""The same by the table that they write, in the order in which the tables come to be."""


def run(spark, *, stages=STAGES, mode="final", sink="spark", files_per_batch=FILES_PER_BATCH, on_stage=None):
    """Stream what has landed through all tables of `stages` with availableNow, several micro-batches a stream.

    mode, sink: see streams.start; the mode is fixed by the first run on a lake. `on_stage(name)` is called as each stage
    begins. Returns {stage: seconds}.
    """
    seconds = {}
    for name, stage in stages.items():
        if on_stage:
            on_stage(name)
        begun = time.monotonic()
        how = {"mode": mode, "sink": sink, "files_per_batch": files_per_batch}
        if not runtime.backend().merges_at_once and any(_by_function(stream, mode) for stream in stage):
            for stream in stage:
                streams.drain(*_started(spark, [stream], **how))
        else:
            streams.drain(*_started(spark, stage, **how))
        seconds[name] = round(time.monotonic() - begun, 2)
    return seconds


def _by_function(stream, mode):
    """Whether the stream writes by a foreachBatch function in this mode."""
    return bool(getattr(stream, "write", None)) or (mode == "live" and streams.has_windows(stream.target.name))


def _started(spark, stage, *, files_per_batch, **how):
    queries = []
    try:
        for stream in stage:
            files = files_per_batch if stream.source.layer == "landing" else 1
            queries.append(stream.start(spark, files_per_batch=files, **how))
    except BaseException:
        streams.stop(*queries)
        raise
    return queries
