"""What every extension has, and what is said of one that there is not."""

import inspect

import pytest
from helpers import command
from sleigh import extensions
from sleigh.errors import SleighError
from sleigh.ledger import Audit, Ledger
from sleigh.pipeline.stages import STAGES, STREAMS
from sleigh.tables import TABLES


@pytest.mark.parametrize("name", extensions.NAMES)
def test_every_extension_has_a_door_that_says_what_runs(name):
    door = extensions.load([name])[name]
    assert door.__doc__
    tables = [stream.target.name for stages in door.STAGES.values() for stream in stages]
    assert tables and not set(tables) & set(STREAMS), "a table is written by one stream"
    assert set(tables) <= set(TABLES)
    assert set(door.TRIGGERS) == set(tables)
    hooks = {"prepare": "spark", "audit": "spark", "beside": "lake", "catch_up": "lake"}
    for hook, given in hooks.items():
        if hook in ("prepare", "audit") or hasattr(door, hook):
            assert list(inspect.signature(getattr(door, hook)).parameters) == [given], hook


def test_stages_and_tables_are_named_once_over_all_extensions():
    doors = extensions.load(extensions.NAMES).values()
    stages = [stage for door in doors for stage in door.STAGES]
    tables = [stream.target.name for door in doors for part in door.STAGES.values() for stream in part]
    assert len(stages) == len(set(stages)) and not set(stages) & set(STAGES)
    assert len(tables) == len(set(tables))


def test_an_extension_that_there_is_not_is_one_line():
    with pytest.raises(SleighError, match=r"^there is no extension 'sleigh_bells'; there are "):
        extensions.load(["sleigh_bells"])


@pytest.mark.parametrize("how", ["run", "live"])
def test_the_command_line_says_so_too(how, tmp_path):
    done = command(how, "--with", "sleigh_bells", "--lake", str(tmp_path / "lake"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("sleigh: there is no extension 'sleigh_bells'") and done.stderr.count("\n") == 1
    assert not (tmp_path / "lake").exists()


def test_the_ledger_balances_only_if_every_extension_does():
    ledger = Ledger(extensions=[Audit("bells", "rung 2 = heard 2", {"rung": 2, "heard": 2})])
    assert ledger.balanced and "bells" in str(ledger) and "rung 2 = heard 2" in str(ledger)
    ledger.extensions.append(Audit("carols", "sung 2, heard 1", {"sung": 2}, wrong=("carol 2 was not heard",)))
    assert not ledger.balanced
    assert "WRONG    carols: carol 2 was not heard\nNOT BALANCED" in str(ledger)
    assert ledger.as_dict()["extensions"]["carols"] == {
        "sung": 2,
        "balanced": False,
        "wrong": ["carol 2 was not heard"],
    }
