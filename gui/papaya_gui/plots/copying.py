"""Copies samples to the clipboard as CSV; the window stays free meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QApplication

from papaya.counting import counted
from papaya_gui.models.tidy import Samples, lines, samples_of
from papaya_gui.sources.signing_in import words_of
from papaya_gui.station import Station
from papaya_gui.workers import Worker

# More samples than this are for a file: other programs choke on a clipboard of many megabytes.
MOST_COPIED = 200_000


class Copying(QObject):
    """Signal: `told(words)` says what became of it."""

    told = pyqtSignal(str)

    def __init__(self, station: Station, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._station = station
        self._worker = Worker("papaya-copy", self)
        self._worker.done.connect(self._on_done)
        self._worker.failed.connect(lambda _, error: self.told.emit(words_of(error)))

    def copy(self, rows: Sequence[int], start: float, end: float) -> None:
        """Copy the samples of rows in a span of time, as an export writes them."""
        parts = [samples_of(self._station.series(row), start, end) for row in rows]
        count = sum(len(part) for part in parts)
        if not count:
            self.told.emit(self.tr("Nothing to copy: no samples are visible."))
        elif count > MOST_COPIED:
            text = self.tr("{count} are too many to copy. Zoom in, or save them as CSV (Ctrl+E).")
            self.told.emit(text.format(count=counted(count, "sample")))
        else:
            self._worker.submit(count, self._work(parts))

    def _work(self, parts: Sequence[Samples]) -> Callable[[], str]:
        return lambda: "".join(text for text, _ in lines(parts, self._station.texts))

    def _on_done(self, count: int, text: str) -> None:
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(text)
            self.told.emit(self.tr("Copied {count}").format(count=counted(count, "sample")))

    def close(self) -> None:
        """End the thread."""
        self._worker.close(0.1)
