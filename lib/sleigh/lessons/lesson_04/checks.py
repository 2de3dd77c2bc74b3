"""Exercises of lesson 04: when a window becomes visible, and reading a table that holds every version of each window."""

from ..answers import function, whole_number
from ..exercises import Wrong, exercise
from ..frames import frame


@exercise(
    "04.1",
    takes=whole_number,
    hints=[
        "Which micro-batch brings the first event from which two minutes can be taken to reach 10:01:00?",
        "An event of 10:03:00 or later does, and micro-batch 4 holds the minute 10:03. Which watermark does 4 itself use?",
        "A watermark that is found in one micro-batch is used in the next.",
    ],
)
def check_04_1(answer):
    """Number of the micro-batch, from 1, in which append mode writes the window 10:00 with a watermark of two minutes."""
    if not isinstance(answer, int) or isinstance(answer, bool):
        raise Wrong("the answer is one whole number, that of a micro-batch.")
    if answer == 8:
        raise Wrong("8 is the answer with five minutes. How much sooner does the watermark pass 10:01 now?")
    if answer == 4:
        raise Wrong("micro-batch 4 brings the event that is needed. Its own watermark comes from those before it.")
    if answer == 3:
        raise Wrong("after micro-batch 3 the newest event is 10:02:59, and the watermark 10:00:59: not past the end.")
    if answer == 2:
        raise Wrong("two minutes after its start the window has been over for one minute. The delay is two.")
    if answer != 5:
        raise Wrong(f"{answer}? Write down newest event and watermark after each micro-batch, from 1 on.")
    return "micro-batch 4 moves the watermark to 10:01:59, and 5 works with it: three minutes sooner, as the delay is."


# window -> versions (calculated_at, total_deliveries, avg_magic_level); the newest is neither first, last nor largest.
_VERSIONS = {
    "10:00": [("23:00:01", 50, 80.0), ("23:00:07", 53, 70.0), ("23:00:04", 51, 90.0)],
    "10:01": [("23:00:04", 48, 60.0)],
    "10:02": [("23:00:09", 30, 75.0), ("23:00:07", 40, 65.0)],
}


@exercise(
    "04.2",
    takes=function("versions", gives=frame),
    hints=[
        "For each window_start you want the row whose calculated_at is the largest, all columns of that one row.",
        "A SQL window: row_number() over (partition by window_start order by calculated_at desc), and keep number 1.",
        "Or aggregate: groupBy('window_start').agg(F.max_by(F.struct('*'), 'calculated_at')), and unpack the struct.",
    ],
)
def check_04_2(answer):
    """A function DataFrame -> DataFrame: of rows with window_start and calculated_at the newest row of each window."""
    if not callable(answer):
        raise Wrong("the answer is a function: it takes the DataFrame with all versions and returns one row a window.")
    from ... import runtime

    rows = [(window, *version) for window, versions in _VERSIONS.items() for version in versions]
    schema = "window_start string, calculated_at string, total_deliveries int, avg_magic_level double"
    latest = answer(runtime.session().createDataFrame(rows, schema).coalesce(1))
    if latest is None or not hasattr(latest, "columns"):
        raise Wrong("the function must return a DataFrame.")
    if missing := [
        name for name in ("window_start", "total_deliveries", "avg_magic_level") if name not in latest.columns
    ]:
        raise Wrong(f"the column {missing[0]} is gone: keep the whole row.")
    found = latest.select("window_start", "total_deliveries", "avg_magic_level").sort("window_start").collect()
    windows = [row.window_start for row in found]
    if len(windows) > len(set(windows)):
        raise Wrong(f"{max(windows, key=windows.count)} is still there more than once.")
    if gone := sorted(set(_VERSIONS) - set(windows)):
        raise Wrong(f"the window {gone[0]} is gone: each window has a newest row, also one with a single version.")
    for row in found:
        versions = {version[1:] for version in _VERSIONS[row.window_start]}
        if (row.total_deliveries, row.avg_magic_level) not in versions:
            raise Wrong(f"{row.window_start}: this row was never written, it mixes the columns of two versions.")
        if (row.total_deliveries, row.avg_magic_level) != max(_VERSIONS[row.window_start])[1:]:
            raise Wrong(f"{row.window_start}: this is not the newest version. calculated_at tells which one is.")
    return "one row a window, the newest, whole. Every reader of that table must do this; MERGE does it once, for all."
