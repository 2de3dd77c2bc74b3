"""How to ask the weather service: patiently, politely, and believing nothing that has not the form that was agreed.

A request is repeated after no answer, 429, 5xx, or an answer that cannot be read, with pauses that grow and are as long as
the service asks for; it is given up when there is no time left, or the service says that it does not understand it.
"""

import json
import random
import time
from urllib.parse import urlencode

import pyarrow as pa

from ...tables import SILVER_WEATHER
from .. import loopback

TIMEOUT_SECONDS = 2
"""How long an answer may take."""

PAUSES = {"first": 0.1, "longest": 5, "longest_wish": 3600}
"""Seconds before the second attempt, before any, and the longest Retry-After that is obeyed."""

NOT_UNDERSTOOD = (400, 404, 414)
"""Answers after which it is of no use to ask again."""

SCHEMA = pa.schema(
    [
        ("city", pa.string()),
        ("valid_from", pa.timestamp("us", "UTC")),
        ("condition", pa.string()),
        ("issued_at", pa.timestamp("us", "UTC")),
    ]
)
"""Observations: tables.LANDING_WEATHER."""


def note(lake):
    """The file in which the service of the lake at folder `lake` says where it is, and its token."""
    return loopback.folder(lake, SILVER_WEATHER.name) / "service.json"


def get(lake, path, *, read, within, wait=time.sleep, **asked):
    """What the service answers, as read(answer) has it; None if it does not within `within` seconds.

    read takes what JSON made of the answer, and raises ValueError, KeyError or TypeError where it is not what was agreed.
    wait(seconds) waits, and stops it by returning True.
    """
    path = f"{path}?{urlencode(asked)}"
    until, chance, attempt = time.monotonic() + within, random.Random(path), 0
    while True:
        attempt += 1
        status, wish, body = loopback.ask(note(lake), "GET", path, timeout=TIMEOUT_SECONDS)
        if status in NOT_UNDERSTOOD:
            return None
        if status == 200:
            try:
                return read(json.loads(body))
            except (ValueError, KeyError, TypeError):
                pass
        seconds = loopback.pause(attempt, wish, chance, **PAUSES)
        if time.monotonic() + seconds > until or wait(seconds):
            return None


def published(lake, since, *, within, wait=time.sleep):
    """(second, rows): what was published from second `since` on and before that one; None if the service is down."""
    until, page, parts = None, 0, []
    deadline = time.monotonic() + within
    while page is not None:
        asked = {"since": since, "page": page} | ({} if until is None else {"until": until})
        left = deadline - time.monotonic()
        found = get(lake, "/observations", read=_page, within=left, wait=wait, **asked)
        if found is None:
            return None
        until, rows, page = found
        parts.append(rows)
    return until, pa.concat_tables(parts)


def _page(answer):
    rows = [dict(zip(SCHEMA.names, row, strict=True)) for row in answer["rows"]]
    columns = {name: pa.array([row[name] for row in rows], pa.string()) for name in SCHEMA.names}
    table = pa.table(columns).cast(SCHEMA)
    if any(column.null_count for column in table.columns):
        raise ValueError("an observation lacks something")
    following = answer["next"]
    return int(answer["until"]), table, None if following is None else int(following)
