"""Exercises of lesson 11: which files a query must read, a layout for two questions, and four predictions."""

from collections import Counter
from functools import lru_cache

from ..answers import function, list_of, number, record, set_of, text, tuple_of, whole_number
from ..compare import small_case
from ..exercises import Wrong, exercise

_UNKNOWN = (None, None)

# file: (latitude, longitude), each (least, greatest)
_FILES = {
    "A": ((40, 60), (0, 20)),  # holds all of what is asked
    "B": ((50, 52), (8, 12)),  # lies in it
    "C": ((55, 70), (10, 30)),  # touches it
    "D": ((30, 46), (5, 10)),
    "E": ((48, 50), (20, 30)),
    "F": (_UNKNOWN, _UNKNOWN),
    "G": ((49, 51), _UNKNOWN),
    "H": ((10, 20), _UNKNOWN),
    "I": ((-40, 60), (-170, 175)),
    "J": ((53, 80), (-10, 7)),  # a corner
}
_BOXES = [{"file": name, "latitude": sides[0], "longitude": sides[1]} for name, sides in _FILES.items()]
_COUNTRY = {"latitude": (47, 55), "longitude": (6, 15)}

# What one mistake alone leaves of the files that must be read for _COUNTRY.
_MISTAKES = {
    "ABFGIJ": "C begins at latitude 55, and the query asks up to 55: BETWEEN includes its ends.",
    "BCFGJ": "A and I hold the whole range that is asked for, so neither of their ends lies in it. Their rows may.",
    "BFG": "B is not the only one: a file need not lie inside the range. It is enough that the two overlap.",
    "AFI": "B lies inside the range that is asked for. It is enough that the two overlap.",
    "ABCIJ": "of F and G the log does not say all. What is not known must be read, or rows would be missing.",
    "ABCGIJ": "of F the log says nothing at all, so any row may be in it.",
    "ABCFIJ": "of G's longitude nothing is known, and its latitude overlaps: it must be read.",
    "ABCFGHIJ": "H's longitude is not known, but its latitude is: nothing of it lies between 47 and 55.",
    "ABCDEFGHIJ": "D and E have one side that overlaps and one that does not. A row needs both.",
}


@exercise(
    "11.1",
    takes=function("boxes", "asked", gives=set_of(text)),
    hints=[
        "Two ranges overlap unless one ends before the other begins. Say when a file may be left out, and read the others.",
        "least <= to and greatest >= from, for each column that is asked for; where it says None, it may be anything.",
        '[box["file"] for box in boxes if all(None in box[column] or (box[column][0] <= to and box[column][1] >= since) '
        "for column, (since, to) in asked.items())]",
    ],
)
def check_11_1(answer):
    """A function of boxes and of what is asked, {column: (from, to)} -> the names of the files that must be read."""
    found = "".join(sorted(answer(_BOXES, _COUNTRY)))
    if found in _MISTAKES:
        raise Wrong(_MISTAKES[found])
    for asked, right in (
        (_COUNTRY, "ABCFGIJ"),
        ({"latitude": (55, 55)}, "ACFIJ"),
        ({"latitude": (46, 46.5)}, "ADFI"),  # D ends at 46
        ({"longitude": (-180, -171)}, "FGH"),
        ({}, "ABCDEFGHIJ"),
    ):
        got = "".join(sorted(answer(_BOXES, asked)))
        small_case(f"asked {asked}" if asked else "asked for everything, {}", right, got)
    return "seven of ten files for the country; the three that are left out cannot have a row of it."


FILES, LIMIT, MOST = 16, 60, 8
"""Exercise 11.2: so many files, none with more rows, and no question may touch more files."""


@lru_cache
def stops():
    """800 stops of the whole night as (latitude, longitude), in the order in which they came."""
    from ...simulator.night import night

    sent = night(1_440, rate=1, faults={"broken": 0, "duplicates": 0, "late": 0}).events
    places = list(zip(sent["latitude"].to_pylist(), sent["longitude"].to_pylist(), strict=True))
    return [places[number * len(places) // 800] for number in range(800)]


def most_touched(files, side):
    """How many of `files`, lists of points, the worst question for one value of side 0 or 1 must read."""
    boxes = [(min(point[side] for point in file), max(point[side] for point in file)) for file in files if file]
    asked = sorted(edge for box in boxes for edge in box)
    return max(sum(least <= value <= greatest for least, greatest in boxes) for value in asked)


@exercise(
    "11.2",
    takes=function("rows", "files", gives=list_of(list_of(tuple_of(number, number)))),
    hints=[
        "Sorted by latitude, a latitude lies in one file and a longitude in all sixteen. Sixteen files are four times four.",
        "Sort by one column and cut into four stripes of equal size; then sort each stripe by the other and cut it in four.",
        "side = round(files ** 0.5); rows = sorted(rows); a stripe is rows[i * len(rows) // side : (i + 1) * len(rows) // "
        "side], and sorted(stripe, key=lambda row: row[1]) is cut in the same way.",
    ],
)
def check_11_2(answer):
    """A function (rows, files) -> `files` lists of (latitude, longitude), good for questions of either column."""
    rows = stops()
    laid = [list(map(tuple, file)) for file in answer(rows, FILES)]
    if len(laid) != FILES:
        raise Wrong(f"{len(laid)} files, and {FILES} were asked for.")
    found, wanted = Counter(row for file in laid for row in file), Counter(rows)
    if gone := wanted - found:
        raise Wrong(f"{gone.total()} of {len(rows)} rows are in no file, {min(gone)} among them.")
    if more := found - wanted:
        raise Wrong(f"{more.total()} rows too many: {min(more)} is there {found[min(more)]} times.")
    largest = max(map(len, laid))
    if largest > LIMIT:
        raise Wrong(
            f"a file has {largest} rows, and {LIMIT} are allowed: cut by the number of rows, not by degrees. People do not "
            "live evenly."
        )
    for name, side in (("latitude", 0), ("longitude", 1)):
        most = most_touched(laid, side)
        if most > MOST:
            raise Wrong(f"there is a {name} for which {most} of {FILES} files must be read, and {MOST} are allowed.")
    worst = " and ".join(
        f"{most_touched(laid, side)} for a {name}" for side, name in enumerate(("latitude", "longitude"))
    )
    return f"every row in one file, and of {FILES} files at most {worst} must be read."


@exercise(
    "11.3",
    takes=record(on_disk=whole_number, again=whole_number, rewritten=whole_number, days=whole_number),
    hints=[
        "on_disk: what does VACUUM delete, and who has deleted it before? again: what does dataChange = false say?",
        "rewritten: until a cube holds 100 GB, it is not finished, and OPTIMIZE makes it anew with what is new.",
        "days: a micro-batch costs the same whether it has many rows or few, so count micro-batches: 720 an hour, or 60.",
    ],
)
def check_11_3(answer):
    """{"on_disk", "again", "rewritten", "days"}: 30 files into 1, the stream behind, 40 + 1 files, 5 s to 1 min."""
    on_disk, again, rewritten, days = (answer[name] for name in ("on_disk", "again", "rewritten", "days"))
    if on_disk == 1:
        raise Wrong(
            "on_disk: 1 is what a query reads. OPTIMIZE deletes nothing: older versions still need their files."
        )
    if on_disk != 31:
        raise Wrong(f"on_disk: {on_disk}? Thirty are there, OPTIMIZE writes one, and nobody has run VACUUM.")
    if again == 1500:
        raise Wrong("again: the file is new and its rows are not; the commit says so (dataChange = false).")
    if again != 0:
        raise Wrong(f"again: {again:,}? The stream has read all thirty commits, and no row has come since.")
    if rewritten == 1:
        raise Wrong("rewritten: only the new one, if the forty were a finished cube. They hold 40 MB, not 100 GB.")
    if rewritten != 41:
        raise Wrong(f"rewritten: {rewritten}? Forty files of an unfinished cube, and one that belongs to none.")
    if days == 1:
        raise Wrong("days: the rows of a day are as many with both triggers, and it is not the rows that you pay for.")
    if days != 12:
        raise Wrong(f"days: {days}? There are 17,280 micro-batches in a day at 5 s, and 1,440 in a day at 60 s.")
    return "31 files, 0 rows, 41 files, 12 days: layout and trigger are paid for by the file and by the micro-batch."
