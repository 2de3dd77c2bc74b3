"""Makes this process look like a notebook on serverless compute: `spark`, `dbutils`, `displayHTML`, volumes.

What a notebook must know is in the variables STANDIN_*, see the names below. A kernel installs it in an IPython start-up
file (lessons.py), a script by calling install().
"""

import importlib.abc
import importlib.machinery
import json
import os
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

sys.path.append(str(Path(__file__).resolve().parents[2] / "tools"))

REMOTE, USER, VOLUMES, WIDGETS = "STANDIN_REMOTE", "STANDIN_USER", "STANDIN_VOLUMES", "STANDIN_WIDGETS"
"""sc://localhost:PORT, whom current_user() names, the folder that is /Volumes, and the widgets as a JSON object."""

ADA = "ada@example.com"


class NotebookExit(Exception):
    """What dbutils.notebook.exit() ends a notebook with; a job counts it as success."""


class _Imports(importlib.abc.MetaPathFinder):
    """Refuses pyspark.pipelines, and lets the library find volumes in another folder; a notebook imports it by itself."""

    def find_spec(self, name, path=None, target=None):
        if name == "pyspark.pipelines":
            from .errors import refusal

            raise refusal("declared pipelines", name)
        if name == "sleigh.runtime.backends.databricks":
            spec = importlib.machinery.PathFinder.find_spec(name, path)
            run = spec.loader.exec_module

            def exec_module(module):
                run(module)
                module.VOLUMES = Path(os.environ[VOLUMES])

            spec.loader.exec_module = exec_module
            return spec
        return None


def variables(server, user=ADA, **widgets):
    """The environment of a process that is to be such a notebook, at a server of server.py."""
    return {
        REMOTE: server.remote,
        USER: user,
        VOLUMES: str(server.volumes),
        WIDGETS: json.dumps(widgets),
        "DATABRICKS_RUNTIME_VERSION": "client.4.1",  # what serverless notebooks have there: environment version 4
        "SPARK_REMOTE": server.remote,
        "SPARK_CONNECT_MODE_ENABLED": "1",
    }


def install():
    """Connect, and return what a notebook finds in its namespace: {"spark": ..., "dbutils": ..., ...}."""
    from pyspark.sql.connect.client import DefaultChannelBuilder
    from pyspark.sql.connect.session import SparkSession

    from .refusing import Refusing

    channel = DefaultChannelBuilder(os.environ[REMOTE])
    channel.add_interceptor(Refusing(os.environ[USER], os.environ[VOLUMES]))
    spark = SparkSession.builder.channelBuilder(channel).create()
    sys.meta_path.insert(0, _Imports())
    module = ModuleType("pyspark.dbutils")
    module.DBUtils = _dbutils
    sys.modules["pyspark.dbutils"] = module
    # By these, and a function `display`, plotly knows the place.
    return {"spark": spark, "dbutils": _dbutils(spark), "displayHTML": lambda html: None}


def _dbutils(spark):
    return SimpleNamespace(widgets=SimpleNamespace(get=_widget), notebook=SimpleNamespace(exit=_exit))


def _widget(name):
    return json.loads(os.environ[WIDGETS])[name]  # there it raises, too, where there is no such widget


def _exit(text):
    raise NotebookExit(text)
