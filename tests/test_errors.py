"""What is said in one line, whatever an error says."""

import pytest
from sleigh.errors import first_line, one_line

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
