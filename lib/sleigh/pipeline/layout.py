"""How a table lies on disk: the box of each of its files, and which files a query must read.

With each file Delta notes in the log the least and the greatest value of its columns (its statistics). A query that asks
for a range passes over the files in which, by these notes, nothing of it can lie: data skipping. The same is told here
from the log alone, by delta-rs and without Spark, so that a layout can be judged before anybody queries it.
"""

from pathlib import Path

from ..errors import SleighError


def boxes(path, *columns):
    """The box of each live file of the Delta table at `path`, as dicts: file, rows, bytes, and a pair for each of `columns`.

    The pair is (least, greatest); (None, None) if the log does not say, as of a file that was written without statistics.
    Where a table is partitioned by the column, both are its value. Sorted by the pairs, those not known last.
    Raises SleighError if there is no table, or no such column.
    """
    import pyarrow as pa
    from deltalake import DeltaTable

    if not (Path(path) / "_delta_log").exists():
        raise SleighError(f"there is no Delta table at {path}: give its folder, as DESCRIBE DETAIL names it")
    table = DeltaTable(str(path))
    if unknown := set(columns) - {field.name for field in table.schema().fields}:
        raise SleighError(f"the table at {path} has no column {min(unknown)}")
    partitions = table.metadata().partition_columns
    actions = pa.table(table.get_add_actions(flatten=True)).to_pylist()

    def pair(action, column):
        if column in partitions:
            return (action[f"partition.{column}"],) * 2
        return action.get(f"min.{column}"), action.get(f"max.{column}")

    found = [
        {"file": action["path"], "rows": action["num_records"], "bytes": action["size_bytes"]}
        | {column: pair(action, column) for column in columns}
        for action in actions
    ]
    return sorted(found, key=lambda box: [(None in box[column], box[column]) for column in columns])


def touched(boxes, **ranges):
    """Those of `boxes` that a query must read which asks for column BETWEEN least AND greatest, all of `ranges` at once.

    ranges: column=(least, greatest). The two ends belong to it. A file of which nothing is known must be read.
    """
    return [box for box in boxes if all(_meets(box[column], asked) for column, asked in ranges.items())]


def _meets(box, asked):
    return None in box or (box[0] <= asked[1] and box[1] >= asked[0])
