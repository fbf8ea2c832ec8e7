"""The Jinja2 environment in which texts from a manifest run."""

from __future__ import annotations

from typing import Any

from jinja2 import StrictUndefined, TemplateRuntimeError, pass_context
from jinja2.filters import do_float, do_int
from jinja2.sandbox import ImmutableSandboxedEnvironment

_NO_DEFAULT: Any = object()


class _AtItsLine(ImmutableSandboxedEnvironment):
    """A sandbox that computes nothing before the template runs.

    Jinja2 folds constant expressions while it compiles, where an endless one could not be blamed on its line.
    It leaves alone what the sandbox intercepts, and output that a function of the context finishes.
    """

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})


def jinja_sandbox() -> ImmutableSandboxedEnvironment:
    """Return the environment: no attributes of Python's own, no changes to values, no undefined names."""
    environment = _AtItsLine(
        undefined=StrictUndefined, keep_trailing_newline=True, optimized=False, finalize=_unchanged
    )
    # Random text would make each plan differ from the one before.
    environment.globals.pop("lipsum", None)
    environment.filters.pop("random", None)
    environment.filters["int"] = _whole_number
    environment.filters["float"] = _number
    return environment


def _whole_number(value: Any, default: Any = _NO_DEFAULT, base: int = 10) -> Any:
    """Return Jinja2's `int`, but refuse what is no number: its own gives 0, which nobody wrote."""
    return _converted(do_int(value, default, base), value)


def _number(value: Any, default: Any = _NO_DEFAULT) -> Any:
    """Return Jinja2's `float`, but refuse what is no number."""
    return _converted(do_float(value, default), value)


def _converted(number: Any, value: Any) -> Any:
    if number is _NO_DEFAULT:
        raise TemplateRuntimeError(
            f'"{str(value)[:40]}" is no number; int(0) or float(0) would give 0 for it'
        )
    return number


@pass_context
def _unchanged(context: Any, value: Any) -> Any:
    return value
