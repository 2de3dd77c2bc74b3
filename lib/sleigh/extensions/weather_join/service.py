"""The weather service: a small HTTP server on this machine that stands for one that a company would rent.

    python -m sleigh.extensions.weather_join.service --lake DIR [--faults error=0.2,busy=0.1] [--quota 1000]

What it says is simulator/weather_reports.py: observations, some wrong and corrected later. It is as late as the night is:
it knows what was published before the second that the lake's landing has reached.

    GET /observations?since=SECOND[&until=SECOND][&page=N]   what was published since (seconds after the night began)
    GET /weather?city=NAME&at=TIME                           the newest observation of a city that is not younger than that
    GET /usage                                               how many of these two it has been asked, for whatever answer

It answers on 127.0.0.1 and a free port, and nobody without the token that it writes, readable by this user alone, into the
lake. What goes wrong with a request depends on `--seed`, on the request, and on how often it has come: not on the clock.
"""

import argparse
import datetime as dt
import os
import random
import sys
import threading
import time
from collections import Counter
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa

from ... import landing
from ...domain import NIGHT_MINUTES, NIGHT_START, night_milliseconds
from ...ending import leave
from ...errors import sentence
from ...simulator.night import iso
from ...simulator.weather_reports import reports
from .. import loopback, processes
from . import client

FAULTS = ("busy", "down", "error", "slow")
"""What may go wrong with a request: 429 or 503 with Retry-After, 500, or an answer that comes too late."""

SLOW_SECONDS = 4
"""How late a slow answer is; the collector waits half as long."""

PAGE = 500
"""Observations on a page."""

LONGEST_PATH = 500
"""Characters of a request's path."""

_DAY_SECONDS = 86_400


class Service(loopback.Server):
    """The server of one lake. faults: {name of FAULTS: share of the requests}. quota: answers that are paid for, or None."""

    def __init__(self, lake, *, faults=None, seed=24, quota=None):
        self.lake, self.faults, self.seed, self.quota = lake, faults or {}, seed, quota
        self.calls, self._lock, self._night = Counter(), threading.Lock(), None
        super().__init__(client.note(lake), _Handler)

    def count(self, path):
        """Note a call. Returns how often this one has come, and how many there were in all."""
        with self._lock:
            self.calls[path] += 1
            return self.calls[path], self.calls.total()

    def fault(self, path, attempt):
        """What is to go wrong with the `attempt`th request for `path`, None: nothing."""
        draw = random.Random(f"{self.seed} {path} {attempt}").random()
        return loopback.drawn(self.faults, FAULTS, draw)

    def night(self):
        """All that is ever published: rows of text [city, valid_from, condition, issued_at], and the ms of the two times.

        None as long as the lake does not say which night it holds.
        """
        with self._lock:
            if self._night is None and (held := landing.night_of(self.lake)):
                table, _ = reports(held["seed"])
                valid, issued = (night_milliseconds(table[name]) for name in ("valid_from", "issued_at"))
                told = [table["city"], iso(valid), table["condition"], iso(issued)]
                rows = list(zip(*(pa.chunked_array(column).to_pylist() for column in told), strict=True))
                self._night = rows, valid, issued
            return self._night


class _Handler(loopback.Handler):
    def do_GET(self):
        refusal = self.stranger() or (len(self.path) > LONGEST_PATH and (414, "that is too long"))
        if refusal:
            self.close_connection = True
            return self.answer(*refusal)
        parts = urlsplit(self.path)
        asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/usage":
            return self.answer(200, {"calls": self.server.calls.total()})
        answers = {"/observations": _observations, "/weather": _weather}.get(parts.path)
        if answers is None:
            return self.answer(404, "there are /observations, /weather and /usage")
        attempt, calls = self.server.count(self.path)
        if self.server.quota is not None and calls > self.server.quota:
            return self.answer(
                429, f"the {self.server.quota} calls of this day are used", {"Retry-After": _DAY_SECONDS}
            )
        fault = self.server.fault(self.path, attempt)
        if fault in ("busy", "down"):
            return self.answer(429 if fault == "busy" else 503, "later", {"Retry-After": "1"})
        if fault == "error":
            return self.answer(500, "out of order")
        if fault == "slow":
            time.sleep(SLOW_SECONDS)
        night = self.server.night()
        if night is None:
            return self.answer(503, "the night has not begun", {"Retry-After": "1"})
        now = landing.landed_seconds(self.server.lake)
        try:
            return self.answer(*answers(night, asked, now))
        except (KeyError, ValueError, OverflowError) as problem:
            return self.answer(400, f"not understood: {problem}")


def _observations(night, asked, now):
    """(200, {"until": second, "rows": [[city, valid_from, condition, issued_at], ...], "next": page or None})"""
    rows, _, issued = night
    since, page = int(asked["since"]), int(asked.get("page", 0))
    until = min(int(asked.get("until", now)), now)
    if not 0 <= since <= 60 * NIGHT_MINUTES or page < 0:
        raise ValueError(f"since {since}, page {page}")
    # In order of issued, so what was published in between is one slice.
    first, last = issued.searchsorted([1000 * since, 1000 * until])
    begin = first + page * PAGE
    end = min(last, begin + PAGE)
    return 200, {"until": until, "rows": rows[begin:end], "next": page + 1 if end < last else None}


def _weather(night, asked, now):
    """(200, {"city", "valid_from", "condition", "issued_at"}) or (404, why)"""
    rows, valid, issued = night
    at = dt.datetime.fromisoformat(asked["at"])
    at = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    at, city = (at - NIGHT_START) / dt.timedelta(milliseconds=1), asked["city"]
    known = issued.searchsorted(1000 * now)
    found = [place for place in range(known) if rows[place][0] == city and valid[place] <= at]
    if not found:
        return 404, f"no observation of {city!r}"
    newest = max(found, key=lambda place: (valid[place], issued[place]))
    return 200, dict(zip(("city", "valid_from", "condition", "issued_at"), rows[newest], strict=True))


def main(argv=None):
    """Serve until SIGTERM, Ctrl-C or the end of the parent. Exit code 0, or 2 with one line on stderr."""
    parser = argparse.ArgumentParser(
        prog="python -m sleigh.extensions.weather_join.service", description="The weather of the night, by HTTP."
    )
    parser.error = lambda message: parser.exit(2, f"sleigh: {message}\n")
    parser.add_argument("--lake", required=True, help="folder of the tables")
    parser.add_argument("--faults", default="none", help=f"shares of {', '.join(FAULTS)}, such as error=0.1 (none)")
    parser.add_argument("--seed", type=int, default=24, help="of the faults (default 24)")
    parser.add_argument("--quota", type=int, help="calls that it answers (default: all)")
    parser.add_argument("--parent", type=int, default=os.getppid(), help="end when this process does (default: parent)")
    arguments = parser.parse_args(argv)
    wait = processes.waiter(arguments.parent)
    try:
        faults = loopback.parse_faults(arguments.faults, FAULTS)
        server = Service(arguments.lake, faults=faults, seed=arguments.seed, quota=arguments.quota)
    except Exception as problem:
        print(f"sleigh: {sentence(problem)}", file=sys.stderr)
        return 2
    server.serve(wait)
    return 0


if __name__ == "__main__":
    leave(main())
