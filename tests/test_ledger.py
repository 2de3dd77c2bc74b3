"""The ledger: it balances on any night, and one row too few or too many anywhere turns it red, by name."""

import json
import shutil

import helpers
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable, write_deltalake
from sleigh import landing, ledger, pipeline, runtime
from sleigh.__main__ import main
from sleigh.errors import SleighError
from sleigh.pipeline import gold, streams
from sleigh.tables import TABLES

LANDING, BRONZE = "landing_santa_deliveries", "bronze_santa_deliveries"
SILVER, QUARANTINE = "silver_santa_deliveries", "quarantine_santa_deliveries"
SUMMARY = "gold_delivery_summary_realtime"


@pytest.fixture(scope="module")
def copy(spark, plain_folder, tmp_path_factory):
    """A copy of the plain lake that the defects are seeded in; at the end all of them are undone."""
    folder = tmp_path_factory.mktemp("ledger") / "lake"
    shutil.copytree(plain_folder, folder)
    yield folder
    helpers.opened(spark, folder)
    assert ledger.reconcile(spark).balanced


@pytest.fixture
def seeded(spark, copy):
    """A function (table, change) that changes a table of the copy and returns the ledger; undone after the test.

    change is a function of the DeltaTable. Everything is written by delta-rs, Spark is not asked.
    """
    helpers.opened(spark, copy)
    changed = []

    def seed(table, change):
        delta = DeltaTable(str(copy / table))
        changed.append((table, delta.version()))
        change(delta)
        assert DeltaTable(str(copy / table)).version() > changed[-1][1], "the defect was not written"
        return ledger.reconcile(spark)

    yield seed
    for table, version in reversed(changed):
        delta = DeltaTable(str(copy / table))
        if delta.version() > version:
            delta.restore(version)


def clean_id(position=100):
    """A delivery that was sent once, is not broken and was counted in every gold table."""
    told = landing.truth()
    ids = told["delivery_id"].to_pylist()
    clean = told.filter(pc.equal(told["kind"], "clean"))["delivery_id"].to_pylist()
    return next(each for each in clean[position:] if ids.count(each) == 1)


def broken_id(*, without_id=False):
    told = landing.truth().filter(pc.equal(landing.truth()["kind"], "broken")).to_pylist()
    return next(row for row in told if ("valid_delivery_id" in row["broken_rules"]) == without_id)["delivery_id"]


def delete(where):
    return lambda delta: delta.delete(where)


def double(name):
    def append(delta):
        rows = delta.to_pyarrow_table()
        write_deltalake(delta, rows.filter(pc.equal(rows["delivery_id"], name)).slice(0, 1), mode="append")

    return append


def stranger(delta):
    rows = delta.to_pyarrow_table().slice(0, 1)
    index = rows.column_names.index("delivery_id")
    write_deltalake(delta, rows.set_column(index, "delivery_id", pa.array(["SD-0-unheard"])), mode="append")


def test_an_untouched_lake_balances(spark, plain):
    balance = ledger.reconcile(spark)
    assert balance.balanced and not balance.lost and not balance.doubled, str(balance)
    told = landing.truth()["kind"].to_pylist()
    assert balance.generated == balance.landed == balance.bronze == len(told) == 2400
    assert balance.quarantined == told.count("broken") > 50
    assert balance.deduplicated == told.count("duplicate") > 50
    assert balance.silver == told.count("clean") and balance.too_late_for_silver == 0
    for table in gold.GOLD:
        assert sum(balance.gold[table].values()) == balance.silver and balance.gold[table]["too_late"] == 0
        assert balance.gold[table]["counted"] == sum(runtime.read(spark, table)[TABLES[table].counted].to_pylist())
    assert "balanced: every event is accounted for" in str(balance) and "NOT BALANCED" not in str(balance)


@pytest.mark.parametrize("table", [LANDING, BRONZE, SILVER])
def test_a_deleted_row_is_named(seeded, table):
    lost = clean_id()
    balance = seeded(table, delete(f"delivery_id = '{lost}'"))
    assert not balance.balanced
    assert f"{table.split('_')[0]}: {lost}" in balance.lost
    assert f"LOST     {table.split('_')[0]}: {lost}" in str(balance) and "NOT BALANCED" in str(balance)
    assert all(lost in line or line.startswith("gold") for line in balance.lost + balance.doubled)


@pytest.mark.parametrize("without_id", [False, True])
@pytest.mark.parametrize("table", [LANDING, BRONZE, QUARANTINE])
def test_a_deleted_broken_row_is_named_by_its_true_id(spark, seeded, table, without_id):
    lost = broken_id(without_id=without_id)
    told = next(row for row in landing.truth().to_pylist() if row["delivery_id"] == lost)
    sent = f"{told['event_time']:%Y-%m-%dT%H:%M:%S}.{told['event_time'].microsecond // 1000:03d}Z"
    where = f"timestamp = '{sent}'" if without_id else f"delivery_id = '{lost}'"
    balance = seeded(table, delete(where))
    assert not balance.balanced and balance.lost == [f"{table.split('_')[0]}: {lost}"] and not balance.doubled


@pytest.mark.parametrize("table", [LANDING, BRONZE, SILVER, QUARANTINE])
def test_a_doubled_row_is_named(spark, seeded, table):
    twice = broken_id() if table == QUARANTINE else clean_id()
    balance = seeded(table, double(twice))
    assert not balance.balanced
    assert f"{table.split('_')[0]}: {twice}" in balance.doubled and not [x for x in balance.lost if "gold" not in x]


@pytest.mark.parametrize("table", [LANDING, BRONZE, SILVER, QUARANTINE])
def test_a_row_that_was_never_sent_is_named(seeded, table):
    balance = seeded(table, stranger)
    assert not balance.balanced
    assert any("SD-0-unheard" in line for line in balance.doubled), str(balance)


def test_one_lost_and_one_doubled_do_not_cancel_out(seeded):
    one, other = clean_id(100), clean_id(200)

    def swap(delta):
        double(other)(delta)
        delta.delete(f"delivery_id = '{one}'")

    balance = seeded(BRONZE, swap)
    assert balance.bronze == balance.generated and not balance.balanced
    assert balance.lost == [f"bronze: {one}"] and balance.doubled == [f"bronze: {other}"]


def change_count(table, by):
    def update(delta):
        start = min(delta.to_pyarrow_table(columns=["window_start"])["window_start"].to_pylist())
        key = TABLES[table].key[:2][-1]  # region, gift type or city, where there is one
        first = sorted(
            str(row[key])
            for row in delta.to_pyarrow_table(columns=["window_start", key]).to_pylist()
            if row["window_start"] == start
        )[0]
        where = f"window_start = '{start:%Y-%m-%d %H:%M:%S}'" + (
            "" if key == "window_start" else f" AND {key} = '{first}'"
        )
        delta.update({TABLES[table].counted: f"{TABLES[table].counted} + ({by})"}, predicate=where)

    return update


@pytest.mark.parametrize("by", [1, -1])
@pytest.mark.parametrize("table", gold.GOLD)
def test_a_gold_count_that_is_off_by_one_names_its_window(seeded, table, by):
    balance = seeded(table, change_count(table, by))
    assert not balance.balanced
    named, other = (balance.doubled, balance.lost) if by == 1 else (balance.lost, balance.doubled)
    assert len(named) == 1 and named[0].startswith(f"{table}: ") and not other
    assert "window 10:00" in named[0]
    if by == -1:
        assert f"{table}: 1 of window 10:00" in named[0] and "SD-24-" in named[0]


@pytest.mark.parametrize("table", gold.GOLD)
def test_a_deleted_gold_row_names_its_rows(seeded, table):
    def first_window(delta):
        start = min(delta.to_pyarrow_table(columns=["window_start"])["window_start"].to_pylist())
        delta.delete(f"window_start = '{start:%Y-%m-%d %H:%M:%S}'")

    balance = seeded(table, first_window)
    assert not balance.balanced and not balance.doubled
    assert all(
        line.startswith(f"{table}: ") and "of window 10:00" in line and "SD-24-" in line for line in balance.lost
    )
    assert balance.lost


def test_a_doubled_gold_row_is_named(seeded):
    balance = seeded(SUMMARY, lambda delta: write_deltalake(delta, delta.to_pyarrow_table().slice(0, 1), mode="append"))
    assert not balance.balanced and any(line.startswith(SUMMARY) for line in balance.doubled)


def test_a_window_of_nothing_is_named(seeded):
    def ghost(delta):
        rows = delta.to_pyarrow_table().slice(0, 1)
        day = pa.scalar(86_400_000_000, pa.duration("us"))
        for index, name in enumerate(("window_start", "window_end")):
            rows = rows.set_column(index, rows.schema.field(name), pc.subtract(rows[name], day))
        write_deltalake(delta, rows, mode="append")

    balance = seeded(SUMMARY, ghost)
    assert not balance.balanced and any(line.startswith(SUMMARY) for line in balance.doubled)


def test_the_command_line_names_the_lost_row_and_exits_1(spark, plain_folder, tmp_path, capfd):
    """Nothing reads the quarantine, so the streams run through; only the ledger notices."""
    copy = tmp_path / "lake"
    shutil.copytree(plain_folder, copy)
    runtime.open_lake(spark, copy)
    lost, delta = broken_id(), DeltaTable(str(copy / QUARANTINE))
    version = delta.version()
    delta.delete(f"delivery_id = '{lost}'")
    code = main([*helpers.arguments(helpers.PLAIN, copy), "--json"])
    out, err = capfd.readouterr()
    assert code == 1
    assert f"LOST     quarantine: {lost}" in out and "NOT BALANCED" in out
    assert "the ledger does not balance" in err and "Traceback" not in out + err
    last = json.loads(out.splitlines()[-1])
    assert last["balanced"] is False and last["lost"] == [f"quarantine: {lost}"]

    DeltaTable(str(copy / QUARANTINE)).restore(version)
    assert main([*helpers.arguments(helpers.PLAIN, copy)]) == 0, "and green again once the row is back"


@pytest.mark.parametrize("upto, missing", [("landing", None), ("bronze", "bronze"), ("silver", "bronze")])
def test_part_of_a_lake(spark, lake, upto, missing):
    landing.generate(spark, minutes=5, rate=60)
    if missing:
        with pytest.raises(SleighError, match=f"no table {missing}_santa_deliveries in this lake yet"):
            ledger.reconcile(spark, upto=upto)
    else:
        balance = ledger.reconcile(spark, upto=upto)
        assert balance.balanced and balance.landed == 300 and balance.bronze is balance.silver is None


def test_the_first_sum_on_a_night_with_many_faults(spark, lake):
    """silver + quarantined + deduplicated + too late = bronze, each as the truth and the watermark say."""
    faults = {"broken": 0.3, "duplicates": 0.3, "late": 0.5}
    landing.generate(spark, minutes=16, start_minute=100, rate=200, seed=1, faults=faults, every=240)
    streams.drain(pipeline.start_bronze(spark, files_per_batch=1, sink="delta-rs"))
    streams.drain(*[start(spark, sink="delta-rs") for start in (pipeline.start_silver, pipeline.start_quarantine)])
    balance = ledger.reconcile(spark, upto="silver")
    assert balance.balanced, str(balance)
    parts = (balance.silver, balance.quarantined, balance.deduplicated, balance.too_late_for_silver)
    assert sum(parts) == balance.bronze == 3200
    assert all(parts), parts
    told = landing.truth()["kind"].to_pylist()
    assert balance.quarantined == told.count("broken")
