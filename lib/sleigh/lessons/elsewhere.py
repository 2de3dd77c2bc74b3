"""What a lesson does where a session allows less than on a machine of one's own: leave it out, and say so, or do without."""

from .. import runtime


def possible(feature):
    """Whether `feature` may be shown here; if not, print one line that says what is left out, and why.

    feature: one of those in Backend.refuses of runtime/backends/databricks.py. On this machine everything is possible.
    """
    why = runtime.backend().refuses.get(feature)
    if why:
        print(f"left out here, for want of {feature}: {why}")
    return not why


def into(sink, writer, table=None):
    """Start the stream of `writer` with the sink "noop" or "memory", and return its query.

    "noop" takes the rows and keeps none, "memory" keeps them in `table` of this session, the query's name. Where there are
    no such sinks, a micro-batch is counted and forgotten, or goes into a table of the lake.
    """
    if "data sources" not in runtime.backend().refuses:
        return writer.format(sink).start()
    if sink == "noop":
        # Counted, because what nobody asks for is not computed, and then the state would not be written either.
        return writer.foreachBatch(lambda batch, batch_id: batch.count()).start()
    return writer.format("delta").option("checkpointLocation", runtime.checkpoint(table)).toTable(table)
