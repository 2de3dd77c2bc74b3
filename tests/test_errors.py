"""What is said in one line, whatever an error says."""

import sqlite3

import pytest
from sleigh.errors import FREE_SOME, SleighError, first_line, one_line, sentence

WORKER = """[FOREACH_BATCH_USER_FUNCTION_ERROR] An error occurred in the user provided function.
Traceback (most recent call last):
  File "streams.py", line 3, in commit
    raise OSError("no space left on device")
OSError: no space left on device

at java.base/java.lang.Thread.run"""


@pytest.mark.parametrize(
    "said, line",
    [
        ("", ""),
        (" \n\n", ""),
        (ValueError(), ""),
        (ValueError("one\ntwo"), "one"),
        ("\n\t  one  \r\ntwo", "one"),
        ("x" * 400, "x" * 300),
    ],
)
def test_the_first_line(said, line):
    assert first_line(said) == line


@pytest.mark.parametrize(
    "error, line",
    [
        (ValueError(), "ValueError"),
        (ValueError("one\ntwo"), "one"),
        (RuntimeError(WORKER), "OSError: no space left on device"),
        (RuntimeError(f"{WORKER}\npy4j.Py4JException: gone"), "py4j.Py4JException: gone"),
        (RuntimeError("a plan\nSomeError: not of Python"), "a plan"),
        (RuntimeError("Traceback, they say"), "Traceback, they say"),
    ],
)
def test_a_failed_stream_is_one_line(error, line):
    assert one_line(error) == line


# As deltalake 1.6, SQLite and Linux say it; bench/soak.py fills real disks.
FULL = (
    Exception("Failed to parse parquet: External: Unable to copy data to file: No space left on device (os error 28)"),
    sqlite3.OperationalError("database or disk is full"),
    OSError(28, "No space left on device"),
)


@pytest.mark.parametrize("error", FULL, ids=lambda error: type(error).__name__)
def test_a_full_disk_is_said_whoever_finds_it(error):
    assert sentence(error) == FREE_SOME


def test_what_the_reader_cannot_mend_is_raised_again():
    assert sentence(SleighError("write 4g")) == "write 4g"
    error = ValueError("ours")
    with pytest.raises(ValueError) as raised:
        sentence(error)
    assert raised.value is error
