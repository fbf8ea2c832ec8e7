"""Evaluates expressions with Jinja2, in its sandbox."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from jinja2 import (
    Environment,
    Template,
    TemplateError,
    TemplateSyntaxError,
    Undefined,
    meta,
    nodes,
)

from papaya.manifest.expressions import ABSENT, LONGEST_VALUE, Job, Outcome, Problem, Result
from papaya.manifest.jinja import NotANumber, jinja_sandbox
from papaya.remedies import nearest

_RESULT = "result"
_ROW = "row"
_LARGEST_BITS = 1024


class EmptyCell(Exception):
    """An expression needs the value of an empty cell."""


class Empty(Undefined):
    """The value of an empty cell: it may be tested, and replaced by `default`, and nothing else."""

    def _fail_with_undefined_error(self, *arguments: Any, **named: Any) -> NoReturn:
        raise EmptyCell

    def __bool__(self) -> bool:
        """Return that an empty cell says nothing."""
        return False

    def __eq__(self, other: object) -> bool:
        """Compare with the empty text only: what an empty cell would say is not known."""
        if other == "" or isinstance(other, Empty):
            return True
        raise EmptyCell

    def __ne__(self, other: object) -> bool:
        """Compare with the empty text only."""
        return not self == other

    __hash__ = _fail_with_undefined_error
    __str__ = __iter__ = __len__ = __call__ = __contains__ = _fail_with_undefined_error
    __int__ = __float__ = __index__ = __complex__ = _fail_with_undefined_error
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _fail_with_undefined_error
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = _fail_with_undefined_error
    __mod__ = __rmod__ = __pow__ = __rpow__ = __pos__ = __neg__ = _fail_with_undefined_error
    __lt__ = __le__ = __gt__ = __ge__ = __getitem__ = _fail_with_undefined_error


def evaluate_here(jobs: Sequence[Job]) -> Sequence[Outcome]:
    """Return what the jobs give, without any limit on time and memory."""
    return [_evaluate(_environment(job.decimal), job, f"job {index}") for index, job in enumerate(jobs)]


def _environment(decimal: str) -> Environment:
    environment = jinja_sandbox(decimal)
    # Nothing among them is needed to read a cell.
    environment.globals.clear()
    return environment


def _evaluate(environment: Environment, job: Job, name: str) -> Outcome:
    compiled = [
        _compile(environment, text, job.columns, f"<{name} text {index}>")
        for index, text in enumerate(job.texts)
    ]
    problems = [item for item in compiled if isinstance(item, Problem)]
    if problems:
        return Outcome(tuple(item if isinstance(item, Problem) else () for item in compiled))
    empties = {column: Empty(name=column) for column in job.columns}
    results: list[list[Result]] = [[] for _ in compiled]
    for row in job.rows:
        cells: dict[str, Any] = {
            column: cell if cell else empties[column] for column, cell in zip(job.columns, row, strict=True)
        }
        cells.setdefault(_ROW, cells.copy())
        for taken, evaluate in zip(results, compiled, strict=True):
            taken.append(_attempt(evaluate, cells))  # type: ignore[arg-type]
    return Outcome(tuple(results))


def _compile(
    environment: Environment, text: str, columns: Sequence[str], filename: str
) -> Callable[[Mapping[str, Any]], Any] | Problem:
    try:
        tree = environment.parse(text.strip())
        unknown = sorted(meta.find_undeclared_variables(tree) - set(columns) - {_ROW})
        if unknown:
            return _unknown_column(unknown[0], columns)
        single = _single(tree)
        if single is not None:
            target = nodes.Name(_RESULT, "store", lineno=1)
            tree = nodes.Template([nodes.Assign(target, single, lineno=1)], lineno=1)
            tree.set_environment(environment)
        else:
            tree = environment.parse(text)
        template = Template.from_code(environment, environment.compile(tree, filename=filename), {})
    except TemplateSyntaxError as error:
        return Problem(f"this is no Jinja2 expression: {error.message}", "write {{ column }}")
    except (TemplateError, RecursionError, MemoryError, SyntaxError, ValueError, OverflowError) as error:
        return Problem(f"this expression cannot be read: {error}")
    return _runner(template, keeps_type=single is not None)


def _runner(template: Template, *, keeps_type: bool) -> Callable[[Mapping[str, Any]], Any]:
    def run(cells: Mapping[str, Any]) -> Any:
        context = template.new_context(dict(cells), shared=True)
        written = "".join(template.root_render_func(context))
        return context.vars[_RESULT] if keeps_type else written

    return run


def _single(tree: nodes.Template) -> nodes.Expr | None:
    """Return the one expression that a text is made of, if it is nothing else."""
    if len(tree.body) != 1 or not isinstance(tree.body[0], nodes.Output):
        return None
    parts = tree.body[0].nodes
    if len(parts) != 1 or isinstance(parts[0], nodes.TemplateData):
        return None
    return parts[0]


def _unknown_column(name: str, columns: Sequence[str]) -> Problem:
    near = nearest(name, columns)
    known = ", ".join(columns[:12])
    return Problem(
        f'there is no column "{name}"', f"did you mean {near}?" if near else f"the columns are: {known}"
    )


def _attempt(evaluate: Callable[[Mapping[str, Any]], Any], cells: Mapping[str, Any]) -> Result:
    try:
        return _checked(evaluate(cells))
    except EmptyCell:
        return ABSENT
    except NotANumber as error:
        return Problem(f"the expression fails: {error}", number=error.value[:200])
    except MemoryError:
        return Problem("the expression needs too much memory", "write a simpler one")
    except RecursionError:
        return Problem("the expression is nested too deeply", "write a simpler one")
    except Exception as error:  # Whatever an expression does, it is the expression that is wrong.
        return Problem(f"the expression fails: {str(error) or type(error).__name__}")


def _checked(value: Any, depth: int = 0) -> Result:
    """Return a value as JSON has it, or what is wrong with it."""
    if isinstance(value, Empty):
        return ABSENT
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float):
        return (
            value if math.isfinite(value) else Problem(f"the expression gives {value}, which no field holds")
        )
    if isinstance(value, str):
        if len(value) > LONGEST_VALUE:
            return Problem(f"the value has {len(value):,} characters", "write a shorter one")
        return str(value)
    if isinstance(value, int):
        if value.bit_length() > _LARGEST_BITS:
            return Problem("the number is too large")
        return value
    if isinstance(value, list | tuple | dict) and depth < 8 and len(value) < 10_000:
        items = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
        checked = [(key, _checked(item, depth + 1)) for key, item in items]
        wrong = next((item for _, item in checked if isinstance(item, Problem)), None)
        if wrong is not None:
            return wrong
        if isinstance(value, dict):
            return {str(key): item for key, item in checked if item is not ABSENT}
        return [item for _, item in checked if item is not ABSENT]
    return Problem(f"the expression gives {type(value).__name__}, which no field can hold")
