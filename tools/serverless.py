"""Look for calls that Databricks serverless compute refuses (refusals.py), and whether each is guarded.

    python tools/serverless.py             every place that is not guarded, and how many of each kind
    python tools/serverless.py --check     says what is not as KNOWN has it; exit code 1 if anything is

Looked through, without running anything: the library's pipeline, runtime, landing, ledger and lessons, and the code cells
of lessons 00 to 12 with their solutions. What is read is what is written: a name in quotes is seen, one that is put together
is not, and a checkpoint is taken for one in the lake where the word checkpoint leads to it.

What counts as a guard:
- in a lesson, the body of `if possible(...)`, and all that comes after prepare() of a lesson in prepare.AT_HOME;
- in the library, a question to the backend for just that, above the call in the same function;
- a function whose every use is guarded, and what its module is excused for, with the reason, in EXCUSED.
A name that is made behind a guard and used outside it is a finding too ("left out"): there it would be a NameError.
"""

import argparse
import ast
import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "lib"))
from bindings import Source  # noqa: E402
from guards import guarded, left_out  # noqa: E402
from refusals import DATA_SOURCES, SETTINGS  # noqa: E402
from sleigh.lessons.prepare import AT_HOME  # noqa: E402

FLOORS = ("pipeline", "runtime", "landing", "ledger", "lessons")
LESSONS = tuple(f"{number:02d}" for number in range(13))

_OTHER_PLACE = "the code of a place to run that is another one, or of what only such a one calls"
_ASKED = "called only where has_files or the sink has been asked for: "
EXCUSED = {
    **{f"runtime/backends/{name}.py": _OTHER_PLACE for name in ("local", "cluster", "client")},
    "runtime/lakes.py": "create_files: " + _ASKED + "Backend.create_table, landing.begin",
    "runtime/logs.py": "there is no commit to look at where there is no log at the path",
    "runtime/doctor.py": "_round_trip: " + _ASKED + "doctor() takes _spark elsewhere",
    "runtime/remote.py": "serve() raises a SleighError where the session has no JVM; lesson 12 is at home only",
    "pipeline/sinks.py": _ASKED + "streams.require_sink",
    "pipeline/layout.py": "says that there is no table at the path; lesson 11 is at home only",
    "pipeline/delta_log.py": "None where there is no log at the path",
    "pipeline/inspect/__init__.py": "None of the folders is there elsewhere; streams() asks has_files",
    "pipeline/inspect/facts.py": _ASKED + "inspect.streams",
    "pipeline/declared/definitions.py": "is imported by the files of a pipeline, and by lesson 12, which is at home only",
    "pipeline/declared/updates.py": "runs a pipeline on this machine; lesson 12 is at home only",
    "landing/write.py": "append_files, begin, last_second: " + _ASKED + "append; the producer runs on this machine",
    "lessons/lesson_10/victim.py": "a process of this machine; lesson 10 is at home only",
    "lessons/attempt.py": "asks for a classic session first; without one it touches nothing",
}
"""Module of lib/sleigh -> why its calls are guarded without its asking."""

KNOWN = {}
"""What is not guarded yet: {"place: kind": how many}. An entry that is not needed any more must go, too."""


class Hit(NamedTuple):
    """A call that is refused. place: path of the file, with the cell's id in brackets; kind as in refusals.REFUSALS."""

    place: str
    line: int
    kind: str
    what: str
    guarded: bool


# What is looked for by its name alone: attributes, and whole strings.
_ATTRIBUTES = {
    **dict.fromkeys(("sparkContext", "_jvm", "_jsc", "_jsparkSession", "_jdf", "rdd"), "classic session"),
    **dict.fromkeys(("cache", "persist", "unpersist", "localCheckpoint", "cacheTable", "refreshTable"), "caching"),
    **dict.fromkeys(("createGlobalTempView", "createOrReplaceGlobalTempView"), "global views"),
}
_CALLS = {"DeltaTable": "table folders", "write_deltalake": "table folders"}
_STRINGS = {
    "_delta_log": "table folders",
}
_SQL = (
    (r"\b(UN)?CACHE\s+TABLE\b|\bCLEAR\s+CACHE\b|\bREFRESH\s+TABLE\b", "caching"),
    (r"\bGLOBAL\s+TEMP|\bglobal_temp\.", "global views"),
    (r"\bread_state(store|_metadata)\b", "state reader"),
    (r"^\s*CREATE\b[\s\S]*\bLOCATION '", "table folders"),
    (r"^\s*SET\s+spark\.", "settings"),
)
_TIMED = {"processingTime", "continuous", "realTime"}
_STATE = {"statestore", "state-metadata"}
_READERS_AND_WRITERS = {"read", "readStream", "write", "writeStream"}


def refused(source):
    """(node, kind, what) of each call, name and text in `source` that serverless compute refuses."""
    docstrings = {
        node.body[0].value
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in _ATTRIBUTES:
            yield node, _ATTRIBUTES[node.attr], node.attr
        elif isinstance(node, ast.Call):
            yield from _call(source, node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings:
            if node.value in _STRINGS:
                yield node, _STRINGS[node.value], repr(node.value)
            for pattern, kind in _SQL:
                if re.search(pattern, node.value):
                    yield node, kind, " ".join(node.value.split())[:60]
        elif isinstance(node, ast.JoinedStr):
            text = "".join(part.value if isinstance(part, ast.Constant) else "x" for part in node.values)
            for pattern, kind in _SQL:
                if re.search(pattern, text) and not any(
                    re.search(pattern, str(getattr(p, "value", ""))) for p in node.values
                ):
                    yield node, kind, " ".join(text.split())[:60]
        elif isinstance(node, ast.ImportFrom):
            module, names = node.module or "", {alias.name for alias in node.names}
            if module.startswith("pyspark.pipelines") or (module == "pyspark" and "pipelines" in names):
                yield node, "declared pipelines", "import of pyspark.pipelines"


def _call(source, node):
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
    started = (
        node.func
        if called in ("start", "toTable")
        else node.args[1]
        if called == "into" and len(node.args) > 1
        else None
    )
    if started and source.leads_to(started, {"writeStream"}) and not source.leads_to(started, {"trigger"}):
        yield node, "timed triggers", f"{called} without a trigger"
    for keyword in node.keywords:
        if keyword.arg in _TIMED:
            yield node, "timed triggers", keyword.arg
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    if called == "format" and len(node.args) == 1 and not node.keywords and not isinstance(owner, ast.Constant):
        names = _texts(source, node.args[0])
        if names & _STATE:
            yield node, "state reader", ", ".join(sorted(names))
        elif names - DATA_SOURCES or (not names and source.leads_to(owner, _READERS_AND_WRITERS)):
            yield node, "data sources", ", ".join(sorted(names)) or ast.unparse(node.args[0])
    if called == "create" and getattr(owner, "id", None) == "DeltaTable":
        called = "DeltaTable"
    if called in _CALLS and not any(source.leads_to(given, source.temporary) for given in node.args[:1]):
        yield node, _CALLS[called], called
    if called in ("set", "unset") and getattr(owner, "attr", getattr(owner, "id", None)) == "conf":
        names = _texts(source, node.args[0])
        if not names or names - SETTINGS:
            yield node, "settings", f"conf.{called} of {', '.join(sorted(names)) or ast.unparse(node.args[0])}"
    if called == "option" and len(node.args) == 2 and getattr(node.args[0], "value", "") == "checkpointLocation":
        lake = source.leads_to(node.args[1], {"checkpoint"})
        if not lake or source.leads_to(node.args[1], {"tempfile"}):
            yield node, "checkpoints elsewhere", ast.unparse(node.args[1])


def _texts(source, node):
    """The strings that an expression may be; empty if that cannot be told."""
    if isinstance(node, ast.Constant):
        return {node.value}
    if isinstance(node, ast.Name):
        return {value.value for value in source.made.get(node.id, ()) if isinstance(value, ast.Constant)}
    return set()


def hits(path):
    """The Hits in the file at `path`, a module or a notebook."""
    relative, at_home = path.relative_to(ROOT).as_posix(), None
    if path.suffix == ".ipynb":
        source = _notebook(path, relative)
        at_home = next(
            (
                node.lineno
                for node in ast.walk(source.tree)
                if isinstance(node, ast.Call)
                and source.function(node) is None
                and getattr(node.func, "id", None) == "prepare"
                and node.args[0].value in AT_HOME
            ),
            None,
        )
        found = [*refused(source), *left_out(source)]
    else:
        source = Source(path.read_text(), [(1, relative)])
        found = refused(source)
    excused = relative.removeprefix("lib/sleigh/") in EXCUSED
    made = []
    for node, kind, what in found:
        place, line = source.place(node.lineno)
        made.append(Hit(place, line, kind, what, excused or guarded(source, node, kind, at_home)))
    return sorted(set(made))


def _notebook(path, relative):
    text, starts, line = [], [], 1
    for cell in json.loads(path.read_text())["cells"]:
        if cell["cell_type"] == "code":
            code = "".join(cell["source"])
            starts.append((line, f"{relative}[{cell['id']}]"))
            text.append(code)
            line += code.count("\n") + 1
    return Source("\n".join(text), starts)


def scanned():
    """The files that are looked through."""
    library = ROOT / "lib" / "sleigh"
    modules = [path for floor in FLOORS for path in sorted((library / floor).rglob("*.py"))]
    late = [library / "lessons" / f"lesson_{number}" for number in range(13, 23)]
    modules = [path for path in modules if not any(folder in path.parents for folder in late)]
    lessons = [
        path
        for folder in ("notebooks", "solutions")
        for path in sorted((ROOT / folder).glob("[0-9]*.ipynb"))
        if path.name[:2] in LESSONS
    ]
    return modules + lessons


def unguarded(found):
    """{"place: kind": how many} of the hits that are not guarded."""
    return dict(Counter(f"{hit.place}: {hit.kind}" for hit in found if not hit.guarded))


def problems(found, known=None, excused=None):
    """What is not as `known` and `excused` have it, as lines: new hits, and entries that no hit needs any more."""
    known, excused = KNOWN if known is None else known, EXCUSED if excused is None else excused
    now = unguarded(found)
    lines = [
        f"{hit.place}:{hit.line}: {hit.what}: serverless compute refuses it ({hit.kind}), and nothing guards it"
        for hit in found
        if not hit.guarded and now[f"{hit.place}: {hit.kind}"] > known.get(f"{hit.place}: {hit.kind}", 0)
    ]
    over = [entry for entry in known if known[entry] > now.get(entry, 0)]
    idle = sorted(excused.keys() - {hit.place.removeprefix("lib/sleigh/") for hit in found})
    lines += [f"KNOWN has {entry}, and it is guarded now: strike it out" for entry in over]
    return lines + [f"EXCUSED has {module}, and nothing in it is refused: strike it out" for module in idle]


def main(argv=None):
    """Exit code 0, or 1 if --check finds something."""
    parser = argparse.ArgumentParser(description="Find calls that Databricks serverless compute refuses.")
    parser.add_argument("--check", action="store_true", help="compare with what is known to be unguarded")
    arguments = parser.parse_args(argv)
    found = [hit for path in scanned() for hit in hits(path)]
    if arguments.check:
        lines = problems(found)
        print("\n".join(lines), end="\n" if lines else "")
        return 1 if lines else 0
    for hit in found:
        if not hit.guarded:
            print(f"{hit.place}:{hit.line}: {hit.kind}: {hit.what}")
    kinds = Counter(hit.kind for hit in found if not hit.guarded)
    print(f"{len(found)} hits, {kinds.total()} unguarded:", dict(kinds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
