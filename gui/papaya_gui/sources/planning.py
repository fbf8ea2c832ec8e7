"""The plan and the drift of the manifest that is open, for a worker: read, never written."""

from __future__ import annotations

import shlex
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from papaya.errors import PapayaError
from papaya_gui.sources.make import THINGSBOARD
from papaya_gui.sources.wanted import Wanted

if TYPE_CHECKING:
    from papaya.engine.drift import DriftReport
    from papaya.engine.plan import Plan

_WIDTH = 96
_PATIENCE = "5s"
# A text field stands still over more; what is beyond is said, and the command shows it.
LONGEST = 200_000
NOT_THERE, CHANGED = "not on the server", "changed on the server"


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan and the drift of a fleet, in the words of the command line.

    `read_at` are seconds since 1970; `standing` says of devices that they are not on the server, or changed
    there.
    """

    plan: str
    drift: str
    adds: int
    updates: int
    destroys: int
    is_refused: bool
    read_at: float
    standing: Mapping[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> Collection[str]:
        """The devices that the manifest has and the server lacks."""
        return {name for name, said in self.standing.items() if said == NOT_THERE}

    @property
    def is_empty(self) -> bool:
        """Whether server and manifest agree."""
        return not (self.adds or self.updates or self.destroys or self.is_refused)


def objection(wanted: Wanted) -> str:
    """Return why there is nothing to plan: "manifest" where none is open, "server" for another source."""
    if wanted.manifest is None:
        return "manifest"
    return "" if wanted.source in (None, THINGSBOARD) else "server"


def planned(wanted: Wanted) -> Planned:
    """Return the plan of a manifest as it now is on disk, against its server as it now is.

    Raises `PapayaError` for a manifest with faults, and where the server cannot be asked.
    """
    # The engine takes long to import, and the window opens without it.
    from papaya.engine.drift import drift
    from papaya.engine.ways_out import Asked, about_the_same
    from papaya.render.drift import drift_text
    from papaya.render.text import plan_text
    from papaya.runs.run import open_run

    if wanted.manifest is None:
        raise PapayaError("no manifest is open", remedy="Open one: File, Open manifest.")
    fleet = wanted.manifest.load()
    # A person waits, and can try again.
    server = replace(wanted.server, retry_for=wanted.server.retry_for or _PATIENCE)
    with open_run(fleet, server) as run:
        plan = run.plan()
    report, asked = drift(plan), Asked(tuple(wanted.paths), _options(wanted))
    return Planned(
        plan=_bounded(plan_text(about_the_same(plan, asked), width=_WIDTH)),
        drift=_bounded(drift_text(report, width=_WIDTH)),
        adds=plan.adds,
        updates=plan.updates,
        destroys=plan.destroys,
        is_refused=bool(plan.refusals),
        read_at=time.time(),
        standing=dict(_standing(plan, report)),
    )


def command(wanted: Wanted, verb: str) -> str:
    """Return the command line that does the same in a terminal."""
    return shlex.join(["papaya", verb, *wanted.paths, *_options(wanted)])


def _options(wanted: Wanted) -> tuple[str, ...]:
    words: list[str] = []
    if wanted.manifest is not None and wanted.manifest.environment:
        words += ["-e", wanted.manifest.environment]
    if wanted.server.url:
        words += ["--url", wanted.server.url]
    return tuple(words)


def _standing(plan: Plan, report: DriftReport) -> Iterator[tuple[str, str]]:
    for drifted in report.entities:
        if drifted.role == "device" and drifted.is_drift and not drifted.removed:
            yield drifted.address.name, NOT_THERE if drifted.missing else CHANGED
    for change in plan.changes:
        if change.role == "device" and change.action == "create":
            yield change.address.name, NOT_THERE


def _bounded(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    kept = text[: text.rfind("\n", 0, LONGEST)]
    left = text.count("\n") - kept.count("\n")
    return f"{kept}\n\n{left:,} more lines: the command in a terminal shows them.\n"
