"""The rule by hand, and against the SQL of the ledger on random nights; and what an outbox is told, however it comes."""

import datetime as dt
import random

import duckdb
import pyarrow as pa
import pytest
from sleigh.extensions import alerts
from sleigh.extensions.alerts import Rule, Window, reconcile

TEN = dt.datetime(2026, 12, 24, 10, tzinfo=dt.UTC)
RULE = Rule()


def window(place, n=100, delayed=4, region="Asia"):
    return Window(region, TEN + dt.timedelta(minutes=5 * place), n, delayed)


def series(*delayed, n=100, region="Asia"):
    return [window(place, n, count, region) for place, count in enumerate(delayed) if count is not None]


def found(windows, rule=RULE):
    """[(region, place of the window that raised it, place of the one that cleared it)]"""
    place = lambda each: each and int((each.start - TEN).total_seconds() // 300)  # noqa: E731
    return [(each.raised.region, place(each.raised), place(each.cleared)) for each in alerts.alerts(windows, rule)]


def test_between_on_and_off_nothing_changes():
    assert found(series(4, 12, 8, 11, 7, 12, 4, 8, 9)) == [("Asia", 1, 6)]


@pytest.mark.parametrize(("delayed", "n", "raised"), [(9, 100, False), (10, 100, True), (6, 60, False), (7, 60, True)])
def test_the_rate_must_be_high_and_surely_not_low(delayed, n, raised):
    """10 % of 100 deliveries may be 5.5 % by chance, 10 % of 60 may be 4.7 %: that is what it is when all is well."""
    assert bool(found(series(delayed, n=n))) == raised


def test_the_bounds_are_those_of_the_text():
    assert alerts.lower_bound(2, 7) == pytest.approx(8.22, abs=0.005)
    assert alerts.lower_bound(1, 1) == pytest.approx(20.65, abs=0.005), "a single delayed delivery is above 20 %"
    assert alerts.lower_bound(0, 0) == 0 == alerts.lower_bound(0, 50)
    assert alerts.lower_bound(50, 50) < 100


def test_few_deliveries_say_nothing_neither_that_it_is_late_nor_that_it_is_well():
    assert found(series(29, n=29)) == [] and found(series(30, n=30)) == [("Asia", 0, None)]
    assert found([window(0, 100, 20), window(1, 29, 0), window(2, 30, 0)]) == [("Asia", 0, 2)]


def test_off_is_below_off():
    assert found(series(20, 5)) == [("Asia", 0, None)] and found(series(20, 4)) == [("Asia", 0, 1)]


def test_a_region_that_falls_silent_is_let_go_after_half_an_hour():
    europe = series(*[4] * 8, region="Europe")
    assert found(series(20) + europe[:6]) == [("Asia", 0, None)]
    assert found(series(20) + europe[:7]) == [("Asia", 0, 6)]
    assert found([window(0, 100, 20), window(6, 100, 20)]) == [("Asia", 0, None)], "half an hour, and there it is again"
    assert found([window(0, 100, 20), window(7, 100, 20)]) == [("Asia", 0, 6), ("Asia", 7, None)]


def test_each_region_has_its_own_and_none_is_one_too():
    night = series(20, 4) + series(4, 20, region=None) + series(4, 4, region="Europe")
    assert found(night) == [("Asia", 0, 1), (None, 1, None)]


def test_the_order_in_which_the_windows_come_does_not_matter():
    night = series(20, 4, 20) + series(4, 20, 20, region="Europe")
    for seed in range(5):
        assert found(random.Random(seed).sample(night, len(night))) == found(night)


def random_night(seed):
    draw = random.Random(seed)
    night = []
    for region in ("Asia", "Europe", None):
        late = draw.choice([0.05, 0.09, 0.12])
        for place in range(40):
            if draw.random() < 0.8:
                n = draw.choice([1, 12, 29, 30, 31, 80, 200])
                night.append(window(place, n, sum(draw.random() < late for _ in range(n)), region))
    return night


def by_sql(night):
    """What the ledger's SQL makes of gold with these counts, and of a silver that has nothing to say."""
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    empty = pa.schema(
        [("region", pa.string()), ("delivery_timestamp", pa.timestamp("us", "UTC")), ("is_delayed", pa.int32())]
    )
    gold = [
        {"region": w.region, "window_start": w.start, "total_deliveries": w.n, "delayed_deliveries": w.delayed}
        for w in night
    ]
    return reconcile.by_rule(pa.Table.from_pylist([], empty), pa.Table.from_pylist(gold))


def test_sql_that_shares_nothing_finds_the_same_alerts():
    numbers = []
    for seed in range(40):
        night = random_night(seed)
        mine = {
            alerts.alert_id(each.raised.region, each.raised.start): each.cleared and each.cleared.start
            for each in alerts.alerts(night, RULE)
        }
        assert by_sql(night) == mine, seed
        numbers.append(len(mine))
    assert sum(numbers) > 40 and 0 in numbers


# What the outbox is told


def told(*nights):
    """The rows of an outbox that has seen the night grow: kind and number, after each version of the windows."""
    outbox = []
    for night in nights:
        outbox += alerts.changes(night, outbox)
    return outbox


def kinds(outbox):
    return [(row["kind"], row["change"]) for row in outbox]


def test_the_same_windows_are_told_once():
    night = series(4, 12, 8, 4)
    assert kinds(told(night)) == [("raised", 1), ("cleared", 2)]
    assert told(night) == told(night, night) == told(night[:2], night[:3], night, night)
    row = told(night)[0]
    assert (row["region"], row["rate"], row["n"], row["window_start"]) == ("Asia", 12.0, 100, night[1].start)
    assert row["rule"] == "on 10 off 5 least 30 z 1.96 silence 30"


def test_closed_windows_give_the_same_outbox_however_they_were_cut():
    night = sorted(random_night(4), key=lambda each: each.start)
    whole = told(night)
    assert len(whole) > 4 and all(row["kind"] != "retracted" for row in whole)
    for seed in range(10):
        draw, cuts, at = random.Random(seed), [], 0
        starts = sorted({each.start for each in night})
        while at < len(starts):
            at = min(len(starts), at + draw.randint(1, 9))
            cuts.append([each for each in night if each.start <= starts[at - 1]])
        assert sorted(map(repr, told(*cuts))) == sorted(map(repr, whole))


def test_late_deliveries_take_an_alert_back_and_may_bring_it_again():
    early, late, later = [window(0, 40, 6)], [window(0, 80, 6)], [window(0, 80, 12)]
    outbox = told(early, late, late, later)
    assert kinds(outbox) == [("raised", 1), ("retracted", 2), ("raised", 3)]
    assert [(row["rate"], row["n"]) for row in outbox] == [(15.0, 40), (7.5, 80), (15.0, 80)]
    assert len({row["alert_id"] for row in outbox}) == 1


def test_an_end_may_move_or_be_taken_back():
    raised = window(0, 100, 20)
    outbox = told(
        [raised, window(1, 100, 4)], [raised, window(1, 100, 9)], [raised, window(1, 100, 9), window(2, 100, 1)]
    )
    assert kinds(outbox) == [("raised", 1), ("cleared", 2), ("raised", 3), ("cleared", 4)]
    moved = told([raised, window(2, 100, 4)], [raised, window(1, 100, 4), window(2, 100, 4)])
    assert [(row["kind"], row["window_start"]) for row in moved[1:]] == [
        ("cleared", window(2).start),
        ("cleared", window(1).start),
    ]


def test_however_a_live_night_came_in_what_stands_is_what_the_rule_finds():
    for seed in range(20):
        draw, night = random.Random(seed), random_night(seed)
        versions = []
        for share in (0.3, 0.6, 1):
            shown = draw.sample(night, int(share * len(night)))
            versions.append(
                [Window(w.region, w.start, max(1, int(share * w.n)), int(share * share * w.delayed)) for w in shown]
            )
        newest = {row["alert_id"]: row for row in told(*versions[:-1], night)}
        standing = {name: row for name, row in newest.items() if row["kind"] != "retracted"}
        right = {alerts.alert_id(each.raised.region, each.raised.start): each for each in alerts.alerts(night, RULE)}
        assert set(standing) == set(right)
        for name, each in right.items():
            assert (standing[name]["kind"] == "cleared") == (each.cleared is not None)


def test_a_name_is_safe_in_a_header_whatever_a_region_is_called():
    names = {alerts.alert_id(region, TEN) for region in ("Asia", "Asia\r\nX-Evil: 1", "<b>", "", None, "None", "null")}
    assert len(names) == 7 and all(name.isalnum() and len(name) == 16 for name in names)
    other_zone = TEN.astimezone(dt.timezone(dt.timedelta(hours=14)))
    assert alerts.alert_id("Asia", TEN) == alerts.alert_id("Asia", other_zone)
