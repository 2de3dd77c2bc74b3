"""Where a lake can be kept, and the one line where it cannot."""

import errno
import os
import sys

import pytest
from sleigh import runtime
from sleigh.errors import SleighError
from sleigh.runtime import doctor, folders

UNREADABLE = [
    "p%20q",
    "a%2Fb",
    "br[1]",
    "]",
    "back\\slash",
    "b{a,b}",
    "st*r",
    "q?",
    "a|b",
    "^c",
    "new\nline",
    "tab\tx",
    "x\x7fy",
]
READABLE = [
    "50%",
    "%zz",
    "Santa's lake",
    'dq"x',
    "co:lon",
    "ha#sh",
    "Sänta",
    "🎅",
    " lead",
    "eq=1",
    "d$HOME",
    "a,b",
    "a&b",
]


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_name_that_is_read_in_two_ways_is_refused_before_anything_is_written(tmp_path, name):
    for use in (runtime.claim, folders.require_usable):
        with pytest.raises(SleighError, match=r"^a lake cannot be kept in .*; choose another with --lake$") as caught:
            use(tmp_path / name)
        assert "\n" not in str(caught.value)
    with pytest.raises(SleighError):
        runtime.claim(tmp_path / name / "lake")  # the folder above it counts as well
    told = []
    assert not doctor.doctor(tmp_path / name, round_trip=False, tell=told.append)
    assert [line for line in told if line.startswith("FAIL")] == [
        line for line in told if "a lake cannot be kept in" in line
    ]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", READABLE)
def test_any_other_name_will_do(tmp_path, name):
    """delta-rs, DuckDB and the folder itself agree on where the table is; Spark's part is in test_lakes."""
    path = folders.require_usable(tmp_path / name)
    runtime.create_files(path / "silver_santa_deliveries", "silver_santa_deliveries")
    assert (tmp_path / name / "silver_santa_deliveries" / "_delta_log").exists()
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["", "  "])
def test_a_lake_without_a_name_does_not_fill_the_current_folder(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SleighError, match=r"^the lake's folder has no name: name one, --lake build/lake$"):
        runtime.claim(name)
    told = []
    assert not doctor.doctor(name, round_trip=False, tell=told.append)
    assert "FAIL  the lake's folder has no name: name one, --lake build/lake" in told
    assert not list(tmp_path.iterdir())


def test_no_lake_without_hard_links(tmp_path, monkeypatch):
    def unsupported(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", unsupported)
    with pytest.raises(
        SleighError, match=r"has no hard links \(Operation not permitted\).*: choose another with --lake$"
    ):
        runtime.claim(tmp_path / "lake")
    assert not list(tmp_path.iterdir())


def test_letters_that_the_locale_spells_in_another_way(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "iso8859-1")
    folders.resolved(tmp_path / "lake")
    with pytest.raises(SleighError, match=r"while Python spells names in iso8859-1: export PYTHONUTF8=1"):
        folders.resolved(tmp_path / "Sänta")
