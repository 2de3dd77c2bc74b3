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
import nbformat
import pyarrow as pa
import pytest
from nbformat.sign import NotebookNotary
from sleigh import landing, runtime
from sleigh.__main__ import main
from sleigh.errors import SleighError
from sleigh.extensions.alerts import alert_id, messages, sender
from sleigh.extensions.alerts.receiver import Receiver
from sleigh.ledger import Audit, Ledger
from sleigh.lessons import display
from sleigh.lessons.lesson_01 import figures as lesson_01
from sleigh.lessons.lesson_05 import figures as lesson_05
from sleigh.lessons.lesson_08 import figures as lesson_08
from sleigh.lessons.lesson_13 import figures as lesson_13
from sleigh.lessons.lesson_15 import figures as lesson_15
from sleigh.serve import charts, dashboard, warehouse
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


def stops(kinds):
    """A stop for each of `kinds` in a row, as lessons' figures take them: the attack is the city's name and the region's."""
    return [
        {
            "city": hostile.text("city", kind),
            "country": "Fiji",
            "region": hostile.text("region", kind),
            "longitude": 170.0 + 3 * number,
            "latitude": -18.0 + 3 * number,
            "hour": 0,
            "deliveries": 5,
            "gap_km": 10.0,
            "success_percentage": 90.0,
            "batch": 0,
            "total_deliveries": 5 + number,
            "partition": number,
            "window": "12:00",
        }
        for number, kind in enumerate(kinds)
    ]


def figures(rows):
    """The figures of lessons that draw names from the lake; `rows` is what stops() gives."""
    when = {"batches": range(1), "ended": 0, "published": 0, "times": {0: "12:00"}}
    return [
        lesson_01.night_map(rows),
        lesson_05.partitions(rows, rows, number=len(rows)),
        lesson_08.bump(rows, [], **when),
        lesson_13.city_map(pa.Table.from_pylist(rows), [row["city"] for row in rows]),
        lesson_15.route({"as sent": rows}, 100),
    ]


def outputs(spark, lake):
    """What a notebook would print and show of the lake, and of figures with such names, as its outputs."""
    kept = runtime.read(spark, SILVER.name)
    with pytest.MonkeyPatch.context() as patch:
        bundles = []
        patch.setattr("IPython.display.display", lambda thing, raw=False: bundles.append(thing))
        display.show(kept, limit=100)
        display.show(runtime.read(spark, QUARANTINE.name), limit=100)
        for figure in [
            *figures(stops(("short", "link", "script"))),
            charts.figure(warehouse.Warehouse(lake).ask_all()),
        ]:
            display.show_figure(figure)
    tables = [{"text/plain": repr(each), "text/html": each._repr_html_()} for each in bundles[:2]]
    made = [nbformat.v4.new_output("display_data", json.loads(json.dumps(each))) for each in [*tables, *bundles[2:]]]
    return [*made, nbformat.v4.new_output("stream", text="\n".join(kept["city"].to_pylist()))]


def test_in_a_notebook_it_is_text(spark, chromium, besieged, lab):
    """In JupyterLab, which shows what a notebook holds as it is once the notebook is trusted, as after it has been run."""
    _, address, (_, data, *_) = lab
    folder = data.parent
    cells = [nbformat.v4.new_code_cell("show(...)", outputs=[each]) for each in outputs(spark, besieged)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookNotary(data_dir=str(data)).sign(notebook)
    nbformat.write(notebook, folder / "hostile.ipynb")
    with browser.watched(chromium, address.replace("/tree/lab", "/tree/hostile.ipynb"), prepare=hostile.own) as page:
        page.set_viewport_size({"width": 1280, "height": 6000})  # cells out of sight are not drawn
        page.wait_for_function(f"() => document.querySelectorAll('.jp-Cell .main-svg').length >= {len(cells) - 3}")
        page.locator(".jp-RenderedHTMLCommon table").first.wait_for()
        page.wait_for_timeout(500)  # for what the page does after it has drawn, such as typesetting
        assert hostile.owned(page) == []
        table = page.locator(".jp-RenderedHTMLCommon table").first.inner_text()
        for field in ("city", "country", "region", "gift_type", "timezone", "weather_condition"):
            for kind in ("short", "script", "link", "mathematics", "formula", "sql"):
                assert hostile.text(field, kind) in table, (field, kind)
        assert page.locator("mjx-container, .MathJax").count() == 0
        drawn = page.locator(".js-plotly-plot svg text").all_text_contents()
        for field, kind in (("city", "short"), ("city", "link"), ("region", "short")):
            assert any(hostile.text(field, kind) in each for each in drawn), (field, kind)
        assert page.locator(".js-plotly-plot svg a[href]").count() == 0


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
