"""What there is to know of a table, and how its columns are written down."""

from dataclasses import dataclass, field

from pyspark.sql import types as T


@dataclass(frozen=True)
class Table:
    """What there is to know of one table.

    name; columns (a StructType, in the order of the table, each with its comment); lesson and call that make it; key (the
    columns that name one row, none where rows may repeat); partitioned_by (columns); properties (Delta's, such as
    delta.enableChangeDataFeed); watermark_minutes: how long the stream that writes it waits for late events. For tables of
    tumbling windows also window_minutes, their length, and counted, the column that counts the events of a row.
    """

    name: str
    columns: T.StructType
    lesson: str
    call: str = "pipeline.run(spark)"
    key: tuple = ()
    partitioned_by: tuple = ()
    properties: dict = field(default_factory=dict)
    watermark_minutes: int | None = None
    window_minutes: int | None = None
    counted: str | None = None

    @property
    def layer(self):
        """landing, bronze, silver, quarantine or gold: the first word of its name."""
        return self.name.split("_")[0]

    @property
    def groups(self):
        """The columns of the key beside window_start."""
        return tuple(column for column in self.key if column != "window_start")

    @property
    def made_by(self):
        """What to call, and where to read about it, when the table is missing."""
        return f"{self.call} (lesson {self.lesson})"


_TYPES = {
    "string": T.StringType(),
    "int": T.IntegerType(),
    "bigint": T.LongType(),
    "double": T.DoubleType(),
    "boolean": T.BooleanType(),
    "date": T.DateType(),
    "timestamp": T.TimestampType(),
    "array<string>": T.ArrayType(T.StringType()),
}


def columns(text, after=()):
    """One line a column: name, type, comment; `after` are columns that come before them.

    Every column may be NULL: a table takes what arrives, the rules judge.
    """
    fields = list(after)
    for line in text.strip().splitlines():
        name, kind, comment = line.split(maxsplit=2)
        fields.append(T.StructField(name, _TYPES[kind], True, {"comment": comment}))
    return T.StructType(fields)
