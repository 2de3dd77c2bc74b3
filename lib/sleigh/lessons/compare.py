"""What checks say of a value or of rows that are not the right ones: one small case, what was expected and what came."""

import math

from .answers import short
from .attempt import Wrong


def small_case(given, expected, got, *, close=0.0):
    """Raise Wrong that shows input, expected and got on one line, unless `got` is `expected`.

    `given` is text or the value; `close` is how far two numbers may lie apart.
    """
    if not _same(got, expected, close):
        given = given if isinstance(given, str) else short(given)
        raise Wrong(f"{given}: expected {short(expected)}, got {short(got)}.")


def same_table(found, expected, by, *, given="", close=1e-6, in_order=False):
    """Raise Wrong unless the rows (dicts, as answers.rows settles them) are those expected; `by` names their key.

    Told in this order: a key twice, a row missing, a row too many, the first value that differs, another order.
    `given` is text that says what the rows were made of.
    """
    by = [by] if isinstance(by, str) else list(by)
    start = f"{given}: " if given else ""
    count = f"{start}{len(found)} rows and not {len(expected)}" if len(found) != len(expected) else f"{start}other rows"

    def key(row):
        return tuple(row[name] for name in by)

    def named(place):
        return ", ".join("NULL" if part is None else str(part) or '""' for part in place)

    keys, wanted = [key(row) for row in found], {key(row): row for row in expected}
    if twice := [place for place in keys if keys.count(place) > 1]:
        raise Wrong(f"{count}: {named(twice[0])} is there {keys.count(twice[0])} times.")
    if gone := [place for place in wanted if place not in keys]:
        raise Wrong(f"{count}: {named(gone[0])} is missing.")
    if more := [place for place in keys if place not in wanted]:
        raise Wrong(f"{count}: {named(more[0])} should not be there.")
    by_key = dict(zip(keys, found, strict=True))
    for place, row in wanted.items():
        for name, value in row.items():
            small_case(f"{start}{name} of {named(place)}", value, by_key[place][name], close=close)
    if in_order and keys != list(wanted):
        here, there = next(both for both in zip(keys, wanted, strict=True) if both[0] != both[1])
        raise Wrong(f"{start}the right rows in another order: {named(here)} stands where {named(there)} belongs.")


def _same(got, expected, close):
    if isinstance(got, int | float) and isinstance(expected, int | float) and not isinstance(got, bool):
        if isinstance(got, float) and math.isnan(got):
            return isinstance(expected, float) and math.isnan(expected)
        return not isinstance(expected, bool) and abs(got - expected) <= close
    return type(got) is type(expected) and got == expected
