"""Sender and receiver: real processes and a real server on this machine, faults on purpose, and SIGKILL on either side.

No Spark: an outbox is a Delta table, and delta-rs writes it.
"""

import contextlib
import datetime as dt
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import psutil
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from helpers import wait_for
from sleigh import runtime
from sleigh.errors import SleighError
from sleigh.extensions.alerts import messages, processes, receiver, sender
from sleigh.paths import ROOT

TEN = dt.datetime(2026, 12, 24, 10, tzinfo=dt.UTC)


def outbox(lake, *numbers):
    """Append a row to the outbox of the lake for each of `numbers`, written in this order. Returns their keys."""
    path = lake / "alerts"
    if not path.exists():
        runtime.create_files(path, "alerts")
    rows = [
        {
            "alert_id": f"{number:016x}",
            "change": 1,
            "kind": "raised",
            "region": "Asia",
            "window_start": TEN + dt.timedelta(minutes=5 * number),
            "rate": 12.5,
            "n": 100 + number,
            "rule": "on 10",
            "written_at": TEN + dt.timedelta(seconds=number),
        }
        for number in numbers
    ]
    types = {"change": pa.int32(), "n": pa.int64(), "rate": pa.float64()}
    times = dict.fromkeys(("window_start", "written_at"), pa.timestamp("us", "UTC"))
    schema = pa.schema([(name, (types | times).get(name, pa.string())) for name in rows[0]])
    write_deltalake(str(path), pa.Table.from_pylist(rows, schema), mode="append")
    return [messages.key(row) for row in rows]


def received(lake):
    """{key: how often it was posted} of what the receiver has kept."""
    with messages.notes(lake, "receiver") as db:
        return dict(db.execute("SELECT key, posts FROM received").fetchall())


def sent(lake):
    with messages.notes(lake, "sender") as db:
        return dict(db.execute("SELECT key, status FROM sent").fetchall())


def listening(lake):
    """The process that the receiver's note speaks of, None without one."""
    with contextlib.suppress(OSError):
        return json.loads((messages.folder(lake) / "receiver.json").read_text())["process"]


@pytest.fixture
def start(tmp_path):
    """Start a receiver or a sender of the test's lake; whatever is left of them at its end is killed."""
    begun = []

    def started(name, *words):
        begun.append(processes.start(name, tmp_path, *words))
        if name == "receiver":
            wait_for(lambda: listening(tmp_path) == begun[-1].pid)
        return begun[-1]

    yield started
    for process in begun:
        process.kill()
        process.wait()


def kill(process):
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it had ended before it was killed"


def test_every_alert_arrives_once_whatever_goes_wrong(tmp_path, start):
    keys = outbox(tmp_path, *range(10))
    start("receiver", "--faults=error=0.2,lost=0.3", "--seed=1")
    assert start("sender", "--within=60").wait() == 0
    assert sorted(received(tmp_path)) == sorted(keys) and sum(received(tmp_path).values()) > 10, "some were sent twice"
    assert sorted(sent(tmp_path)) == sorted(keys) and set(sent(tmp_path).values()) == {200, 201}


def test_a_sender_killed_between_the_message_and_its_note_sends_it_again_and_it_is_kept_once(tmp_path, start):
    keys = outbox(tmp_path, 1, 2)
    first = start("receiver", "--faults=slow=1")  # it keeps the message at once, and answers when the sender is dead
    victim = start("sender")
    wait_for(lambda: received(tmp_path))
    kill(victim)
    assert received(tmp_path) == {keys[0]: 1} and sent(tmp_path) == {}
    kill(first)
    start("receiver")
    assert start("sender", "--within=30").wait() == 0
    assert received(tmp_path) == {keys[0]: 2, keys[1]: 1}
    assert sent(tmp_path) == {keys[0]: 200, keys[1]: 201}, "200: it is there already"


def test_a_receiver_killed_before_it_could_answer_has_what_it_kept(tmp_path, start):
    (key,) = outbox(tmp_path, 1)
    victim = start("receiver", "--faults=slow=1")
    going_on = start("sender")
    wait_for(lambda: received(tmp_path))
    kill(victim)
    assert sent(tmp_path) == {}
    start("receiver")  # another port, another token: the sender looks them up
    wait_for(lambda: sent(tmp_path))
    assert received(tmp_path)[key] >= 2 and sent(tmp_path) == {key: 200}
    going_on.terminate()
    assert going_on.wait(5) == 0


def test_killed_at_any_moment_and_started_again_everything_arrives_once(tmp_path, start):
    keys = outbox(tmp_path, *range(16))
    faults = "--faults=error=0.1,lost=0.2"
    who, running = ["sender", "receiver"], {"receiver": start("receiver", faults), "sender": start("sender")}
    for turn in range(4):
        before = len(received(tmp_path))
        wait_for(lambda before=before: len(received(tmp_path)) > before + 2)
        name = who[turn % 2]
        kill(running[name])
        running[name] = start(name, *[faults] * (name == "receiver"))
    kill(running["sender"])
    assert start("sender", "--within=60").wait() == 0
    assert sorted(received(tmp_path)) == sorted(sent(tmp_path)) == sorted(keys)


def test_messages_go_in_the_order_of_the_outbox_and_new_ones_follow(tmp_path, start):
    keys = outbox(tmp_path, 3, 1)
    start("receiver")
    start("sender")
    wait_for(lambda: len(sent(tmp_path)) == 2)
    keys += outbox(tmp_path, 7)
    wait_for(lambda: len(sent(tmp_path)) == 3)
    with messages.notes(tmp_path, "receiver") as db:
        arrived = [key for (key,) in db.execute("SELECT key FROM received ORDER BY rowid")]
    assert arrived == [keys[1], keys[0], keys[2]], "as they were written: 1, 3, 7"


def test_without_a_receiver_the_sender_gives_up_in_time_and_notes_nothing(tmp_path, start):
    outbox(tmp_path, 1, 2)
    assert start("sender", "--within=0.5").wait() == 1
    assert sent(tmp_path) == {}
    assert start("sender", "--within=0.5").wait() == 1


def test_an_outbox_that_is_not_there_yet_is_an_empty_one(tmp_path, start):
    assert start("sender", "--within=5").wait() == 0


# How the sender behaves towards somebody else's server


@pytest.fixture
def answering(tmp_path):
    """A server that gives the answers of a list, one after the other, and keeps the keys of the requests it got."""
    servers = []

    def answers(*statuses):
        script, keys = list(statuses), []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                keys.append(self.headers[messages.HEADER])
                self.rfile.read(int(self.headers["Content-Length"]))
                status, wish = script.pop(0)
                self.send_response(status)
                if wish is not None:
                    self.send_header("Retry-After", wish)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        note = {"address": f"http://127.0.0.1:{server.server_port}", "token": "t"}
        (messages.folder(tmp_path) / "receiver.json").write_text(json.dumps(note))
        return keys

    yield answers
    for server in servers:
        server.shutdown()
        server.server_close()


def test_it_waits_as_long_as_it_is_asked_to_and_longer_each_time(tmp_path, answering):
    keys, waited = outbox(tmp_path, 1), []
    date = format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1000), usegmt=True)
    posted = answering(
        (503, "3600"), (429, date), (500, None), (500, "soon"), (500, None), (503, "999999"), (201, None)
    )
    assert sender.send(tmp_path, wait=waited.append) == 0
    pauses = [seconds for seconds in waited if seconds]
    assert posted == keys * 7, "the same key each time"
    assert pauses[0] == 3600 and 990 < pauses[1] <= 1000 and pauses[5] == 3600
    assert 0.2 <= pauses[2] <= 0.4 and 0.4 <= pauses[3] <= 0.8 and 0.8 <= pauses[4] <= 1.6
    assert sent(tmp_path) == {keys[0]: 201}


@pytest.mark.parametrize("status", sender.REFUSED)
def test_a_message_that_is_never_taken_does_not_stop_the_next(tmp_path, answering, status):
    keys = outbox(tmp_path, 1, 2)
    assert answering((status, None), (200, None)) == [] and sender.send(tmp_path) == 0
    assert sent(tmp_path) == {keys[0]: status, keys[1]: 200}


@pytest.mark.parametrize("status", [301, 401, 403, 404, 500, 503])
def test_what_is_wrong_with_the_receiver_costs_no_message(tmp_path, answering, status):
    (key,) = outbox(tmp_path, 1)
    answering((status, None), (201, None))
    assert sender.send(tmp_path, wait=lambda _: None) == 0 and sent(tmp_path) == {key: 201}


def test_told_to_stop_it_leaves_the_rest(tmp_path, answering):
    keys = outbox(tmp_path, 1, 2, 3)
    answering((201, None), (503, "60"), (201, None))
    assert sender.send(tmp_path, wait=lambda seconds: seconds > 1) == 2
    assert sent(tmp_path) == {keys[0]: 201}


# The receiver's door


@pytest.fixture
def door(tmp_path):
    """A function that posts to a receiver of the test's lake and returns the status; what is not given is right."""
    server = receiver.Receiver(tmp_path)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    usual = {"Authorization": f"Bearer {server.token}", messages.HEADER: "a-1"}

    def knock(body=b'{"n": 1}', *, path=messages.PATH, method="POST", **headers):
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
        named = usual | {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {name: value for name, value in named.items() if value is not None})
        status = connection.getresponse().status
        connection.close()
        return status

    yield knock
    server.shutdown()
    server.server_close()


def test_the_first_with_a_key_is_kept_and_no_other(tmp_path, door):
    assert [door(), door(), door(b'{ "n":1 }'), door(b'{"n": 2}'), door()] == [201, 200, 200, 422, 200]
    with messages.notes(tmp_path, "receiver") as db:
        assert db.execute("SELECT * FROM received").fetchall() == [("a-1", '{"n": 1}', 5)]


@pytest.mark.parametrize(
    ("status", "how"),
    [
        (401, {"Authorization": None}),
        (401, {"Authorization": "Bearer "}),
        (401, {"Authorization": "Bearer tökén"}),
        (403, {"Host": "evil.example"}),
        (404, {"path": "/"}),
        (411, {"Content_Length": "x"}),
        (411, {"Content_Length": "-1"}),
        (413, {"body": b" " * (messages.MOST_BYTES + 1)}),
        (400, {"body": b"{"}),
        (400, {"body": b"\xff"}),
        (400, {"Idempotency_Key": None}),
        (400, {"Idempotency_Key": "a b"}),
        (400, {"Idempotency_Key": "a" * 101}),
        (501, {"method": "GET"}),
    ],
)
def test_what_is_turned_away_leaves_nothing(tmp_path, door, status, how):
    how = {
        name: value.encode("latin-1") if isinstance(value, str) and name != "path" and name != "method" else value
        for name, value in how.items()
    }
    assert door(**how) == status
    assert received(tmp_path) == {}
    assert door() == 201, "and it goes on"


def test_nobody_else_reads_the_token_and_it_listens_on_this_machine_alone(tmp_path, start):
    process = start("receiver")
    note = messages.folder(tmp_path) / "receiver.json"
    assert note.stat().st_mode & 0o777 == 0o600 and note.parent.stat().st_mode & 0o777 == 0o700
    (listener,) = [each for each in psutil.Process(process.pid).net_connections() if each.status == "LISTEN"]
    assert listener.laddr.ip == "127.0.0.1"


@pytest.mark.parametrize("text", ["lost=2", "lost", "tired=0.1", "lost=x", "lost=-0.1"])
def test_faults_that_there_are_not_are_one_line(text):
    with pytest.raises(
        SleighError, match=r"^faults are busy, down, error, slow, lost, each with a share from 0 to 1, not"
    ):
        receiver.parse_faults(text)


# Beside a run


def test_both_end_with_the_process_that_started_them_even_killed(tmp_path):
    script = (
        "import os, sys, time\n"
        "from sleigh.extensions.alerts import processes\n"
        "with processes.beside(sys.argv[1]):\n"
        "    print(*[child.pid for child in __import__('psutil').Process().children()], flush=True)\n"
        "    time.sleep(60)\n"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "lib")},
        stdout=subprocess.PIPE,
        text=True,
    )
    children = [psutil.Process(int(word)) for word in run.stdout.readline().split()]
    assert len(children) == 2
    wait_for(lambda: listening(tmp_path))
    run.kill()
    run.wait()
    run.stdout.close()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive


def test_one_that_dies_is_started_again_and_the_end_waits_for_the_rest(tmp_path):
    with processes.beside(tmp_path):
        wait_for(lambda: listening(tmp_path))
        first = listening(tmp_path)
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: listening(tmp_path) != first)
        keys = outbox(tmp_path, 1, 2, 3)
    assert sorted(received(tmp_path)) == keys == sorted(sent(tmp_path))


def test_after_an_error_it_does_not_wait(tmp_path):
    outbox(tmp_path, 1)
    begun = time.monotonic()
    with pytest.raises(ZeroDivisionError), processes.beside(tmp_path):
        1 / 0  # noqa: B018
    assert time.monotonic() - begun < processes.DRAIN_SECONDS / 2
