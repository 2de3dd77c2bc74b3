"""What only notebooks need: to show, to prove, to fail on purpose. Nothing in the pipeline uses this module."""

import logging
import re
import textwrap
from contextlib import contextmanager

from ..runtime.profile import ROOT
from ..tables import WALL_CLOCK
from .display import show, show_figure

__all__ = ["expect_error", "progress", "same_rows", "show", "show_figure", "varies"]


def varies(text):
    """Print what differs from run to run by nature (a duration, a size): the comparison of outputs skips this line.

    Keep the rest of the sentence stable and the text on one line.
    """
    print("≈ " + " ".join(str(text).split()))


def progress(steps, label="preparing"):
    """Yield the steps one by one and grow one line while they run: `preparing: landing · bronze · silver · ready`.

    Steps that are no strings show as dots. The line only ever grows, so that what is stored in the notebook is what was
    seen, on every run. (A display that is replaced would be compared by nbval in its first state.)
    """
    print(f"{label}:", end="", flush=True)
    gap = " "
    for step in steps:
        print(f"{gap}{step}" if isinstance(step, str) else gap + ".", end="", flush=True)
        gap = " · " if isinstance(step, str) else ""
        yield step
    print(" · ready" if gap == " · " else " ready", flush=True)


@contextmanager
def expect_error(*fragments):
    """Run the block and require that it fails with an error whose text holds every fragment; show it in three lines.

    The text is "Class: message". Machine paths, ids and query plans are cut from what is shown, and of a stream that
    failed the cause is shown. Raises AssertionError if nothing, or something else, was raised.
    """
    if not fragments:
        raise TypeError("expect_error needs at least one fragment of the message, or any error would do")
    silent = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # of some errors pyspark prints a page of JSON on stderr as well
    try:
        yield
    except Exception as error:
        text = f"{type(error).__name__}: {error}"
        missing = [fragment for fragment in fragments if fragment not in text]
        if missing:
            raise AssertionError(f"another error came: {missing[0]!r} is not in {brief(error)!r}") from error
        print("\n".join(textwrap.wrap(brief(error), 110, max_lines=3, placeholder=" …")))
        return
    finally:
        logging.disable(silent)
    raise AssertionError(f"this was expected to fail with {fragments[0]!r}, and nothing was raised")


def brief(error):
    """An error as `Class: message` on one line, without what differs from machine to machine or teaches nothing."""
    text = str(error)
    text = text.split("JVM stacktrace:")[0].split("=== Streaming Query ===")[0]
    # Spark writes "[CONDITION.SUB] text SQLSTATE: 42703; plan ...". What fails inside a stream or task comes wrapped.
    conditions = [found.start() for found in re.finditer(r"\[[A-Z][A-Z0-9_]{3,}(\.[A-Z0-9_]+)*\]", text)]
    wrappers = ("[STREAM_FAILED]", "[TASK_WRITE_FAILED]", "[FOREACH_BATCH_USER_FUNCTION_ERROR]")
    inner = [start for start in conditions if not text.startswith(wrappers, start)]
    if inner and text.startswith(wrappers, conditions[0]):
        text = text[inner[0] :]
    python = re.search(r"Traceback \(most recent.*?^([\w.]+(?:Error|Exception): .*?)$", text, re.DOTALL | re.MULTILINE)
    if python:  # foreachBatch or a UDF failed: its own error, not the way it took through the JVM
        text = python[1]
    text = re.split(r"\s*SQLSTATE: ", text)[0]
    text = text.replace(str(ROOT), "…")
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "…", text)
    text = re.sub(r"(?<![\w:/.…])(file:)?/{1,3}([\w.+-]+/)+(?=[\w.+-])", "…/", text)
    text = re.sub(r"(?<=\w)#\d+L?\b", "", text)  # expression ids: delivery_id#123
    text = re.sub(r"\b0x[0-9a-f]{6,}\b", "0x…", text)
    return f"{type(error).__name__}: {' '.join(text.split())}"


def same_rows(actual, expected, *, ignore=WALL_CLOCK):
    """Prove that two DataFrames hold the same rows, in any order, and print how many.

    Columns in `ignore` (wall-clock times) are left out; so are columns that only one side has, and those are named in
    the line printed. Doubles may differ in the last digits, because a sum depends on the order of its terms.
    Raises AssertionError with the rows that differ, and also when there are no rows: that would prove nothing.
    """
    from pyspark.testing import assertDataFrameEqual, assertSchemaEqual

    columns = [name for name in actual.columns if name in expected.columns and name not in ignore]
    alone = sorted((set(actual.columns) ^ set(expected.columns)) - set(ignore))
    if not columns:
        raise AssertionError("the two have no column in common: nothing was compared")
    actual, expected = actual.select(*columns), expected.select(*columns)
    assertSchemaEqual(actual.schema, expected.schema)
    rows = actual.collect()
    assertDataFrameEqual(rows, expected.collect())
    if not rows:
        raise AssertionError("neither side has any rows: nothing was compared")
    print(f"same rows: {len(rows):,}" + (f" (not compared: {', '.join(alone)})" if alone else ""))
