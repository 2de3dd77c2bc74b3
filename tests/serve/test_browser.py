"""The dashboard in a real browser, over a lake that a live run fills: as Voila's page and in JupyterLab.

The night is played at 60 times its speed. One live run and one browser serve all tests of this file.
"""

import http.server
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import browser
import helpers
import psutil
import pytest
from sleigh import live
from sleigh.errors import SleighError
from sleigh.live import watch
from sleigh.pipeline import STREAMS
from sleigh.runtime import profile
from sleigh.serve import charts, dashboard, server

ALL_RUN = f"{len(STREAMS)} of {len(STREAMS)} streams running"
CARD = ".sleigh .card b"
STRIP = ".sleigh .strip"
DRAWN = f"() => document.querySelectorAll('.sleigh-chart .js-plotly-plot .main-svg').length >= {len(charts.CHARTS)}"
"""The cards are text and come at once; Plotly's script is loaded and draws after them, on a busy machine seconds after."""

TRACES = "[...document.querySelectorAll('.js-plotly-plot')].flatMap(chart => chart.data)"
FITS = """() => [...document.querySelectorAll('.sleigh-chart .plot')].every(place =>
    Math.abs(place.querySelector('.main-svg').getBoundingClientRect().width - place.clientWidth) <= 1)"""
NOTHING_SCROLLS_ACROSS = """() => [document.documentElement, ...document.querySelectorAll('.sleigh-board, .widget-box')]
    .every(part => part.scrollWidth <= part.clientWidth + 1)"""
WIDTHS = (800, 1024, 1280, 1920)
SHOTS = profile.ROOT / "build" / "screenshots"


@pytest.fixture(scope="module")
def night(spark, tmp_path_factory):
    """A live run, with its status in the lake as `python -m sleigh live` puts it there; its ledger must balance."""
    folder = tmp_path_factory.mktemp("browser") / "Santa's lake"
    running = live.start(folder, speed=60, rate=300)
    reporter = watch.Watch(running)
    yield running
    reporter.close()
    ledger = live.stop(running)
    assert ledger.balanced, str(ledger)


@pytest.fixture(scope="module")
def chromium():
    with browser.chromium() as started:
        yield started


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The settings of a user who has a Jupyter of his own, of which none is for our page: a folder for HOME."""
    folder = tmp_path_factory.mktemp("home")
    files = {
        ".jupyter/voila.json": json.dumps({"Voila": {"base_url": "/mine/", "token": "mine"}}),
        ".jupyter/jupyter_config.json": json.dumps({"Voila": {"port": 1}}),
        ".local/share/jupyter/kernels/python3/kernel.json": json.dumps(
            {"argv": ["false"], "display_name": "mine", "language": "python"}
        ),
        ".ipython/profile_default/startup/mine.py": "raise SystemExit('mine')",
        ".ipython/profile_default/ipython_config.py": "raise SystemExit('mine')",
        "mine.py": "raise SystemExit('mine')",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def served(night, home):
    """Voila: its process and its address. The user's settings are named by variables; HOME is no place to write to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "CULL", (1, 30))
        patch.setenv("HOME", "/dev/null/nowhere")
        for name, folder in (
            ("CONFIG_DIR", ".jupyter"),
            ("CONFIG_PATH", ".jupyter"),
            ("DATA_DIR", ".local/share/jupyter"),
        ):
            patch.setenv(f"JUPYTER_{name}", str(home / folder))
        patch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
        patch.setenv("IPYTHONDIR", str(home / ".ipython"))
        patch.setenv("PYTHONSTARTUP", str(home / "mine.py"))
        process, address = server.start(night.lake, every=1)
    yield process, address
    server.stop(process)


@pytest.fixture(scope="module")
def address(served):
    return served[1]


@pytest.fixture(scope="module")
def lab(night, tmp_path_factory):
    """JupyterLab with a notebook whose one cell shows the dashboard: its address. It starts while others are tested."""
    folder = tmp_path_factory.mktemp("lab")
    source = f"import sys; sys.path.insert(0, {str(profile.ROOT / 'lib')!r})\n"
    source += f"from sleigh.serve import dashboard\nboard = dashboard.show({str(night.lake)!r}, every=1)"
    cell = {
        "cell_type": "code",
        "id": "board",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": source,
    }
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = {"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (folder / "board.ipynb").write_text(json.dumps(notebook))
    token, port = secrets.token_urlsafe(16), server.free_port(9100)
    options = {"ServerApp.ip": "127.0.0.1", "ServerApp.port": port, "ServerApp.open_browser": False}
    options |= {"ServerApp.allow_root": True, "ServerApp.root_dir": str(folder), "LabApp.news_url": None}
    options |= {
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
    }
    options |= {"LanguageServerManager.autodetect": False}
    with open(folder / "lab.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())],
            env=os.environ | {"JUPYTER_TOKEN": token, "JUPYTER_CONFIG_DIR": str(folder / "config")},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    yield f"http://127.0.0.1:{port}/lab/tree/board.ipynb?token={token}"
    server.stop(process)


@pytest.fixture(scope="module")
def shared(chromium, address, lab):
    """Voila's page, opened once: each page has a kernel of its own, which takes seconds to start.

    One before it goes without a word, as when a browser is killed; the last test looks for its kernel.
    """
    with browser.watched(chromium, address) as page:
        with browser.watched(chromium, address) as gone:  # their kernels start side by side
            gone.locator(CARD).first.wait_for()
        until(page, "() => Number(document.querySelector('.sleigh .card b')?.innerText.replaceAll(',', '')) > 0")
        until(page, DRAWN)
        yield page


def until(page, condition):
    page.wait_for_function(condition, timeout=browser.SECONDS * 1000)


def deliveries(page):
    return int(page.locator(CARD).first.inner_text().replace(",", ""))


KM = f"Math.max(...{TRACES}.filter(trace => trace.name === 'km').map(trace => trace.y.at(-1) || 0))"


def km(page):
    """The last point of the chart of kilometres, as drawn."""
    return page.evaluate(f"() => {KM}")


def shown(page):
    return page.locator(STRIP).inner_text(), deliveries(page), km(page)


def test_the_page_has_cards_charts_tables_and_a_strip(shared):
    assert shared.locator(".sleigh .card").count() == 6
    kinds = shared.evaluate(f"() => {TRACES}.map(trace => trace.type)")
    assert {"scatter", "bar", "pie", "indicator"} == set(kinds)
    assert shared.title() == "Santa's Lakehouse" and shared.locator("html[lang]").count() == 1
    until(shared, "() => document.querySelectorAll('.sleigh .scroll tbody tr').length > 10")
    words = (ALL_RUN, "events a minute", "quality", "quarantined", "watermark", "refresh")
    for word in (*words, "event → silver", "event → gold"):
        until(shared, f"() => document.querySelector('.sleigh .strip').innerText.includes('{word}')")
    assert browser.REFRESH.search(shared.locator(STRIP).inner_text()), "bench/live.py reads it there"


def test_cards_and_charts_change_while_the_producer_runs(shared):
    before, flown = deliveries(shared), km(shared)
    until(shared, f"() => Number(document.querySelector('.sleigh .card b').innerText.replaceAll(',', '')) > {before}")
    until(shared, f"() => {KM} > {flown}")


def test_pause_stops_and_start_goes_on(shared):
    shared.get_by_role("button", name=dashboard.PAUSE).click()
    shared.get_by_role("button", name=dashboard.START).wait_for()
    last, before = None, shown(shared)
    while last != before:  # a refresh that was under way may still arrive
        time.sleep(1.5)
        last, before = before, shown(shared)
    time.sleep(3)  # three refreshes
    assert shown(shared) == before
    shared.get_by_role("button", name=dashboard.START).click()
    until(
        shared, f"() => Number(document.querySelector('.sleigh .card b').innerText.replaceAll(',', '')) > {before[1]}"
    )


def test_the_region_filter_is_said_where_it_does_not_reach(shared):
    said = "[...document.querySelectorAll('.heading')].filter(each => each.innerText.includes('(all regions)')).length"
    choice = shared.get_by_label("region", exact=True)
    choice.select_option("Pacific Islands")
    until(shared, f"() => {said} === {sum(not chart.region for chart in charts.CHARTS.values())}")
    choice.select_option("all regions")
    until(shared, f"() => {said} === 0")


def test_the_map_shows_bubbles_or_heat(shared):
    choice = shared.get_by_label("map", exact=True)
    choice.select_option(label="heatmap: density")
    until(shared, f"() => {TRACES}.some(trace => trace.type === 'heatmap' && trace.z.flat().some(count => count > 0))")
    choice.select_option(label="bubbles: a dot a city")
    until(shared, f"() => !{TRACES}.some(trace => trace.type === 'heatmap')")


def test_an_open_window_is_dashed(shared):
    """The night has gone on for longer than a window, so that the newest ones are open and others closed."""
    until(
        shared, f"() => {TRACES}.some(trace => trace.name === 'all' && trace.line.dash === 'dot' && trace.y.length > 1)"
    )


def test_by_keyboard_and_by_ear(shared):
    """Every control has a name and can be reached, in their order, and shows that it has the focus; so can the tables."""
    shared.get_by_role("button", name=dashboard.PAUSE).focus()
    reached = []
    for _ in range(6):
        shared.keyboard.press("Tab")
        reached.append(
            shared.evaluate(
                "() => { const at = document.activeElement; return [at.labels?.[0]?.innerText || at.ariaLabel, "
                "getComputedStyle(at).outlineStyle] }"
            )
        )
    names = ["refresh", "region", "windows", "map", "Top cities, latest 15 minutes", "Newest deliveries"]
    assert reached == [[name, "solid"] for name in names]
    told = [
        chart.get_attribute("aria-label") for chart in shared.get_by_role("img").and_(shared.locator(".plot")).all()
    ]
    assert len(told) == len(charts.CHARTS) and all(each.endswith(".") for each in told)
    assert any("deliveries a minute" in each for each in told)
    assert shared.locator("th:not([scope=col])").count() == 0
    heard = shared.get_by_role("list", name="producer and streams").get_by_role("listitem")
    assert [each.inner_text() for each in heard.all()] == [f"{name}: running" for name in ("the producer", *STREAMS)]
    assert [each.get_attribute("title") for each in heard.all()] == [each.inner_text() for each in heard.all()]


def test_a_stream_that_dies_is_in_the_strip_and_its_button_brings_it_back(shared, night):
    table = "gold_top_cities"
    folder = night.lake / table / "_delta_log"
    hidden = folder.with_name("hidden")
    folder.rename(hidden)  # its next commit fails
    try:
        until(shared, f"() => document.querySelector('.sleigh .strip').innerText.includes('{table} died')")
        assert live.status(night)[-1]["state"] == "failed"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        hidden.rename(folder)
    shared.get_by_role("button", name=f"Restart {table}").click()
    until(shared, f"() => document.querySelector('.sleigh .strip').innerText.includes('{ALL_RUN}')")
    until(
        shared, "() => ![...document.querySelectorAll('button')].some(button => button.innerText.includes('Restart'))"
    )


def well_laid_out(page, theme):
    """At each width the charts are as wide as their places, and no text is over another, cut off or hard to read."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 2600})
        until(page, FITS)
        page.wait_for_timeout(300)  # plotly puts its texts in their places after it has drawn
        page.screenshot(path=SHOTS / f"{theme}-{width}.png")
        assert browser.faults(page) == [], width
        assert page.evaluate(NOTHING_SCROLLS_ACROSS)


def test_the_page_fits_windows_of_every_width(shared):
    well_laid_out(shared, "light")


def test_what_overlaps_is_cut_or_pale_is_found(chromium):
    """The measure itself: one planted fault of each kind, and none where there is none."""
    page = chromium.new_page(viewport={"width": 400, "height": 300})
    page.set_content("<p style='margin: 0'>one</p><p>two</p><svg width=90 height=30><text y=20>three</text></svg>")
    assert browser.faults(page) == []
    page.evaluate("() => { document.querySelector('p').style.transform = 'translateY(30px)' }")
    assert browser.faults(page) == ["over each other: one | two"]
    page.evaluate("() => { document.querySelector('p').style.transform = 'translateX(390px)' }")
    assert browser.faults(page) == ["cut: one"]
    page.evaluate("() => { document.querySelector('p').style = 'margin: 0; color: #888' }")
    assert browser.faults(page) == ["contrast 3.54: one"]
    page.evaluate(
        "() => { document.querySelector('p').style = ''; document.querySelector('text').setAttribute('x', 70) }"
    )
    assert browser.faults(page) == ["cut: three"]
    page.close()


NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    "path",
    [
        *("", "voila/render/dashboard.ipynb", "api/kernels", f"api/kernels/{NOBODY}", f"api/kernels/{NOBODY}/channels"),
        f"voila/api/shutdown/{NOBODY}",
    ],
)
def test_without_the_token_there_is_no_page(address, path):
    plain = address.split("?")[0]
    try:
        reply = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(plain + path)
    except urllib.error.HTTPError as error:
        assert error.code in (403, 404, 405)
    else:
        assert reply.geturl().startswith(plain + "login") and "rendered_cells" not in reply.read().decode()


def slow(page):
    """A machine that is six times as slow, and a note of how wide the charts are as soon as there are any."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    page.add_init_script(
        """const look = () => {
            const drawn = [...document.querySelectorAll('.plot')].filter(place => place.querySelector('.main-svg'));
            if (!drawn.length) return requestAnimationFrame(look);
            window.first = drawn.map(place => [place.querySelector('.main-svg').getBoundingClientRect().width,
              place.getBoundingClientRect().width]);
        }; requestAnimationFrame(look)"""
    )
    return session


def test_a_dark_page_is_dark_and_its_address_is_its_own_where_another_took_the_port(chromium, night, home, monkeypatch):
    """Two runs that start at once find the same port free; the address must be that of one's own page.

    The page is opened by a slow machine, on which a chart used to be drawn before its place had a width.
    """
    monkeypatch.setenv("HOME", str(home))
    port = server.free_port(9200)
    other = http.server.ThreadingHTTPServer(("127.0.0.1", port), http.server.SimpleHTTPRequestHandler)
    monkeypatch.setattr(server, "free_port", lambda wanted: wanted)
    sessions = []
    with other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        process, address = server.start(night.lake, port=port, every=5, theme="dark")
        try:
            assert f":{port + 1}/" in address and helpers.fetch(address.replace("?", f"api/kernels/{NOBODY}?")) == 404
            with browser.watched(
                chromium, address, width=1024, prepare=lambda page: sessions.append(slow(page))
            ) as page:
                until(page, "() => window.first")
                widths = page.evaluate("() => window.first")
                assert widths and all(abs(drawn - place) <= 1 and place > 300 for drawn, place in widths), widths
                sessions[0].send("Emulation.setCPUThrottlingRate", {"rate": 1})
                until(page, DRAWN)
                until(page, "() => document.querySelectorAll('.sleigh .scroll td').length > 80")
                background = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
                assert sum(map(int, re.findall(r"\d+", background)[:3])) / 3 < 50
                well_laid_out(page, "dark")
        finally:
            server.stop(process)
            other.shutdown()


def test_a_page_that_answers_something_else_is_given_up(night, monkeypatch):
    """In a time that is bounded, or as soon as the run was told to stop."""
    port = server.free_port(9300)
    stranger = http.server.ThreadingHTTPServer(("127.0.0.1", port), http.server.SimpleHTTPRequestHandler)
    with stranger, subprocess.Popen(["sleep", "100"]) as process:  # alive, like a Voila that was set otherwise
        threading.Thread(target=stranger.serve_forever, daemon=True).start()
        try:
            told = []
            arguments = (process, port, "token", night.lake / "log", lambda: told.append(1) or len(told) > 2)
            assert server._answers(*arguments) is False
            monkeypatch.setattr(server, "STARTS_WITHIN", 0.1)
            with pytest.raises(
                SleighError, match=r"^the dashboard's page answered \[404, 404\], not \[403, 404\], within"
            ):
                server._answers(*arguments[:4], lambda: False)
        finally:
            process.kill()
            stranger.shutdown()
    monkeypatch.setattr(server, "_answers", lambda *_: False)
    with pytest.raises(SleighError, match="name another with --port"):
        server.start(night.lake)
    monkeypatch.undo()
    assert server.start(night.lake, told=lambda: True) is None


def test_a_page_whose_parent_is_killed_while_it_starts_ends():
    parent = subprocess.Popen([sys.executable, "-c", ""])
    parent.wait()
    page = [sys.executable, "-m", "sleigh.serve.server", str(parent.pid), str(server.PAGE)]
    with subprocess.Popen(
        page, env=os.environ | {"PYTHONPATH": str(profile.ROOT / "lib")}, stdin=subprocess.PIPE
    ) as page:
        try:
            page.wait(30)  # for settings that do not come
        finally:
            page.kill()


def test_a_port_in_use_is_passed_over(address):
    used = int(re.search(r":(\d+)/", address)[1])
    assert server.free_port(used) > used


# JupyterLab


def test_in_jupyterlab_the_cell_shows_it_and_it_changes(chromium, lab):
    for _ in range(200):
        try:
            helpers.fetch(lab)
            break
        except OSError:
            time.sleep(0.25)
    with browser.watched(chromium, lab) as page:
        page.get_by_text("(ipykernel) | Idle").wait_for()  # a cell run before the kernel has started is dropped
        page.locator(".jp-Cell .cm-content").first.click()
        page.keyboard.press("Shift+Enter")
        page.locator(".sleigh .card").first.wait_for()
        until(page, "() => Number(document.querySelector('.sleigh .card b').innerText.replaceAll(',', '')) > 0")
        before = deliveries(page)
        until(page, f"() => Number(document.querySelector('.sleigh .card b').innerText.replaceAll(',', '')) > {before}")
        until(page, DRAWN)
        # The cell once more: still one dashboard, and it runs. Paused first, because plotly complains on the console of an
        # update that reaches a figure whose output has just been cleared.
        page.get_by_role("button", name=dashboard.PAUSE).click()
        page.get_by_role("button", name=dashboard.START).wait_for()
        page.wait_for_timeout(3000)
        page.locator(".jp-Cell .cm-content").first.click()
        page.keyboard.press("Shift+Enter")
        page.get_by_role("button", name=dashboard.PAUSE).wait_for()
        page.locator(".sleigh .card").first.wait_for()
        until(page, DRAWN)
        assert page.locator(".sleigh-charts").count() == 1
        assert page.evaluate(FITS)


def test_a_page_that_went_without_a_word_leaves_no_kernel(served, shared):
    """Its kernel goes on to draw, for nobody: that must not keep it alive. The page that is open keeps its own."""
    kernels, waited = psutil.Process(served[0].pid).children, time.monotonic()
    while len(kernels()) > 1:
        assert time.monotonic() < waited + browser.SECONDS, "the kernel is still there"
        time.sleep(0.5)
    before = deliveries(shared)
    until(shared, f"() => Number(document.querySelector('.sleigh .card b').innerText.replaceAll(',', '')) > {before}")
