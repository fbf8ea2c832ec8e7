"""Where the parts of the loader put what they find."""

from __future__ import annotations

from dataclasses import dataclass, field

from papaya.diagnostics import Diagnostic, Mark, Severity
from papaya.manifest.source import Source
from papaya.manifest.tree import Path, Place, fault, show_path


@dataclass
class _Repeated:
    place: Place
    summary: str
    remedy: str
    path: str
    severity: Severity
    count: int = 1


@dataclass
class Report:
    """Collects diagnostics; `unsure` names the parts of the manifest that have faults of their own.

    What refers to an unsure part is not called unknown: it may be in what could not be read. `spellings`
    are warnings about how a scalar is written, which are of no use where it is refused altogether.
    """

    diagnostics: list[Diagnostic] = field(default_factory=list)
    unsure: set[str] = field(default_factory=set)
    texts: dict[str, Source] = field(default_factory=dict)
    spellings: list[Diagnostic] = field(default_factory=list)
    _repeated: dict[tuple[str, str, str], _Repeated] = field(default_factory=dict)

    def add(
        self,
        place: Place,
        summary: str,
        remedy: str = "",
        *,
        path: Path | str = "",
        severity: Severity = "error",
    ) -> None:
        """Note a fault or warning at a place."""
        self.diagnostics.append(fault(place, summary, remedy=remedy, path=path, severity=severity))

    def add_at(
        self,
        mark: Mark | None,
        summary: str,
        remedy: str = "",
        *,
        path: str = "",
        severity: Severity = "error",
    ) -> None:
        """Note a fault or warning at the mark of an entity."""
        mark = mark or Mark("")
        source = self.texts.get(mark.file)
        snippet = source.snippet_at(mark) if source is not None else ""
        self.diagnostics.append(Diagnostic(summary, mark, severity, remedy, path, snippet))

    def add_once(
        self,
        kind: str,
        place: Place,
        summary: str,
        remedy: str = "",
        *,
        path: Path = (),
        severity: Severity = "error",
    ) -> None:
        """Note what many entries of one text may earn: it is told at the first, with their number."""
        named = show_path(tuple(key for key in path if isinstance(key, str)))
        key = (kind, place[0].name, named)
        known = self._repeated.get(key)
        if known is None:
            self._repeated[key] = _Repeated(place, summary, remedy, show_path(path), severity)
        else:
            known.count += 1

    def finish(self) -> list[Diagnostic]:
        """Return everything that was noted."""
        for repeated in self._repeated.values():
            more = f" (and {repeated.count - 1:,} more like it)" if repeated.count > 1 else ""
            self.add(
                repeated.place,
                repeated.summary + more,
                repeated.remedy,
                path=repeated.path,
                severity=repeated.severity,
            )
        self._repeated.clear()
        refused = {diagnostic.mark for diagnostic in self.diagnostics if diagnostic.severity == "error"}
        self.diagnostics += [spelling for spelling in self.spellings if spelling.mark not in refused]
        self.spellings.clear()
        return self.diagnostics
