"""Answers to the exercises of lesson 11."""

import random

# 11.1: which files


def overlap(boxes, asked):
    return [box["file"] for box in boxes if all(meets(box[name], ends) for name, ends in asked.items())]


def meets(box, ends):
    return None in box or (box[0] <= ends[1] and box[1] >= ends[0])


def by_leaving_out(boxes, asked):
    """By what may be left out."""
    out = {
        box["file"]
        for box in boxes
        for name, (since, to) in asked.items()
        if box[name][0] is not None and (box[name][1] < since or to < box[name][0])
    }
    return {box["file"] for box in boxes} - out


def by(meets, together=all):
    """An answer that reads a file by the rule meets(least, greatest, since, to) of each side; None is read."""

    def answer(boxes, asked):
        return [
            box["file"]
            for box in boxes
            if together(None in box[name] or meets(*box[name], *ends) for name, ends in asked.items())
        ]

    return answer


def known_only(boxes, asked):
    return [
        box["file"]
        for box in boxes
        if all(None not in box[name] and meets(box[name], ends) for name, ends in asked.items())
    ]


def any_unknown(boxes, asked):
    return [
        box["file"]
        for box in boxes
        if any(None in box[name] for name in asked) or all(meets(box[name], ends) for name, ends in asked.items())
    ]


def not_all_unknown(boxes, asked):
    return [name for name in overlap(boxes, asked) if name != "F"]


def not_half_known(boxes, asked):
    return [name for name in overlap(boxes, asked) if name != "G"]


def country_only(boxes, asked):
    return overlap(boxes, {"latitude": (47, 55), "longitude": (6, 15)})


def both_needed(boxes, asked):
    return overlap(boxes, {"latitude": asked["latitude"], "longitude": asked["longitude"]})


def boxes_themselves(boxes, asked):
    return [box for box in boxes if box["file"] in overlap(boxes, asked)]


# 11.2: a layout


def cut(rows, parts):
    return [rows[k * len(rows) // parts : (k + 1) * len(rows) // parts] for k in range(parts)]


def grid(rows, files, first=0):
    side = round(files**0.5)
    return [
        part
        for stripe in cut(sorted(rows, key=lambda row: row[first]), side)
        for part in cut(sorted(stripe, key=lambda row: row[1 - first]), side)
    ]


def other_grid(rows, files):
    return grid(rows, files, first=1)


def halves(rows, files, side=0):
    """A tree of medians, as lists of lists."""
    if files == 1:
        return [[list(row) for row in rows]]
    rows = sorted(rows, key=lambda row: row[side])
    middle = len(rows) // 2
    return halves(rows[:middle], files // 2, 1 - side) + halves(rows[middle:], files // 2, 1 - side)


def ranks(rows, side):
    order = sorted(range(len(rows)), key=lambda place: rows[place][side])
    return {place: 1024 * rank // len(rows) for rank, place in enumerate(order)}


def z_order(rows, files):
    """The bits of both ranks by turns, as Delta does it."""
    one, other = ranks(rows, 0), ranks(rows, 1)

    def key(place):
        return sum((one[place] >> bit & 1) << 2 * bit + 1 | (other[place] >> bit & 1) << 2 * bit for bit in range(10))

    return cut([rows[place] for place in sorted(range(len(rows)), key=key)], files)


def by_latitude(rows, files):
    return cut(sorted(rows), files)


def by_longitude(rows, files):
    return cut(sorted(rows, key=lambda row: row[1]), files)


def as_it_came(rows, files):
    return cut(rows, files)


def in_turns(rows, files):
    return [rows[place::files] for place in range(files)]


def shuffled(rows, files):
    return cut(random.Random(11).sample(rows, len(rows)), files)


def by_degrees(rows, files):
    cells = {}
    for latitude, longitude in rows:
        cells.setdefault((int((latitude + 90) // 45), int((longitude + 180) // 90)), []).append((latitude, longitude))
    return [cells.get((y, x), []) for y in range(4) for x in range(4)]


def rest_forgotten(rows, files):
    return grid(rows[:-3], files)


def ends_twice(rows, files):
    return [[*part, part[-1]] for part in grid(rows, files)]


def four_stripes(rows, files):
    return cut(sorted(rows), 4)


ALL = {"on_disk": 31, "again": 0, "rewritten": 41, "days": 12}

CASES = {
    "11.1": {
        "right": [overlap, by_leaving_out],
        "wrong": [
            ("BETWEEN includes its ends", by(lambda low, high, since, to: low < to and high > since)),
            (
                "neither of their ends lies in it",
                by(lambda low, high, since, to: since <= low <= to or since <= high <= to),
            ),
            ("need not lie inside the range", by(lambda low, high, since, to: since <= low and high <= to)),
            ("B lies inside the range", by(lambda low, high, since, to: low <= since and to <= high)),
            ("What is not known must be read", known_only),
            ("H's longitude is not known", any_unknown),
            ("of F the log says nothing at all", not_all_unknown),
            ("of G's longitude nothing is known", not_half_known),
            ("A row needs both", by(lambda low, high, since, to: low <= to and high >= since, together=any)),
            ("expected 'ADFI', got 'AFI'", by(lambda low, high, since, to: low <= to and high > since)),
            ("asked {'latitude': (55, 55)}: expected 'ACFIJ', got 'ABCFGIJ'", country_only),
            ("your function raised KeyError", both_needed),
            ("is not text", boxes_themselves),
            ("expected 'ABCFGIJ', got ''", lambda boxes, asked: []),
        ],
    },
    "11.2": {
        "right": [grid, other_grid, halves, z_order],
        "wrong": [
            ("there is a longitude for which 15 of 16", by_latitude),
            ("there is a latitude for which 16 of 16", by_longitude),
            ("there is a latitude for which 16 of 16", as_it_came),
            ("there is a latitude for which 16 of 16", in_turns),
            ("there is a latitude for which 16 of 16", shuffled),
            ("cut by the number of rows, not by degrees", by_degrees),
            ("3 of 800 rows are in no file", rest_forgotten),
            ("16 rows too many", ends_twice),
            ("4 files, and 16 were asked for", four_stripes),
            ("1 files, and 16 were asked for", lambda rows, files: [rows]),
        ],
    },
    "11.3": {
        "right": [ALL],
        "wrong": [
            ("OPTIMIZE deletes nothing", ALL | {"on_disk": 1}),
            ("on_disk: 30?", ALL | {"on_disk": 30}),
            ("its rows are not", ALL | {"again": 1500}),
            ("again: 50?", ALL | {"again": 50}),
            ("They hold 40 MB, not 100 GB", ALL | {"rewritten": 1}),
            ("rewritten: 40?", ALL | {"rewritten": 40}),
            ("it is not the rows that you pay for", ALL | {"days": 1}),
            ("days: 60?", ALL | {"days": 60}),
        ],
    },
}
