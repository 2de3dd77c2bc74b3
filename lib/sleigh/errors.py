"""The one exception that is meant for the reader, a single line that says what to do; and a line of any other error."""

import re

DISK_FULL = "No space left on device|database or disk is full"
"""How Linux and SQLite say so, as a regular expression; delta-rs, Spark and Python put errors of their own around it."""

FREE_SOME = "the disk is full: free some of it, then run the same command again"


class SleighError(Exception):
    """Something that the user can mend. The text is one line: what is wrong and what to type."""


def sentence(problem):
    """What the reader is told of an exception that he can mend, one line. Raises it again if it is none of these."""
    if re.search(DISK_FULL, str(problem)):
        return FREE_SOME
    if isinstance(problem, SleighError | OSError):
        return str(problem)
    raise problem


def first_line(said, length=300):
    """The first line of what an error (or its text) says that is not blank, cut to `length` characters; "" if there is none.

    The errors of Spark and of Python workers go on for pages: plans, stack traces, the JVM's own.
    """
    lines = (line.strip() for line in str(said).splitlines())
    return next((line for line in lines if line), "")[:length]


def one_line(error):
    """What an exception comes down to: the last line of a Python traceback in its text, or the first of Spark's message."""
    text = str(error)
    named = re.findall(r"^\s*([\w.]+(?:Error|Exception): .*)", text, re.MULTILINE) if "Traceback" in text else []
    return first_line(named[-1] if named else error) or type(error).__name__
