"""The weather service and its collector: a real server, faults on purpose, SIGKILL. No Spark: delta-rs writes."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest
from deltalake import DeltaTable
from helpers import assert_same, wait_for
from sleigh import landing
from sleigh.errors import SleighError
from sleigh.extensions import loopback, weather_join
from sleigh.extensions.weather_join import client, collector, service
from sleigh.paths import ROOT
from sleigh.simulator.faults import parse_faults
from sleigh.simulator.night import night
from sleigh.simulator.weather_reports import reports
from sleigh.tables import LANDING_WEATHER

SEED, RATE = 7, 6


def land(lake, minutes, start=0):
    """Land minutes of a night, so that the service has something to tell."""
    landing.begin(lake, 60 * start)
    sent = night(minutes, start_minute=start, rate=RATE, seed=SEED)
    landing.keep_truth(sent, start, minutes, lake=lake, seed=SEED, rate=RATE, faults=parse_faults("default"))
    arrival = sent.truth["arrival_time"]
    rows = landing.with_ingestion_date(sent.events, arrival)
    landing.append_files(lake / landing.TABLE, rows, arrival, 60 * (start + minutes))


@pytest.fixture
def lake(tmp_path):
    """A lake with an hour of the night in its landing, and no session."""
    folder = tmp_path / "a lake"
    land(folder, 60)
    return folder


@pytest.fixture
def serve(lake):
    """Start a service of the test's lake in this process; it is returned."""
    servers = []

    def served(server=None, **how):
        servers.append(server or service.Service(lake, **how))
        threading.Thread(target=servers[-1].serve_forever, args=(0.02,), daemon=True).start()
        return servers[-1]

    yield served
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def impatient(monkeypatch):
    """A client that does not wait long, and a service whose slow answers are not slow by much."""
    monkeypatch.setattr(client, "TIMEOUT_SECONDS", 0.2)
    monkeypatch.setattr(service, "SLOW_SECONDS", 0.4)


def landed(lake):
    return DeltaTable(str(lake / LANDING_WEATHER.name)).to_pyarrow_table()


def published(minutes):
    return reports(SEED, until=60 * minutes)[0]


def no_wait(seconds):
    """Instead of waiting."""


@pytest.mark.usefixtures("impatient")
def test_whatever_goes_wrong_each_observation_lands_once(lake, serve, monkeypatch):
    monkeypatch.setattr(service, "PAGE", 50)
    server = serve(faults={"busy": 0.2, "down": 0.2, "error": 0.2, "slow": 0.1})
    assert collector.collect(lake, wait=no_wait, within=60) == len(published(60)) > 450
    assert_same(landed(lake), published(60))
    pages = -(-len(published(60)) // 50)
    assert server.calls.total() > pages > 5, "some pages were asked for more than once"
    assert DeltaTable(str(lake / LANDING_WEATHER.name)).version() == 1, "and all of them are one commit"


def test_the_same_requests_go_wrong_each_time(lake, serve):
    seen = []
    for _ in range(2):
        server = serve(faults={"error": 0.5})
        seen.append([server.fault(f"/weather?city=Suva&at={hour}", 1) for hour in range(30)])
    assert seen[0] == seen[1] and 5 < seen[0].count("error") < 25


def test_as_the_night_goes_on_so_does_the_landing(lake, serve):
    serve()
    assert collector.collect(lake) == len(published(60))
    assert collector.collect(lake) == 0, "nothing new"
    land(lake, 7, start=60)
    assert collector.collect(lake) == len(published(67)) - len(published(60)) > 0
    assert_same(landed(lake), published(67))


def test_two_collectors_at_once_land_everything_once(lake, serve):
    serve()
    both = [threading.Thread(target=collector.collect, args=(lake,)) for _ in range(4)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert_same(landed(lake), published(60))


def test_a_collector_that_is_killed_is_started_again_and_leaves_nothing_out(lake, serve):
    serve(faults={"error": 0.3})
    process = weather_join.start("collector", lake)
    wait_for(lambda: landing.last_second(lake, LANDING_WEATHER.name))
    for minute in (60, 61):
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        land(lake, 1, start=minute)
        process = weather_join.start("collector", lake)
        time.sleep(0.3 * (minute - 59))  # to die at no particular moment
    process.kill()
    process.wait()
    assert weather_join.start("collector", lake, "--within=30").wait() == 0
    assert_same(landed(lake), published(62))


def test_a_service_that_is_down_costs_time_and_nothing_else(lake, serve):
    assert collector.collect(lake, within=0.5) is None
    assert len(landed(lake)) == 0 and weather_join.start("collector", lake, "--within=0.3").wait() == 1
    serve()
    assert collector.collect(lake) == len(published(60))


def test_it_waits_as_long_as_it_is_asked_to_and_longer_each_time(lake, serve):
    serve(faults={"busy": 1})
    waited = []
    assert collector.collect(lake, wait=lambda seconds: waited.append(seconds) or len(waited) == 6) is None
    assert waited[:3] == [1, 1, 1] and all(1 <= seconds <= 5 for seconds in waited) and waited[5] > 1.5


class Nonsense(loopback.Handler):
    """Answers every request with the server's `said`."""

    def do_GET(self):
        self.answer(200, self.server.said)


ROW = ["Suva", "2026-12-24T10:00:00Z", "Clear", "2026-12-24T10:03:00Z"]


@pytest.mark.parametrize(
    "said",
    [
        "no JSON",
        [],
        {"rows": [ROW], "next": None},
        {"until": 60, "rows": [ROW[:3]], "next": None},
        {"until": 60, "rows": [["Suva", "noon", "Clear", "noon"]], "next": None},
        {"until": 60, "rows": [["Suva", None, "Clear", ROW[3]]], "next": None},
        {"until": 60, "rows": [["Suva", ROW[1], 5, ROW[3]]], "next": None},
        {"until": 60, "rows": [ROW], "next": "x"},
    ],
)
def test_an_answer_that_is_not_what_was_agreed_is_none(lake, serve, said):
    server = loopback.Server(client.note(lake), Nonsense)
    server.said = said
    serve(server)
    assert collector.collect(lake, within=0.3) is None
    assert len(landed(lake)) == 0


def ask(lake, path, **headers):
    status, wish, body = loopback.ask(client.note(lake), "GET", path, headers=headers, timeout=5)
    with contextlib.suppress(ValueError):
        body = json.loads(body)
    return status, wish, body


AT = "2026-12-24T10:41:00Z"


def test_one_city_at_one_time_is_the_newest_observation_that_is_known(lake, serve):
    serve()
    known = [row for row in published(60).to_pylist() if row["city"] == "Suva"]
    newest = max(
        (row for row in known if row["valid_from"].isoformat() <= "2026-12-24T10:41"),
        key=lambda row: (row["valid_from"], row["issued_at"]),
    )
    status, _, answer = ask(lake, f"/weather?city=Suva&at={AT}")
    assert status == 200 and answer["condition"] == newest["condition"]
    assert answer["valid_from"] == newest["valid_from"].strftime("%Y-%m-%dT%H:%M:%S.000Z")


@pytest.mark.parametrize(
    ("status", "path", "headers"),
    [
        (404, "/weather?city=Nowhere&at=" + AT, {}),
        (400, "/weather?city=Suva&at=noon", {}),
        (400, "/weather?city=Suva", {}),
        (400, "/observations?since=-1", {}),
        (400, "/observations?since=x", {}),
        (400, "/observations?since=0&page=-1", {}),
        (400, "/observations?since=0&until=1e400", {}),
        (404, "/../etc/passwd", {}),
        (414, "/weather?city=" + "x" * 600, {}),
        (401, "/usage", {"Authorization": "Bearer x"}),
        (401, "/usage", {"Authorization": ""}),
        (403, "/usage", {"Host": "evil.example"}),
    ],
)
def test_what_is_not_answered(lake, serve, status, path, headers):
    serve()
    assert ask(lake, path, **headers)[0] == status
    assert ask(lake, "/usage")[0] == 200, "and it goes on"


def test_what_is_used_up_is_used_up(lake, serve):
    serve(quota=3)
    answers = [ask(lake, f"/weather?city=Suva&at={AT}")[:2] for _ in range(5)]
    assert answers == [(200, None)] * 3 + [(429, 86_400)] * 2
    assert ask(lake, "/usage")[2] == {"calls": 5}, "to be turned away is a call, too"


def test_before_the_night_has_begun_it_knows_nothing_yet(tmp_path, serve):
    landing.begin(tmp_path, 0)
    serve(service.Service(tmp_path))
    assert ask(tmp_path, "/observations?since=0")[:2] == (503, 1)


def test_nobody_else_reads_the_token_and_it_listens_on_this_machine_alone(lake):
    process = weather_join.start("service", lake)
    try:
        wait_for(client.note(lake).exists)
        note = client.note(lake)
        assert note.stat().st_mode & 0o777 == 0o600 and note.parent.stat().st_mode & 0o777 == 0o700
        (listener,) = [each for each in psutil.Process(process.pid).net_connections() if each.status == "LISTEN"]
        assert listener.laddr.ip == "127.0.0.1"
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("text", ["slow=2", "slow", "lost=0.1"])
def test_faults_that_there_are_not_are_one_line(text):
    with pytest.raises(SleighError, match=r"^faults are busy, down, error, slow, each with a share from 0 to 1, not"):
        loopback.parse_faults(text, service.FAULTS)


def test_both_end_with_the_process_that_started_them_even_killed(lake):
    script = (
        "import psutil, sys, time\n"
        "from sleigh.extensions import weather_join\n"
        "with weather_join.beside(sys.argv[1]):\n"
        "    print(*[child.pid for child in psutil.Process().children()], flush=True)\n"
        "    time.sleep(60)\n"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", script, str(lake)],
        env=os.environ | {"PYTHONPATH": str(ROOT / "lib")},
        stdout=subprocess.PIPE,
        text=True,
    )
    children = [psutil.Process(int(word)) for word in run.stdout.readline().split()]
    assert len(children) == 2
    wait_for(lambda: landing.last_second(lake, LANDING_WEATHER.name))  # they work together
    run.kill()
    run.wait()
    run.stdout.close()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
    assert_same(landed(lake), published(60))
