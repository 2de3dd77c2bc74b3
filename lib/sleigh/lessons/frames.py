"""The kinds of answers that are tables or parts of one; see answers.py. A pandas and a Spark table are the same."""

import datetime as dt

from .answers import no_slip, plain, short
from .attempt import Wrong, theirs


def column(value):
    """A Spark Column, such as F.count("*"); SQL text of one will do."""
    from pyspark.sql import Column
    from pyspark.sql import functions as F

    from .. import runtime

    no_slip(value)
    runtime.session()  # F.expr needs one, and a check may come first
    with theirs():
        value = F.expr(value) if isinstance(value, str) else value
    if not isinstance(value, Column):
        raise Wrong(f'the answer is an expression, like F.count("*"), not {short(value)}.')
    return value


def frame(value):
    """A Spark DataFrame; a pandas, an Arrow table and a list of dicts or rows become one. It is not run yet."""
    from .. import runtime

    if _is_spark(value):
        if value.isStreaming:
            raise Wrong("that is a stream: the answer is a DataFrame that can be counted.")
        return value
    with theirs(slow=True):
        return runtime.session().createDataFrame(_table(value))


def rows(*columns):
    """A kind: a table (see frame) with these columns, as a list of dicts. It is run here; others are left out.

    Times are UTC and aware, NULL is None; a pandas NaN is NULL, too. Names are compared without regard to case.
    """

    def settle(value):
        with theirs(slow=True):
            table = frame(value).toArrow() if _is_spark(value) else _table(value)
            found = {name.lower(): table[name].to_pylist() for name in table.column_names}
        for name in columns:
            if name.lower() not in found:
                raise Wrong(f"the column {name} is missing: there are {', '.join(table.column_names) or 'none'}.")
        parts = [map(_cell, found[name.lower()]) for name in columns]
        return [dict(zip(columns, row, strict=True)) for row in zip(*parts, strict=True)]

    return settle


def _cell(value):
    """One value of a row: plain, and a time as an aware one in UTC."""
    if isinstance(value, dt.datetime):
        value = value.to_pydatetime() if hasattr(value, "to_pydatetime") else value
        return value.astimezone(dt.UTC) if value.tzinfo else value.replace(tzinfo=dt.UTC)
    return plain(value)


def _is_spark(value):
    return type(value).__module__.startswith("pyspark.sql") and hasattr(type(value), "isStreaming")


def _table(value):
    """A pyarrow Table of a table that is not Spark's."""
    import pyarrow as pa

    no_slip(value)
    if type(value).__module__.startswith("pandas.") and hasattr(type(value), "columns"):
        indexed = any(name is not None for name in value.index.names)  # what a pandas groupby makes of its keys
        return pa.Table.from_pandas(value.reset_index() if indexed else value, preserve_index=False)
    if isinstance(value, pa.Table):
        return value
    if isinstance(value, list):
        value = [row.asDict() if hasattr(type(row), "asDict") else row for row in value]
        if value and all(isinstance(row, dict) for row in value):
            return pa.Table.from_pylist(value)
    if hasattr(type(value), "agg"):
        raise Wrong("that is a groupBy without its agg(...): the answer is a DataFrame.")
    raise Wrong(f"the answer is a DataFrame, not {short(value)}.")
