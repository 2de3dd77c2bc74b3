"""One process at a time runs a lake's streams. The command line's part of it is in tests/test_cli.py."""

import errno
import fcntl

import pytest
from sleigh import runtime
from sleigh.errors import SleighError
from sleigh.runtime import claims


def test_a_claim_survives_that_the_lake_is_emptied(tmp_path):
    lake = tmp_path / "lake"
    assert runtime.claim(lake) is True
    (lake / runtime.SCRATCH / "a").mkdir(parents=True)
    (lake / runtime.LIVE / "status.json").touch()
    runtime.remove_lake(lake)
    assert [path.name for path in lake.rglob("*")] == [runtime.LIVE, claims.NOTE]
    assert runtime.claim(lake) is False, "still this process's"
    runtime.release(lake)
    runtime.remove_lake(lake)
    assert not lake.exists()


def test_a_lock_on_a_file_that_was_deleted_is_none(tmp_path, monkeypatch):
    """Another process removed its lake, lock and all, between our opening the file and our locking it."""
    path, lock = tmp_path / claims.NOTE, fcntl.flock

    def late(note, how):
        path.unlink()
        lock(note, how)

    monkeypatch.setattr(fcntl, "flock", late)
    assert claims.locked(path, tmp_path) is None
    monkeypatch.undo()
    claims.locked(path, tmp_path).close()


def test_no_lake_where_there_are_no_locks(tmp_path, monkeypatch):
    def unsupported(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    with pytest.raises(SleighError, match=r"has no locks \(No locks available\).*: choose another with --lake$"):
        runtime.claim(tmp_path / "lake")
