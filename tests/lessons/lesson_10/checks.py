"""Answers to the exercises of lesson 10."""

from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake

# 10.1: what runs next, and whether it is written


def by_the_plan(offsets, commits, txn):
    number = max(offsets) if offsets and max(offsets) not in commits else max(offsets, default=-1) + 1
    return number, "writes" if txn is None or txn < number else "skips"


def by_sets(offsets, commits, txn):
    newest = sorted(offsets)[-1:]
    number = 0 if not newest else newest[0] + (newest[0] in set(commits))
    return [number, ("Writes", "Skips")[txn is not None and number <= txn]]


def always_the_next(offsets, commits, txn):
    return max(offsets, default=-1) + 1, by_the_plan([max(offsets, default=-1)], [max(offsets, default=-1)], txn)[1]


def after_the_last_end(offsets, commits, txn):
    number = max(commits) + 1 if commits else 0
    return number, "writes" if txn is None or txn < number else "skips"


def repeated_is_skipped(offsets, commits, txn):
    number = by_the_plan(offsets, commits, txn)[0]
    return number, "skips" if number in offsets else "writes"


def new_is_written(offsets, commits, txn):
    number, does = by_the_plan(offsets, commits, txn)
    return number, does if number in offsets else "writes"


def zero_is_none(offsets, commits, txn):
    number = by_the_plan(offsets, commits, txn)[0]
    return number, "skips" if txn and txn >= number else "writes"


def equal_alone(offsets, commits, txn):
    number = by_the_plan(offsets, commits, txn)[0]
    return number, "skips" if txn == number else "writes"


def above_alone(offsets, commits, txn):
    number = by_the_plan(offsets, commits, txn)[0]
    return number, "skips" if txn is not None and txn > number else "writes"


def last_of_the_list(offsets, commits, txn):
    return by_the_plan(offsets[-1:], commits, txn)


def all_that_have_no_end(offsets, commits, txn):
    number = min(set(offsets) - set(commits), default=max(offsets, default=-1) + 1)
    return number, "writes" if txn is None or txn < number else "skips"


# 10.3: a sink


def replaces(rows, batch_id, path):
    rows = rows.append_column("batch", [[batch_id] * len(rows)])
    write_deltalake(path, rows, mode="overwrite", predicate=f"batch = {batch_id}")


def asks_the_rows(rows, batch_id, path):
    if batch_id not in DeltaTable(path).to_pyarrow_table(columns=["batch"])["batch"].to_pylist():
        write_deltalake(path, rows.append_column("batch", [[batch_id] * len(rows)]), mode="append")


def deletes_first(rows, batch_id, path):
    DeltaTable(path).delete(f"batch = {batch_id}")
    write_deltalake(path, rows.append_column("batch", [[batch_id] * len(rows)]), mode="append")
    return len(rows)


def appends(rows, batch_id, path):
    write_deltalake(path, rows.append_column("batch", [[batch_id] * len(rows)]), mode="append")


def names_it(rows, batch_id, path):
    """As delta-rs' sink of the library does it: right, until a RESTORE."""
    last = DeltaTable(path).transaction_version("mine")
    if last is None or last < batch_id:
        named = CommitProperties(app_transactions=[Transaction("mine", batch_id)])
        rows = rows.append_column("batch", [[batch_id] * len(rows)])
        write_deltalake(path, rows, mode="append", commit_properties=named)


written = set()


def remembers(rows, batch_id, path):
    if (path, batch_id) not in written:
        written.add((path, batch_id))
        appends(rows, batch_id, path)


def merges(rows, batch_id, path):
    """On the id: a delivery that comes again, in a later micro-batch, is not kept."""
    rows = rows.append_column("batch", [[batch_id] * len(rows)])
    merge = DeltaTable(path).merge(rows, "t.delivery_id = s.delivery_id", source_alias="s", target_alias="t")
    merge.when_not_matched_insert_all().execute()


def overwrites(rows, batch_id, path):
    write_deltalake(path, rows.append_column("batch", [[batch_id] * len(rows)]), mode="overwrite")


def one_number(rows, batch_id, path):
    """The same number for every micro-batch."""
    replaces(rows, 0, path)


COLUMNS = "delivery_id, city, status"

CASES = {
    "10.1": {
        "right": [by_the_plan, by_sets],
        "wrong": [
            ("the newest plan may not have ended", always_the_next),
            ("one after the last that has ended?", after_the_last_end),
            ("only if the table has it", repeated_is_skipped),
            ("whether a number is repeated or new", new_is_written),
            ("txn 0 is micro-batch 0", zero_is_none),
            ("and also those below it", equal_alone),
            ("a number that equals the txn is in the table", above_alone),
            ("offsets [9, 10, 8], commits [9, 8], txn 9: expected (10, 'writes'), got (9, 'skips')", last_of_the_list),
            ("not at what has no end before it", all_that_have_no_end),
            ("is none of writes, skips", lambda offsets, commits, txn: (3, True)),
            ("a list of 2 values", lambda offsets, commits, txn: 3),
            ("hand over the function itself", (3, "writes")),
        ],
    },
    "10.2": {
        "right": [
            f"SELECT {COLUMNS} FROM landing EXCEPT ALL SELECT {COLUMNS} FROM bronze",
            f"""SELECT {COLUMNS} FROM (SELECT *, row_number() OVER (PARTITION BY {COLUMNS}) AS n FROM landing) AS sent
                WHERE n > (SELECT count(*) FROM bronze WHERE bronze.delivery_id IS NOT DISTINCT FROM sent.delivery_id
                AND bronze.city IS NOT DISTINCT FROM sent.city AND bronze.status = sent.status);""",
        ],
        "wrong": [
            ("those are all rows of landing", f"SELECT {COLUMNS} FROM landing"),
            ("EXCEPT makes every row one", f"SELECT {COLUMNS} FROM landing EXCEPT SELECT {COLUMNS} FROM bronze"),
            ("by delivery_id alone", "SELECT * FROM landing ANTI JOIN bronze USING (delivery_id)"),
            (
                "by delivery_id alone",
                "SELECT * FROM landing l WHERE delivery_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM bronze b "
                "WHERE b.delivery_id = l.delivery_id)",
            ),
            (
                "expected 1, got 0",
                "SELECT * FROM landing WHERE delivery_id NOT IN (SELECT delivery_id FROM bronze)",
            ),
            ("expected", f"SELECT * FROM landing ANTI JOIN bronze USING ({COLUMNS})"),
            ("DuckDB refuses it", "SELECT * FROM landing EXCEPT ALL SELECT * FROM bronze"),
            ("the column city is missing", "SELECT delivery_id FROM landing"),
            ("gives no rows", " ;"),
            ("no SQL in a string", 8),
        ],
    },
    "10.3": {
        "right": [replaces, asks_the_rows, deletes_first],
        "wrong": [
            ("after micro-batch 1, which came again", appends),
            ("after a RESTORE to before micro-batch 2", names_it),
            ("after micro-batch 1, which came again", remembers),
            ("after micro-batch 1, C and B", merges),
            ("after micro-batch 1, C and B", overwrites),
            ("after micro-batch 1, C and B", one_number),
            ("your function raised", lambda rows, batch_id, path: rows.append_column("batch", [1, 2])),
            ("expected ['A', 'A', 'B'], got []", lambda rows, batch_id, path: len(rows)),
            ("it does not take that", lambda rows: len(rows)),
        ],
    },
}
