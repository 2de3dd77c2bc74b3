"""What notebooks use to show and to prove, without Spark where that is enough."""

import datetime as dt
import io

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pyarrow as pa
import pytest
from sleigh.lessons import display
from sleigh.lessons.notebook import expect_error, progress, same_rows, show, show_figure, varies
from sleigh.serve import style


@pytest.fixture
def shown(monkeypatch):
    """What was given to IPython's display, in order."""
    import IPython.display

    seen = []
    monkeypatch.setattr(IPython.display, "display", lambda thing, raw=False: seen.append(thing))
    return seen


def test_varies_is_one_marked_line(capsys):
    varies("3.2 s,\n 4 kB")
    assert capsys.readouterr().out == "≈ 3.2 s, 4 kB\n"


def test_progress_grows_one_line(capsys):
    assert list(progress(["landing", "bronze"])) == ["landing", "bronze"]
    list(progress(range(3), "batches"))
    assert capsys.readouterr().out == "preparing: landing · bronze · ready\nbatches: ... ready\n"


class AnalysisException(Exception):
    pass


MESSAGES = {
    "[UNRESOLVED_COLUMN.WITH_SUGGESTION] No column `a`. SQLSTATE: 42703; line 1 pos 8;\n'Project ['a]\n+- Range": (
        "[UNRESOLVED_COLUMN.WITH_SUGGESTION] No column `a`."
    ),
    "[STREAM_FAILED] Query [id = 6f1c2b7e-0a51-4f7e-9d3f-1f2e3d4c5b6a, runId = x] terminated with exception: "
    "[DIVIDE_BY_ZERO] Division by zero. SQLSTATE: 22012 SQLSTATE: XXKST\n=== Streaming Query ===\nId": (
        "[DIVIDE_BY_ZERO] Division by zero."
    ),
    "[STREAM_FAILED] Query [id = 1] terminated with exception: disk full SQLSTATE: XXKST": (
        "[STREAM_FAILED] Query [id = 1] terminated with exception: disk full"
    ),
    "[STREAM_FAILED] Query [id = 1] terminated with exception: [FOREACH_BATCH_USER_FUNCTION_ERROR] Reason: Traceback "
    '(most recent call last):\n  File "x.py", line 1, in f\nValueError: no city\n\tat py4j.Protocol SQLSTATE: 39000': (
        "ValueError: no city"
    ),
    "no file:/home/me/build/lake/part-0.parquet, see https://docs.delta.io/latest/index.html": (
        "no …/part-0.parquet, see https://docs.delta.io/latest/index.html"
    ),
    "id 6f1c2b7e-0a51-4f7e-9d3f-1f2e3d4c5b6a of a#12L at 0x7f3a2b1c, 1/2": "id … of a at 0x…, 1/2",
}


@pytest.mark.parametrize("message", MESSAGES)
def test_an_expected_error_is_shown_short(message, capsys):
    with expect_error("AnalysisException", message[:10]):
        raise AnalysisException(message)
    assert capsys.readouterr().out == f"AnalysisException: {MESSAGES[message]}\n"


def test_an_expected_error_takes_three_lines_at_most(capsys):
    with expect_error("word"):
        raise ValueError("word " * 200)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert max(map(len, lines)) <= 110
    assert lines[-1].endswith(" …")


def test_an_expected_error_that_does_not_come():
    with pytest.raises(AssertionError, match="nothing was raised"), expect_error("ZeroDivisionError"):
        pass


def test_another_error_than_the_expected():
    with pytest.raises(AssertionError, match="another error came: 'KeyError' is not in"), expect_error("KeyError"):
        1 / 0  # noqa: B018


def test_an_expected_error_needs_a_fragment():
    with pytest.raises(TypeError), expect_error():
        pass


ROWS = [
    {"city": "Oslo", "km": 1234.56789, "n": 1, "at": dt.datetime(2026, 12, 24, 10, tzinfo=dt.UTC)},
    {"city": "<Apia>", "km": None, "n": None, "at": dt.datetime(2026, 12, 24, 10, 0, 0, 500000)},
    {"city": "Lima", "km": 0.00001, "n": 3, "at": None},
]
TEXT = """\
city    km        n     at
<Apia>  NULL      NULL  2026-12-24 10:00:00.500
Lima    1e-05     3     NULL
Oslo    1234.568  1     2026-12-24 10:00:00"""


@pytest.mark.parametrize("form", [list, pa.Table.from_pylist, pd.DataFrame])
def test_a_table_is_the_same_from_every_source(form, shown):
    rows = [row | {"at": row["at"] and row["at"].replace(tzinfo=None)} for row in ROWS]
    show(form(rows), by="city")
    text = repr(shown[0])
    if form is pd.DataFrame:  # pandas itself makes floats of whole numbers beside a NULL
        text = text.replace("3.0   ", "3     ").replace("1.0   ", "1     ")
    assert text == TEXT
    assert "<td>&lt;Apia&gt;</td><td>NULL</td>" in shown[0]._repr_html_()


def test_a_table_is_cut_and_says_so(shown):
    show(pa.table({"n": range(30)}), by="-n", limit=2)
    assert repr(shown[0]) == "n\n29\n28\n… 28 more rows"
    assert "<p>… 28 more rows</p>" in shown[0]._repr_html_()
    show([{"n": 1}], limit=0)
    show(pa.table({"n": pa.array([], pa.int64())}))
    assert repr(shown[2]) == "n\n(no rows)"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (2.0, "2.0"),
        (-0.0004, "-0.0004"),
        (1e18, "1e+18"),
        (float("nan"), "nan"),
        (True, "true"),
        ({"a": 1.0, "b": None}, "{a: 1.0, b: NULL}"),
        (["x", None], "[x, NULL]"),
        (dt.date(2026, 12, 24), "2026-12-24"),
    ],
)
def test_values(value, text):
    assert display._text(value) == text


def test_a_figure_is_plain_data_in_the_house_style(shown, monkeypatch):
    monkeypatch.delenv("SLEIGH_PNG", raising=False)
    figure = go.Figure(go.Scatter(x=pd.date_range("2026-12-24", periods=2), y=np.array([1 / 3, np.nan])))
    figure.update_layout(title="Two stops")
    show_figure(figure)
    spec = shown[0]["application/vnd.plotly.v1+json"]
    assert spec["data"][0]["y"] == [0.333333333, None]
    assert [str(x)[:10] for x in spec["data"][0]["x"]] == ["2026-12-24", "2026-12-25"]
    assert spec["layout"]["template"]["layout"]["colorway"] == list(style.PALETTE.values())
    assert shown[0]["text/plain"] == "<Two stops>"
    assert "image/png" not in shown[0]


def test_a_matrix_in_a_figure(shown):
    for kind, zero in (("i2", 0), ("f8", None)):
        matrix = np.arange(6, dtype=kind).reshape(2, 3)
        if zero is None:
            matrix[0, 0] = np.nan
        show_figure(go.Figure(go.Heatmap(z=matrix)))
        assert shown[-1]["application/vnd.plotly.v1+json"]["data"][0]["z"] == [[zero, 1, 2], [3, 4, 5]]


def test_a_figure_gets_a_picture_when_asked(shown, monkeypatch):
    monkeypatch.setenv("SLEIGH_PNG", "1")
    show_figure(go.Figure(go.Bar(x=["a"], y=[1]), layout={"width": 300, "height": 200}))
    data = shown[0]["image/png"]
    assert io.BytesIO(data).read(8) == b"\x89PNG\r\n\x1a\n"


def test_colours_can_be_told_from_light_and_dark_pages():
    def luminance(colour):
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one, other):
        low, high = sorted([luminance(one), luminance(other)])
        return (high + 0.05) / (low + 0.05)

    assert min(contrast(style.INK, page) for page in ("#FFFFFF", "#111111")) > 4.2  # text
    for colour in style.PALETTE.values():
        assert min(contrast(colour, page) for page in ("#FFFFFF", "#111111")) > 2.2, colour  # marks


def test_same_rows(spark, capsys):
    left = spark.createDataFrame([(1, 0.1 + 0.2), (2, 1.0)], "n int, x double")
    right = spark.createDataFrame([(2, 1.0, "now"), (1, 0.3, "then")], "n int, x double, calculated_at string")
    same_rows(left, right)
    same_rows(left, right.selectExpr("n", "x", "n AS extra"))
    assert capsys.readouterr().out == "same rows: 2\nsame rows: 2 (not compared: extra)\n"
    for other in (right.limit(1), right.selectExpr("n + 1 AS n", "x"), right.selectExpr("CAST(n AS bigint) AS n", "x")):
        with pytest.raises(AssertionError):
            same_rows(left, other)
    with pytest.raises(AssertionError, match="nothing was compared"):
        same_rows(left.limit(0), right.limit(0))
    with pytest.raises(AssertionError, match="no column in common"):
        same_rows(left.select("n"), right.select("x"))


def test_a_spark_table_is_shown(spark, shown):
    rows = spark.sql("SELECT id, IF(id = 2, NULL, id / 3) AS x, TIMESTAMP '2026-12-24 10:00:00' AS at FROM range(30)")
    show(rows, by="-id", limit=2)
    assert repr(shown[0]).splitlines()[1:] == [
        "29  9.667  2026-12-24 10:00:00",
        "28  9.333  2026-12-24 10:00:00",
        "… more rows",
    ]
    show(rows.where("id = 2"))
    assert repr(shown[1]).splitlines()[1] == "2   NULL  2026-12-24 10:00:00"
