"""Databricks serverless compute, as near as offline can be: the library and lessons in the stand-in of tests/standin/."""

import json
import os
import subprocess
import sys

import pytest
from refusals import REFUSALS
from sleigh.lessons.prepare import AT_HOME
from sleigh.paths import ROOT
from standin import lessons, notebook, samples, server
from standin.errors import RAISED_BY_SPARK, UNATTESTED, refusal

import notebooks

LIMITED = """
import faulthandler, runpy
faulthandler.dump_traceback_later(400, exit=True)
runpy.run_module("standin.{module}", run_name="__main__")
"""
"""What waits for ever ends with a line that says where."""


@pytest.fixture(scope="module")
def serverless(tmp_path_factory):
    """A Server for all that is tried here."""
    with server.serving(tmp_path_factory.mktemp("standin")) as at:
        yield at


def printed(at, module, tmp_path):
    """What `module` of the stand-in prints last, read as JSON; it runs as a notebook of a folder outside the checkout."""
    paths = os.pathsep.join(str(ROOT / name) for name in ("lib", "tests", "tools"))
    done = subprocess.run(
        [sys.executable, "-c", LIMITED.format(module=module)],
        env=os.environ | notebook.variables(at) | {"PYTHONPATH": paths},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_each_kind_of_refusal_is_tried_and_has_an_error_with_its_source():
    ours = {"this machine's files"}
    assert samples.REFUSED.keys() - ours == samples.TAKEN.keys() - ours == REFUSALS.keys()
    for kind in REFUSALS.keys() - RAISED_BY_SPARK:
        text = str(refusal(kind, "X"))
        # Where a public text quotes the error, it is that one, but for the name in it.
        quoted = REFUSALS[kind].error
        assert (
            (text[: text.index("]")] == quoted[: quoted.index("]")]) if quoted else text.startswith(f"[{UNATTESTED}]")
        )


def test_what_is_refused_and_what_is_taken_instead(serverless, tmp_path):
    found = printed(serverless, "samples", tmp_path)
    assert found["taken"] == dict.fromkeys(samples.TAKEN)
    for kind, refused in found["refused"].items():
        assert all(refused), f"{kind}: taken, of {len(refused)} the one at {refused.index(None)}"
        wanted = None if kind in RAISED_BY_SPARK or kind not in REFUSALS else refusal(kind, "X")
        for name, text in refused:
            assert name.startswith("pyspark.errors.exceptions.")
            if wanted:
                assert name.endswith(type(wanted).__name__) and text.split("]")[0] == str(wanted).split("]")[0], text
            elif kind in RAISED_BY_SPARK:
                assert text.startswith(("[JVM_ATTRIBUTE_NOT_SUPPORTED]", "[NOT_IMPLEMENTED]"))
    name, text = found["in a worker"]
    assert name.endswith("StreamingQueryException") and "[NOT_SUPPORTED_WITH_SERVERLESS] PERSIST TABLE" in text
    assert found["time zone"] == "UTC" != server.SETTINGS["spark.sql.session.timeZone"]


def test_users_do_not_meet_and_no_other_schema_is_dropped(serverless, tmp_path):
    """On a real catalog, what test_databricks.py asks of a fake one."""
    found = printed(serverless, "people", tmp_path)
    assert len(set(found["lakes"])) == 2
    assert found["before"] == [["ada@example.com", True], ["bob.o'neil@example.com", True]]
    assert found["bob removes his"] is None
    assert found["after"] == [["ada@example.com", True], [False, False]], "and Ada's is untouched"
    for who, whose in (
        ("ada removes bob's", "team_03 is a lake of bob.o'neil@example.com: not dropped"),
        ("ada prepares", "team_03 is a lake of bob.o'neil@example.com: not dropped"),
        ("ada prepares in prod", "prod_03 was not made by this course: not dropped"),
    ):
        name, text = found[who]
        assert name == "sleigh.errors.SleighError" and text.startswith(f"the schema {whose}"), who
    assert found["bob's is left"] == ["bob.o'neil@example.com", True]
    assert found["prod is left"][0] == "prod"


def test_five_merges_at_once(serverless, tmp_path):
    """In one session, as foreachBatch has it there; each table is then what a batch over silver gives (merges.py)."""
    found = printed(serverless, "merges", tmp_path)
    assert found["balanced"] and min(found["batches"]) >= 2


@pytest.mark.parametrize("number", ["00", "12"])
def test_run_all_goes_through(serverless, number, tmp_path):
    """All of 00 to 12: python -m standin.lessons notebooks/0*.ipynb notebooks/1[0-2]*.ipynb, minutes."""
    (lesson,) = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
    found = lessons.run(serverless, lesson, tmp_path, ROOT / "databricks")
    assert found.right and found.balanced is (None if number in AT_HOME else True)
    assert bool(found.ended) == (number in AT_HOME)
    assert not found.ended or found.ended.startswith(f"lesson {number} is for a machine of your own: ")


def test_a_lesson_that_fails_is_no_exit(serverless, tmp_path):
    broken = tmp_path / "09_broken.ipynb"
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None}
    cell["source"] = 'dbutils.notebook.exit("early")'
    broken.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    with pytest.raises(notebooks.Failed, match="early"):
        lessons.run(serverless, broken, tmp_path / "..", tmp_path)


def test_what_a_lesson_must_leave_out_is_counted_in_its_text(tmp_path):
    counted = {path.name[:2]: lessons.expected(path) for path in (ROOT / "notebooks").glob("0*.ipynb")}
    assert counted["00"] == counted["04"] == 0 and counted["02"] == 2 and counted["05"] >= 10
