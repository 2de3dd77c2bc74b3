"""The receiver: a small HTTP server on this machine that stands for whoever wants to know, a pager say.

    python -m sleigh.extensions.alerts.receiver --lake DIR [--faults error=0.2,lost=0.1] [--seed 24]

It takes a message once: the first with a key is kept, before it is answered; every other with that key is answered the
same way and changes nothing. That is where exactly-once is made: senders can only promise at least once. It listens on
127.0.0.1 and a free port, and takes nothing without the token that it writes, readable by this user alone, into the lake.
"""

import argparse
import json
import os
import random
import re
import sqlite3
import sys
import threading
import time

from ...ending import leave
from ...errors import sentence
from .. import loopback
from . import messages, processes

FAULTS = ("busy", "down", "error", "slow", "lost")
"""What may go wrong: turned away with 429 or 503 and Retry-After; 500 before anything was done; kept, and answered too late;
kept, and the connection closed without an answer. The last two are the ones that matter: the sender cannot know."""

SLOW_SECONDS = 4
"""How late a slow answer is; the sender waits half as long."""

_KEY = re.compile(r"[\w.:-]{1,100}")


def take(db, key, body):
    """Keep a message under its key, if it is the first with it. Returns the status to answer with.

    201: kept; 200: it is there already; 422: another one is there under this key, which a sender must not use twice.
    """
    db.execute("INSERT INTO received VALUES (?, ?, 1) ON CONFLICT (key) DO UPDATE SET posts = posts + 1", (key, body))
    kept, posts = db.execute("SELECT body, posts FROM received WHERE key = ?", (key,)).fetchone()
    return 422 if kept != body else 201 if posts == 1 else 200


class Receiver(loopback.Server):
    """The server of one lake; `faults` is {name of FAULTS: share of the requests}, drawn from `seed`."""

    def __init__(self, lake, *, faults=None, seed=24):
        super().__init__(messages.folder(lake) / "receiver.json", _Handler)
        self.lake, self.faults = lake, faults or {}
        self._chance, self._lock = random.Random(seed), threading.Lock()

    def fault(self):
        """What is to go wrong with the next request, None: nothing."""
        with self._lock:
            return loopback.drawn(self.faults, FAULTS, self._chance.random())


class _Handler(loopback.Handler):
    def do_POST(self):
        refusal = self._refusal()
        if refusal:
            self.close_connection = True  # what it may still send is not read
            return self.answer(*refusal)
        key, text = self.headers[messages.HEADER], self.rfile.read(int(self.headers["Content-Length"]))
        try:
            body = json.dumps(json.loads(text), sort_keys=True)
        except ValueError:
            return self.answer(400, "the body is not JSON")
        fault = self.server.fault()
        if fault in ("busy", "down"):
            return self.answer(429 if fault == "busy" else 503, "later", {"Retry-After": "1"})
        if fault == "error":
            return self.answer(500, "out of order")
        try:
            with messages.notes(self.server.lake, "receiver") as db:
                status = take(db, key, body)
        except sqlite3.Error:
            return self.answer(503, "it cannot be kept", {"Retry-After": "1"})
        if fault == "slow":
            time.sleep(SLOW_SECONDS)
        if fault == "lost":
            self.close_connection = True
            return None
        return self.answer(status, "kept" if status < 300 else "another message has this key")

    def _refusal(self):
        """(status, why) if the request is not one that is taken, else None."""
        if strange := self.stranger():
            return strange
        length = self.headers.get("Content-Length", "")
        if self.path != messages.PATH:
            return 404, f"messages go to {messages.PATH}"
        if not length.isascii() or not length.isdigit():
            return 411, "how long is it?"
        if int(length) > messages.MOST_BYTES:
            return 413, f"longer than {messages.MOST_BYTES} bytes"
        if not _KEY.fullmatch(self.headers.get(messages.HEADER, "")):
            return 400, f"it needs a {messages.HEADER} of up to 100 letters, digits, . : - and _"
        return None


def parse_faults(text):
    """{fault: share} of "error=0.2,lost=0.1"; "none" is {}. Raises SleighError, one line."""
    return loopback.parse_faults(text, FAULTS)


def main(argv=None):
    """Serve until SIGTERM, Ctrl-C or the end of the parent. Exit code 0, or 2 with one line on stderr."""
    parser = argparse.ArgumentParser(
        prog="python -m sleigh.extensions.alerts.receiver", description="Take what the sender of a lake says of alerts."
    )
    parser.error = lambda message: parser.exit(2, f"sleigh: {message}\n")
    parser.add_argument("--lake", required=True, help="folder of the tables")
    parser.add_argument("--faults", default="none", help=f"shares of {', '.join(FAULTS)}, such as lost=0.1 (none)")
    parser.add_argument("--seed", type=int, default=24, help="of the faults (default 24)")
    parser.add_argument("--parent", type=int, default=os.getppid(), help="end when this process does (default: parent)")
    arguments = parser.parse_args(argv)
    wait = processes.waiter(arguments.parent)
    try:
        server = Receiver(arguments.lake, faults=parse_faults(arguments.faults), seed=arguments.seed)
    except Exception as problem:
        print(f"sleigh: {sentence(problem)}", file=sys.stderr)
        return 2
    server.serve(wait)
    return 0


if __name__ == "__main__":
    leave(main())
