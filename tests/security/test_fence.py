"""The fence itself: it can be put up here; what leaves or lets others in is seen and named, what stays at home is not."""

import subprocess
import sys

import fence
import pytest
from sleigh.paths import ROOT

AWAY = """
import contextlib, socket, time
for kind, family, target in (
    (socket.SOCK_STREAM, socket.AF_INET, ("192.0.2.1", 80)),
    (socket.SOCK_STREAM, socket.AF_INET6, ("2001:db8:1::2", 443)),
    (socket.SOCK_DGRAM, socket.AF_INET, ("192.0.2.1", 5353)),
    (socket.SOCK_DGRAM, socket.AF_INET, ("224.0.0.251", 5353)),
):
    with socket.socket(family, kind) as s, contextlib.suppress(TimeoutError):
        s.settimeout(0.05)
        s.connect(target)
        s.send(b"who?")
with contextlib.suppress(OSError):
    socket.gethostbyname("example.org")
mine = [socket.create_server(("", 8123)), socket.create_server(("::", 8124), family=socket.AF_INET6)]
mine.append(socket.create_server(("198.18.0.1", 8125)))
mine.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
mine[-1].bind(("", 8126))
time.sleep(0.6)
"""

SEEN = [
    "sent: tcp 192.0.2.1:80",
    "sent: tcp [2001:db8:1::2]:443",
    "sent: udp 192.0.2.1:5353",
    "sent: udp 224.0.0.251:5353",
    "sent: udp 198.18.0.53:53 example.org",
    "open to others: tcp 0.0.0.0 port 8123 of ",
    "open to others: tcp 198.18.0.1 port 8125 of ",
    "open to others: tcp6 :: port 8124 of ",
    "open to others: udp 0.0.0.0 port 8126 of ",
]

HOME = """
import socket, time
for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    server = socket.create_server((address, 0), family=family)
    socket.create_connection(server.getsockname()[:2])
    time.sleep(0.3)
socket.gethostbyname("localhost")
raise SystemExit(7)
"""


def behind(code):
    """Run Python's `code` behind a fence of its own. Returns (exit code, lines of the fence)."""
    command = [sys.executable, ROOT / "tools" / "fence.py", sys.executable, "-c", code]
    ran = subprocess.run(command, capture_output=True, text=True)
    return ran.returncode, [line for line in ran.stderr.splitlines() if line.startswith("fence: ")]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no network namespaces")
def test_there_can_be_a_fence_here():
    """Where there cannot, the checks run without one, and nobody looks: that must not go unnoticed."""
    assert (why := fence.possible()) is None, f"the checks ran without a fence: {why}"


def test_what_leaves_and_what_lets_others_in_is_named():
    status, lines = behind(AWAY)
    assert status == 3 and lines.pop() == f"fence: {len(SEEN)} seen", lines
    assert all(map(str.startswith, sorted(lines), [f"fence: {line}" for line in sorted(SEEN)])), lines


def test_what_stays_at_home_is_nobody_s_business():
    assert behind(HOME) == (7, ["fence: nothing left this machine"])


def test_the_test_that_does_it_fails_by_name(tmp_path):
    (tmp_path / "test_two.py").write_text(
        "import pytest, socket\n"
        "def ask(who): socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'?', (who, 7))\n"
        "@pytest.fixture(scope='module')\n"
        "def asks():\n"
        "    yield\n"
        "    ask('192.0.2.2')\n"
        "def test_home(): ask('127.0.0.1')\n"
        "def test_away(asks): ask('192.0.2.1')\n"
        "def test_home_again(asks): pass\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "fenced", "-p", "no:cacheprovider", "-rE", "--rootdir=.", "."]
    ran = subprocess.run(
        command, env={"PYTHONPATH": str(ROOT / "tools"), "COLUMNS": "200"}, cwd=tmp_path, capture_output=True, text=True
    )
    assert ran.returncode == 1 and "3 passed, 2 errors" in ran.stdout, ran.stdout + ran.stderr
    assert "ERROR test_two.py::test_away - Failed: sent: udp 192.0.2.1:7" in ran.stdout
    assert "ERROR test_two.py::test_home_again - Failed: sent: udp 192.0.2.2:7" in ran.stdout


def test_every_stage_of_the_checks_stands_behind_it(monkeypatch, tmp_path):
    import checks

    started = []
    monkeypatch.setattr(checks, "REPORTS", tmp_path)
    monkeypatch.setattr(checks.subprocess, "Popen", lambda words, **_: started.append(words) or _Done())
    checks.stages(list(checks.STAGES))
    assert len(started) == len(checks.STAGES)
    assert all(words[words.index("fenced") - 1] == "-p" for words in started)


class _Done:
    stdout = ()

    def wait(self):
        return 0
