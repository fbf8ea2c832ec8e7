"""A value as a source says it, before anybody has looked at it."""

from __future__ import annotations

from dataclasses import dataclass

# The name of a value that comes without one.
BARE = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A value by its name, and the time that the source says, if it does."""

    value: object
    timestamp: object | None = None
