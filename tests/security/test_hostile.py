"""Hostile text in every field of a message is text wherever it is shown: in the tables, the page, a notebook, a terminal,
the receiver of alerts. What tests/tools/test_book.py shows of the book is the same text.
"""

import csv
import json
import re
import socket
import threading

import browser
import helpers
import hostile
import pytest
from sleigh import landing, runtime
from sleigh.__main__ import main
from sleigh.errors import SleighError
from sleigh.extensions.alerts import alert_id, messages, sender
from sleigh.extensions.alerts.receiver import Receiver
from sleigh.ledger import Audit, Ledger
from sleigh.lessons import display
from sleigh.serve import charts, dashboard
from sleigh.tables import BRONZE, QUARANTINE, SILVER

OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What a terminal would do something for, but for the line break that print() ends with."""

DRAWN = f"() => document.querySelectorAll('.sleigh-chart .main-svg').length >= {len(charts.CHARTS)}"
READY = "() => document.querySelectorAll('.sleigh .scroll tbody tr').length > 20"


# The tables


@pytest.mark.parametrize("field", hostile.FIELDS)
def test_what_was_sent_is_what_the_tables_hold(spark, besieged, field):
    sent = hostile.messages()
    every, valid = ({each[field] for each in sent if keep(each)} for keep in (bool, lambda each: "_broken" not in each))
    for table, texts in ((landing.TABLE, every), (BRONZE.name, every), (SILVER.name, valid)):
        kept = runtime.read(spark, table)
        if field in kept.column_names:
            assert set(kept[field].to_pylist()) == texts, table
    held = runtime.read(spark, QUARANTINE.name)[field].to_pylist()
    assert set(held) == {each[field] for each in sent if "_broken" in each}


def test_no_path_in_a_text_was_gone(besieged):
    assert [path.name for path in besieged.parent.iterdir()] == [besieged.name]
    assert not [path for path in besieged.rglob("*") if "owned" in path.name or "passwd" in path.name]


# In a browser


@pytest.fixture(scope="module")
def seen(chromium, page):
    """What the dashboard's page did and shows: (fields that ran, its text, texts of its charts, what hovering said)."""
    with browser.watched(chromium, page[1], prepare=hostile.own) as opened:
        opened.wait_for_function(READY)
        opened.wait_for_function(DRAWN)
        hovered = []
        for point in opened.locator(".sleigh-chart .scatterlayer .point").all():
            point.hover(force=True)
            opened.wait_for_timeout(60)  # plotly looks where the mouse is no more often than that
            hovered += opened.locator(".hoverlayer text").all_text_contents()
        opened.get_by_label("map", exact=True).select_option(label="heatmap: density")
        opened.wait_for_function("() => document.querySelector('.heatmaplayer image')")
        drawn = opened.locator(".sleigh-chart svg text").all_text_contents()
        return hostile.owned(opened), opened.inner_text("body"), drawn, hovered


@pytest.mark.parametrize("field", hostile.FREE)
def test_on_the_page_it_is_text(seen, field):
    ran, text, drawn, hovered = seen
    assert field not in ran and not [each for each in ran if each not in hostile.FIELDS]
    short = hostile.text(field, "short")
    if field in dashboard.ACTIVITY:
        assert short in text, "it is not shown at all"
    if field in ("region", "gift_type"):
        assert short in drawn
    if field == "city":
        assert any(short in each for each in hovered)


def test_what_runs_is_noticed(chromium):
    """The measure itself: each kind of markup, let loose on a page, is seen for what it is."""
    page = chromium.new_page()
    page.route("**/*", lambda route: route.abort())  # some would ask another machine
    hostile.own(page)
    loose = ("short", "script", "element", "closing", "link", "long")
    for kind in (*loose, "sql", "formula", "path", "template", "terminal"):
        page.goto("about:blank")
        page.set_content(f"<p>{hostile.text('city', kind)}</p>", wait_until="domcontentloaded")
        assert bool(hostile.owned(page)) == (kind in loose), kind
    for kind, quote in (("attribute", '"'), ("apostrophe", "'")):
        page.set_content(f"<p title={quote}{hostile.text('city', kind)}{quote}>", wait_until="domcontentloaded")
        assert hostile.owned(page), kind
    page.close()


# On a terminal, and in files


@pytest.mark.parametrize("kind", hostile.KINDS)
def test_on_a_terminal_it_is_one_line_that_changes_nothing(monkeypatch, capsys, kind):
    text = hostile.text("delivery_id", kind)
    table = repr(display._Table(["city"], [[display._text(text)]], 0))
    ledger = str(Ledger(lost=[text], doubled=[text], extensions=[Audit("alerts", "alerts 1", {}, (text,))]))
    for shown, lines in ((table, 2), (ledger, 7)):
        assert not OBEYED.search(shown) and len(shown.splitlines()) == lines
    assert len(ledger) < 2_000, "nobody reads a megabyte"

    def refuse(_):
        raise SleighError(f"no such thing: {text}")

    monkeypatch.setattr("sleigh.runtime.doctor.doctor", refuse)
    assert main(["doctor"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and not OBEYED.search(said)


def test_in_a_table_of_learners_no_name_is_a_command(tmp_path, capsys):
    """Neither for the terminal nor for the program that opens the table as a sheet."""
    names = [text for text in (hostile.text("city", kind) for kind in hostile.KINDS) if not set(text) & {"\0", "/"}]
    for name in [*names[:-1], "-1+1", "\t=1", "@SUM(1)", "+1", "\r=1"]:
        (tmp_path / "room" / name).mkdir(parents=True)
        (tmp_path / "room" / name / "02.ipynb").write_text('{"cells": []}')
    assert main(["progress", "--class", str(tmp_path / "room"), "--csv", str(tmp_path / "room.csv")]) == 0
    said = capsys.readouterr()
    count = len(list((tmp_path / "room").iterdir()))
    assert len(said.out.splitlines()) == 1 + count and not OBEYED.search(said.out + said.err)
    with (tmp_path / "room.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 1 + count
    assert not [cell for row in rows for cell in row if cell.strip().startswith(("=", "+", "-", "@"))]


@pytest.fixture
def receiver(tmp_path):
    server = Receiver(tmp_path)
    ended = threading.Event()
    thread = threading.Thread(target=server.serve, args=(ended.wait,))
    thread.start()
    yield server
    ended.set()
    thread.join()


def test_the_receiver_of_alerts_keeps_it_and_says_nothing_of_it(tmp_path, receiver):
    for kind in hostile.KINDS:
        text = hostile.text("region", kind)
        row = {"alert_id": alert_id(text, helpers.NOON), "change": 1, "region": text, "window_start": helpers.NOON}
        key, body = messages.key(row), messages.body(row)
        assert sender.post(tmp_path, key, body) == (201, None), kind
        with messages.notes(tmp_path, "receiver") as db:
            (kept,) = db.execute("SELECT body FROM received WHERE key = ?", (key,)).fetchone()
        assert kept.isascii() and kept.isprintable() and json.loads(kept) == body and body["region"] == text[:1_000]


def test_what_the_receiver_answers_is_no_page(tmp_path, receiver):
    """Whatever a browser asks it: nothing of the question comes back as markup."""
    where = json.loads((messages.folder(tmp_path) / "receiver.json").read_text())
    for method, path in (
        ("GET", "/<script>owned+=1</script>"),
        ("POST", "/alerts<img/src/onerror=owned+=1>"),
        ("<b>", "/"),
    ):
        with socket.create_connection(("127.0.0.1", receiver.server_port), timeout=10) as connection:
            head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{receiver.server_port}\r\nConnection: close\r\n"
            connection.sendall(f"{head}Authorization: Bearer {where['token']}\r\nContent-Length: 0\r\n\r\n".encode())
            answer = b"".join(iter(lambda connection=connection: connection.recv(65536), b"")).decode()
            answer, page = answer.split("\r\n\r\n", 1)
        assert answer.startswith("HTTP/1.1 4") or answer.startswith("HTTP/1.1 501"), answer
        assert "<script" not in page and "<img" not in page and "<b>" not in page
