"""Jinja2 templates to texts that know which line of the template each of their lines came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from jinja2 import Template as Compiled
from jinja2 import TemplateError, TemplateSyntaxError, UndefinedError, nodes

from papaya.manifest.jinja import jinja_sandbox
from papaya.manifest.source import Template

LONGEST_OUTPUT: Final = 32 * 1024 * 1024
# Private-use characters around the number of a line. They go into constant text only, where no expression
# can see them, and out again before anybody else does.
_OPEN, _CLOSE = "\ue0f0", "\ue0f1"
_LINE_MARK = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
# Text inside of these may be captured, compared and filtered, so it stays what it is.
_CAPTURING = (nodes.Macro, nodes.CallBlock, nodes.FilterBlock, nodes.AssignBlock)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered text and the template it came from."""

    text: str
    template: Template


@dataclass(frozen=True, slots=True)
class Unrendered:
    """Why a template has no text, and the line of the template, from 1, that stands in the way."""

    line: int
    summary: str
    remedy: str = ""


def render(
    name: str,
    text: str,
    variables: Mapping[str, Any],
    *,
    on_compiled: Callable[[Mapping[int, int]], None] | None = None,
) -> Rendered | Unrendered:
    """Return the text of a template, or why there is none.

    `name` is what Python calls the compiled template in tracebacks. `on_compiled` gets the line of the
    template for each of its lines, so that an error names the line even if the process is killed.
    """
    environment = jinja_sandbox()
    try:
        tree = environment.parse(text)
        if _OPEN not in text:
            _mark_lines(tree)
        compiled = Compiled.from_code(
            environment, environment.compile(tree, filename=name), environment.globals
        )
    except TemplateSyntaxError as error:
        return Unrendered(error.lineno, f"the template is not understood: {error.message}")
    except (TemplateError, RecursionError, MemoryError, SyntaxError, ValueError, OverflowError) as error:
        return Unrendered(1, f"the template cannot be read: {error}")
    if on_compiled is not None:
        on_compiled({there: here for here, there in compiled.debug_info})
    try:
        return _joined(text, _pieces(compiled, variables))
    except Exception as error:  # Whatever a template does, it is the template that is wrong.
        return _explain(error, compiled, name, variables)


def template_line(compiled_line: int, lines: Mapping[int, int]) -> int:
    """Return the line of a template for a line of its compiled form."""
    before = [line for line in lines if line <= compiled_line]
    return lines[max(before)] if before else 1


class _TooLong(Exception):
    """The output of a template is longer than any manifest."""


def _mark_lines(node: nodes.Node) -> None:
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.TemplateData):
            child.data = f"{_OPEN}{child.lineno}{_CLOSE}{child.data}"
        elif not isinstance(child, _CAPTURING):
            _mark_lines(child)


def _pieces(compiled: Compiled, variables: Mapping[str, Any]) -> Iterator[str]:
    length = 0
    for piece in compiled.root_render_func(compiled.new_context(dict(variables))):
        length += len(piece)
        if length > LONGEST_OUTPUT:
            raise _TooLong
        yield piece


def _joined(text: str, pieces: Iterator[str]) -> Rendered:
    """Return the text without its line marks, and the line of the template for each of its lines."""
    written: list[str] = []
    lines = [1]
    current = 1
    fresh = True
    for piece in pieces:
        for part, line in _marked(piece):
            if line:
                current = line
                if fresh:
                    lines[-1] = current
            written.append(part)
            breaks = _LINE_BREAK.findall(part)
            for _ in breaks:
                # Only the template's own text moves on in the template; an expression stays on its line.
                current += line > 0
                lines.append(current)
            if part:
                fresh = bool(breaks) and part.endswith(breaks[-1])
    return Rendered("".join(written), Template(text, tuple(lines)))


@lru_cache(maxsize=4096)
def _marked(piece: str) -> tuple[tuple[str, int], ...]:
    """Return the parts of a piece with the template's line on which each starts, 0 where none is known."""
    if _OPEN not in piece:
        return ((piece, 0),)
    parts = _LINE_MARK.split(piece)
    marked = zip(parts[2::2], map(int, parts[1::2]), strict=True)
    return ((parts[0], 0), *marked) if parts[0] else tuple(marked)


def _explain(error: Exception, compiled: Compiled, name: str, variables: Mapping[str, Any]) -> Unrendered:
    line = _line_of(error, compiled, name)
    if isinstance(error, _TooLong):
        size = LONGEST_OUTPUT // (1024 * 1024)
        return Unrendered(line, f"the template writes more than {size} MiB", "check its loops")
    if isinstance(error, MemoryError):
        return Unrendered(line, "the template needs too much memory", "check its loops and lists")
    if isinstance(error, RecursionError):
        return Unrendered(line, "the template calls itself without end", "check its macros")
    if isinstance(error, UndefinedError):
        known = ", ".join(sorted(variables)) or "none"
        remedy = f"variables come from --var, --var-file and PAPAYA_VAR_<name>; given: {known}"
        return Unrendered(line, f"the template fails: {error.message}", remedy)
    text = f"the template fails: {str(error) or type(error).__name__}"
    if isinstance(error, TypeError) and any(isinstance(value, str) for value in variables.values()):
        return Unrendered(line, text, "variables of --var are text: {{ name | int }} is a number")
    return Unrendered(line, text)


def _line_of(error: Exception, compiled: Compiled, name: str) -> int:
    line = 1
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == name:
            line = compiled.get_corresponding_lineno(traceback.tb_lineno)
        traceback = traceback.tb_next
    if isinstance(error, _TooLong):
        return _busiest_line(compiled, line)
    return line


def _busiest_line(compiled: Compiled, otherwise: int) -> int:
    """Return the first line of a template that repeats something: its output is too long because of that."""
    lines = [line for line, _ in compiled.debug_info]
    return lines[0] if lines else otherwise
