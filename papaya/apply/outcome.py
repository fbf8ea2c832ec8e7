"""What became of each change of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from papaya.engine.plan import Change, ProfileChange, ResourceChange

Status = Literal["done", "failed", "skipped", "not attempted"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one change ended; `steps` are those that the server had confirmed before it failed."""

    change: Change | ProfileChange | ResourceChange
    status: Status
    reason: str = ""
    remedy: str = ""
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """The end of a run: an outcome for every change of the plan, in its order."""

    outcomes: tuple[Outcome, ...]
    requests: int = 0
    stopped: str = ""

    def of(self, status: Status) -> Sequence[Outcome]:
        """Return the outcomes of one status."""
        return [outcome for outcome in self.outcomes if outcome.status == status]

    @property
    def is_complete(self) -> bool:
        """Whether everything was done."""
        return all(outcome.status == "done" for outcome in self.outcomes)


def count(outcomes: Iterable[Outcome], *actions: str) -> int:
    """Return how many of the outcomes belong to changes of these actions."""
    return sum(outcome.change.action in actions for outcome in outcomes)
