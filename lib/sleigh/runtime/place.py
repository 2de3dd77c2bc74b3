"""Where we are: the one place that asks, and chooses the backend."""

import os
import pkgutil
from functools import cache
from importlib import import_module
from pathlib import Path

from ..errors import SleighError
from . import reached


def where():
    """The name of the place: 'databricks' in its clusters, else what SLEIGH_RUNTIME says, else 'cluster' or 'client' where
    SLEIGH_MASTER names a cluster or a Connect server, else 'local'."""
    if "DATABRICKS_RUNTIME_VERSION" in os.environ:
        return "databricks"
    if os.environ.get("SLEIGH_RUNTIME"):
        return os.environ["SLEIGH_RUNTIME"]
    master = os.environ.get(reached.MASTER, "").strip()
    return "client" if master.startswith("sc:") else "cluster" if master else "local"


def backend():
    """The Backend of this process. Raises SleighError if SLEIGH_RUNTIME names none."""
    return _backend(where())


@cache
def _backend(name):
    names = sorted(module.name for module in pkgutil.iter_modules([str(Path(__file__).parent / "backends")]))
    if name not in names:
        raise SleighError(f"SLEIGH_RUNTIME={name} is no place to run: there are {', '.join(names)}")
    return import_module(f".backends.{name}", __package__).Backend()
