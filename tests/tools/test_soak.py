"""bench/soak.py: trials until there were enough, each kind its share; what is wrong ends it, and is said with its seed."""

import importlib.util
import json
from collections import Counter
from types import SimpleNamespace

import pytest
from sleigh.paths import ROOT


@pytest.fixture
def soak(monkeypatch, tmp_path):
    spec = importlib.util.spec_from_file_location("soak", ROOT / "bench" / "soak.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "RESULTS", tmp_path / "soak.json")
    return module


def fake(soak, monkeypatch, **trials):
    """Two kinds of trial instead of the real ones: {kind: (share, function of the seed)}."""
    made = {name: (share, lambda folder, seed, of=of: of(seed)) for name, (share, of) in trials.items()}
    monkeypatch.setattr(soak, "TRIALS", made)


def piecewise(seed):
    """A storm that kills two of the pieces at a time, one after the other."""
    pieces = [*("producer", "bronze", "silver", "append"), *("MERGE", "replay", "compaction")]
    return {"messages": 10, "kills": {pieces[seed % 7]: 2, pieces[(seed + 1) % 7]: 1}}


def test_it_goes_on_until_each_piece_of_work_was_killed(soak, monkeypatch, capsys):
    fake(soak, monkeypatch, storm=(3, piecewise))
    assert soak.main(["--minutes", "0", "--kills", "40", "--seed", "7"]) == 0
    found = json.loads(soak.RESULTS.read_text())["trials"]["storm"]
    kills = found.pop("kills")
    assert sum(kills.values()) >= 40 and min(kills.values()) >= 4 and len(kills) == 7
    assert found == {"trials": 14, "minutes": 0.0, "messages": 140, "failed": None}
    assert "every trial was right" in capsys.readouterr().out


def test_a_trial_that_is_wrong_ends_it_and_is_said(soak, monkeypatch, capsys):
    def wrong(seed):
        assert seed < 3, "a row was lost"
        return {"messages": 1, "kills": {}}

    soak.RESULTS.write_text('{"live": {"600": "kept"}, "trials": {"night": "kept", "storm": "old"}}')
    fake(soak, monkeypatch, storm=(1, wrong))
    assert soak.main(["--minutes", "60"]) == 1
    found = json.loads(soak.RESULTS.read_text())
    storm = found["trials"].pop("storm")
    assert storm["failed"] == {"seed": 3, "error": "AssertionError: a row was lost"} and storm["trials"] == 2
    assert found == {"live": {"600": "kept"}, "trials": {"night": "kept"}}
    assert "WRONG: storm with --seed 3: AssertionError: a row was lost" in capsys.readouterr().out


def test_each_kind_has_its_share_of_the_time(soak, monkeypatch):
    now, tried = [0.0], Counter()
    monkeypatch.setattr(soak, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def lasting(name, seconds):
        def trial(seed):
            now[0] += seconds
            tried[name] += seconds
            return {"messages": 1, "kills": {}}

        return trial

    fake(soak, monkeypatch, storm=(3, lasting("storm", 60)), night=(1, lasting("night", 10)))
    assert soak.main(["--minutes", "40"]) == 0
    assert tried.total() >= 2400 and 2.5 < tried["storm"] / tried["night"] < 3.5, tried


@pytest.mark.parametrize(
    "changed, code", [({}, 0), ({"pss_growth_percent": 5.0}, 1), ({"balanced": False}, 1), ({"failed": ["x"]}, 1)]
)
def test_live_is_wrong_if_memory_grows_or_a_part_fails(soak, monkeypatch, changed, code):
    asked = []

    def run(minutes, rate, *_):
        asked.append((minutes, rate))
        right = {"pss_growth_percent": 4.9, "balanced": True, "failed": []}
        return right | (changed if rate == 6000 else {})

    monkeypatch.setattr(soak, "long_run", run)
    soak.RESULTS.write_text('{"trials": {"storm": {"failed": null}}}')
    assert soak.main(["--live"]) == code
    found = json.loads(soak.RESULTS.read_text())
    assert asked == [(30, 600), (10, 6000)] and set(found["live"]) == {"600", "6000"}
    assert found["trials"] == {"storm": {"failed": None}}
