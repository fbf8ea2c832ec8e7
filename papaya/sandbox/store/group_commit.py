"""Writes of many devices in one transaction: all that come in one turn of the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from papaya.sandbox.store.database import Store
from papaya.sandbox.unforeseen import tell

_LOG = logging.getLogger(__name__)
Action = Callable[[], None]


def nothing() -> None:
    """Do nothing: the action where there is nothing to write, or nothing to do afterwards."""


@dataclass(slots=True)
class GroupCommit:
    """Collects writes and tells each of them its outcome, in order, after the commit.

    A write must do nothing but use the database: when one of a group fails, the others run again.
    """

    store: Store
    _jobs: list[tuple[Action, Action, Action]] = field(default_factory=list)

    def submit(self, write: Action, committed: Action = nothing, failed: Action = nothing) -> None:
        """Run `write` soon in a transaction, then one of the other two."""
        if not self._jobs:
            asyncio.get_running_loop().call_soon(self.flush)
        self._jobs.append((write, committed, failed))

    def flush(self) -> None:
        """Commit what was collected."""
        jobs, self._jobs = self._jobs, []
        if not jobs:
            return
        try:
            with self.store.transaction():
                for write, _, _ in jobs:
                    write()
        except Exception:
            self._one_by_one(jobs)
            return
        for _, committed, _ in jobs:
            committed()

    def _one_by_one(self, jobs: list[tuple[Action, Action, Action]]) -> None:
        for write, committed, failed in jobs:
            try:
                with self.store.transaction():
                    write()
            except Exception as fault:
                tell(_LOG, "a device's write", fault)
                failed()
            else:
                committed()
