"""Answers to the exercises of lesson 12."""

from graphlib import CycleError, TopologicalSorter

from pyspark.sql import functions as F

# 12.1: the waves of a graph


def by_depth(reads):
    """The wave of a table is the longest way to it."""
    depth = {}

    def at(name, below):
        if name in below:
            raise RecursionError
        if name not in depth:
            inside = [source for source in reads[name] if source in reads]
            depth[name] = 1 + max((at(source, below | {name}) for source in inside), default=-1)
        return depth[name]

    try:
        for name in reads:
            at(name, frozenset())
    except RecursionError:
        return None
    return [{name for name in reads if depth[name] == wave} for wave in range(max(depth.values(), default=-1) + 1)]


def by_the_standard_library(reads):
    sorter = TopologicalSorter({name: [s for s in sources if s in reads] for name, sources in reads.items()})
    try:
        sorter.prepare()
    except CycleError:
        return None
    found = []
    while sorter.is_active():
        ready = sorter.get_ready()
        found.append(list(ready))
        sorter.done(*ready)
    return tuple(found)


def waves(reads, outside=False, cycles=True):
    reads = dict(reads)
    if outside:
        reads |= {source: [] for sources in list(reads.values()) for source in sources if source not in reads}
    found, done = [], []
    while len(done) < len(reads):
        ready = [n for n in reads if n not in done and not [s for s in reads[n] if s in reads and s not in done]]
        if not ready:
            return None if cycles else found
        found.append(ready)
        done += ready
    return found


def first_source(reads):
    if waves(reads) is None:
        return None
    depth = {}
    for wave in waves(reads):
        for name in wave:
            depth[name] = min((depth[s] + 1 for s in reads[name] if s in depth), default=0)
    return [[n for n in depth if depth[n] == at] for at in sorted(set(depth.values()))]


def one_by_one(reads):
    found = waves(reads)
    return None if found is None else [name for wave in found for name in wave]


def backwards(reads):
    found = waves(reads)
    return None if found is None else found[::-1]


# 12.2: what must be refreshed together


def by_recursion(reads, table):
    found = {table}
    for name, sources in reads.items():
        if sources.get(table):
            found |= by_recursion(reads, name)
    return found


def with_a_queue(reads, table):
    found, queue = [table], [table]
    while queue:
        source = queue.pop(0)
        for name in reads:
            if reads[name].get(source) is True and name not in found:
                found.append(name)
                queue.append(name)
    return found


def all_below(reads, table):
    found = {table}
    for name, sources in reads.items():
        if table in sources:
            found |= set(all_below(reads, name))
    return list(found)


def direct(reads, table):
    return [table] + [name for name in reads if reads[name].get(table)]


def without_itself(reads, table):
    return by_recursion(reads, table) - {table}


def above(reads, table):
    found = {table}
    for source in reads.get(table, {}):
        if source in reads:
            found |= above(reads, source)
    return found


# 12.3: an expectation of one's own


def coalesced(rows, rule):
    met = F.coalesce(F.expr(rule), F.lit(False))
    return rows.where(met), rows.where(~met)


def in_sql(rows, rule):
    return rows.where(rule), rows.where(f"NOT coalesce({rule}, false)")


def is_not_true(rows, rule):
    return [rows.where(f"({rule}) IS TRUE"), rows.where(f"({rule}) IS NOT TRUE")]


def by_the_rest(rows, rule):
    kept = rows.where(rule)
    return kept, rows.exceptAll(kept)


def negated(rows, rule):
    return rows.where(rule), rows.where(f"NOT ({rule})")


def negated_column(rows, rule):
    return rows.where(F.expr(rule)), rows.where(~F.expr(rule))


def without_brackets(rows, rule):
    return rows.where(rule), rows.where(f"NOT {rule} OR ({rule}) IS NULL")


def subtracted(rows, rule):
    kept = rows.where(rule)
    return kept, rows.subtract(kept)


def null_is_kept(rows, rule):
    met = F.coalesce(F.expr(rule), F.lit(True))
    return rows.where(met), rows.where(~met)


def swapped(rows, rule):
    return coalesced(rows, rule)[::-1]


def with_the_rule(rows, rule):
    checked = rows.withColumn("met", F.coalesce(F.expr(rule), F.lit(False)))
    return checked.where("met"), checked.where("NOT met")


CASES = {
    "12.1": {
        "right": [waves, by_depth, by_the_standard_library],
        "wrong": [
            ("waits for all that it reads", first_source),
            ("nobody starts it", lambda reads: waves(reads, outside=True)),
            ("nothing of such a graph is started", lambda reads: waves(reads, cycles=False)),
            ("one after the other", one_by_one),
            ("expected [['a'], ['b']], got [['b'], ['a']]", backwards),
            ("expected [['a'], ['b']], got [['a', 'b']]", lambda reads: [list(reads)] if reads else []),
            ("expected [['a'], ['b']], got None", lambda reads: None if reads else []),
        ],
    },
    "12.2": {
        "right": [by_recursion, with_a_queue],
        "wrong": [
            ("a materialized view need not", all_below),
            ("go further down", direct),
            ("the table itself", without_itself),
            ("It is what reads the table that breaks", above),
            ("table 'bronze': expected ['bronze', 'silver'], got ['bronze']", lambda reads, table: [table]),
            ("table 'silver': expected ['silver'], got ['bronze', 'silver']", lambda reads, table: list(reads)),
        ],
    },
    "12.3": {
        "right": [coalesced, in_sql, is_not_true, by_the_rest],
        "wrong": [
            ("in neither of the two", negated),
            ("in neither of the two", negated_column),
            ("num_gifts > 0 OR status", without_brackets),
            ("([1, 4, 5], [2, 3, 6, 6, 7]), got ([1, 4, 5], [2, 3, 6, 7])", subtracted),
            ("got ([1, 3, 4, 5, 7], [2, 6, 6])", null_is_kept),
            ("got ([2, 3, 6, 6, 7], [1, 4, 5])", swapped),
            ("kept has the columns id, status, num_gifts, met", with_the_rule),
            ("yours holds 1", lambda rows, rule: [rows.where(rule)]),
        ],
    },
}
