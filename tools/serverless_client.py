"""Try the library against databricks-connect, the client library of Databricks: its pyspark is that of serverless compute.

    python -m venv /tmp/client
    /tmp/client/bin/pip install --no-deps --ignore-requires-python databricks-connect==19.3.0
    python tools/serverless_client.py /tmp/client/bin/python       exit code 1 if anything is missing

Nothing is connected to. It imports every module of lib/sleigh there, and looks for every name that library and lessons
take from pyspark: functions of its modules, and methods of its classes, in those that a Spark Connect session has.

It is no part of `make test`: databricks-connect brings a package `pyspark` of its own, so it cannot be in the environment
that has Spark, and its licence is not free. `--no-deps`: the other packages are those of the environment that runs this
script. `--ignore-requires-python`: 19.3 asks for Python 3.12; all that is used of it here works in 3.11, too.
"""

import argparse
import ast
import importlib
import json
import pkgutil
import subprocess
import sys
import sysconfig
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = ROOT / "lib"

ELSEWHERE = {
    "sleigh.pipeline.declared.definitions": "PIPELINES_NOT_SUPPORTED",
    "sleigh.pipeline.declared.updates": "PIPELINES_NOT_SUPPORTED",
}
"""Modules that fail there, and how: pyspark.pipelines lets itself be imported in the files of a pipeline only."""

CLASSES = {
    "pyspark.sql.connect.session": ("SparkSession",),
    "pyspark.sql.connect.dataframe": ("DataFrame", "DataFrameNaFunctions", "DataFrameStatFunctions"),
    "pyspark.sql.connect.column": ("Column",),
    "pyspark.sql.connect.group": ("GroupedData",),
    "pyspark.sql.connect.window": ("Window", "WindowSpec"),
    "pyspark.sql.connect.readwriter": ("DataFrameReader", "DataFrameWriter", "DataFrameWriterV2"),
    "pyspark.sql.connect.streaming.readwriter": ("DataStreamReader", "DataStreamWriter"),
    "pyspark.sql.connect.streaming.query": ("StreamingQuery", "StreamingQueryManager"),
    "pyspark.sql.connect.catalog": ("Catalog",),
    "pyspark.sql.connect.conf": ("RuntimeConf",),
}
"""Where the classes of a session's objects are, on Connect."""

CLASSIC = {
    "pyspark.sql.session": ("SparkSession",),
    "pyspark.sql.dataframe": ("DataFrame",),
    "pyspark.sql.column": ("Column",),
    "pyspark.sql.group": ("GroupedData",),
    "pyspark.sql.readwriter": ("DataFrameReader", "DataFrameWriter", "DataFrameWriterV2"),
    "pyspark.sql.streaming.readwriter": ("DataStreamReader", "DataStreamWriter"),
    "pyspark.sql.streaming.query": ("StreamingQuery", "StreamingQueryManager"),
    "pyspark.sql.catalog": ("Catalog",),
    "pyspark.sql.conf": ("RuntimeConfig",),
}
"""The same in the pyspark of this environment, whose methods are what code can mean by a name after a dot."""

OWN_MACHINE = {"sparkContext", "rdd"}
"""Methods that a Connect session never has; tools/serverless.py watches who asks for them."""


def texts():
    """The code of the library and of the lessons' cells, {path: text}."""
    found = {path: path.read_text() for path in sorted(LIBRARY.rglob("*.py"))}
    for path in sorted(ROOT.glob("notebooks/[0-9]*.ipynb")):
        cells = json.loads(path.read_text())["cells"]
        found[path] = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    return found


def taken(text):
    """The names that a text takes from pyspark's modules, as (module, name)."""
    tree, modules, names = ast.parse(text), {}, set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "pyspark" and not node.level:
            for alias in node.names:
                names.add((node.module, alias.name))
                modules[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "pyspark":
                    modules[alias.asname or "pyspark"] = alias.name if alias.asname else "pyspark"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            names.add((modules[node.value.id], node.attr))
    return names


def methods(classes):
    """The public attributes of these classes, {module: (class, ...)}, as one set."""
    return {
        name
        for module, several in classes.items()
        for each in several
        for name in dir(getattr(importlib.import_module(module), each))
        if not name.startswith("_")
    }


def wanted():
    """What to look for: names of modules, and methods by whoever has them, as [[module, name], ...] and [name, ...]."""
    names, attributes = set(), set()
    for text in texts().values():
        names |= taken(text)
        attributes |= {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}
    ours = methods(CLASSIC)
    private = {name for name in names if name[1].startswith("_") or name[0] == "pyspark.SparkContext"}
    return sorted(map(list, names - private)), sorted((attributes & ours) - OWN_MACHINE)


def missing(names, attributes):
    """What is not there, as lines; to be called by the other Python."""
    lines = []
    for module, name in names:
        if "pipelines" in (module + "." + name).split("."):
            continue  # see ELSEWHERE
        if not _resolves(f"{module}.{name}"):
            lines.append(f"{module} has no {name}")
    there = methods(CLASSES)
    return lines + [f"no class of a Connect session has {name}" for name in attributes if name not in there]


def _resolves(path):
    """Whether a dotted name leads to something: a module, and what is in it."""
    parts = path.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ImportError:
            continue
        for part in parts[cut:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def failing():
    """Modules of the library whose import does not end as it should, as lines, and how many were tried."""
    import sleigh

    lines, tried = [], [module.name for module in pkgutil.walk_packages(sleigh.__path__, "sleigh.")]
    for name in tried:
        if name.endswith("__main__"):
            continue
        said = None
        try:
            importlib.import_module(name)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
        expected = ELSEWHERE.get(name)
        if (said is None) != (expected is None) or (expected and expected not in said):
            lines.append(f"{name}: {said or 'can be imported, and ELSEWHERE says that it cannot'}")
    return lines, len(tried)


def inside(packages):
    """What the other Python does: names come by standard input, lines go to standard output."""
    sys.path.insert(0, str(LIBRARY))
    sys.path.append(packages)
    import pyspark

    try:
        client = metadata.version("databricks-connect")
    except metadata.PackageNotFoundError:
        print("that Python has no databricks-connect: see the top of tools/serverless_client.py")
        return 1
    if Path(packages) in Path(pyspark.__file__).parents:
        print(f"its pyspark is that of {packages}, not that of databricks-connect")
        return 1
    names, attributes = json.load(sys.stdin)
    lines, tried = failing()
    lines += missing(names, attributes)
    print(*lines, sep="\n", end="\n" if lines else "")
    print(
        f"pyspark {pyspark.__version__} of databricks-connect {client}: {tried} modules, {len(names)} names of its modules, "
        f"{len(attributes)} methods, {len(lines)} problems"
    )
    return 1 if lines else 0


def main(argv=None):
    """Exit code 0 if all is there, 1 otherwise."""
    parser = argparse.ArgumentParser(description="Try the library against databricks-connect.")
    parser.add_argument("python", help="the Python of an environment that has databricks-connect")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.inside:
        return inside(arguments.inside)
    packages = sysconfig.get_paths()["purelib"]
    command = [arguments.python, "-B", str(Path(__file__).resolve()), arguments.python, "--inside", packages]
    return subprocess.run(command, input=json.dumps(wanted()), text=True).returncode


if __name__ == "__main__":
    sys.exit(main())
