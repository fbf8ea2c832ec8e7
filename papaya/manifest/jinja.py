"""The Jinja2 environment in which texts from a manifest run."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from jinja2 import StrictUndefined, TemplateRuntimeError, pass_context
from jinja2.filters import do_float, do_int
from jinja2.sandbox import ImmutableSandboxedEnvironment

from papaya.foreign import ForeignValue, number_in
from papaya.manifest.expressions import not_a_number

_NO_DEFAULT: Any = object()


class NotANumber(TemplateRuntimeError):
    """A text that `int` or `float` was asked to convert is no finite number."""

    def __init__(self, value: str) -> None:
        super().__init__(not_a_number(value))
        self.value = value


class _AtItsLine(ImmutableSandboxedEnvironment):
    """A sandbox that computes nothing before the template runs.

    Jinja2 folds constant expressions while it compiles, where an endless one could not be blamed on its line.
    It leaves alone what the sandbox intercepts, and output that a function of the context finishes.
    """

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})


def jinja_sandbox(decimal: str = ".") -> ImmutableSandboxedEnvironment:
    """Return the environment: no attributes of Python's own, no changes to values, no undefined names."""
    environment = _AtItsLine(
        undefined=StrictUndefined, keep_trailing_newline=True, optimized=False, finalize=_unchanged
    )
    # Random text would make each plan differ from the one before.
    environment.globals.pop("lipsum", None)
    environment.filters.pop("random", None)
    environment.filters.update(_filters(decimal))
    return environment


def _filters(decimal: str) -> dict[str, Callable[..., Any]]:
    """Return `int` and `float`, which refuse what is no finite number: Jinja2's own give 0.

    `decimal` is what stands in texts between whole numbers and fractions, a point or a comma.
    """

    def whole_number(value: Any, default: Any = _NO_DEFAULT, base: int = 10) -> Any:
        if not isinstance(value, str):
            return _converted(do_int(value, default, base), value)
        return int(number(value)) if base == 10 and default is _NO_DEFAULT else _other(value, default, base)

    def _other(value: str, default: Any, base: int) -> Any:
        try:
            return int(number(value)) if base == 10 else int(value, base)
        except (ValueError, TemplateRuntimeError):
            return _converted(default, value)

    def number(value: Any, default: Any = _NO_DEFAULT) -> Any:
        if not isinstance(value, str):
            return _converted(do_float(value, default), value)
        try:
            return float(number_in(value, decimal=decimal))
        except ForeignValue:
            return _converted(default, value)

    return {"int": whole_number, "float": number}


def _converted(number: Any, value: Any) -> Any:
    is_endless = isinstance(number, float) and not math.isfinite(number)
    if number is _NO_DEFAULT or is_endless:
        raise NotANumber(str(value))
    return number


@pass_context
def _unchanged(context: Any, value: Any) -> Any:
    return value
