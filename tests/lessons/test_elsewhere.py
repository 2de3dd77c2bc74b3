"""What a lesson leaves out where a session allows less, in one line, and what it does instead."""

import sys
from types import ModuleType, SimpleNamespace

import pytest
from sleigh import runtime
from sleigh.errors import SleighError
from sleigh.lessons import elsewhere, prepare
from sleigh.lessons.lesson_05 import checks as lesson_05
from sleigh.pipeline import streams
from sleigh.runtime import lakes
from sleigh.runtime.backends import databricks, local


class Writer:
    """A DataStreamWriter that notes what it is told."""

    def __init__(self):
        self.told = []

    def __getattr__(self, name):
        return lambda *words: self.told.append((name, *words)) or self


@pytest.fixture(params=["here", "elsewhere"])
def at_home(request, monkeypatch):
    backend = (local if request.param == "here" else databricks).Backend()
    monkeypatch.setattr(runtime, "backend", lambda: backend)
    return request.param == "here"


def test_what_is_left_out_is_said_in_one_line(at_home, capsys):
    for feature in databricks.Backend.refuses:
        assert elsewhere.possible(feature) == at_home
        said = capsys.readouterr().out
        assert said.count("\n") == (not at_home)
        assert at_home or said.startswith(f"left out here, for want of {feature}: ")
    assert elsewhere.possible("tables") and not capsys.readouterr().out


def test_a_stream_for_the_sake_of_its_state(at_home):
    writer = elsewhere.into("noop", Writer())
    if at_home:
        assert writer.told == [("format", "noop"), ("start",)]
        return
    (name, write), started = writer.told
    assert (name, started) == ("foreachBatch", ("start",))
    assert write(SimpleNamespace(count=lambda: "counted"), 0) == "counted", "or the state is not written"


def test_rows_for_this_session(at_home, monkeypatch):
    monkeypatch.setattr(lakes, "_open", lakes.Path("/Volumes/main/santa/lake"))
    writer = elsewhere.into("memory", Writer(), "waits_5")
    assert writer.told == (
        [("format", "memory"), ("start",)]
        if at_home
        else [
            ("format", "delta"),
            ("option", "checkpointLocation", "/Volumes/main/santa/lake/_checkpoints/waits_5"),
            ("toTable", "waits_5"),
        ]
    )


def test_a_stream_that_stays_on_is_refused_in_one_line(at_home):
    streams.require_trigger("available")
    if at_home:
        streams.require_trigger(5)
    else:
        with pytest.raises(SleighError, match=r'^a stream that stays on .*trigger="available"'):
            streams.require_trigger(5)


def test_a_check_does_not_look_into_a_state_that_nobody_may_read(monkeypatch):
    monkeypatch.setattr(runtime, "backend", databricks.Backend)
    monkeypatch.setattr(runtime, "session", lambda: pytest.fail("a stream was to be started"))
    assert lesson_05._state_in_stream(None) == ""


@pytest.mark.parametrize("lesson", prepare.AT_HOME)
def test_a_lesson_for_a_machine_of_one_s_own_ends_in_prepare(lesson, monkeypatch, capsys):
    ended = []
    dbutils = ModuleType("pyspark.dbutils")
    dbutils.DBUtils = lambda spark: SimpleNamespace(notebook=SimpleNamespace(exit=lambda text: _end(ended, text)))
    monkeypatch.setitem(sys.modules, "pyspark.dbutils", dbutils)
    monkeypatch.setattr(databricks.Backend, "running", lambda self: None)
    monkeypatch.setattr(runtime, "backend", databricks.Backend)
    with pytest.raises(SystemExit):
        prepare.prepare(lesson)
    (reason,) = ended
    assert reason.startswith(f"lesson {lesson} is for a machine of your own: it ")
    assert capsys.readouterr().out == reason + "\n", "before anything is prepared"


def _end(ended, text):
    ended.append(text)
    raise SystemExit


def test_without_a_notebook_to_end_it_is_an_error_of_one_line(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pyspark.dbutils", None)
    with pytest.raises(SleighError, match=r"^because$"):
        databricks.Backend().leave("because")
    assert capsys.readouterr().out == "because\n"
