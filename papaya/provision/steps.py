"""The steps of a provisioning, told one by one as they happen, and all together at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from papaya.errors import PapayaError
from papaya.manifest.model import Json

Name = Literal["authenticate", "locate", "hierarchy", "device", "credential", "handshake"]
NAMES: tuple[Name, ...] = ("authenticate", "locate", "hierarchy", "device", "credential", "handshake")
Outcome = Literal["ok", "created", "changed", "unchanged", "skipped", "failed"]


@dataclass(slots=True)
class Step:
    """One step and how it ended; `details` are for programs."""

    name: Name
    outcome: Outcome = "ok"
    text: str = ""
    remedy: str = ""
    warnings: list[str] = field(default_factory=list)
    details: dict[str, Json] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """Its place among the six."""
        return NAMES.index(self.name) + 1

    def ended(self, outcome: Outcome, text: str) -> None:
        """Say how it ended."""
        self.outcome, self.text = outcome, text

    def as_json(self) -> dict[str, Json]:
        """Return the step as one member of a document."""
        told: dict[str, Json] = {"step": self.name, "outcome": self.outcome, "text": self.text}
        if self.remedy:
            told["remedy"] = self.remedy
        warnings: list[Json] = [*self.warnings]
        return {**told, "warnings": warnings, **self.details}


class Progress:
    """Collects the steps and tells each as soon as it has ended, failed ones included."""

    def __init__(self, tell: Callable[[Step], None]) -> None:
        self.steps: list[Step] = []
        self._tell = tell

    @contextmanager
    def step(self, name: Name) -> Iterator[Step]:
        """Yield a step; it is told when the block ends, in whatever way."""
        step = Step(name)
        self.steps.append(step)
        try:
            yield step
        except PapayaError as error:
            step.ended("failed", error.message)
            step.remedy = error.remedy
            raise
        finally:
            self._tell(step)
