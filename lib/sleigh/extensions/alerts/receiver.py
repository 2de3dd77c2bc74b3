"""The receiver: a small HTTP server on this machine that stands for whoever wants to know, a pager say.

    python -m sleigh.extensions.alerts.receiver --lake DIR [--faults error=0.2,lost=0.1] [--seed 24]

It takes a message once: the first with a key is kept, before it is answered; every other with that key is answered the
same way and changes nothing. That is where exactly-once is made: senders can only promise at least once. It listens on
127.0.0.1 and a free port, and takes nothing without the token that it writes, readable by this user alone, into the lake.
"""

import argparse
import hmac
import json
import os
import random
import re
import secrets
import sqlite3
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ...errors import SleighError
from ...paths import whole
from . import messages, processes

FAULTS = ("busy", "down", "error", "slow", "lost")
"""What may go wrong: turned away with 429 or 503 and Retry-After; 500 before anything was done; kept, and answered too late;
kept, and the connection closed without an answer. The last two are the ones that matter: the sender cannot know."""

SLOW_SECONDS = 4
"""How late a slow answer is; the sender waits half as long."""

KEEP_OPEN_SECONDS = 10
"""A connection on which nothing comes for so long is closed."""

_KEY = re.compile(r"[\w.:-]{1,100}")


def take(db, key, body):
    """Keep a message under its key, if it is the first with it. Returns the status to answer with.

    201: kept; 200: it is there already; 422: another one is there under this key, which a sender must not use twice.
    """
    db.execute("INSERT INTO received VALUES (?, ?, 1) ON CONFLICT (key) DO UPDATE SET posts = posts + 1", (key, body))
    kept, posts = db.execute("SELECT body, posts FROM received WHERE key = ?", (key,)).fetchone()
    return 422 if kept != body else 201 if posts == 1 else 200


class Receiver(ThreadingHTTPServer):
    """The server of one lake; `faults` is {name of FAULTS: share of the requests}, drawn from `seed`."""

    daemon_threads = True

    def __init__(self, lake, *, faults=None, seed=24):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lake, self.token, self.faults = lake, secrets.token_urlsafe(32), faults or {}
        self._chance, self._lock = random.Random(seed), threading.Lock()
        note = {"address": f"http://127.0.0.1:{self.server_port}", "token": self.token, "process": os.getpid()}
        with whole(messages.folder(lake) / "receiver.json") as part:
            part.touch(0o600)
            part.write_text(json.dumps(note))

    def fault(self):
        """What is to go wrong with the next request, None: nothing."""
        with self._lock:
            draw = self._chance.random()
        for name in FAULTS:
            draw -= self.faults.get(name, 0)
            if draw < 0:
                return name
        return None


class _Handler(BaseHTTPRequestHandler):
    protocol_version, timeout = "HTTP/1.1", KEEP_OPEN_SECONDS
    server_version, sys_version = "sleigh", ""

    def do_POST(self):
        refusal = self._refusal()
        if refusal:
            self.close_connection = True  # what it may still send is not read
            return self._answer(*refusal)
        key, text = self.headers[messages.HEADER], self.rfile.read(int(self.headers["Content-Length"]))
        try:
            body = json.dumps(json.loads(text), sort_keys=True)
        except ValueError:
            return self._answer(400, "the body is not JSON")
        fault = self.server.fault()
        if fault in ("busy", "down"):
            return self._answer(429 if fault == "busy" else 503, "later", {"Retry-After": "1"})
        if fault == "error":
            return self._answer(500, "out of order")
        try:
            with messages.notes(self.server.lake, "receiver") as db:
                status = take(db, key, body)
        except sqlite3.Error:
            return self._answer(503, "it cannot be kept", {"Retry-After": "1"})
        if fault == "slow":
            time.sleep(SLOW_SECONDS)
        if fault == "lost":
            self.close_connection = True
            return None
        return self._answer(status, "kept" if status < 300 else "another message has this key")

    def _refusal(self):
        """(status, why) if the request is not one that is taken, else None."""
        name, length = self.headers.get("Host", ""), self.headers.get("Content-Length", "")
        # A page in a browser can make a name of its own point here; its requests bear that name.
        if name not in (f"127.0.0.1:{self.server.server_port}", f"localhost:{self.server.server_port}"):
            return 403, "not by this name"
        given = self.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self.server.token}".encode()):
            return 401, "no token, or another one's"
        if self.path != messages.PATH:
            return 404, f"messages go to {messages.PATH}"
        if not length.isascii() or not length.isdigit():
            return 411, "how long is it?"
        if int(length) > messages.MOST_BYTES:
            return 413, f"longer than {messages.MOST_BYTES} bytes"
        if not _KEY.fullmatch(self.headers.get(messages.HEADER, "")):
            return 400, f"it needs a {messages.HEADER} of up to 100 letters, digits, . : - and _"
        return None

    def _answer(self, status, text, headers=None):
        said = f"{text}\n".encode()
        self.send_response(status)
        for name, value in {"Content-Length": len(said), "Content-Type": "text/plain", **(headers or {})}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(said)

    def handle(self):
        try:
            super().handle()
        except OSError:  # the sender has gone; what it sent is kept or not, as the log of the notes says
            self.close_connection = True

    def log_message(self, *_):
        """Nothing on stderr."""


def parse_faults(text):
    """{fault: share} of "error=0.2,lost=0.1"; "none" is {}. Raises SleighError, one line."""
    faults = {}
    for part in [] if text.strip() in ("", "none") else text.split(","):
        name, _, share = (word.strip() for word in part.partition("="))
        try:
            faults[name] = float(share)
        except ValueError:
            faults[name] = -1
        if name not in FAULTS or not 0 <= faults[name] <= 1:
            raise SleighError(f"faults are {', '.join(FAULTS)}, each with a share from 0 to 1, not {part.strip()!r}")
    return faults


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
    except (SleighError, OSError) as problem:
        print(f"sleigh: {problem}", file=sys.stderr)
        return 2
    threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
    while not wait(1):
        pass
    server.shutdown()
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
