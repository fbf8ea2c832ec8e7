"""Subscriptions to new values: one hub between everything that writes and the WebSocket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from papaya.sandbox.store.database import Store

SERIES, ALARMS = 0, -2
# Not an entity: subscribers to this get every change.
ANY = 0
Value = tuple[int, str, Any]
# What the server sends for a deleted key: an empty text from the beginning of time.
DELETED: Value = (0, "s", "")


@dataclass(frozen=True, slots=True)
class Change:
    """Values that one request wrote: an entity's series, or its attributes of one scope.

    `source` is SERIES or the number of the scope; each key has its values in the order of writing.
    ALARMS comes without values: an alarm of the entity was made, changed or deleted.
    """

    number: int
    source: int
    values: Mapping[str, list[Value]]


class Watcher(Protocol):
    """Whoever is told of changes."""

    def changed(self, change: Change) -> None:
        """Take note of a committed change."""


@dataclass(slots=True)
class Changes:
    """Watchers by entity number; a dictionary keeps them in the order of their coming."""

    _watchers: dict[int, dict[Watcher, None]] = field(default_factory=dict)

    def watch(self, number: int, watcher: Watcher) -> None:
        """Tell the watcher of every later change of the entity."""
        self._watchers.setdefault(number, {})[watcher] = None

    def unwatch(self, number: int, watcher: Watcher) -> None:
        """Tell the watcher no more."""
        watchers = self._watchers.get(number)
        if watchers is not None:
            watchers.pop(watcher, None)
            if not watchers:
                del self._watchers[number]

    def is_watched(self, number: int) -> bool:
        """Return whether a change has any subscriber; usually it has none."""
        return number in self._watchers or ANY in self._watchers

    def announce(self, store: Store, change: Change) -> None:
        """Tell the watchers once the change is committed."""
        store.after_commit(partial(self._tell, change))

    def _tell(self, change: Change) -> None:
        for watcher in [*self._watchers.get(change.number, ()), *self._watchers.get(ANY, ())]:
            watcher.changed(change)
