"""The library's silver and gold against the independent oracle, see tests/oracle.py."""

import helpers
import nonsense
import oracle
import pytest
from sleigh import pipeline
from sleigh.pipeline import streams


@pytest.fixture(scope="module", params=["plain", "late"])
def night(request):
    folder = request.getfixturevalue(f"{request.param}_folder")
    return oracle.compute(folder), folder


def test_the_oracle_sees_every_kind_of_row(night):
    db, folder = night
    generated, bad, good, silver = db.execute("""
        SELECT (SELECT count(*) FROM landing), (SELECT count(*) FROM judged WHERE len(reasons) > 0),
               (SELECT count(*) FROM good), (SELECT count(*) FROM silver)""").fetchone()
    wanted = helpers.PLAIN if "plain" in str(folder) else helpers.LATE
    assert generated == wanted["minutes"] * wanted["rate"] and bad > 50 and silver < good - 50


def test_bronze(night):
    db, folder = night
    paths = [path for _, path in oracle.files(folder, "bronze_santa_deliveries")]
    columns = ", ".join(helpers.EVENT_SCHEMA.names)
    different = db.execute(f"""
        SELECT count(*) FROM (
            (SELECT {columns} FROM landing EXCEPT ALL SELECT {columns} FROM read_parquet({paths}))
            UNION ALL (SELECT {columns} FROM read_parquet({paths}) EXCEPT ALL SELECT {columns} FROM landing))""").fetchone()
    assert different == (0,)


def test_quarantine(night):
    db, folder = night
    paths = [path for _, path in oracle.files(folder, "quarantine_santa_deliveries")]
    columns = ", ".join(helpers.EVENT_SCHEMA.names)
    mine = f"SELECT {columns}, list_sort(reasons) AS r FROM judged WHERE len(reasons) > 0"
    theirs = f"SELECT {columns}, list_sort(failed_rules) AS r FROM read_parquet({paths})"
    assert db.execute(f"SELECT count(*) FROM (({mine}) EXCEPT ALL ({theirs}))").fetchone() == (0,)
    assert db.execute(f"SELECT count(*) FROM (({theirs}) EXCEPT ALL ({mine}))").fetchone() == (0,)


def test_quarantine_of_absurd_rows(spark, lake):
    helpers.land_messages(spark, nonsense.messages())
    streams.drain(pipeline.start_bronze(spark))
    streams.drain(pipeline.start_table(spark, "quarantine_santa_deliveries"))
    test_quarantine((oracle.compute(lake), lake))


def test_silver_row_by_row(night):
    db, folder = night
    paths = [path for _, path in oracle.files(folder, "silver_santa_deliveries")]
    same = [name for name in helpers.EVENT_SCHEMA.names if name not in ("timestamp", "delivery_id")]
    rows = db.execute(f"""
        SELECT count(*), count(s.delivery_id), count(w.delivery_id),
               count(*) FILTER (
                   {" AND ".join(f"s.{name} IS NOT DISTINCT FROM w.{name}" for name in same)}
                   AND w.delivery_timestamp = s.happened AND w.delivery_date = s.happened::DATE
                   AND w.delivery_hour = hour(s.happened) AND w.delivery_minute = minute(s.happened)
                   AND w.weather_impact_factor IS NOT DISTINCT FROM s.factor
                   AND abs(w.adjusted_delivery_time_seconds - s.adjusted) < 1e-9
                   AND abs(w.effective_speed_kmh - s.distance_from_previous_km * 3600 / s.delivery_time_seconds) < 1e-6
                   AND w.is_delivered = (s.status = 'delivered')::INT AND w.is_delayed = (s.status = 'delayed')::INT
                   AND w.is_en_route = (s.status = 'en_route')::INT)
        FROM silver s FULL JOIN read_parquet({paths}) w ON s.delivery_id = w.delivery_id""").fetchone()
    assert rows[0] > 1000 and len(set(rows)) == 1, rows


@pytest.mark.parametrize("table", oracle.GOLD_COLUMNS)
def test_gold(night, table):
    """Every column but calculated_at: keys and counts exact, measurements to the last digit that the schema rounds to."""
    db, folder = night
    oracle.gold(db, table)
    total, expected, written, wrong = oracle.compare_gold(db, folder, table)
    assert total == expected == written > 0, f"{expected} rows expected, {written} written, {total} keys"
    assert wrong == dict.fromkeys(wrong, 0)
