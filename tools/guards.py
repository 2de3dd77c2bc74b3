"""Whether a call in the code stands behind a guard: see the top of serverless.py."""

import ast
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from refusals import REFUSALS
from sleigh.runtime.backends.databricks import Backend

QUESTIONS = {
    "has_files": {"table folders"},
    "sinks": {"table folders"},
    "own_machine": {"table folders", "classic session", "settings"},
}
"""Attribute of a Backend by which code asks whether it may -> what the answer is about; of `refuses` it is what is named."""


def guarded(source, node, kind, at_home=None, seen=()):
    """Whether `node` is reached only where `kind` is not refused. at_home: the line that ends a notebook elsewhere."""
    if at_home and node.lineno > at_home and not source.function(node):
        return True
    for parent, child in source.above(node):
        if _behind_possible(parent, child):
            return True
        if isinstance(parent, ast.FunctionDef) and kind in _asked(source, parent, node.lineno):
            return True
    function = source.function(node)
    if function is None or function.name in seen:
        return function is not None
    if at_home and function.lineno > at_home:
        return True
    uses = [
        other
        for other in ast.walk(source.tree)
        if isinstance(other, ast.Name)
        and other.id == function.name
        and isinstance(other.ctx, ast.Load)
        and source.function(other) is not function
    ]
    return bool(uses) and all(guarded(source, use, kind, at_home, (*seen, function.name)) for use in uses)


def _asked(source, function, line, deeper=True):
    """The kinds for which `function` asks the backend up to `line`, itself or by a function of its module that it calls."""
    kinds = set()
    above = [node for node in ast.walk(function) if getattr(node, "lineno", line + 1) <= line]
    for node in above:
        if isinstance(node, ast.Attribute) and node.attr in QUESTIONS:
            kinds |= QUESTIONS[node.attr]
        if isinstance(node, ast.Attribute) and node.attr == "refuses":
            kinds |= {other.value for other in above if isinstance(other, ast.Constant) and other.value in REFUSALS}
        if deeper and isinstance(node, ast.Call) and getattr(node.func, "id", "").startswith("require_"):
            for other in source.tree.body:
                if isinstance(other, ast.FunctionDef) and other.name == node.func.id:
                    kinds |= _asked(source, other, other.end_lineno, deeper=False)
    return kinds


def _behind_possible(parent, child):
    """Whether `child` is a statement in the body of `if possible(...)` of something that is not possible everywhere."""
    return (
        isinstance(parent, ast.If)
        and isinstance(parent.test, ast.Call)
        and getattr(parent.test.func, "id", None) == "possible"
        and parent.test.args[0].value in Backend.refuses
        and child in parent.body
    )


def left_out(source):
    """(node, kind, what) of each use, outside every guard, of a name that is made behind one only."""
    inside, outside = set(), set()
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Name | ast.FunctionDef | ast.alias) or source.function(node) not in (None, node):
            continue
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
            continue
        name = getattr(node, "id", None) or getattr(node, "asname", None) or node.name
        behind = any(_behind_possible(*pair) for pair in source.above(node))
        (inside if behind else outside).add(name)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in inside - outside:
            function = source.function(node)
            if function is None or node.id not in _own(function):
                yield node, "left out", node.id


def _own(function):
    """The names that a function has of its own: its parameters, and what is made in it."""
    made = {node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return made | {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
