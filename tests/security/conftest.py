"""What the tests of this folder share: a lake full of hostile text, the dashboard's page of it, JupyterLab, a browser."""

import json
import os
import subprocess
import sys
from pathlib import Path

import browser
import helpers
import hostile
import pytest
from sleigh.paths import ROOT


@pytest.fixture(scope="package")
def chromium():
    with browser.chromium() as started:
        yield started


@pytest.fixture(scope="package")
def besieged(spark, tmp_path_factory):
    """The folder of a lake through which these messages have gone, from landing to gold."""
    from sleigh import ledger, pipeline, runtime

    folder = tmp_path_factory.mktemp("hostile") / "lake"
    runtime.open_lake(spark, folder)
    helpers.land_messages(spark, hostile.messages())
    pipeline.run(spark, mode="live", sink="delta-rs")
    assert (found := ledger.reconcile(spark)).balanced, str(found)
    return folder


@pytest.fixture(scope="package")
def page(besieged):
    """Voila with the dashboard of that lake: (process, its address with the token, folders in which it keeps its notes)."""
    from sleigh import runtime
    from sleigh.serve import server

    process, address = server.start(besieged, every=5)
    yield process, address, [besieged / runtime.LIVE]
    server.stop(process)


@pytest.fixture(scope="package")
def lab(tmp_path_factory):
    """JupyterLab as `make lab` starts it, in a folder of its own: (process, its address, folders of notes)."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "lab").mkdir()
    names = ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR")
    own = {name: str(folder / name) for name in names}
    with open(folder / "lab.log", "wb") as log:
        process = subprocess.Popen(
            ["sh", "-c", f"exec {recipe()}"], cwd=folder, env=os.environ | own, stdout=log, stderr=log
        )
    try:
        note = Path(own["JUPYTER_RUNTIME_DIR"], f"jpserver-{process.pid}.json")
        helpers.wait_for(lambda: process.poll() is not None or (note.exists() and note.read_text().endswith("}")))
        said = json.loads(note.read_text())
        yield process, f"{said['url']}lab/tree/lab?token={said['token']}", [Path(own[name]) for name in names]
    finally:
        process.terminate()
        process.wait()


def recipe():
    """How `make lab` starts JupyterLab, without a browser: words for a shell."""
    told = subprocess.run(
        ["make", "-n", "lab", "LAB=--no-browser"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    (command,) = [line for line in told.stdout.replace("\\\n", " ").splitlines() if "jupyterlab" in line]
    assert command.startswith(".venv/bin/python -m jupyterlab ")
    return command.replace(".venv/bin/python", f"'{sys.executable}'", 1)
