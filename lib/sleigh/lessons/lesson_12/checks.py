"""Exercises of lesson 12: the waves of a graph, what must be refreshed together, and an expectation of one's own."""

from ... import runtime
from ..answers import function, list_of, optional, text, tuple_of
from ..attempt import theirs
from ..compare import small_case
from ..exercises import Wrong, exercise
from ..frames import frame


def waves(reads):
    """Our answer to 12.1, which the mistakes below are variations of."""
    done, found = set(), []
    while len(done) < len(reads):
        ready = sorted(
            name for name in reads if name not in done and all(s in done or s not in reads for s in reads[name])
        )
        if not ready:
            return None
        found.append(ready)
        done |= set(ready)
    return found


_GRAPHS = [
    {"b": ["a"], "a": []},
    {"silver": ["bronze"], "bronze": ["landing"], "quarantine": ["bronze"]},  # landing is outside
    {"night": ["silver", "totals"], "totals": ["silver"], "silver": ["landing"]},  # a short way and a long one
    {"d": ["b", "c"], "b": ["a"], "c": ["a"], "a": ["x", "y"]},
    {"a": [], "b": [], "c": ["a", "a"]},
    {"a": ["b"], "b": ["a"], "c": []},  # one of three could run
    {"a": ["a"]},
    {},
]


def _nearest(reads):
    """Each table right behind the first of its sources that is done, not the last."""
    if waves(reads) is None:
        return None
    depth = {}
    for wave in waves(reads):
        for name in wave:
            depth[name] = 1 + min((depth[source] for source in reads[name] if source in reads), default=-1)
    return [sorted(name for name in depth if depth[name] == at) for at in range(max(depth.values(), default=-1) + 1)]


def _with_outside(reads):
    outside = {source: [] for sources in reads.values() for source in sources if source not in reads}
    return waves(reads | outside)


def _partly(reads):
    """What runs before the cycle, and no word of it."""
    done, found = set(), []
    while ready := sorted(n for n in reads if n not in done and all(s in done or s not in reads for s in reads[n])):
        found.append(ready)
        done |= set(ready)
    return found


# What is said of a mistake -> the function that makes it and nothing else.
_WAVES_WRONG = {
    "a table waits for all that it reads, not only for the first of them to be done.": _nearest,
    "what is no key of `reads` is outside the pipeline: nobody starts it, so it is in no wave.": _with_outside,
    "where tables wait for each other the answer is None, though others could run: nothing of such a graph is started.": (
        _partly
    ),
}


@exercise(
    "12.1",
    takes=function("reads", gives=optional(list_of(list_of(text)))),
    hints=[
        "Wave 0 are the tables that read no other table of the pipeline. Which are wave 1, once those are done?",
        "Again and again: all that are not done and whose sources are all done, or outside. If there is none of them, and "
        "not all are done, the rest waits for itself.",
        "ready = [t for t in reads if t not in done and all(s in done or s not in reads for s in reads[t])]",
    ],
)
def check_12_1(answer):
    """A function {table: [what it reads]} -> the waves in which they can run, each a list; None for a cycle."""
    found = [answer({name: list(sources) for name, sources in reads.items()}) for reads in _GRAPHS]
    found = [got if got is None else [sorted(wave) for wave in got] for got in found]
    right = [waves(reads) for reads in _GRAPHS]
    for words, wrong in _WAVES_WRONG.items():
        if found == [wrong(reads) for reads in _GRAPHS]:
            raise Wrong(words)
    if found != right and all(
        got is None
        if wanted is None
        else got is not None and [[n] for w in got for n in w] == got and _in_order(got, reads)
        for got, wanted, reads in zip(found, right, _GRAPHS, strict=True)
    ):
        raise Wrong("that is an order, one after the other: tables that wait for nothing more are in one wave.")
    for reads, wanted, got in zip(_GRAPHS, right, found, strict=True):
        small_case(f"reads = {reads}", wanted, got)
    return "the order is in what the functions read; who writes it down a second time can only get it wrong."


def _in_order(singles, reads):
    names = [name for (name,) in singles]
    return sorted(names) == sorted(reads) and all(
        names.index(source) < names.index(name) for name in names for source in reads[name] if source in reads
    )


def together(reads, table):
    """Our answer to 12.2."""
    found, new = {table}, {table}
    while new:
        new = {name for name in reads for source in reads[name] if source in new and reads[name][source]} - found
        found |= new
    return sorted(found)


# reads, the table that is refreshed fully
_REFRESHED = [
    ({"silver": {"bronze": True}, "bronze": {"landing": True}}, "silver"),
    ({"silver": {"bronze": True}, "bronze": {"landing": True}}, "bronze"),
    ({"totals": {"progress": False}, "progress": {"silver": True}}, "progress"),
    ({"c": {"b": True}, "b": {"a": True}, "a": {}, "view": {"b": False}}, "a"),
    ({"c": {"b": True}, "b": {"a": True}, "a": {}, "view": {"b": False}}, "b"),
    ({"d": {"b": True, "view": False}, "c": {"b": True}, "b": {}, "view": {"b": False}, "x": {}}, "b"),
]


def _all_below(reads, table):
    return together({name: dict.fromkeys(sources, True) for name, sources in reads.items()}, table)


def _direct(reads, table):
    return sorted({table, *(name for name in reads if reads[name].get(table))})


def _without_itself(reads, table):
    return [name for name in together(reads, table) if name != table]


def _above(reads, table):
    found = {table}
    while more := {source for name in found for source in reads.get(name, {}) if source in reads} - found:
        found |= more
    return sorted(found)


_TOGETHER_WRONG = {
    "what reads everything each time starts from nothing anyway: a materialized view need not be in the list.": _all_below,
    "a stream that reads a stream that is emptied is emptied itself, and so on: go further down.": _direct,
    "the table itself is to be refreshed, too.": _without_itself,
    "that is what the table reads. It is what reads the table that breaks.": _above,
}


@exercise(
    "12.2",
    takes=function("reads", "table", gives=list_of(text)),
    hints=[
        "Begin with the table itself. Who reads it as a stream?",
        "Whoever is emptied breaks its own streams: go on until nobody new comes.",
        "found |= {name for name in reads for source in reads[name] if source in found and reads[name][source]}, in a loop.",
    ],
)
def check_12_2(answer):
    """A function (reads, table) -> the tables to refresh fully with `table`, itself among them, in any order."""
    found = [
        sorted(answer({name: dict(sources) for name, sources in reads.items()}, table)) for reads, table in _REFRESHED
    ]
    for words, wrong in _TOGETHER_WRONG.items():
        if found == [wrong(*case) for case in _REFRESHED]:
            raise Wrong(words)
    for (reads, table), got in zip(_REFRESHED, found, strict=True):
        small_case(f"reads = {reads}, table {table!r}", together(reads, table), got)
    return "the first table of a long pipeline is the expensive one: with it goes all that reads on."


# id, status, num_gifts. Row 6 is there twice.
_ROWS = [
    (1, "delivered", 2),
    (2, "lost", 1),
    (3, None, 3),
    (4, "delayed", 0),
    (5, "delayed", None),
    (6, "lost", 0),
    (6, "lost", 0),
    (7, None, None),
]
# rule -> the ids for which it is true, and those for which it is NULL
_RULES = {
    "status IN ('en_route', 'delivered', 'delayed')": ([1, 4, 5], [3, 7]),
    "num_gifts > 0 OR status = 'delayed'": ([1, 2, 3, 4, 5], [7]),
}


@exercise(
    "12.3",
    takes=function("rows", "rule", gives=tuple_of(frame, frame), slow=True),
    hints=[
        "`status IN (...)` is NULL for a missing status. What do where(rule) and where(NOT rule) do with NULL?",
        "A rule that is not true has failed: make NULL false first, then split.",
        "met = F.coalesce(F.expr(rule), F.lit(False)); the rows with it, and those with ~met.",
    ],
)
def check_12_3(answer):
    """A function (rows, rule) -> (rows that are kept, rows that are dropped)."""
    spark = runtime.session()
    rows = spark.createDataFrame(_ROWS, "id int, status string, num_gifts int").coalesce(1)
    ids = [row[0] for row in _ROWS]
    for rule, (kept, null) in _RULES.items():
        parts = answer(rows, rule)
        for name, part in zip(("kept", "dropped"), parts, strict=True):
            if part.columns != rows.columns:
                raise Wrong(f"{name} has the columns {', '.join(part.columns)} and not {', '.join(rows.columns)}.")
        tagged = [part.selectExpr("id", f"{place} AS place") for place, part in enumerate(parts)]
        with theirs(slow=True):
            found = sorted((row.place, row.id) for row in tagged[0].unionAll(tagged[1]).collect())
        got = [[row_id for place, row_id in found if place == wanted] for wanted in (0, 1)]
        dropped = [row_id for row_id in ids if row_id not in kept]
        if got == [kept, [row_id for row_id in dropped if row_id not in null]]:
            raise Wrong(f"ids {null} are in neither of the two: there the rule is NULL, and NOT NULL is NULL again.")
        small_case(f"rule {rule}: ids of (kept, dropped)", (kept, dropped), tuple(got))
    return "every row is in exactly one of the two, so what is dropped can be counted, here as on a platform."
