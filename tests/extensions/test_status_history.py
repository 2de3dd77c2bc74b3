"""Status transitions: three tables that say what the truth says, however the feed comes and is cut.

test_together.py kills it, with the others.
"""

import random
import shutil

import helpers
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from sleigh import landing, pipeline, runtime
from sleigh.errors import SleighError
from sleigh.extensions import status_history
from sleigh.pipeline import streams
from sleigh.tables import LANDING_STATUS_CHANGES, STATUS_CURRENT, STATUS_HISTORY, STATUS_TRANSITIONS, TABLES

NIGHT = {"minutes": 20, "rate": 24, "seed": 24, "faults": "late=0.2,duplicates=0.1,broken=0.05", "every": 240}
FEED = {"feeds": status_history.FEEDS}
MADE = [stream.target.name for stage in status_history.STAGES.values() for stream in stage]
SENT = pa.schema(
    [("delivery_id", pa.string()), ("sequence", pa.int32()), ("status", pa.string()), ("changed_at", pa.string())]
)


def run(spark, **how):
    return pipeline.run(spark, stages=status_history.STAGES, **how)


def land(spark, *commits):
    """Land crafted changes (delivery, sequence, status, minute or text), a commit for each list."""
    runtime.create_table(spark, LANDING_STATUS_CHANGES.name)
    path = str(runtime.lake() / LANDING_STATUS_CHANGES.name)
    for commit in commits:
        rows = [
            dict(
                zip(SENT.names, (*change[:3], at(change[3]) if isinstance(change[3], int) else change[3]), strict=True)
            )
            for change in commit
        ]
        write_deltalake(path, pa.Table.from_pylist(rows, SENT), mode="append")


def at(minute):
    return f"2026-12-24T10:{minute:02d}:00.000Z"


def rows(spark, table, *names):
    found = runtime.read(spark, table.name, list(names)).to_pylist()
    return sorted(tuple(_minute(row[name]) for name in names) for row in found)


def _minute(value):
    return value.minute if hasattr(value, "minute") else value


def versions(spark):
    return rows(spark, STATUS_HISTORY, "delivery_id", "sequence", "valid_from", "valid_to", "is_current")


@pytest.fixture(scope="module")
def fed(spark, tmp_path_factory):
    """A lake with a night's messages and its feed landed, and nothing else."""
    folder = tmp_path_factory.mktemp("fed") / "lake"
    runtime.open_lake(spark, folder)
    landing.generate(spark, **NIGHT, **FEED)
    return folder


@pytest.fixture
def copied(spark, fed, tmp_path):
    """A function that opens a copy of it."""

    def copy(name):
        shutil.copytree(fed, tmp_path / name)
        return helpers.opened(spark, tmp_path / name)

    return copy


# --- the tables: what the truth says ------------------------------------------------------------------------------------


def test_every_change_is_accounted_for_and_every_table_says_the_truth(spark, done_folder):
    helpers.opened(spark, done_folder)
    audit = status_history.audit(spark)
    assert audit.balanced, audit.wrong[:5]
    counts = audit.counts
    parts = [counts[name] for name in ("applied", "superseded", "repeated", "quarantined")]
    assert sum(parts) == counts["landed"] == counts["sent"] and all(parts)
    assert audit.line.startswith(f"landed {counts['landed']:,} = applied {counts['applied']:,} + superseded ")


def test_both_sinks_write_the_same_and_the_cut_changes_only_what_was_believed(spark, copied):
    made = {}
    for name, how in {
        "spark": {"files_per_batch": 3},
        "delta-rs": {"files_per_batch": 3, "sink": "delta-rs"},
        "one by one": {"files_per_batch": 1, "sink": "delta-rs"},
        "at once": {"files_per_batch": None, "sink": "delta-rs"},
    }.items():
        copied(name)
        run(spark, **how)
        assert status_history.audit(spark).balanced, name
        tables = helpers.tables(spark, MADE)
        tables["says"] = helpers.counted(runtime.read(spark, STATUS_CURRENT.name).drop(["previous_status"]))
        made[name] = tables
    for table in MADE:
        assert made["delta-rs"][table] == made["spark"][table], table
    for name in made:
        for table in (STATUS_HISTORY.name, "says"):
            assert made[name][table] == made["spark"][table], (name, table)
    applied = [sum(made[name][STATUS_TRANSITIONS.name].values()) for name in ("one by one", "spark", "at once")]
    assert applied[0] > applied[1] > applied[2] == sum(made["spark"]["says"].values())


def test_the_table_has_a_change_data_feed_from_the_start_and_its_properties_from_its_table(spark, lake):
    runtime.create_table(spark, STATUS_CURRENT.name)
    assert DeltaTable(str(lake / STATUS_CURRENT.name)).metadata().configuration == STATUS_CURRENT.properties
    runtime.create_table(spark, STATUS_HISTORY.name)
    assert not DeltaTable(str(lake / STATUS_HISTORY.name)).metadata().configuration


TAMPERED = {
    "landing: SD-24-": (LANDING_STATUS_CHANGES, "DELETE FROM {table} WHERE sequence = 3"),
    " rows of ": (LANDING_STATUS_CHANGES, "DELETE FROM {table} WHERE delivery_id = 'SD-24'"),
    "quarantine: [known_status]: 0 of ": (
        TABLES["quarantine_status_changes"],
        "DELETE FROM {table} WHERE failed_rules = array('known_status')",
    ),
    "history: lacks SD-24-": (STATUS_HISTORY, "DELETE FROM {table} WHERE sequence = 2"),
    "history: has SD-24-": (STATUS_HISTORY, "UPDATE {table} SET valid_to = valid_to + INTERVAL 1 SECOND"),
    "current: lacks SD-24-": (STATUS_CURRENT, "DELETE FROM {table} WHERE sequence = 3"),
    "current: has SD-24-": (STATUS_CURRENT, "UPDATE {table} SET status = 'en_route' WHERE sequence = 3"),
    " comes from nothing after ": (STATUS_TRANSITIONS, "UPDATE {table} SET from_status = NULL WHERE version > 1"),
    " ends with #2, not #3": (STATUS_TRANSITIONS, "DELETE FROM {table} WHERE sequence = 3"),
    "transitions: has SD-24-": (STATUS_TRANSITIONS, "UPDATE {table} SET to_status = 'returned'"),
}


@pytest.fixture(scope="module")
def done_folder(spark, fed, tmp_path_factory):
    """The lake of `fed` with all tables of the extension."""
    folder = tmp_path_factory.mktemp("done") / "lake"
    shutil.copytree(fed, folder)
    runtime.open_lake(spark, folder)
    run(spark, sink="delta-rs")
    return folder


@pytest.mark.parametrize("sign", TAMPERED)
def test_the_audit_names_what_is_wrong(spark, done_folder, tmp_path, sign):
    table, statement = TAMPERED[sign]
    shutil.copytree(done_folder, tmp_path / "lake")
    helpers.opened(spark, tmp_path / "lake")
    assert status_history.audit(spark).balanced
    spark.sql(statement.format(table=table.name))
    wrong = status_history.audit(spark).wrong
    assert any(sign in line for line in wrong), wrong[:5]


def test_an_audit_without_the_tables_is_one_line(spark, fed):
    helpers.opened(spark, fed)
    with pytest.raises(
        SleighError, match=r"^there is no table quarantine_status_changes in this lake yet: pipeline.run"
    ):
        status_history.audit(spark)


# --- late, repeated, contradictory, broken ------------------------------------------------------------------------------


@pytest.mark.parametrize("sink", streams.SINKS)
def test_an_older_change_that_comes_late_is_history_and_no_more(spark, lake, sink):
    land(
        spark,
        [("SD-1-1", 1, "en_route", 1), ("SD-1-1", 4, "delivered", 9), ("SD-1-2", 2, "delayed", 5)],
        [("SD-1-1", 3, "delayed", 6), ("SD-1-2", 1, "en_route", 2), ("SD-1-2", 2, "delayed", 5)],
        [("SD-1-1", 2, "delayed", 4), ("SD-1-2", 3, "returned", 8)],
    )
    run(spark, files_per_batch=1, sink=sink)
    assert versions(spark) == [
        ("SD-1-1", 1, 1, 4, False),
        ("SD-1-1", 2, 4, 6, False),
        ("SD-1-1", 3, 6, 9, False),
        ("SD-1-1", 4, 9, None, True),
        ("SD-1-2", 1, 2, 5, False),
        ("SD-1-2", 2, 5, 8, False),
        ("SD-1-2", 3, 8, None, True),
    ]
    said = rows(spark, STATUS_CURRENT, "delivery_id", "sequence", "status", "changed_at")
    assert said == [("SD-1-1", 4, "delivered", 9), ("SD-1-2", 3, "returned", 8)]
    moves = sorted(runtime.read(spark, STATUS_TRANSITIONS.name).to_pylist(), key=lambda row: row["sequence"])
    assert [(row["sequence"], row["from_status"], row["to_status"]) for row in moves] == [
        (2, None, "delayed"),
        (3, "delayed", "returned"),
        (4, None, "delivered"),
    ]
    # Of the micro-batch between them Spark makes a commit and delta-rs none, for no row of the table has changed.
    assert [row["version"] for row in moves] == [1, 3 if sink == "spark" else 2, 1]


@pytest.mark.parametrize("sink", streams.SINKS)
def test_any_order_and_any_cut_give_the_same(spark, lake, sink):
    """Thirty lives of up to six changes, each change up to three times, in any order, in up to five micro-batches."""
    draw = random.Random(16)
    lives = {f"SD-1-{n}": sorted(draw.sample(range(60), draw.randint(1, 6))) for n in range(30)}
    told = [
        (delivery, place + 1, draw.choice(("en_route", "delayed", "delivered")), minute)
        for delivery, minutes in lives.items()
        for place, minute in enumerate(minutes)
    ]
    told += [change for change in told for _ in range(draw.randint(0, 2))]
    draw.shuffle(told)
    land(spark, *[told[place::4] for place in range(4)])
    run(spark, files_per_batch=1, sink=sink)
    for delivery, minutes in lives.items():
        ends = [*minutes[1:], None]
        assert [row for row in versions(spark) if row[0] == delivery] == [
            (delivery, place + 1, minute, ends[place], ends[place] is None) for place, minute in enumerate(minutes)
        ]
    newest = [(delivery, len(minutes)) for delivery, minutes in sorted(lives.items())]
    assert rows(spark, STATUS_CURRENT, "delivery_id", "sequence") == newest


# --- once, whatever happens ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sink", streams.SINKS)
def test_a_micro_batch_that_is_run_again_changes_nothing(spark, copied, sink):
    """As if the process had died between the table's commit and the checkpoint's."""
    folder = copied("lake")
    run(spark, sink=sink)
    before = helpers.tables(spark, MADE)
    for table in MADE:
        newest = max((folder / "_checkpoints" / table / "commits").glob("[0-9]*"), key=lambda path: int(path.name))
        newest.unlink()
    run(spark, sink=sink)
    assert helpers.tables(spark, MADE) == before and status_history.audit(spark).balanced


def test_either_sink_goes_on_where_the_other_stopped(spark, copied):
    copied("lake")
    run(spark, sink="delta-rs")
    for sink, start in (("spark", 20), ("delta-rs", 26)):
        landing.generate(spark, **NIGHT | {"start_minute": start, "minutes": 6}, **FEED)
        run(spark, sink=sink)
    assert status_history.audit(spark).balanced
