"""The rules, one by one and together; the quarantine; repair and replay."""

import helpers
import nonsense
import pytest
from helpers import message
from sleigh.domain import NIGHT_MINUTES
from sleigh.pipeline import expectations
from sleigh.simulator.night import night
from sleigh.tables import EVENT, QUARANTINE

QUARANTINE_TABLE = "quarantine_santa_deliveries"

EDGES = {
    "valid_delivery_id": (
        "delivery_id",
        ["x", " x ", "ид-1", "-", "🎅", "\u200bx", "\u0000x"],
        [
            *(None, "", " ", "   ", "\t", "\r\n", "\u0000", "\u0007", "\u007f", "\u00a0", "\u2003", "\u3000", "\u2028"),
            *("\u200b", "\u200d", "\u2060", "\ufeff", "\u202e", "\u00ad", " \t\u0000\u00a0\u200b "),
        ],
    ),
    "valid_timestamp": (
        "timestamp",
        ["2026-12-24T12:00:00Z", "2026-12-24 12:00:00", "2026-12-25T01:00:00+13:00", "2026-12-24T10:00:00Z"],
        [
            *(None, "", "25:61 o'clock", "2026-12-32T00:00:00Z", "around midnight", "2026-12-24T24:00:00Z", "\u0000"),
            *("2026", "now", "12:00:00", "T12:00:00", "294247-01-10T04:00:54.775Z", "-290308-12-21T19:59:06Z"),
            # before the night, after it, and far from midnight in Suva
            *("2026-12-24", "2026-12-24T09:59:59.999Z", "2026-12-24T10:00:00+00:01", "2025-12-24T12:00:00Z"),
            *("1970-01-01T00:00:00Z", "0001-01-01", "2026-12-25T12:00:00Z", "2026-12-26", "9999-12-31T23:59:59Z"),
            *("2026-12-24T15:00:00.001Z", "2026-12-25T10:30:00Z", "2026-12-24T20:00:00Z", "2026-12-25"),
        ],
    ),
    "valid_status": ("status", ["en_route", "delivered", "delayed"], [None, "", "DELIVERED", " delivered", "lost"]),
    "valid_coordinates": (
        "latitude",
        [90.0, -90.0, 0.0, -0.0],
        [None, 90.000001, -90.5, float("nan"), float("inf"), float("-inf"), 1e308],
    ),
    "positive_gifts": ("num_gifts", [1, 2**31 - 1], [None, 0, -1, -(2**31)]),
}
"""Rule -> its field, values that keep it, values that break it."""


def reasons(spark, messages):
    """failed_rules of each message, in order."""
    rows = helpers.bronze_rows(spark, [each | {"city": f"{i:04d}"} for i, each in enumerate(messages)])
    return [row.failed_rules for row in expectations.check(rows).orderBy("city").select("failed_rules").collect()]


@pytest.mark.parametrize("rule", EDGES)
def test_each_rule_alone(spark, rule):
    field, keep, breaks = EDGES[rule]
    assert reasons(spark, [message(**{field: value}) for value in keep]) == [[]] * len(keep)
    assert reasons(spark, [message(**{field: value}) for value in breaks]) == [[rule]] * len(breaks)


TIMES = {
    "Pacific/Kiritimati": (
        "2026-12-24T10:00:00Z",
        "2026-12-24T13:00:00Z",
        "2026-12-24T09:59:59Z",
        "2026-12-24T13:00:01Z",
    ),
    "Pacific/Pago_Pago": (
        "2026-12-25T08:00:00Z",
        "2026-12-25T11:05:00Z",
        "2026-12-25T07:59:59Z",
        "2026-12-25T11:05:01Z",
    ),
    "America/New_York": (
        "2026-12-25T02:00:00Z",
        "2026-12-25T08:00:00Z",
        "2026-12-25T01:59:59Z",
        "2026-12-25T08:00:01Z",
    ),
} | dict.fromkeys(
    [None, "", " ", "UTC", "+05:00", "Mars/Olympus_Mons", "12/25", "\u0000/\u0000"],
    ("2026-12-24T10:00:00Z", "2026-12-25T11:05:00Z", "2026-12-24T09:59:59.999Z", "2026-12-25T11:05:00.001Z"),
)
"""Time zone -> the first and the last time that an event there may say, and those a moment before and after."""


def test_the_time_is_that_of_christmas_where_it_happened(spark):
    """Where nobody knows that, it is at least one of the night."""
    rows = [message(timezone=zone, timestamp=at) for zone, times in TIMES.items() for at in times]
    assert reasons(spark, rows) == [[], [], ["valid_timestamp"], ["valid_timestamp"]] * len(TIMES)


def test_the_simulators_times_are_plausible(spark):
    """All of them, over the whole night: what is called broken is what the simulator has broken."""
    made = night(NIGHT_MINUTES, rate=20, seed=9, faults="late=0.4,broken=0.05")
    rows = spark.createDataFrame(made.events).selectExpr(
        "timestamp", f"({expectations.RULES['valid_timestamp']}) AS ok"
    )
    broken = sum("valid_timestamp" in rules for rules in made.truth["broken_rules"].to_pylist())
    assert rows.where("NOT coalesce(ok, false)").count() == broken > 100


def test_longitude_is_a_coordinate_too(spark):
    values = [180.0, -180.0, 180.1, -200.0, float("nan"), float("inf")]
    kept = reasons(spark, [message(longitude=value) for value in values])
    assert kept == [[], []] + [["valid_coordinates"]] * 4


def test_null_in_each_field(spark):
    assert set(nonsense.NULLS_BREAK) < set(EVENT.names) and len(EVENT.names) == 16
    found = dict(zip(EVENT.names, reasons_of_nulls(spark), strict=True))
    assert found == {name: [nonsense.NULLS_BREAK[name]] if name in nonsense.NULLS_BREAK else [] for name in EVENT.names}


def reasons_of_nulls(spark):
    # delivery_id tells the rows apart, except where it is what is NULL
    rows = helpers.bronze_rows(spark, [message(i) | {name: None} for i, name in enumerate(EVENT.names)])
    by_id = {row.delivery_id: row.failed_rules for row in expectations.check(rows).collect()}
    return [by_id[None if name == "delivery_id" else f"T-{i:05d}"] for i, name in enumerate(EVENT.names)]


def test_several_failures_are_named_in_the_rules_order(spark):
    all_wrong = message(delivery_id=None, timestamp="?", status=None, latitude=None, longitude=None, num_gifts=None)
    two = message(num_gifts=0, status="lost")
    assert reasons(spark, [all_wrong, two, dict.fromkeys(EVENT.names)]) == [
        list(expectations.RULES),
        ["valid_status", "positive_gifts"],
        list(expectations.RULES),
    ]


def test_no_row_is_both_or_neither(spark):
    """Where a negated rule would lose the NULLs: valid and quarantine split any rows without a rest."""
    rows = [
        message(i, **{field: value}) for field, keep, breaks in EDGES.values() for i, value in enumerate(keep + breaks)
    ]
    bronze = helpers.bronze_rows(spark, rows).cache()
    passed, held = expectations.valid(bronze), expectations.quarantine(bronze)
    assert passed.count() == sum(len(keep) for _, keep, _ in EDGES.values())
    assert held.count() == sum(len(breaks) for _, _, breaks in EDGES.values())
    assert passed.columns == bronze.columns
    assert held.schema.names == QUARANTINE.columns.names
    helpers.assert_same(held.select(bronze.columns).unionAll(passed), bronze)
    bronze.unpersist()


def test_other_rules_are_just_another_dict(spark):
    rules = {"heavy": "num_gifts > 5", "known_city": "city = 'Suva'"}
    rows = helpers.bronze_rows(spark, [message(1), message(2, num_gifts=6), message(3, city=None)])
    found = {row.delivery_id: row.failed_rules for row in expectations.check(rows, rules).collect()}
    assert found == {"T-00001": ["heavy"], "T-00002": [], "T-00003": ["heavy", "known_city"]}


def test_metrics(spark):
    rows = helpers.bronze_rows(
        spark,
        [message(1), message(2, num_gifts=None), message(3, num_gifts=0, status=None), message(4, region="Asia")],
    )
    found = {
        row.rule: (row.rows, row.passed, row.failed, row.pass_percentage)
        for row in expectations.metrics(rows).collect()
    }
    assert found == {
        "valid_delivery_id": (4, 4, 0, 100.0),
        "valid_timestamp": (4, 4, 0, 100.0),
        "valid_status": (4, 3, 1, 75.0),
        "valid_coordinates": (4, 4, 0, 100.0),
        "positive_gifts": (4, 2, 2, 50.0),
    }
    by = {(row.region, row.rule): row.failed for row in expectations.metrics(rows, "region").collect()}
    assert by["Oceania", "positive_gifts"] == 2 and by["Asia", "positive_gifts"] == 0 and len(by) == 10


def test_metrics_of_no_rows(spark):
    assert expectations.metrics(helpers.bronze_rows(spark, [message()]).limit(0)).count() == 0
