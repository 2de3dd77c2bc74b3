"""Exercises of lesson 19: a fan-out that survives a crash, the past of one tenant, and what designs cost."""

from collections import Counter

from ..answers import anything, function, optional, record, whole_number
from ..compare import same_table
from ..exercises import Wrong, exercise
from ..frames import rows

_TENANTS = ["Africa", "Asia", "Europe"]

# Three micro-batches: (delivery_id, region).
_BATCHES = [
    [("a1", "Africa"), ("x1", None), ("s1", "Asia"), ("s2", "Asia"), ("e1", "Europe")],
    [("e2", "Europe"), ("s3", "Asia"), ("x2", "Atlantis"), ("e3", "Europe")],
    [("s4", "Asia"), ("a2", "Africa"), ("x3", "asia"), ("a3", "Africa")],
]
_UNKNOWN = "unknown"


class _Killed(BaseException):
    """The process has died: nothing it does afterwards has any effect."""


class _Lake:
    """Tables that append as Delta does, and a process that dies at call `at`, before it has written or after."""

    def __init__(self, at=None, after=False):
        self.tables, self.seen = {}, {}
        self.calls, self.at, self.after, self.dead = 0, at, after, False

    def append(self, table, rows, app, version):
        if self.dead:
            raise _Killed
        dying, self.calls = self.calls == self.at, self.calls + 1
        if dying and not self.after:
            self.dead = True
            raise _Killed
        if not isinstance(version, int) or isinstance(version, bool):
            raise TypeError(f"version is a whole number, not {version!r}")
        rows = [dict(row) for row in rows]
        if self.seen.get((table, app), -1) < version:
            self.seen[table, app] = version
            self.tables.setdefault(table, []).extend(row["delivery_id"] for row in rows)
        if dying:
            self.dead = True
            raise _Killed


def _wanted():
    tables = {}
    for delivery, region in (row for batch in _BATCHES for row in batch):
        tables.setdefault(region if region in _TENANTS else _UNKNOWN, []).append(delivery)
    return tables


def _run(answer, lake):
    """Run the three micro-batches; one that dies is run again by a new process, its rows in another order."""
    for number, batch in enumerate(_BATCHES):
        rows = [{"delivery_id": delivery, "region": region} for delivery, region in batch]
        try:
            answer(rows, number, list(_TENANTS), lake.append)
        except Wrong:
            if not lake.dead:
                raise
        if lake.dead:
            lake.dead, lake.at = False, None
            answer(rows[::-1], number, list(_TENANTS), lake.append)


def _compare(lake, told):
    """Raise Wrong, beginning with `told`, unless each table has what it should."""
    for table, wanted in sorted(_wanted().items()):
        found = Counter(lake.tables.get(table, []))
        if doubled := sorted(row for row, times in found.items() if times > 1):
            raise Wrong(f"{told}{doubled[0]} is in {table} {found[doubled[0]]} times.")
        if gone := sorted(set(wanted) - set(found)):
            raise Wrong(f"{told}{gone[0]} is missing from {table}.")
        if more := sorted(set(found) - set(wanted)):
            raise Wrong(f"{told}{more[0]} should not be in {table}.")
    if strange := sorted(map(str, set(lake.tables) - set(_wanted()))):
        raise Wrong(f"{told}there is a table {strange[0]!r}: who has no tenant goes to {_UNKNOWN!r}.")


@exercise(
    "19.1",
    takes=function("rows", "batch_id", "tenants", "append", gives=optional(anything)),
    hints=[
        "One append for each tenant, and one for the rows of all others; a row without a region is in none of the groups "
        "that == can find.",
        "`app` says who writes and is the same for ever, `version` says which micro-batch it is. Delta compares the two for "
        "each table by itself.",
        'append(tenant, [row for row in rows if row["region"] == tenant], "fan-out", batch_id), for each tenant in tenants; '
        'then the rows whose region is not in tenants, to "unknown".',
    ],
)
def check_19_1(answer):
    """A function (rows, batch_id, tenants, append) that gives each tenant its rows, whenever the process dies."""
    calm = _Lake()
    _run(answer, calm)
    found = [row for table in calm.tables.values() for row in table]
    first = [batch[0][0] for batch in _BATCHES]
    if not found:
        raise Wrong(
            "after three micro-batches there is not a row in any table: call append(table, rows, app, version)."
        )
    later = {delivery for batch in _BATCHES[1:] for delivery, _ in batch}
    if not later & set(found):
        raise Wrong(
            f"{first[1]} and all other rows of the second and third micro-batch are missing: with the same version Delta "
            "takes them for the first one, which it has."
        )
    _compare(calm, "without a crash: ")
    for at in range(calm.calls):
        for after in (False, True):
            lake = _Lake(at, after)
            _run(answer, lake)
            _compare(lake, f"killed {'after' if after else 'before'} append number {at + 1} had written: ")
    return f"killed {2 * calm.calls} times, before and after each append, and every row is in its table, once."


# delivery_id, region, version of silver that brought it
_SILVER = [
    ("A1", "Asia", 3),
    ("E1", "Europe", 3),
    ("E2", "Europe", 4),
    ("E3", "Europe", 6),
    ("N1", None, 5),
    ("E4", "Europe", 7),
    ("A2", "Asia", 7),
    ("E5", "Europe", 8),
    ("S1", "Eastern Europe", 5),
    ("E6", "Europe", 5),
]
_THERE = [("E2", "Europe"), ("A1", "Asia"), (None, "Asia"), ("E5", "Europe"), ("A2", "Asia")]
_FROM = 7


@exercise(
    "19.2",
    takes=function("silver", "deliveries", "tenant", "version", gives=rows("delivery_id", "region"), slow=True),
    hints=[
        "Three conditions: the tenant's own rows, from before the stream, and not there yet.",
        "The stream brings version `version` itself, so the past ends before it. For `not there yet` there is a join that "
        "keeps the rows without a partner: left_anti.",
        'past = silver.where((F.col("region") == tenant) & (F.col("version") < version)), and then '
        'past.join(deliveries, "delivery_id", "left_anti").',
    ],
)
def check_19_2(answer):
    """A function (silver, deliveries, tenant, version) -> the rows of the tenant's past that are still to be appended."""
    from ... import runtime

    spark = runtime.session()
    silver = spark.createDataFrame(_SILVER, "delivery_id string, region string, version int").coalesce(1)
    there = spark.createDataFrame(_THERE, "delivery_id string, region string").coalesce(1)
    found = answer(silver, there, "Europe", _FROM)
    ids = Counter(row["delivery_id"] for row in found)
    if not found:
        raise Wrong(
            "no rows at all. One row of `deliveries` has no id, and NOT IN is true of nothing where there is a NULL: "
            "compare row by row, with an anti join or NOT EXISTS."
        )
    if set(ids) == {"E1", "E2", "E3", "E6"}:
        raise Wrong("E2 is in `deliveries` already: the last attempt had written it before it died.")
    if set(ids) == {"E1", "E3", "E6", "E4"}:
        raise Wrong("E4 came with version 7, and with that the stream begins: it would come twice.")
    if set(ids) == {"E1", "E3", "E6", "S1"}:
        raise Wrong("S1 belongs to Eastern Europe, which is somebody else.")
    wanted = [{"delivery_id": name, "region": "Europe"} for name in ("E1", "E3", "E6")]
    same_table(found, wanted, by="delivery_id", given="the past of Europe")
    return "E1, E3 and E6: Europe's past, up to where its stream begins, and a second call brings nothing twice."


@exercise(
    "19.3",
    takes=record(streams=whole_number, fan_out=whole_number, commits=whole_number, flooded=whole_number),
    hints=[
        "A stream reads its source, then filters. And an action on the micro-batch that nobody has kept reads it again.",
        "One append into a partitioned table is one commit, whatever partitions it has.",
        "The first micro-batch serves the two small tenants in full; what is left of it, and all of the next ones, goes to "
        "the flood.",
    ],
)
def check_19_3(answer):
    """{"streams", "fan_out", "commits", "flooded"} for 8 tenants, 6,000 rows in 10 commits; capacity 100 of 20, 30, 500."""
    read, fan_out, commits, flooded = (answer[name] for name in ("streams", "fan_out", "commits", "flooded"))
    if read == 6000:
        raise Wrong("streams: each of the eight has a checkpoint of its own, and reads the table by itself.")
    if read != 48000:
        raise Wrong(f"streams: {read:,}? Eight streams, and each reads every row before it can tell whose it is.")
    if fan_out == 6000:
        raise Wrong("fan_out: one stream, and eight writes; each is an action that reads the micro-batch once more.")
    if fan_out != 48000:
        raise Wrong(f"fan_out: {fan_out:,}? Nothing is persisted. How many actions does a micro-batch have?")
    if commits == 80:
        raise Wrong("commits: that many with a table for each tenant. A partition is a folder, and not a table.")
    if commits != 10:
        raise Wrong(f"commits: {commits:,}? Each of the ten micro-batches appends once.")
    if flooded == 5:
        raise Wrong("flooded: 500 of 100 are five, if nobody else were there. Two others are served first.")
    if flooded != 6:
        raise Wrong(f"flooded: {flooded:,}? 50 rows of the flood go with the first micro-batch, then 100 with each.")
    return "48,000 and 48,000 rows, 10 commits; and after 6 micro-batches the flood is through, while nobody waited for it."
