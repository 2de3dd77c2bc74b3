"""The scan for what serverless compute refuses: what it finds in a text, and what it takes for a guard."""

import json
import re

import bindings
import guards
import pytest
import serverless
from refusals import REFUSALS, SETTINGS
from sleigh.runtime.backends import databricks

REFUSED = {
    'rows.writeStream.trigger(processingTime="1 second").start()': "timed triggers",
    'rows.writeStream.trigger(continuous="1 second").start()': "timed triggers",
    'to_bronze(files=1, processingTime="1 second")': "timed triggers",
    "rows.writeStream.toTable('t')": "timed triggers",
    'writer = rows.writeStream.outputMode("append")\ninto("noop", writer)': "timed triggers",
    "def stream(rows):\n    return rows.writeStream\n\nstream(rows).start()": "timed triggers",
    'writer.format("noop").start()': "data sources",
    'rows.writeStream.format("memory").queryName("t")': "data sources",
    'spark.readStream.format("rate-micro-batch").load()': "data sources",
    "rows.writeStream.format(sink)": "data sources",
    'spark.read.format("statestore").load(folder)': "state reader",
    'spark.read.format("state-metadata").load(folder)': "state reader",
    "spark.sql(\"SELECT * FROM read_statestore('/x')\")": "state reader",
    'spark.conf.set("spark.sql.files.ignoreMissingFiles", "true")': "settings",
    'NAME = "spark.x"\nspark.conf.unset(NAME)': "settings",
    "spark.conf.set(name, value)": "settings",
    'spark.sql("SET spark.sql.adaptive.enabled = false")': "settings",
    "rows.cache()": "caching",
    "rows.persist()": "caching",
    'spark.sql("CACHE TABLE t")': "caching",
    "spark.sparkContext.setLogLevel('OFF')": "classic session",
    "rows.rdd.getNumPartitions()": "classic session",
    "spark._jvm.java": "classic session",
    'rows.createOrReplaceGlobalTempView("v")': "global views",
    'spark.sql("SELECT * FROM global_temp.v")': "global views",
    'DeltaTable(str(runtime.lake() / "t"))': "table folders",
    "write_deltalake(path, rows)": "table folders",
    'log = runtime.lake() / "t" / "_delta_log"': "table folders",
    "spark.sql(f\"CREATE TABLE {t} (id STRING) LOCATION '{place}'\")": "table folders",
    'import tempfile\nfolder = tempfile.mkdtemp()\nw.option("checkpointLocation", folder)': "checkpoints elsewhere",
    'w.option("checkpointLocation", "/tmp/checkpoint")': "checkpoints elsewhere",
    "from pyspark import pipelines as dp": "declared pipelines",
    "from pyspark.pipelines.api import table": "declared pipelines",
}

ALLOWED = [
    "rows.writeStream.trigger(availableNow=True)",
    'rows.writeStream.format("delta").trigger(availableNow=True).toTable("t")',
    "def stream(rows):\n    return rows.writeStream.trigger(availableNow=True)\n\nstream(rows).start()",
    "thread.start()",
    '"{} of {}".format(one)',
    "WHY.format(name)",
    'spark.conf.set("spark.sql.shuffle.partitions", "4")',
    'ONE = "spark.sql.shuffle.partitions"\nspark.conf.set(ONE, "4")',
    "from functools import cache",
    'rows.createOrReplaceTempView("v")',
    "import tempfile\nwith tempfile.TemporaryDirectory() as d:\n    DeltaTable(d)\n    write_deltalake(d, rows)",
    'w.option("checkpointLocation", runtime.checkpoint("t"))',
    'folder = Path(runtime.checkpoint("t"))\nw.option("checkpointLocation", str(folder))',
    '"""rows.cache(), and CACHE TABLE t, in a docstring"""',
    'print("this table has a LOCATION")',
]


def found(text):
    return {kind for _, kind, _ in serverless.refused(bindings.Source(text, [(1, "here")]))}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: re.sub(r"\W+", " ", text)[:40])
def test_what_is_refused_is_found(text):
    assert found(text) == {REFUSED[text]}


@pytest.mark.parametrize("text", ALLOWED, ids=lambda text: re.sub(r"\W+", " ", text)[:40])
def test_what_is_allowed_is_not(text):
    assert not found(text)


def test_each_kind_has_its_case_and_its_source():
    assert set(REFUSED.values()) == set(REFUSALS)
    assert databricks.Backend.refuses.keys() <= REFUSALS.keys()
    assert len(SETTINGS) == 6 and all(name.startswith("spark.") for name in SETTINGS)
    for kind, refusal in REFUSALS.items():
        assert refusal.what and refusal.source, kind
        assert refusal.certain or refusal.note, f"{kind}: say what is uncertain"


def notebook(tmp_path, monkeypatch, *cells):
    """The unguarded kinds of a notebook of these code cells, with the cell that each is in."""
    monkeypatch.setattr(serverless, "ROOT", tmp_path)
    path = tmp_path / "03_x.ipynb"
    path.write_text(
        json.dumps({"cells": [{"cell_type": "code", "id": f"c{n}", "source": [text]} for n, text in enumerate(cells)]})
    )
    return [(hit.place.split("[")[1].rstrip("]"), hit.kind) for hit in serverless.hits(path) if not hit.guarded]


STATE = 'spark.read.format("statestore").load(folder)'


def test_a_lesson_s_guard_is_the_body_of_possible(tmp_path, monkeypatch):
    def unguarded(*cells):
        return notebook(tmp_path, monkeypatch, *cells)

    assert unguarded("x = 1", STATE) == [("c1", "state reader")]
    assert unguarded(f'if possible("state reader"):\n    {STATE}') == []
    assert unguarded(f'if possible("state reader"):\n    pass\nelse:\n    {STATE}') == [("c0", "state reader")]
    assert unguarded(f'if possible("sate reader"):\n    {STATE}') == [("c0", "state reader")], "nothing of that name"
    assert unguarded(f'if wanted("state reader"):\n    {STATE}') == [("c0", "state reader")]


def test_a_function_is_guarded_where_it_is_used(tmp_path, monkeypatch):
    make = f"def state():\n    return {STATE}"
    other = "def twice():\n    return state(), state()"
    for cells, expected in (
        ([make, "state()"], [("c0", "state reader")]),
        ([make, 'if possible("state reader"):\n    state()'], []),
        ([make, 'if possible("state reader"):\n    state()', "state()"], [("c0", "state reader")]),
        ([make, other, 'if possible("state reader"):\n    twice()'], []),
        ([make, other, "twice()"], [("c0", "state reader")]),
        ([make], [("c0", "state reader")]),
    ):
        assert notebook(tmp_path, monkeypatch, *cells) == expected, cells


def test_a_name_that_is_left_out_is_missed_where_it_is_used(tmp_path, monkeypatch):
    behind = 'if possible("state reader"):\n    rows = 1'
    assert notebook(tmp_path, monkeypatch, behind, "print(rows)") == [("c1", "left out")]
    assert notebook(tmp_path, monkeypatch, behind, "def f():\n    return rows", "f()") == [("c1", "left out")]
    assert notebook(tmp_path, monkeypatch, "rows = 0", behind, "print(rows)") == []
    assert notebook(tmp_path, monkeypatch, behind, "def f(rows):\n    return rows", "f(1)") == []


def test_after_prepare_of_a_lesson_that_is_at_home_nothing_runs_elsewhere(tmp_path, monkeypatch):
    assert notebook(tmp_path, monkeypatch, 'prepare("12")', STATE) == []
    assert notebook(tmp_path, monkeypatch, STATE, 'prepare("12")') == [("c0", "state reader")]
    assert notebook(tmp_path, monkeypatch, 'prepare("12_solutions")', STATE) == [("c1", "state reader")]
    assert notebook(tmp_path, monkeypatch, 'def f():\n    prepare("12")', STATE) == [("c1", "state reader")]


@pytest.mark.parametrize(
    "question, enough",
    [
        ("if not runtime.backend().has_files:\n        return", True),
        ("if not runtime.backend().own_machine:\n        return", True),
        ('if "table folders" in runtime.backend().refuses:\n        return', True),
        ('if "settings" in runtime.backend().refuses:\n        return', False),
        ("require_files()", True),
        ("look_at_files()", False),
    ],
)
def test_the_library_s_guard_is_a_question_for_just_that(question, enough):
    text = (
        f"def f(path):\n    {question}\n    DeltaTable(path)\n\n\ndef require_files():\n    runtime.backend().has_files"
    )
    source = bindings.Source(text, [(1, "here")])
    ((node, kind, _),) = serverless.refused(source)
    assert guards.guarded(source, node, kind) == enough
    below = bindings.Source(f"def f(path):\n    DeltaTable(path)\n    {question}", [(1, "here")])
    ((node, kind, _),) = serverless.refused(below)
    assert not guards.guarded(below, node, kind), "too late"


def test_what_is_known_may_only_shrink():
    hit = serverless.Hit("a.py", 3, "caching", "cache", False)
    entry = "a.py: caching"
    assert not serverless.problems([hit], {entry: 1}, {})
    assert "a.py:3" in serverless.problems([hit], {}, {})[0]
    assert len(serverless.problems([hit, hit._replace(line=4)], {entry: 1}, {})) == 2, "one more than is known"
    assert "strike it out" in serverless.problems([hit._replace(guarded=True)], {entry: 1}, {})[0]
    assert "strike it out" in serverless.problems([hit], {entry: 1}, {"b.py": "why"})[0]


def test_lessons_and_library_are_among_what_is_looked_through():
    names = {path.relative_to(serverless.ROOT).as_posix() for path in serverless.scanned()}
    assert {"notebooks/00_welcome.ipynb", "notebooks/12_declarative.ipynb", "solutions/05_region.ipynb"} <= names
    assert {"lib/sleigh/pipeline/streams.py", "lib/sleigh/runtime/backends/databricks.py"} <= names
    assert not [name for name in names if "simulator" in name or "/13_" in name or "lesson_22" in name]
