"""The clock of the system is set: back, and every stream starts again, which would wait for the old time; ahead: none."""

from types import SimpleNamespace

import pytest
from helpers import wait_for
from sleigh.live import report, run, watch


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """A live run of two streams that is watched: (what was started again, step(seconds) sets the clock)."""
    again, clock = [], [0.0]
    monkeypatch.setattr(watch, "EVERY_SECONDS", 0.01)
    monkeypatch.setattr(watch, "_ahead", lambda: clock[0])
    monkeypatch.setattr(run, "restart", lambda live, table: again.append(table))
    looks = []
    monkeypatch.setattr(report, "status", lambda live: looks.append(live) or [{}])

    def step(seconds):
        clock[0] += seconds
        at = len(looks)
        wait_for(lambda: len(looks) > at + 2)

    live = SimpleNamespace(lake=tmp_path, queries={"bronze": None, "silver": None}, night={"speed": 1})
    watcher = watch.Watch(live)
    yield again, step
    watcher.close()


def test_set_back_every_stream_starts_again_once(watched):
    again, step = watched
    step(-3600)
    assert again == ["bronze", "silver"]
    step(0)
    assert again == ["bronze", "silver"], "once"
    step(-3)
    assert again == ["bronze", "silver"] * 2, "from the new time on"


def test_set_ahead_or_a_little_back_none_does(watched):
    again, step = watched
    for seconds in (3600, -1, -1):
        step(seconds)
    assert again == []
