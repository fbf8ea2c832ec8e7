"""Where foreign text, files and answers may be opened and read: found by reading the code, not by running it.

A call counts by what it is: `json.loads`, `json.load`, `open`, `.read_text`, `.read_bytes`, `.content` and
`.json()` of an answer, `float(…)` and `int(…)` of something that is no number yet.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FILES = {"read_text", "read_bytes", "open"}
# What these return is a number already, or text that papaya itself has matched with a pattern.
_NUMBERS = {"round", "len", "sum", "min", "max", "abs", "time", "monotonic", "total_seconds", "timestamp"}


@dataclass(frozen=True, slots=True, order=True)
class Use:
    """One call that belongs into a boundary module."""

    module: str
    function: str
    call: str
    line: int = 0


def uses_in(path: Path, module: str) -> Iterator[Use]:
    """Yield the calls of a module that open files, read JSON or make numbers of texts."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from _uses(tree, module, "")


def _uses(node: ast.AST, module: str, function: str) -> Iterator[Use]:
    for child in ast.iter_child_nodes(node):
        inside = function
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inside = f"{function}.{child.name}" if function else child.name
        if isinstance(child, ast.Call):
            call = _call(child)
            if call:
                yield Use(module, inside or "(module)", call, child.lineno)
        if isinstance(child, ast.Attribute) and child.attr == "content" and _is_answer(child.value):
            yield Use(module, inside or "(module)", "content", child.lineno)
        yield from _uses(child, module, inside)


def _call(node: ast.Call) -> str:
    called = node.func
    if isinstance(called, ast.Attribute):
        owner = called.value.id if isinstance(called.value, ast.Name) else ""
        if owner == "json" and called.attr in {"loads", "load"}:
            return f"json.{called.attr}"
        if called.attr == "json" and not node.args and _is_answer(called.value):
            return "answer.json"
        # `Spool.open` and the like are papaya's own; a path is opened with a mode or without arguments.
        return called.attr if called.attr in FILES and _is_path(called, node) else ""
    if isinstance(called, ast.Name) and called.id == "open":
        return "open"
    if isinstance(called, ast.Name) and called.id in {"int", "float"} and node.args:
        return called.id if not _is_number(node.args[0]) else ""
    return ""


def _is_path(called: ast.Attribute, node: ast.Call) -> bool:
    if called.attr != "open":
        return True
    owner = called.value.id if isinstance(called.value, ast.Name) else ""
    mode = node.args[0] if node.args else None
    is_mode = isinstance(mode, ast.Constant) and isinstance(mode.value, str) and len(mode.value) <= 3
    return owner in {"os", "io", "codecs", "gzip"} or is_mode


def _is_answer(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in {"answer", "response", "reply"}


def _is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.BinOp | ast.UnaryOp | ast.Compare | ast.BoolOp):
        return True
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return name in _NUMBERS
    return False
