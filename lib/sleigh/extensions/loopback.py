"""What the small HTTP servers of the extensions share: they answer on this machine only, and to whoever has the token.

A server writes its address and its token into a note, readable by this user alone, in the lake; who asks it reads them
there, anew for each attempt: a server that was started again has another port and another token.
"""

import contextlib
import email.utils
import hmac
import http.client
import json
import os
import secrets
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from .. import runtime
from ..errors import SleighError
from ..paths import whole

KEEP_OPEN_SECONDS = 10
"""A connection on which nothing comes for so long is closed."""

LONGEST_ANSWER = 1_000_000
"""Bytes of an answer that are read at most."""


def folder(lake, name):
    """Where a server of extension `name` and who asks it keep their notes; made if need be, and nobody else's."""
    path = Path(lake) / runtime.EXTENSIONS / name
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)  # tokens are in it
    return path


class Server(ThreadingHTTPServer):
    """A server on 127.0.0.1 and a free port whose note is the file `note`; handler: a Handler."""

    daemon_threads = True

    def __init__(self, note, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.token = secrets.token_urlsafe(32)
        said = {"address": f"http://127.0.0.1:{self.server_port}", "token": self.token, "process": os.getpid()}
        with whole(note) as part:
            part.touch(0o600)
            part.write_text(json.dumps(said))

    def serve(self, wait):
        """Answer until wait(seconds) says that there is a reason to end: see processes.waiter."""
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True).start()
        while not wait(1):
            pass
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """What every server answers in the same way. A server's own has do_GET or do_POST."""

    protocol_version, timeout = "HTTP/1.1", KEEP_OPEN_SECONDS
    server_version, sys_version = "sleigh", ""

    def stranger(self):
        """(status, why) if whoever asks is not one to be answered, else None."""
        name = self.headers.get("Host", "")
        # A page in a browser can make a name of its own point here; its requests bear that name.
        if name not in (f"127.0.0.1:{self.server.server_port}", f"localhost:{self.server.server_port}"):
            return 403, "not by this name"
        given = self.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self.server.token}".encode()):
            return 401, "no token, or another one's"
        return None

    def answer(self, status, said, headers=None):
        """Answer with a line of text, or with what JSON can hold."""
        kind = "text/plain" if isinstance(said, str) else "application/json"
        body = (f"{said}\n" if isinstance(said, str) else json.dumps(said)).encode()
        self.send_response(status)
        for name, value in {"Content-Length": len(body), "Content-Type": kind, **(headers or {})}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def handle(self):
        """One connection; the other side may have gone."""
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def log_message(self, *_):
        """Nothing on stderr."""


def ask(note, method, path, body=None, headers=None, *, timeout):
    """Ask the server of the file `note` once. Returns (status, seconds to wait as it wishes or None, bytes).

    status None: no answer, and nobody knows whether the request has arrived.
    """
    try:
        where = json.loads(Path(note).read_text())
        connection = http.client.HTTPConnection(urlsplit(where["address"]).netloc, timeout=timeout)
        with contextlib.closing(connection):
            connection.request(method, path, body, {"Authorization": f"Bearer {where['token']}"} | dict(headers or {}))
            got = connection.getresponse()
            return got.status, _seconds(got.headers.get("Retry-After")), got.read(LONGEST_ANSWER)
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException):  # not there, too slow, or cut off
        return None, None, b""


def _seconds(retry_after):
    """A Retry-After header, a number or a date (RFC 9110), in seconds from now; None if there is none to be read."""
    try:
        return max(0.0, float(retry_after))
    except (TypeError, ValueError):
        pass
    try:
        return max(0.0, (email.utils.parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def pause(attempt, wish, chance, *, first, longest, longest_wish):
    """Seconds to wait after failed `attempt` (from 1): each twice the one before, less up to a half by chance.

    wish: what the server asks for, or None; it is obeyed up to longest_wish. chance: a random.Random.
    """
    seconds = min(longest, first * 2 ** min(attempt - 1, 20)) * (1 - chance.random() / 2)
    return max(seconds, min(wish or 0, longest_wish))


def parse_faults(text, known):
    """{fault: share} of "error=0.2,lost=0.1", faults of `known`; "none" is {}. Raises SleighError, one line."""
    faults = {}
    for part in [] if text.strip() in ("", "none") else text.split(","):
        name, _, share = (word.strip() for word in part.partition("="))
        try:
            faults[name] = float(share)
        except ValueError:
            faults[name] = -1
        if name not in known or not 0 <= faults[name] <= 1:
            raise SleighError(f"faults are {', '.join(known)}, each with a share from 0 to 1, not {part.strip()!r}")
    return faults


def drawn(faults, known, draw):
    """Which of the faults `known` the uniform `draw` is, by their shares in `faults`; None: nothing goes wrong."""
    for name in known:
        draw -= faults.get(name, 0)
        if draw < 0:
            return name
    return None
