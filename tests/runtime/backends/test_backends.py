"""One backend a place, chosen once."""

import inspect

import pytest
from sleigh import runtime
from sleigh.errors import SleighError
from sleigh.paths import ROOT
from sleigh.runtime import place
from sleigh.runtime.backends import binder, client, cluster, connect, databricks, local


def test_where(monkeypatch):
    for name in ("DATABRICKS_RUNTIME_VERSION", "SLEIGH_RUNTIME", "SLEIGH_MASTER", "BINDER_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    assert place.where() == "local"
    monkeypatch.setenv("BINDER_SERVICE_HOST", "x")
    assert place.where() == "local", "binder/start says it"
    monkeypatch.setenv("SLEIGH_MASTER", "spark://10.0.0.1:7077")
    assert place.where() == "cluster"
    monkeypatch.setenv("SLEIGH_MASTER", "sc://10.0.0.1:15002/;token=x")
    assert place.where() == "client"
    monkeypatch.setenv("SLEIGH_RUNTIME", "connect")
    assert place.where() == "connect"
    monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "17.3")
    assert place.where() == "databricks"


@pytest.mark.parametrize("name", ["local", "binder", "client", "cluster", "connect", "databricks"])
def test_a_place_is_one_module_found_by_its_name(monkeypatch, name):
    monkeypatch.delenv("DATABRICKS_RUNTIME_VERSION", raising=False)
    monkeypatch.setenv("SLEIGH_RUNTIME", name)
    backend = place.backend()
    assert type(backend).__module__ == f"sleigh.runtime.backends.{name}"
    assert place.backend() is backend, "chosen once"


@pytest.mark.parametrize("name", ["conect", "..doctor", "__init__", "os.path"])
def test_a_place_that_is_none_is_one_line(monkeypatch, name):
    monkeypatch.setenv("SLEIGH_RUNTIME", name)
    with pytest.raises(
        SleighError, match=r"is no place to run: there are binder, client, cluster, connect, databricks, local$"
    ):
        place.backend()


def test_every_place_answers_what_the_local_one_does():
    for other in (binder, client, cluster, connect, databricks):
        own = {name for name in vars(other.Backend) if not name.startswith("_")}
        assert own <= {name for name in vars(local.Backend) if not name.startswith("_")}
        for name in own:
            ours, theirs = (getattr(backend.Backend, name) for backend in (local, other))
            if inspect.isfunction(ours):
                assert inspect.signature(ours) == inspect.signature(theirs), name
            else:
                assert type(ours) is type(theirs), name


def test_nobody_outside_asks_where_we_are():
    words = ("DATABRICKS_RUNTIME_VERSION", "SLEIGH_RUNTIME", "where()")
    floor = ROOT / "lib" / "sleigh"
    for path in floor.rglob("*.py"):
        if floor / "runtime" not in path.parents:
            assert not [word for word in words if word in path.read_text()], path


def test_a_lake_s_own_folders_are_named_in_one_place():
    names = (runtime.CHECKPOINTS, runtime.TRUTH, runtime.LIVE, runtime.SCRATCH)
    for path in (ROOT / "lib" / "sleigh").rglob("*.py"):
        if path.name != "folders.py":
            assert not [name for name in names if f'"{name}"' in path.read_text()], path
