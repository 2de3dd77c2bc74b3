"""Feeds: landed once, wherever it was stopped, in a table of their own with its truth beside it."""

import json

import helpers
import pytest
from sleigh import landing, runtime
from sleigh.errors import SleighError
from sleigh.landing import producer

NIGHT = {"minutes": 20, "rate": 24, "seed": 24, "faults": "late=0.2,duplicates=0.1,broken=0.05", "every": 120}
FEED = {"feeds": ("status_changes",)}
TABLE = landing.FEEDS["status_changes"].table.name


def test_what_is_landed_is_what_was_sent_in_commits_of_the_same_seconds(spark, lake):
    landing.generate(spark, **NIGHT, **FEED)
    truth = landing.feed_truth("status_changes")
    assert runtime.read(spark, TABLE).num_rows == truth.num_rows > 900
    numbers = [
        json.loads(line)["txn"]["version"]
        for log in sorted((lake / TABLE / "_delta_log").glob("*.json"))
        for line in log.read_text().splitlines()
        if "txn" in json.loads(line)
    ]
    assert numbers == list(range(120, 1201, 120))


def test_landing_again_and_going_on_land_nothing_twice(spark, lake):
    first = NIGHT | {"minutes": 7}
    landing.generate(spark, **first, **FEED)
    landing.generate(spark, **first, **FEED)
    landing.generate(spark, **first | {"start_minute": 7, "minutes": 5}, **FEED)
    found = runtime.read(spark, TABLE)
    landing_in_one, _ = landing.FEEDS["status_changes"].make(12, rate=24, seed=24, faults=NIGHT["faults"])
    helpers.assert_same(found, landing_in_one)


def test_a_feed_that_is_asked_for_later_catches_up(spark, lake):
    landing.generate(spark, **NIGHT | {"start_minute": 30, "minutes": 6})
    with pytest.raises(SleighError, match=r"^this lake has no feed status_changes: land it with"):
        landing.feed_truth("status_changes")
    landing.generate(spark, **NIGHT | {"start_minute": 36, "minutes": 4}, **FEED)
    truth = landing.feed_truth("status_changes")
    wanted = landing.FEEDS["status_changes"].make(10, start_minute=30, rate=24, seed=24, faults=NIGHT["faults"])[1]
    assert truth.num_rows == wanted.num_rows == runtime.read(spark, TABLE).num_rows


def test_the_producer_lands_it_too_and_goes_on_where_it_was(spark, tmp_path):
    """Stopped in the middle of a minute, and between the commit of the messages and that of the feed."""
    lake, night = tmp_path / "lake", {"rate": 60, "seed": 3, "batch_seconds": 0.01, "speed": 3000}
    producer.produce(lake, **night, minutes=2.5, **FEED)
    producer.produce(lake, **night, minutes=0.5)
    reached = producer.produce(lake, **night, minutes=2, **FEED)
    runtime.open_lake(spark, lake)
    assert reached == 300
    expected, _ = landing.FEEDS["status_changes"].make(5, rate=60, seed=3)
    helpers.assert_same(runtime.read(spark, TABLE), expected)
    assert landing.feed_truth("status_changes").num_rows == len(expected)


def test_a_feed_that_there_is_not_is_one_line(spark, lake):
    with pytest.raises(SleighError, match=r"^there is no feed 'bells'; there are status_changes$"):
        landing.generate(spark, minutes=1, feeds=["bells"])
    with pytest.raises(SleighError, match=r"^there is no feed 'bells'"):
        producer.produce(lake, feeds=["bells"])
