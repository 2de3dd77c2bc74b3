"""The dashboard without a browser: what it shows, what it survives, that there is one loop, that text stays text."""

import asyncio
import datetime as dt
import gc
import json
import re
import shutil
import weakref

import helpers
import plotly.graph_objects as go
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from sleigh import landing, pipeline, runtime
from sleigh.live import watch
from sleigh.pipeline import expectations
from sleigh.serve import board as boards
from sleigh.serve import charts, dashboard, health, html, sparkline, traces, warehouse
from sleigh.tables import PREDICTIONS, SILVER


def ticked(board, times=1):
    """The board after so many refreshes."""

    async def run():
        for _ in range(times):
            await board.tick()

    asyncio.run(run())
    return board


def strip(board):
    return board._strip.value


@pytest.fixture
def board(late):
    return ticked(dashboard.Dashboard(late))


# What it shows


def test_the_figure_draws_what_the_queries_say(late):
    house = warehouse.Warehouse(late)
    results = house.ask_all()
    drawn = charts.figure(results)
    by_name = {trace.name: trace for trace in drawn.data if trace.type != "scatter" or trace.line.dash is None}
    assert list(by_name["all"].y) == results["02_completion_trend"]["total_deliveries"].to_pylist()
    assert list(by_name["km"].y) == results["09_distance"]["cumulative_distance_km"].to_pylist()
    assert sum(by_name["delivered"].y) < sum(by_name["all"].y)
    donut = next(trace for trace in drawn.data if trace.type == "pie")
    assert list(donut["values"]) == results["08_weather"]["deliveries"].to_pylist()
    assert len([trace for trace in drawn.data if trace.type == "indicator"]) == 3


def predict(folder, probability):
    """Give each delivery of silver a prediction, as the extension's stream would."""
    silver = DeltaTable(str(folder / SILVER.name)).to_pyarrow_table(
        columns=["delivery_id", "delivery_timestamp", "region"]
    )
    same = {"probability": probability, "model_version": "<b>0a</b>", "scored_at": dt.datetime.now(dt.UTC)}
    rows = pa.Table.from_pylist([row | same for row in silver.to_pylist()])
    runtime.create_files(folder / PREDICTIONS.name, PREDICTIONS.name)
    write_deltalake(str(folder / PREDICTIONS.name), rows.select(PREDICTIONS.columns.names), mode="append")


def test_the_rows_of_an_extension_are_shown_once_its_table_is_there(late, tmp_path):
    """Under the cards; until then nothing is asked and nothing differs."""
    folder = shutil.copytree(late, tmp_path / "lake")
    board = ticked(dashboard.Dashboard(folder))
    without = len(board.widget.children)
    assert board._house.extensions == () and board._extensions not in board.widget.children
    predict(folder, 0.25)
    ticked(board, 2)
    assert board._house.extensions == ("delay_model",)
    assert [board.widget.children.index(part) for part in (board._cards, board._extensions, board.charts)] == [4, 5, 6]
    assert len(board.widget.children) == without + 1
    shown, here = board._extensions.value, board._house.ask("delay_model").to_pylist()
    assert warehouse.title("delay_model") in shown and '<th scope="col" class="n">predicted percent</th>' in shown
    assert "&lt;b&gt;0a" in shown and "<b>0a" not in shown and "25.0" in shown
    silver = board._house.one(
        "SELECT count(*), round(100 * avg(is_delayed), 2) FROM silver_santa_deliveries WHERE delivery_timestamp > "
        "(SELECT max(delivery_timestamp) FROM silver_santa_deliveries) - INTERVAL 15 MINUTES"
    )
    assert (here[0]["predictions"], here[0]["observed_percent"]) == silver and len(here) == 1
    board.region.value = "Asia"
    ticked(board)
    assert board._house.ask("delay_model")["predictions"].to_pylist()[0] < silver[0]


DATA = ("x", "y", "labels", "values", "value", "text")


@pytest.fixture
def nothing(tmp_path):
    """The 14 answers of a lake that is not there yet."""
    return warehouse.Warehouse(tmp_path / "nothing").ask_all(missing="empty")


def shown(board):
    """The traces that the page has been given, of all charts."""
    return [trace for view in board.charts.children for trace in view.rows]


def test_an_update_is_the_figure_of_the_new_rows(late, nothing):
    fresh, drawn = charts.figure(warehouse.Warehouse(late).ask_all()), charts.figure(nothing)
    assert not drawn.data[0].x
    for results, wanted in ((warehouse.Warehouse(late).ask_all(), fresh), (nothing, charts.figure(nothing))):
        charts.update(drawn, results)
        for one, other in zip(drawn.data, wanted.data, strict=True):
            for name in DATA:
                if name in other:
                    assert str(one[name]) == str(other[name]), (other.type, name)
    assert [trace.value for trace in drawn.data if trace.type == "indicator"] == [None] * 3


def test_the_page_s_charts_have_the_rows_of_the_figure(late, board):
    house = warehouse.Warehouse(late)
    results = house.ask_all()
    drawn = charts.figure(results, watermarks=house.watermarks)
    for one, other in zip(shown(board), json.loads(drawn.to_json())["data"], strict=True):
        assert {name: one.get(name) for name in DATA} == {name: other.get(name) for name in DATA}


def test_a_refresh_sends_what_has_changed_and_nothing_where_nothing_has(late, board, nothing, monkeypatch):
    """Kilobytes of rows, and neither layouts nor plotly's script."""
    sent = []
    monkeypatch.setattr(boards.ChartView, "send_state", lambda self, key=None: sent.append(self.get_state(key)))
    house = warehouse.Warehouse(late)
    results, how = house.ask_all(), {"watermarks": house.watermarks}
    boards.show(board.charts, results, **how)
    assert not sent or not any(map(set, sent)), "the rows that it has"
    boards.show(board.charts, nothing, **how)
    boards.show(board.charts, results, **how)
    assert {name for state in sent for name in state} <= {"rows", "says"}
    assert len(json.dumps(sent)) < 60_000


def test_an_open_window_looks_open_and_a_closed_one_does_not(spark, live_folder):
    """Open is what begins less than a window's length before the watermark, and all is drawn once."""
    house = warehouse.Warehouse(helpers.opened(spark, live_folder))
    results = house.ask_all()
    starts = results["02_completion_trend"]["window_start"].to_pylist()
    closed_to = dt.datetime.fromtimestamp(house.watermarks["gold_delivery_summary_realtime"] / 1000, dt.UTC)
    still = sum(start + dt.timedelta(minutes=1) > closed_to for start in starts)
    for name in ("02_completion_trend", "11_success_and_delay"):
        columns = charts.columns(results[name], charts.CHARTS[name], house.watermarks)
        assert columns["open"] == [False] * (len(starts) - still) + [True] * still and 0 < still < len(starts)
        drawn = charts.CHARTS[name].draw(columns)
        solid, dotted = ([trace for trace in drawn if (trace.line.dash == "dot") is dash] for dash in (False, True))
        assert [len(trace.x) for trace in (*solid, *dotted)] == [len(starts) - still] * 2 + [still + 1] * 2
        assert [one.y[-1] for one in solid] == [other.y[0] for other in dotted], "it begins where the other ends"
        assert f"The newest {still} of {len(starts)} minutes are still open" in charts.CHARTS[name].says(columns)
    (bar,) = charts.CHARTS["03_by_region"].draw(
        charts.columns(results["03_by_region"], charts.CHARTS["03_by_region"], house.watermarks)
    )
    assert all(color.startswith("rgba") for color in bar.marker.color), "the latest window is open, and hollow"
    house.view(final=True)
    rows = charts.columns(house.ask("03_by_region"), charts.CHARTS["03_by_region"], house.watermarks)
    assert charts.CHARTS["03_by_region"].draw(rows)[0].marker.color == bar.marker.line.color
    assert not any(rows["open"])


def test_the_heatmap_has_every_delivery_once_wherever_its_city_lies():
    for longitude in (-179.9, -169.1, -168.9, 0.0, 24.9, 179.9):
        x, y, cells = traces.density([longitude, 10.0], [70.0, -50.0], [300, 20])
        assert sum(map(sum, cells)) == pytest.approx(320)
        top = max(range(len(cells)), key=lambda row: max(cells[row]))
        assert abs(y[top] - 70) <= traces.CELL and len(x) * traces.CELL == 360
    assert sum(map(sum, traces.density([], [], [])[2])) == 0


def test_the_map_changes_between_bubbles_and_heat(board):
    assert [trace["type"] for trace in board.charts.children[0].rows] == ["scatter"]
    board.map.value = True
    ticked(board)
    (drawn,) = board.charts.children[0].rows
    count = sum(board._house.ask("12_map")["deliveries"].to_pylist())
    assert drawn["type"] == "heatmap"
    assert sum(cell for row in drawn["z"] for cell in row if cell) == pytest.approx(count, rel=0.02)
    assert not re.search("[▲▼]", board._cards.value)


def test_a_card_has_a_line_of_the_last_hour_dashed_where_it_is_open(board):
    text = board._cards.value
    assert text.count("<svg") == text.count('role="img"') == len(html.CARDS) == len(sparkline.LINES)
    newest = board._house.one(
        "SELECT total_deliveries FROM gold_delivery_summary_realtime ORDER BY window_start DESC LIMIT 1"
    )
    assert f"now {newest[0]}<" in text
    rows = {column: [1.0, 3.0, 2.0] for column, *_ in sparkline.LINES.values()}
    drawn = sparkline.sparkline("total_gifts", rows | {"open": [False, True, True]})
    assert re.findall('class="(?:closed|open)" d="([^"]+)"', drawn) == ["M0.0,24.0", "M0.0,24.0L50.0,0.0L100.0,12.0"]
    assert sparkline.sparkline("total_gifts", rows | {"total_gifts_delivered": [1], "open": [False]}) == ""


def test_names_of_any_number_and_length_have_room():
    names = [f"<{'x' * 90}{number}>" for number in range(30)]
    (bar,) = traces.regions({"region": names, "total_deliveries": list(range(30, 0, -1))})
    assert len(bar.y) == traces.MOST_BARS and list(bar.x)[-1] == 30
    assert all(name.startswith("&lt;xx") and len(name) < traces.LONGEST_NAME + 6 for name in bar.y)


@pytest.mark.parametrize("name", charts.CHARTS)
def test_each_chart_stands_alone_too(late, name):
    house = warehouse.Warehouse(late)
    alone = charts.chart(name, house.ask(name))
    assert len(alone.data) == len(charts.CHARTS[name].draw(charts.columns(house.ask(name)))) > 0


def test_all_fourteen_queries_are_shown(board):
    text = {"01_overall_progress", "05_top_cities", "06_live_activity", "14_night"}
    assert set(charts.CHARTS) | text == set(warehouse.QUERIES)
    assert "deliveries" in board._cards.value and "Top cities" in board._side.value
    assert board._feed.value.count("<tr>") == 101
    assert "quality" in strip(board) and "quarantined" in strip(board) and "watermark" in strip(board)


def test_the_cards_show_the_change_since_the_last_refresh():
    one = {"total_deliveries": 1000, "success_rate_percentage": 80.0}
    assert "▲" not in html.cards(one)
    two = html.cards(one | {"total_deliveries": 1234, "success_rate_percentage": 78.5}, one)
    assert "1,234" in two and "▲ 234" in two and "▼ 1.5 %" in two
    assert "±0" in html.cards(one, one)
    assert html.cards({}).count("–") == len(html.CARDS)


def test_a_snapshot_is_cards_and_a_plain_figure_with_their_style(late, nothing, monkeypatch):
    for results in (warehouse.Warehouse(late).ask_all(), nothing):
        shown = []
        monkeypatch.setattr("IPython.display.display", shown.append)
        dashboard.snapshot(results)
        text, figure = shown
        assert text.data.startswith(html.STYLE) and text.data.count('class="card"') == len(html.CARDS)
        assert type(figure) is go.Figure and len(figure.data) == len(charts.every_trace(results))


def test_health_counts_what_is_there(late):
    house = warehouse.Warehouse(late, tables=health.READS)
    found = health.health(house, house.refresh())
    silver = house.one("SELECT count(*) FROM silver_santa_deliveries")
    bad = house.one("SELECT count(*), sum(len(failed_rules)) FROM quarantine_santa_deliveries")
    assert found["quarantined"] == bad[0] > 0 and sum(found["rules"].values()) == bad[1]
    assert found["passed_percentage"] == pytest.approx(100 * silver[0] / (silver[0] + bad[0]))
    assert 0 < found["events_per_minute"] <= 60 and found["missing"] == [] and found["streams"] == []
    assert found["silver_behind_s"] >= 0 and found["gold_behind_s"] >= 0


# Controls


def test_the_region_filter_reaches_the_queries_that_have_a_region(late, board):
    regions = set(warehouse.Warehouse(late).ask("12_map")["region"].to_pylist())
    one = sorted(regions)[0]
    board.region.value = one
    ticked(board)
    expected = warehouse.Warehouse(late).ask_all(region=one)
    assert set(expected["12_map"]["region"].to_pylist()) == {one} and len(regions) > 1
    places = next(trace for trace in shown(board) if trace.get("name") == "cities")
    assert len(places["x"]) == len(expected["12_map"])
    headings = [view.heading for view in board.charts.children]
    assert ["(all regions)" in each for each in headings] == [not chart.region for chart in charts.CHARTS.values()]
    notes = charts.figure(expected, region=one).layout.annotations
    assert sum("(all regions)" in note.text for note in notes) == sum("(all regions)" in each for each in headings)
    count = expected["14_night"]["deliveries"][0].as_py()
    assert "all regions" in board._cards.value and f"{one}: {count:,} deliveries" in board._cards.value
    board.region.value = ""
    assert "all regions" not in ticked(board)._cards.value


def test_final_shows_only_what_the_watermark_has_closed(spark, live_folder):
    folder = helpers.opened(spark, live_folder)
    house = warehouse.Warehouse(folder)
    live = house.ask_all()["09_distance"]["window_start"].to_pylist()
    final = house.ask_all(final=True)["09_distance"]["window_start"].to_pylist()
    assert 0 < len(final) < len(live) and final == live[: len(final)]


def test_pause_keeps_what_was_read_and_start_goes_on(spark, late, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(late, folder)
    board = ticked(dashboard.Dashboard(folder))
    board.playing.value = False
    before = board._cards.value, board._feed.value
    assert board.playing.description == dashboard.START
    more = warehouse.Warehouse(folder)
    append_again(folder, more)
    ticked(board, 2)
    assert (board._cards.value, board._feed.value) == before and board.ticks == 1
    said = strip(board)
    board.view.value = True
    ticked(board)
    assert strip(board) == said, "other rows of the same refresh, at the same lag"
    board.view.value = False
    board.playing.value = True
    ticked(board)
    assert board._feed.value != before[1] and board.ticks == 2


def test_another_view_is_no_change_of_the_night(board):
    assert "▲" not in board._cards.value and "▼" not in board._cards.value
    for final in (True, False):
        board.view.value = final
        ticked(board)
        assert not re.search("[▲▼±]", board._cards.value), "another view of the same night"
        ticked(board)
        assert board._cards.value.count("±0") > 3


def append_again(folder, house):
    """Commit a delivery to silver that is newer than all others."""
    from deltalake import write_deltalake

    house.refresh()
    row = house.select("SELECT * FROM silver_santa_deliveries ORDER BY delivery_timestamp DESC LIMIT 1").to_pylist()[0]
    row |= {"delivery_id": "newest", "delivery_timestamp": row["delivery_timestamp"] + dt.timedelta(minutes=1)}
    rows = pa.Table.from_pylist([row], warehouse._schema("silver_santa_deliveries"))
    write_deltalake(str(folder / "silver_santa_deliveries"), rows, mode="append")


# What it survives


def test_no_lake_at_all(tmp_path):
    board = ticked(dashboard.Dashboard(tmp_path / "nothing"), 2)
    assert "waiting for silver_santa_deliveries" in strip(board) and "No deliveries yet" in board._cards.value
    assert board.ticks == 2


def test_a_lake_that_fills_while_it_is_watched(spark, lake):
    board = ticked(dashboard.Dashboard(lake))
    assert "No deliveries yet" in board._cards.value
    helpers.land_messages(spark, [helpers.message(n) for n in range(5)])
    pipeline.run(spark, mode="live", sink="delta-rs")
    ticked(board)
    assert "5 deliveries" in board._cards.value and "waiting for" not in strip(board)


def test_a_table_that_goes_missing(late, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(late, folder)
    board = ticked(dashboard.Dashboard(folder))
    shutil.rmtree(folder / "gold_top_cities")
    ticked(board)
    assert "waiting for gold_top_cities" in strip(board) and "quality" in strip(board)


@pytest.mark.parametrize("step", ["_ask", "_offer_restarts"])
def test_a_refresh_that_fails_is_one_escaped_line_and_the_next_goes_on(board, monkeypatch, step):
    def fail(self):
        raise RuntimeError("<b>disk</b>\nfull")

    with monkeypatch.context() as patch:
        patch.setattr(dashboard.Dashboard, step, fail)
        ticked(board)
        assert "refresh failed: RuntimeError: &lt;b&gt;disk&lt;/b&gt;" in strip(board)
    ticked(board)
    assert "quality" in strip(board)


def test_a_message_from_the_year_9999(spark, lake, monkeypatch):
    """Where the rules let it pass, its ten-minute window ends in a year that Python's clock does not have."""
    monkeypatch.setitem(expectations.RULES, "valid_timestamp", "try_to_timestamp(timestamp) IS NOT NULL")
    helpers.land_messages(spark, [helpers.message(), helpers.message(1, timestamp="9999-12-31T23:59:59Z")])
    pipeline.run(spark, mode="live", sink="delta-rs")
    board = ticked(dashboard.Dashboard(lake), 2)
    assert "2 deliveries" in board._cards.value and "refresh failed" not in strip(board)


def producer(state, error=None):
    return {"table": landing.TABLE, "state": state, "error": error}


def say(folder, **changes):
    """Write a status as a live run would."""
    streams = [
        {"table": table, "state": "running", "error": None} for table in ("bronze_santa_deliveries", "gold_top_cities")
    ]
    status = {
        "at": dt.datetime.now(dt.UTC).isoformat(),
        "speed": 1,
        "producer": producer("running"),
        "streams": streams,
    } | changes
    (folder / "_live").mkdir(exist_ok=True)
    (folder / "_live" / "status.json").write_text(json.dumps(status))


def test_a_dead_stream_is_named_with_its_error_and_a_button_asks_for_its_restart(late, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(late, folder)
    say(folder)
    board = ticked(dashboard.Dashboard(folder))
    assert "2 of 2 streams running" in strip(board) and not board._restart.children
    dead = {"table": "gold_top_cities", "state": "failed", "error": "<disk> full"}
    stopped = {"table": "gold_overall_progress", "state": "stopped", "error": None}
    say(folder, streams=[dead, stopped], producer=producer("failed", "it was killed (exit code -9)"))
    ticked(board)
    assert "gold_top_cities died: &lt;disk&gt; full" in strip(board) and "0 of 2 streams running" in strip(board)
    assert "gold_overall_progress stopped" in strip(board)
    assert "the producer died: it was killed (exit code -9)" in strip(board)
    assert [button.description for button in board._restart.children] == [
        "Restart the producer",
        "Restart gold_top_cities",
        "Restart gold_overall_progress",
    ]
    for button in board._restart.children:
        button.click()
    asked = {path.name for path in (folder / "_live").glob("restart-*")}
    assert asked == {f"restart-{table}" for table in (landing.TABLE, "gold_top_cities", "gold_overall_progress")}
    say(folder, producer=producer("ended"))
    ticked(board)
    assert "the producer has reached its end" in strip(board) and not board._restart.children
    say(folder)
    ticked(board)
    assert not board._restart.children


def test_a_run_that_has_fallen_silent_is_no_run(tmp_path):
    say(tmp_path, at=(dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)).isoformat())
    assert health.read_status(tmp_path) == {}
    for text in ('{"at": "20', '{"at": "2026-12-24T12:00:00"}', '{"at": 7}', "{}", "[]", "\0"):
        (tmp_path / "_live" / "status.json").write_text(text)
        assert health.read_status(tmp_path) == {}


def test_a_status_from_the_future_is_no_run(tmp_path):
    """The clock was set back after the run had ended. A second or two ahead is a clock that is being set right."""
    for ahead, alive in ((3600, False), (86400 * 4000, False), (2, True)):
        say(tmp_path, at=(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=ahead)).isoformat())
        assert bool(health.read_status(tmp_path)) is alive


def test_a_restart_is_asked_for_known_tables_only(tmp_path):
    with pytest.raises(ValueError, match="no stream writes"):
        watch.ask_restart(tmp_path, "../x")


def test_a_cell_that_is_run_twice_leaves_one_loop(late):
    async def cell():
        one = dashboard.show(late, every=1)
        two = dashboard.show(late, every=1)
        await asyncio.sleep(0.1)
        assert one.finished.cancelled() and not two.finished.done()
        two.stop()
        await asyncio.sleep(0.1)
        assert two.finished.cancelled() and not dashboard._boards

    asyncio.run(cell())


def test_a_dashboard_that_was_replaced_does_not_keep_its_copy_of_the_tables(late):
    async def cell():
        boards = [dashboard.show(late, every=1) for _ in range(2)]
        await asyncio.sleep(0.1)
        boards[1].stop()
        boards[1].stop()
        for board in boards:
            await asyncio.wait([board.finished])
        return [weakref.ref(board._house) for board in boards]

    left = asyncio.run(cell())
    gc.collect()
    assert [one() for one in left] == [None, None]


@pytest.mark.parametrize("fails", [False, True])
def test_with_ticks_it_ends_by_itself(late, monkeypatch, fails):
    if fails:
        monkeypatch.setattr(dashboard.Dashboard, "_ask", lambda self: 1 / 0)

    async def cell():
        board = dashboard.show(late, every=1, ticks=2)
        await asyncio.wait_for(board.finished, 60)
        return board

    assert asyncio.run(cell()).ticks == 2
