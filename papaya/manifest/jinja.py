"""The Jinja2 environment in which texts from a manifest run."""

from __future__ import annotations

from typing import Any

from jinja2 import StrictUndefined, pass_context
from jinja2.sandbox import ImmutableSandboxedEnvironment


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
    return environment


@pass_context
def _unchanged(context: Any, value: Any) -> Any:
    return value
