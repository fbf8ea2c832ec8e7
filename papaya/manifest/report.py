"""Where the parts of the loader put what they find."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from papaya.diagnostics import Diagnostic, Mark, Severity
from papaya.manifest.source import Source
from papaya.manifest.tree import Path, Place, fault, show_path

Progress = Callable[[int, int], object]
# Of a row: it is read, checked and completed.
_STEPS = 3
_EACH = _STEPS * 1_000


@dataclass
class _Repeated:
    place: Place
    summary: str
    remedy: str
    path: str
    severity: Severity
    count: int = 1


@dataclass
class _Cells:
    """Cells of one column that have one fault; `words` say it of one and of many of them."""

    place: Place
    column: str
    example: str
    words: tuple[str, str]
    remedy: str
    path: str
    severity: Severity
    one: str
    lines: set[int]

    @property
    def count(self) -> int:
        """Return the number of cells: one that several fields read is one cell."""
        return len(self.lines)

    def summary(self) -> str:
        """Return what is wrong with the cells."""
        if self.count == 1:
            shown = f'"{self.example}"' if self.example else "the cell"
            return self.one or f"{self.column}: {shown} {self.words[0]}"
        such = f' such as "{self.example}"' if self.example else ""
        return f"{self.column}: {self.count:,} cells{such} {self.words[1]}"


@dataclass
class Report:
    """Collects diagnostics; `unsure` names the parts of the manifest that have faults of their own.

    What refers to an unsure part is not called unknown: it may be in what could not be read. `spellings`
    are warnings about how a scalar is written, which are of no use where it is refused altogether. `unread`
    are faults of the text itself: what else is said about their place follows from them.
    """

    diagnostics: list[Diagnostic] = field(default_factory=list)
    unsure: set[str] = field(default_factory=set)
    texts: dict[str, Source] = field(default_factory=dict)
    spellings: list[Diagnostic] = field(default_factory=list)
    unread: dict[Mark, Diagnostic] = field(default_factory=dict)
    progress: Progress | None = None
    _rows: int = 0
    _steps: int = 0
    _repeated: dict[tuple[str, str, str], _Repeated] = field(default_factory=dict)
    _cells: dict[tuple[object, ...], _Cells] = field(default_factory=dict)

    def expect_rows(self, rows: int) -> None:
        """Note that so many rows of tables become devices: each is read, checked and completed."""
        self._rows += rows

    def note_row(self) -> None:
        """Note one of the three steps of a row, of which `progress` hears by the thousand."""
        self._steps += 1
        if self._steps % _EACH == 0 and self.progress is not None:
            self.progress(self._steps // _STEPS, self._rows)

    def add(
        self,
        place: Place,
        summary: str,
        remedy: str = "",
        *,
        path: Path | str = "",
        severity: Severity = "error",
        places: int = 1,
    ) -> None:
        """Note a fault or warning at a place, which stands for as many as `places` like it."""
        told = fault(place, summary, remedy=remedy, path=path, severity=severity)
        self.diagnostics.append(told if places == 1 else replace(told, places=places))

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

    def add_cell(
        self,
        place: Place,
        column: str,
        example: str,
        words: tuple[str, str],
        remedy: str = "",
        *,
        path: Path = (),
        severity: Severity = "error",
        one: str = "",
    ) -> None:
        """Note a fault of a cell: cells of one column with one cause are told together, with their number.

        `example` is what the cell says, empty where that may be a secret; `one` is told instead of the words
        where a single cell has the fault.
        """
        key = (place[0].name, place[2], words, remedy, severity)
        known = self._cells.get(key)
        if known is None:
            named = show_path(path)
            self._cells[key] = _Cells(place, column, example, words, remedy, named, severity, one, {place[1]})
        else:
            known.lines.add(place[1])

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
                places=repeated.count,
            )
        for cells in self._cells.values():
            self.add(
                cells.place,
                cells.summary(),
                cells.remedy,
                path=cells.path,
                severity=cells.severity,
                places=cells.count,
            )
        self._repeated.clear()
        self._cells.clear()
        if self.unread:
            self.diagnostics = [one for one in self.diagnostics if self.unread.get(one.mark, one) is one]
        refused = {diagnostic.mark for diagnostic in self.diagnostics if diagnostic.severity == "error"}
        self.diagnostics += [spelling for spelling in self.spellings if spelling.mark not in refused]
        self.spellings.clear()
        return self.diagnostics
