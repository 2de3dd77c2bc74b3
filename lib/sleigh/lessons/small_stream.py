"""A learner's stream on rows that a check has made: started, run to its end, and what it wrote read back."""

import datetime as dt
import itertools
import json
import os
import shutil
import tempfile
from pathlib import Path

import pyarrow as pa

from .answers import anything, short
from .attempt import Wrong


def stream(value):
    """A kind (answers.py): a streaming DataFrame, not started."""
    from pyspark.sql import DataFrame

    anything(value)
    # Of its class: a DataFrame of Spark Connect says yes to every name, it takes each for a column.
    if hasattr(type(value), "awaitTermination") or hasattr(type(value), "outputMode"):
        raise Wrong("that is a stream that writes already: return the DataFrame, the check starts it.")
    if not isinstance(value, DataFrame):
        raise Wrong(f"{short(value)} is no DataFrame.")
    if not value.isStreaming:
        raise Wrong("that is no stream but a table at rest: build it from the one that your function is handed.")
    return value


def run(make, schema, commits, mode="append"):
    """(tables, steps): what make(stream) writes, an Arrow table a micro-batch, and its micro-batches (streams.progress).

    commits: lists of dicts, each a micro-batch of its own, of the columns of `schema`, as DataStreamReader.schema takes it.
    What JSON has no kind for is landed as its text.
    """
    from .. import runtime
    from ..pipeline import streams

    elsewhere = "checkpoints elsewhere" in runtime.backend().refuses
    folder = Path(tempfile.mkdtemp(prefix="sleigh-check-", dir=runtime.lake() if elsewhere else None))
    written = str(folder / "written")  # text, for the function below goes to another process

    def keep(batch, batch_id):
        # In files: on Spark Connect this runs in another process, whose memory nobody here sees.
        table = batch.toArrow()
        with pa.ipc.new_stream(f"{written}/{batch_id}", table.schema) as file:
            file.write_table(table)

    try:
        (folder / "written").mkdir()
        _land(folder / "landed", commits)
        reader = runtime.session().readStream.schema(schema).option("maxFilesPerTrigger", 1)
        made = make(reader.json(str(folder / "landed")))
        writer = made.writeStream.foreachBatch(keep).outputMode(mode)
        query = writer.option("checkpointLocation", str(folder / "checkpoint")).trigger(availableNow=True).start()
        query.awaitTermination()
        batches = sorted((folder / "written").iterdir(), key=lambda path: int(path.name))
        return [pa.ipc.open_stream(path.read_bytes()).read_all() for path in batches], streams.progress(query)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _land(folder, commits):
    folder.mkdir()
    for place, commit in enumerate(commits):
        path = folder / f"{place}.json"
        path.write_text("\n".join(json.dumps(row, default=str) for row in commit))
        os.utime(path, (place + 1, place + 1))  # a stream of files takes the oldest first


def delay(steps):
    """Minutes between the newest event and the watermark made of it; None where there is no watermark."""
    for before, step in itertools.pairwise(steps):
        if before["newest_event"] and step["watermark"]:
            newest, line = (dt.datetime.fromisoformat(text) for text in (before["newest_event"], step["watermark"]))
            return (newest - line).total_seconds() / 60
    return None
