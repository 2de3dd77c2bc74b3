"""The live dashboard: 14 queries, drawn again and again while events arrive, with their controls; for a notebook or Voila.

Where the lake has the tables of an extension, the rows of its query (warehouse.EXTENSIONS) stand under the cards.

    board = dashboard.show(lake, every=10)      # in a cell; run it twice and there is still one loop
    await board.finished                        # only where it ends by itself: show(..., ticks=3)

Queries run in a thread, so that the kernel answers while they do; everything is drawn in the kernel's own loop. On
Databricks, whose messages are limited, `snapshot` draws the same charts once as a plain figure.
"""

import asyncio
import time
from pathlib import Path

import ipywidgets as widgets

from .. import landing, runtime
from ..simulator.world import cities
from . import board, charts, css, html, sparkline, traces, warehouse
from .health import READS, health

INTERVALS = (1, 5, 10, 30)
"""Seconds between two refreshes that the reader can choose from."""

PAUSE, START = "❚❚ Pause", "▶ Start"  # no icon font: Voila would fetch it from the network

ACTIVITY = {
    "delivery_timestamp": "time",
    "city": "city",
    "country": "country",
    "gift_type": "gift",
    "num_gifts": "gifts",
    "status": "status",
    "weather_condition": "weather",
    "delivery_time_seconds": "s",
}
TOP = {"place": "place", "city": "city", "country": "country", "total_deliveries": "deliveries", "total_gifts": "gifts"}

HISTORY = "history"
"""Under this name the rows of the sparklines stand among those of the queries."""

_boards = {}  # folder of the lake -> the dashboard that was shown last, and whose loop may still run


def show(lake=None, *, every=10, region=None, final=False, ticks=None):
    """Display the dashboard of a lake and keep it up to date. Returns the Dashboard.

    lake: its folder; the open one if not given. every: seconds between two refreshes. region: only this one. final: only
    closed windows. ticks: end after so many refreshes; without it, it runs until stop() or the kernel's end. A dashboard of
    the same lake that still runs is stopped: a cell that is run twice leaves one loop.
    """
    from IPython.display import display

    folder = Path(lake).resolve() if lake else runtime.lake()
    if folder in _boards:
        _boards[folder].stop()
    board = _boards[folder] = Dashboard(folder, every=every, region=region, final=final)
    display(board.widget)
    board.start(ticks)
    return board


def snapshot(results):
    """Display {query: rows} once: cards, summary line and all charts as a plain figure. For Databricks and for print."""
    from IPython.display import HTML, display

    display(HTML(html.STYLE + _wrapped(html.cards(_first(results, "01_overall_progress")), _night(results))))
    figure = charts.figure(results)
    display(figure) if runtime.backend().draws_bundles else figure.show()


class Dashboard:
    """The widget and the loop that refreshes it. `widget` is what to display, `ticks` how often it looked for new rows."""

    def __init__(self, folder, *, every=10, region=None, final=False):
        """Build the widget without charts yet; nothing is read and nothing runs before start() or tick()."""
        self.folder, self.ticks = Path(folder), 0
        self._house = warehouse.Warehouse(self.folder, tables=READS)
        self._state, self._before, self._task, self._shown = None, {}, None, None
        self._make_controls(every, region, final)
        self._strip, self._cards, self._extensions, self._side, self._feed = (widgets.HTML() for _ in range(5))
        self._restart, self.charts = widgets.HBox(), board.make()
        self._side.layout = widgets.Layout(flex="1 1 420px", min_width="0")
        self._feed.layout = widgets.Layout(flex="2 1 560px", min_width="0")
        tables = widgets.HBox(
            [self._side, self._feed], layout=widgets.Layout(flex_flow="row wrap", grid_gap="10px 18px")
        )
        parts = [self._controls, self._strip, self._restart, self._cards, self.charts, tables]
        self.widget = widgets.VBox([widgets.HTML(css.STYLE + css.BOARD), *parts], layout=widgets.Layout(width="100%"))
        self.widget.add_class("sleigh-board")

    def _make_controls(self, every, region, final):
        self.playing = widgets.ToggleButton(value=True, description=PAUSE, layout={"width": "90px"})
        self.every = _choice("refresh", [(f"every {n} s", n) for n in sorted({*INTERVALS, every})], every)
        names = sorted(set(cities()["region"].to_pylist()))
        # '' and not None, which a Dropdown takes for nothing chosen
        self.region = _choice("region", [("all regions", ""), *((name, name) for name in names)], region or "")
        self.view = _choice("windows", [("live: open ones too", False), ("final: closed only", True)], final)
        self.map = _choice("map", [("bubbles: a dot a city", False), ("heatmap: density", True)], False)
        self.playing.observe(_name_playing, "value")
        row = widgets.Layout(flex_flow="row wrap", align_items="center")
        self._controls = widgets.HBox([self.playing, self.every, self.region, self.view, self.map], layout=row)

    def _changed(self, _):
        if self._task is not None:
            self._wake.set()

    def start(self, ticks=None):
        """Begin to refresh, in the running asyncio loop; with `ticks` it ends by itself. `finished` can be awaited."""
        self._wake = asyncio.Event()
        for control in self._controls.children:
            control.observe(self._changed, "value")
        self._task = self.finished = asyncio.get_running_loop().create_task(self._loop(ticks))

    def stop(self):
        """End the loop; what is shown stays."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
            # ipywidgets keeps every widget for good; a control that knows of us would keep our copy of the tables, too.
            for control in self._controls.children:
                control.unobserve(self._changed, "value")
        if _boards.get(self.folder) is self:
            del _boards[self.folder]

    async def _loop(self, ticks):
        while ticks is None or self.ticks < ticks:
            begun = time.monotonic()
            self._wake.clear()
            await self.tick()
            try:
                left = self.every.value - (time.monotonic() - begun)
                await asyncio.wait_for(self._wake.wait(), max(0.05, left))
            except TimeoutError:
                pass

    async def tick(self):
        """Read what is new and draw it; while paused, only what the controls say of what was read is drawn anew."""
        wanted = {"region": self.region.value or None, "final": self.view.value, "heat": self.map.value}
        paused = not self.playing.value and self._state is not None
        if paused and self._shown == wanted:
            return
        self.ticks += not paused
        try:
            self._draw(await asyncio.to_thread(self._fetch, wanted, paused), wanted)
        except Exception as error:  # whatever it is, the next refresh may go well
            self._strip.value = _wrapped(html.failure(error))

    def _fetch(self, wanted, paused):
        begun = time.perf_counter()
        seen = {name: wanted[name] for name in ("region", "final")}
        if paused:  # the rows stay, and so does what the strip says of them
            self._house.view(**seen)
            return self._ask()
        versions = self._house.refresh(**seen, missing="empty")
        results = self._ask()
        self._state = health(self._house, versions, time.perf_counter() - begun)
        return results

    def _ask(self):
        history = {HISTORY: self._house.select(sparkline.HISTORY)}
        return {name: self._house.ask(name) for name in warehouse.QUERIES} | history | self._house.ask_extensions()

    def _draw(self, results, wanted):
        now = _first(results, "01_overall_progress")
        region, watermarks = wanted["region"], self._house.watermarks
        # A change since the last refresh is one of the night, not of the view.
        before = self._before if wanted == self._shown else {}
        history = charts.columns(results[HISTORY], charts.CHARTS["02_completion_trend"], watermarks)
        cards = html.cards(now, before, region=region, history=history)
        self._cards.value = _wrapped(cards, _night(results, region))
        self._before, self._shown = now, wanted
        self._show_extensions(results)
        self._strip.value = _wrapped(html.strip(self._state))
        self._side.value = _table(results, "05_top_cities", "Top cities, latest 15 minutes", TOP)
        self._feed.value = _table(results, "06_live_activity", "Newest deliveries", ACTIVITY)
        instead = {"12_map": traces.heat} if wanted["heat"] else {}
        board.show(self.charts, results, region=region, watermarks=watermarks, instead=instead)
        self._offer_restarts()

    def _show_extensions(self, results):
        panels = [html.panel(warehouse.title(name), results[name]) for name in warehouse.EXTENSIONS if name in results]
        self._extensions.value = _wrapped(*panels) if panels else ""
        if panels and self._extensions not in self.widget.children:
            place = self.widget.children.index(self._cards) + 1
            self.widget.children = (*self.widget.children[:place], self._extensions, *self.widget.children[place:])

    def _offer_restarts(self):
        dead = [part["table"] for part in self._state["down"]]
        if dead != [button.table for button in self._restart.children]:
            self._restart.children = [_restart_button(self.folder, table) for table in dead]


def _choice(label, options, value):
    """A menu with a label before it."""
    width = {"width": "max-content"}
    return widgets.Dropdown(
        description=label, options=options, value=value, style={"description_width": "initial"}, layout=width
    )


def _name_playing(change):
    change["owner"].description = PAUSE if change["new"] else START


def _restart_button(folder, table):
    from ..live.watch import ask_restart

    name = "the producer" if table == landing.TABLE else table
    button = widgets.Button(description=f"Restart {name}", layout={"width": "auto"})
    button.table = table
    button.on_click(lambda _: ask_restart(folder, table))
    return button


def _first(results, name):
    return next(iter(results[name].to_pylist()), {})


def _night(results, region=None):
    return html.night(_first(results, "14_night"), region)


def _table(results, name, title, columns):
    rows = html.table(results[name].to_pylist(), columns, scroll=title)
    return _wrapped(f"<h3>{title}</h3>", rows)


def _wrapped(*parts):
    return f'<div class="sleigh">{"".join(parts)}</div>'
