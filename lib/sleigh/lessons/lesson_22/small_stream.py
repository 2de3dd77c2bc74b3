"""Crafted commits as a stream of files, and what a learner's stream makes of them."""

import datetime as dt
import itertools
import json
import os
import shutil
import tempfile
from pathlib import Path

from ..answers import anything, short
from ..attempt import Wrong


def stream(value):
    """A kind: a streaming DataFrame, not started."""
    from pyspark.sql import DataFrame

    anything(value)
    if hasattr(value, "awaitTermination") or hasattr(value, "outputMode"):
        raise Wrong("that is a stream that writes already: return the DataFrame, the check starts it.")
    if not isinstance(value, DataFrame):
        raise Wrong(f"{short(value)} is no DataFrame.")
    if not value.isStreaming:
        raise Wrong("that is no stream but a table at rest.")
    return value


def run(make, schema, commits, settle):
    """(rows, steps): what make(stream) writes in append mode, settled, and its micro-batches (streams.progress).

    commits: a list of lists of dicts, each a micro-batch, of these columns (a StructType). settle: a kind of a table.
    """
    from ... import runtime
    from ...pipeline import streams

    folder = Path(tempfile.mkdtemp(prefix="sleigh-exam-"))
    try:
        for place, commit in enumerate(commits):
            path = folder / "landed" / f"{place}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text("\n".join(json.dumps(row, default=str) for row in commit))
            os.utime(path, (place + 1, place + 1))  # a stream of files takes the oldest first
        reader = runtime.session().readStream.schema(schema).option("maxFilesPerTrigger", 1)
        made = make(reader.json(str(folder / "landed")))
        written = []
        writer = made.writeStream.foreachBatch(lambda batch, _: written.append(batch.toArrow())).outputMode("append")
        query = writer.option("checkpointLocation", str(folder / "checkpoint")).trigger(availableNow=True).start()
        query.awaitTermination()
        return [row for batch in written for row in settle(batch)], streams.progress(query)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def delay(steps):
    """Minutes between the newest event and the watermark made of it; None where there is no watermark."""
    for before, step in itertools.pairwise(steps):
        if before["newest_event"] and step["watermark"]:
            newest, line = (dt.datetime.fromisoformat(text) for text in (before["newest_event"], step["watermark"]))
            return (newest - line).total_seconds() / 60
    return None
