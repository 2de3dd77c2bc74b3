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
from sleigh.serve import dashboard, server

ALL_RUN = f"{len(STREAMS)} of {len(STREAMS)} streams running"
CARD = ".sleigh .card b"
STRIP = ".sleigh .strip"
DRAWN = "() => document.querySelector('.js-plotly-plot .main-svg') && document.querySelector('.js-plotly-plot').data"
"""The cards are text and come at once; Plotly's script is loaded and draws after them, on a busy machine seconds after."""


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


def km(page):
    """The last point of the chart of kilometres, as drawn."""
    return page.evaluate(
        "() => document.querySelector('.js-plotly-plot').data.find(trace => trace.name === 'km').y.slice(-1)[0] || 0"
    )


def shown(page):
    return page.locator(STRIP).inner_text(), deliveries(page), km(page)


def test_the_page_has_cards_charts_tables_and_a_strip(shared):
    assert shared.locator(".sleigh .card").count() == 6
    kinds = shared.evaluate("() => document.querySelector('.js-plotly-plot').data.map(trace => trace.type)")
    assert {"scatter", "bar", "pie", "indicator"} == set(kinds)
    until(shared, "() => document.querySelector('.js-plotly-plot')._fullData.every(trace => trace.visible)")  # has data
    until(shared, "() => document.querySelectorAll('.sleigh .scroll tbody tr').length > 10")
    words = (ALL_RUN, "events a minute", "quality", "quarantined", "watermark", "refresh")
    for word in (*words, "event → silver", "event → gold"):
        until(shared, f"() => document.querySelector('.sleigh .strip').innerText.includes('{word}')")


def test_cards_and_charts_change_while_the_producer_runs(shared):
    before, flown = deliveries(shared), km(shared)
    until(shared, f"() => Number(document.querySelector('.sleigh .card b').innerText.replaceAll(',', '')) > {before}")
    until(
        shared,
        "() => document.querySelector('.js-plotly-plot').data.find(trace => trace.name === 'km').y.slice(-1)[0] "
        f"> {flown}",
    )


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
    choice = shared.locator("select").nth(1)
    choice.select_option("Pacific Islands")
    until(shared, "() => document.querySelector('.js-plotly-plot').textContent.includes('(all regions)')")
    choice.select_option("all regions")
    until(shared, "() => !document.querySelector('.js-plotly-plot').textContent.includes('(all regions)')")


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


@pytest.mark.parametrize("width", [1024, 1600])
def test_the_page_fits_its_window(shared, width):
    shared.set_viewport_size({"width": width, "height": 900})
    until(  # the figure follows its window a moment later
        shared,
        "() => [...document.querySelectorAll('.sleigh, .js-plotly-plot, .js-plotly-plot .main-svg')]"
        f".every(part => part.getBoundingClientRect().right <= {width}) "
        f"&& document.querySelector('.js-plotly-plot .main-svg').getBoundingClientRect().width > {0.8 * width}",
    )


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


def test_a_dark_page_is_dark_and_its_address_is_its_own_where_another_took_the_port(chromium, night, home, monkeypatch):
    """Two runs that start at once find the same port free; the address must be that of one's own page."""
    monkeypatch.setenv("HOME", str(home))
    port = server.free_port(9200)
    other = http.server.ThreadingHTTPServer(("127.0.0.1", port), http.server.SimpleHTTPRequestHandler)
    monkeypatch.setattr(server, "free_port", lambda wanted: wanted)
    with other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        process, address = server.start(night.lake, port=port, every=1, theme="dark")
        try:
            assert f":{port + 1}/" in address and helpers.fetch(address.replace("?", f"api/kernels/{NOBODY}?")) == 404
            with browser.watched(chromium, address) as page:
                until(page, "() => document.querySelector('.sleigh .card b') && document.querySelector('.sleigh td')")
                colours = page.evaluate(
                    "() => [getComputedStyle(document.body).backgroundColor, "
                    "...[...document.querySelectorAll('.sleigh .card b, .sleigh .card small, .sleigh td, .sleigh th')]"
                    ".map(part => getComputedStyle(part).color)]"
                )
        finally:
            server.stop(process)
            other.shutdown()
    background, *texts = [sum(map(int, re.findall(r"\d+", colour)[:3])) / 3 for colour in colours]
    assert background < 50 and min(texts) > 100, colours


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
        assert page.locator(".js-plotly-plot").count() == 1


def test_a_page_that_went_without_a_word_leaves_no_kernel(served, shared):
    """Its kernel goes on to draw, for nobody: that must not keep it alive. The page that is open keeps its own."""
    kernels, waited = psutil.Process(served[0].pid).children, time.monotonic()
    while len(kernels()) > 1:
        assert time.monotonic() < waited + browser.SECONDS, "the kernel is still there"
        time.sleep(0.5)
    before = deliveries(shared)
    until(shared, f"() => Number(document.querySelector('.sleigh .card b').innerText.replaceAll(',', '')) > {before}")
