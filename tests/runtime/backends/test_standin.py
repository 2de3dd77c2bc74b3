"""Databricks serverless compute, as near as offline can be: the library and lessons in the stand-in of tests/standin/."""

import json
import os
import subprocess
import sys

import pytest
from refusals import REFUSALS
from sleigh.paths import ROOT
from standin import lessons, notebook, samples, server
from standin.errors import RAISED_BY_SPARK, UNATTESTED, refusal

LIMITED = """
import faulthandler, runpy
faulthandler.dump_traceback_later(150, exit=True)
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


def test_what_a_lesson_must_leave_out_is_counted_in_its_text(tmp_path):
    counted = {path.name[:2]: lessons.expected(path) for path in (ROOT / "notebooks").glob("0*.ipynb")}
    assert counted["00"] == counted["04"] == 0 and counted["02"] == 2 and counted["05"] >= 10
