"""Where foreign text, files and answers may be opened and read: found by reading the code, not by running it.

A call counts by what it is: what parses (`json.loads`, `JSONDecoder`, `yaml.load`, `csv.reader` and so on,
also where they are imported by name), `open`, `.read_text`, `.read_bytes`, `.content`, `.text` and `.json()`
of an answer, whatever fetches one, `float(…)` and `int(…)` of something that is no number yet, `.isdigit()`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FILES = {"read_text", "read_bytes", "open"}
# They are true of digits that are no numbers, such as "²", and of any length.
DIGITS = {"isdigit", "isdecimal", "isnumeric"}
# What reads foreign text, by module.
PARSERS: dict[str, set[str]] = {
    "json": {"load", "loads", "JSONDecoder"},
    "yaml": {
        "load",
        "load_all",
        "safe_load",
        "safe_load_all",
        "full_load",
        "unsafe_load",
        "compose",
        "parse",
    },
    "csv": {"reader", "DictReader"},
    "pickle": {"load", "loads", "Unpickler"},
    "marshal": {"load", "loads"},
    "tomllib": {"load", "loads"},
    "ElementTree": {"parse", "fromstring", "iterparse", "XML"},
    "requests": {"get", "post", "put", "delete", "head", "request", "Session"},
    "request": {"urlopen"},
    "np": {"load", "loadtxt", "genfromtxt", "fromfile", "fromstring"},
    "numpy": {"load", "loadtxt", "genfromtxt", "fromfile", "fromstring"},
}
_FROM = {"urllib.request": "request", "xml.etree.ElementTree": "ElementTree"}
_BODIES = {"content", "text"}
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
        if isinstance(child, ast.Attribute) and child.attr in _BODIES and _is_answer(child.value):
            yield Use(module, inside or "(module)", f"answer.{child.attr}", child.lineno)
        if isinstance(child, ast.ImportFrom):
            origin = _FROM.get(child.module or "", child.module or "")
            for name in child.names:
                if name.name in PARSERS.get(origin, ()):
                    yield Use(module, inside or "(module)", f"{origin}.{name.name}", child.lineno)
        yield from _uses(child, module, inside)


def _call(node: ast.Call) -> str:
    called = node.func
    if isinstance(called, ast.Attribute):
        owner = _name(called.value)
        if called.attr in PARSERS.get(owner, ()):
            return f"{owner}.{called.attr}"
        if called.attr == "raw_decode":
            return "raw_decode"
        if called.attr in DIGITS:
            return called.attr
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
    owner = _name(called.value)
    mode = node.args[0] if node.args else None
    is_mode = isinstance(mode, ast.Constant) and isinstance(mode.value, str) and len(mode.value) <= 3
    has_option = any(
        one.arg in {"mode", "encoding", "buffering", "newline", "errors"} for one in node.keywords
    )
    is_made = isinstance(called.value, ast.Call) and _name(called.value.func) == "Path"
    is_path = is_made or owner in {"path", "file", "log"} or isinstance(called.value, ast.BinOp)
    return (
        owner in {"os", "io", "codecs", "gzip", "bz2", "lzma", "tarfile"} or is_mode or has_option or is_path
    )


def _name(node: ast.expr) -> str:
    """Return the last name of a dotted one: `response` of `self.response`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_answer(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return _call(node).startswith("requests.")
    return _name(node).lstrip("_") in {"answer", "response", "reply", "resp"}


def _is_number(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.BinOp | ast.UnaryOp | ast.Compare | ast.BoolOp):
        return True
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return name in _NUMBERS
    return False
