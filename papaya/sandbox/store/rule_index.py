"""The rules that a written value triggers, cached until one of them changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class RuleIndex:
    """Plans by entity number; whoever reads them also makes them.

    `idle` is true if there are no rules at all; None means not checked yet.
    """

    plans: dict[int, Any] = field(default_factory=dict)
    chains: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, tuple[Any, ...]] | None = None
    # Entity and field that are being evaluated: a field that writes its own argument stops there.
    running: set[tuple[int, str]] = field(default_factory=set)
    idle: bool | None = None

    def forget(self) -> None:
        """Look everything up again: a rule, a profile or a chain was changed."""
        self.plans.clear()
        self.chains.clear()
        self.fields = self.idle = None

    def forget_member(self, number: int) -> None:
        """Look one entity up again: it was saved or deleted."""
        self.plans.pop(number, None)
