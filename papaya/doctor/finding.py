"""What a check found, and how checks are run so that none ends the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from papaya.diagnostics import Diagnostic
from papaya.errors import ManifestError, PapayaError
from papaya.manifest.model import Json
from papaya.remedies import Fault

Status = Literal["ok", "warning", "failed"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    check: str
    status: Status
    text: str
    remedy: str = ""

    def as_json(self) -> dict[str, Json]:
        """Return the line as a member of a document."""
        return {"check": self.check, "status": self.status, "text": self.text, "remedy": self.remedy or None}


def fine(check: str, text: str) -> Finding:
    """Return that something is as it should be."""
    return Finding(check, "ok", text)


def doubtful(check: str, text: str, remedy: str = "") -> Finding:
    """Return that something may become a problem, or is one for a part of papaya only."""
    return Finding(check, "warning", text, remedy)


def wrong(check: str, text: str, remedy: str = "") -> Finding:
    """Return that something does not work."""
    return Finding(check, "failed", text, remedy)


def of_fault(check: str, fault: Fault, status: Status = "failed") -> Finding:
    """Return one of the faults that commands tell in the same words."""
    return Finding(check, status, fault.summary, fault.remedy)


def of_error(check: str, error: PapayaError) -> Finding:
    """Return what a command would have ended with."""
    if isinstance(error, ManifestError):
        return wrong(check, error.message + _first(error.diagnostics), "See them all with: papaya validate")
    return wrong(check, " ".join(error.message.split()), error.remedy)


def of_diagnostic(check: str, diagnostic: Diagnostic) -> Finding:
    """Return something doubtful about a file."""
    return doubtful(check, f"{diagnostic.mark}: {diagnostic.summary}", diagnostic.remedy)


def attempt(check: str, find: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Yield what a check finds; an error of its own is a finding, too."""
    try:
        yield from find()
    except PapayaError as error:
        yield of_error(check, error)


def _first(diagnostics: Iterable[Diagnostic]) -> str:
    first = next((one for one in diagnostics if one.severity == "error"), None)
    return f", the first: {first.mark}: {first.summary}" if first is not None else ""
