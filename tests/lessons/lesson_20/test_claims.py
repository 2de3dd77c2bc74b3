"""What lesson 20 says of joins with weather from outside and its cells do not print, on counts."""

import duckdb
import pyarrow as pa
import pytest
from sleigh.simulator.night import night
from sleigh.simulator.weather_reports import reports

NIGHT = {"start_minute": 120, "rate": 10, "seed": 24, "faults": {"broken": 0, "duplicates": 0, "late": 0.1}}


@pytest.fixture(scope="module")
def sent():
    messages = night(180, **NIGHT)
    columns = {"delivery_id": messages.events["delivery_id"], "city": messages.events["city"]}
    columns |= {"seen": messages.events["weather_condition"]}
    return pa.table(columns | {name: messages.truth[name] for name in ("event_time", "arrival_time")})


def wrong(sent, asked, newest="valid_from <= event_time", **how):
    """Percent of the deliveries that get another weather than the sleigh saw, by what was `asked` of the reports."""
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        db.register("sent", sent)
        db.register("told", reports(NIGHT["seed"], until=60 * 300, **how)[0])
        return db.execute(f"""
            SELECT round(100 * avg((condition IS DISTINCT FROM seen)::INT), 1) FROM (
                SELECT delivery_id, any_value(seen) AS seen, arg_max(condition, (valid_from, issued_at)) AS condition
                FROM sent LEFT JOIN told ON sent.city = told.city AND {newest} AND {asked} GROUP BY delivery_id)
            """).fetchall()[0][0]


def test_now_is_wrong_for_four_of_ten_and_as_of_for_few(sent):
    assert wrong(sent, "true", newest="true") > 35
    assert wrong(sent, "true") < 5, "with all corrections"
    assert 15 < wrong(sent, "issued_at <= arrival_time") < 25, "as it was known when the delivery came"


def test_patience_helps_as_long_as_it_is_longer_than_the_correction_takes(sent):
    half_an_hour = "issued_at <= event_time + INTERVAL 30 MINUTES"
    quick, slow = (wrong(sent, half_an_hour, corrected=(minutes, minutes)) for minutes in (10, 45))
    assert quick < 3 and slow > 12
    assert wrong(sent, "true", newest="true", corrected=(10, 10)) > 30, "and none of it helps the join with now"
