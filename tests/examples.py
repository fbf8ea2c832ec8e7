"""How many examples a property is tried with: a few in `make test`, and many in `make soak`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import settings

Test = TypeVar("Test", bound=Callable[..., Any])


def is_soak() -> bool:
    """Return whether `make soak` runs, which names the profile."""
    return settings.get_current_profile_name() == "soak"


def examples(suite: int, soak: int, **more: Any) -> Callable[[Test], Test]:
    """Return a decorator that sets how many examples a property gets; it stands above `given`."""

    def decorate(test: Test) -> Test:
        chosen: Test = settings(max_examples=soak if is_soak() else suite, **more)(test)
        chosen.is_tried_in_soak = True  # type: ignore[attr-defined]
        return chosen

    return decorate
