"""The sender: a process of its own, without a JVM, that tells the receiver what the outbox says.

    python -m sleigh.extensions.alerts.sender --lake DIR [--within SECONDS]

One message at a time, in the order of the outbox, each with its key. A message that was answered is noted and never sent
again; one that may or may not have arrived is sent once more, with the same key. So nothing is left out, whoever is
killed when, and the receiver can tell the second copy from the first. SIGTERM and Ctrl-C end it after the message it is
at, and it ends when the process that started it does.
"""

import argparse
import json
import os
import random
import sys
import time

from ...ending import leave
from ...errors import sentence
from .. import loopback
from . import messages, processes

LOOK_SECONDS = 0.5
"""Between two looks at an outbox in which there was nothing new."""

TIMEOUT_SECONDS = 2
"""How long an answer may take. After that nobody knows whether the message has arrived."""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5
"""Seconds before the second attempt, and before any: each pause is twice the one before, less up to a half by chance."""

LONGEST_WISH = 3600
"""The longest Retry-After that is obeyed, seconds."""

REFUSED = (400, 413, 422)
"""Answers that say that this very message will never be taken. It is noted with them, and the next one has its turn."""


def send(lake, *, within=None, wait=time.sleep):
    """Send what the outbox of the lake at folder `lake` has and the notes have not. Returns how many are left.

    within: seconds after which it gives up (None: never). wait(seconds) waits, and stops the sender by returning True.
    """
    until = None if within is None else time.monotonic() + within
    with messages.notes(lake, "sender") as db:
        sent = {key for (key,) in db.execute("SELECT key FROM sent")}
    waiting = [row for row in messages.rows(lake) if messages.key(row) not in sent]
    for number, row in enumerate(waiting):
        if wait(0) or not _send_one(lake, row, until, wait):
            return len(waiting) - number
    return 0


def _send_one(lake, row, until, wait):
    """Whether the message of `row` was answered and noted, before it was time to stop."""
    key, posts, chance = messages.key(row), 0, random.Random(messages.key(row))
    while True:
        posts += 1
        status, wish = post(lake, key, messages.body(row))
        if status is not None and (status < 300 or status in REFUSED):
            with messages.notes(lake, "sender") as db:
                db.execute("INSERT OR IGNORE INTO sent VALUES (?, ?, ?)", (key, status, posts))
            return True
        limits = {"first": FIRST_PAUSE, "longest": LONGEST_PAUSE, "longest_wish": LONGEST_WISH}
        pause = loopback.pause(posts, wish, chance, **limits)
        if (until is not None and time.monotonic() + pause > until) or wait(pause):
            return False


def post(lake, key, body, timeout=TIMEOUT_SECONDS):
    """POST a message once. Returns (status, seconds to wait as the receiver wishes or None); status None: no answer."""
    note, headers = messages.folder(lake) / "receiver.json", {"Content-Type": "application/json"}
    status, wish, _ = loopback.ask(
        note, "POST", messages.PATH, json.dumps(body), headers | {messages.HEADER: key}, timeout=timeout
    )
    return status, wish


def main(argv=None):
    """Exit code 0: all was sent, or it was told to stop; 1: some are left; 2: something is wrong, one line on stderr."""
    parser = argparse.ArgumentParser(
        prog="python -m sleigh.extensions.alerts.sender", description="Send what the outbox of a lake says of alerts."
    )
    parser.error = lambda message: parser.exit(2, f"sleigh: {message}\n")
    parser.add_argument("--lake", required=True, help="folder of the tables")
    parser.add_argument("--within", type=float, help="send what is there, for so many seconds at most, and end")
    parser.add_argument("--parent", type=int, default=os.getppid(), help="end when this process does (default: parent)")
    arguments = parser.parse_args(argv)
    wait = processes.waiter(arguments.parent)
    try:
        if arguments.within is not None:
            return 1 if send(arguments.lake, within=arguments.within, wait=wait) else 0
        while not wait(LOOK_SECONDS):
            send(arguments.lake, wait=wait)
    except Exception as problem:
        print(f"sleigh: {sentence(problem)}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    leave(main())
