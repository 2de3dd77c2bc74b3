"""One palette, one meaning: what a weather and a status look like is said in serve/style.py and nowhere else."""

import ast
import itertools
import json
from pathlib import Path

import pytest
from sleigh import domain
from sleigh.lessons.lesson_01 import figures as figures_01
from sleigh.lessons.lesson_07 import figures as figures_07
from sleigh.serve import style, traces

ROOT = Path(__file__).parents[2]
NAMES = {*domain.WEATHER_IMPACT, *domain.STATUSES}


def test_every_weather_and_status_has_a_colour_of_its_own():
    for colors, names in ((style.WEATHER_COLORS, domain.WEATHER_IMPACT), (style.STATUS_COLORS, domain.STATUSES)):
        assert set(colors) == set(names) and len(set(colors.values())) == len(colors)


def test_all_figures_paint_the_weather_alike():
    order = ["Foggy", "Clear", "Snowy", "Cloudy"]
    strips = figures_01.weather_strips(["Oslo"], [[0, 1, 2, 3]], order).data[0]
    scale = [color for _, color in strips.colorscale]
    assert dict(zip(order, zip(scale[::2], scale[1::2], strict=True), strict=True)) == {
        name: (color, color) for name, color in style.WEATHER_COLORS.items()
    }
    assert [strips.zmin, strips.zmax] == [-0.5, 3.5], "each index gets the middle of its colour"

    *bars, delayed = figures_07.weather([{"window": "10:00", "delay_rate": 5.0, **dict.fromkeys(order, 25.0)}]).data
    assert {bar.name: bar.marker.color for bar in bars} == style.WEATHER_COLORS
    assert delayed.line.color == style.STATUS_COLORS["delayed"]

    rows = {name: [1] * 4 for name in ("deliveries", "avg_delivery_time", "success_percentage")}
    (donut,) = traces.weather(rows | {"weather_condition": order})
    assert dict(zip(donut.labels, donut.marker.colors, strict=True)) == style.WEATHER_COLORS


def test_the_dashboard_paints_the_statuses_alike():
    rows = {"status": list(domain.STATUSES), "delivery_minute": [0] * 3, "deliveries": [1] * 3}
    assert {bar.name: bar.marker.line.color for bar in traces.statuses(rows)} == style.STATUS_COLORS
    both = {name: [1.0] for name in ("window_start", "completion_percentage", "delay_rate_percentage")}
    assert [line.line.color for line in traces.rates(both)[:2]] == [
        style.STATUS_COLORS["delivered"],
        style.STATUS_COLORS["delayed"],
    ]


def colored(source):
    """Lines of Python text in which a weather or a status is given a colour that is not looked up in style's dicts."""

    def parts(node):  # what belongs to this expression itself, not to a call inside it
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.Call):
                yield child
                yield from parts(child)

    found = set()
    for node in ast.walk(compile(source, "?", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)):
        if isinstance(node, ast.Call | ast.Dict | ast.Tuple | ast.IfExp | ast.Assign):
            inside = list(parts(node))
            texts = {part.value for part in inside if isinstance(part, ast.Constant) and isinstance(part.value, str)}
            names = {part.id for part in inside if isinstance(part, ast.Name)}
            told = texts & NAMES or names & {"WEATHER_IMPACT", "STATUSES"}
            color = texts & {*style.PALETTE} or any(text.startswith(("#", "rgb")) for text in texts)
            if told and (color or "PALETTE" in names):
                found.add(node.lineno)
    return sorted(found)


def sources():
    for path in itertools.chain((ROOT / "lib").rglob("*.py"), (ROOT / "tools").glob("*.py")):
        if path.name != "style.py":
            yield pytest.param(path.read_text(), id=str(path.relative_to(ROOT)))
    for path in itertools.chain((ROOT / "notebooks").glob("*.ipynb"), (ROOT / "solutions").glob("*.ipynb")):
        cells = json.loads(path.read_text())["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        yield pytest.param("\n".join(code), id=str(path.relative_to(ROOT)))


@pytest.mark.parametrize("source", sources())
def test_no_other_module_gives_a_weather_or_a_status_a_colour(source):
    assert colored(source) == []


@pytest.mark.parametrize(
    "line",
    [
        '_SKY = {"Snowy": "blue", "Foggy": "sky"}',
        "colors = dict(zip(WEATHER_IMPACT, (PALETTE['orange'], PALETTE['sky']), strict=True))",
        'figure.add_scatter(x=x, name="delayed", line={"color": PALETTE["vermillion"]})',
        'color = "#D55E00" if status == "delayed" else INK',
        'pairs = [("delivered", PALETTE["green"])]',
    ],
)
def test_a_second_palette_would_be_found(line):
    assert colored(line) == [1]


def test_looking_a_colour_up_is_no_second_palette():
    assert colored('go.Bar(name="delayed", marker_color=STATUS_COLORS["delayed"])') == []
