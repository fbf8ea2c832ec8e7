"""Saving what the plot shows: samples as CSV, the plot as a picture; the window stays free meanwhile."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from PyQt6.QtCore import QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QPainter
from PyQt6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from papaya.counting import counted
from papaya.errors import Interrupted
from papaya_gui.actions import Actions
from papaya_gui.labels import plain_label
from papaya_gui.models.texts import bounded
from papaya_gui.models.tidy import Samples, samples_of, write
from papaya_gui.sources.supply import Simulated
from papaya_gui.station import Station
from papaya_gui.theme import Theme
from papaya_gui.tokens import PROGRESS, XS, M, S, inset
from papaya_gui.views.path_dialog import ask_to_save
from papaya_gui.views.picture import Recording, footer, save_picture
from papaya_gui.views.wording import tool_tip
from papaya_gui.workers import Worker

log = logging.getLogger(__name__)
# What no name of a file has everywhere: a server without a manifest is called by its host and port.
_NO_NAME = re.compile(r'[\x00-\x1f\\/:*?"<>|]')


class PlotPanel(Protocol):
    """The part of the plot that the export uses."""

    def size(self) -> QSize:
        """Return how large it is in the window."""

    def visible_range(self) -> tuple[float, float]:
        """Return from when to when it shows, in seconds since 1970."""

    def drawn_rows(self) -> Sequence[int]:
        """Return the rows whose curves are to be seen."""

    def paint_on(self, painter: QPainter, area: QRectF) -> None:
        """Paint what it shows into an area."""


Then = Callable[[Path], object]
Ask = Callable[[QWidget, str, Path, str, Then], object]


@dataclass(frozen=True, slots=True)
class _Task:
    path: Path
    cancelled: threading.Event = field(default_factory=threading.Event)


_Work = Callable[[], object]


class ExportView(QWidget):
    """A line that is there while something is saved, and until its outcome has been read.

    Signals: `finished(Path)` once a file is there.
    """

    finished = pyqtSignal(object)
    _advanced = pyqtSignal(object, float)

    def __init__(
        self,
        station: Station,
        theme: Theme,
        actions: Actions,
        panel: PlotPanel,
        parent: QWidget | None = None,
        *,
        ask: Ask = ask_to_save,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("export")
        self.setAccessibleName(self.tr("Export"))
        self._station, self._theme, self._panel, self._ask_person = station, theme, panel, ask
        self._folder = Path.home()
        self._task: _Task | None = None
        self._worker = Worker("export", self)
        self._worker.done.connect(self._on_done)
        self._worker.failed.connect(self._on_failed)
        self._advanced.connect(self._on_advanced)
        self._build()
        self._add_actions(actions)
        self.hide()

    def _build(self) -> None:
        self.words = plain_label()
        self.words.setObjectName("export-words")
        self.words.setAccessibleName(self.tr("What became of the export"))
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.progress = QProgressBar()
        self.progress.setObjectName("export-progress")
        self.progress.setAccessibleName(self.tr("Progress of the export"))
        self.progress.setRange(0, 1000)
        self.progress.setMaximumWidth(PROGRESS)
        self.cancel = QPushButton(self.tr("Cancel"))
        self.cancel.setObjectName("export-cancel")
        self.cancel.setAccessibleName(self.tr("Cancel the export"))
        self.cancel.clicked.connect(self._on_cancel)
        layout = QHBoxLayout(self)
        inset(layout, M, XS, gap=S)
        layout.addWidget(self.words, 1)
        layout.addWidget(self.progress)
        layout.addWidget(self.cancel)

    def _add_actions(self, actions: Actions) -> None:
        group = self.tr("Export")
        actions.add(
            "export-csv",
            self.tr("Save visible samples as CSV…"),
            self.save_samples,
            group=group,
            shortcut="Ctrl+E",
            words="export data table spreadsheet",
        )
        for scale in (1, 2):
            actions.add(
                f"export-png-{scale}",
                self.tr("Save plot as PNG, {}×…").format(scale),
                partial(self.save_plot, "png", scale),
                group=group,
                shortcut="Ctrl+Shift+E" if scale == 1 else "",
                words="export picture image screenshot",
            )
        actions.add(
            "export-svg",
            self.tr("Save plot as SVG…"),
            partial(self.save_plot, "svg", 1),
            group=group,
            words="export picture image vector",
        )

    def set_theme(self, theme: Theme) -> None:
        """Take another look; pictures get it too."""
        self._theme = theme

    def stop(self) -> None:
        """Give up what is under way; nothing half-written stays."""
        if self._task is not None:
            self._task.cancelled.set()
        self._worker.close()

    # What is saved

    def save_samples(self, some: Sequence[int] | None = None) -> None:
        """Ask where to, and save the samples that the plot shows, of some rows or of all that are drawn."""
        start, end = self._panel.visible_range()
        rows = self._panel.drawn_rows() if some is None else some
        parts = [samples_of(self._station.series(index), start, end) for index in rows]
        if not any(len(part) for part in parts):
            told = self.tr("There is nothing to save: the plot shows no samples. {}")
            self._say(
                told.format(self.tr("Choose another time range.") if rows else self.tr("Select a sensor."))
            )
            return
        kinds = self.tr("Comma-separated values (*.csv)")
        self._ask(self.tr("Save samples"), "csv", kinds, lambda task: partial(self._write, task, parts))

    def save_plot(self, kind: str, scale: int) -> None:
        """Ask where to, and save the plot as it is to be seen now."""
        recording = Recording(
            self._panel, footer(self._station, self._station.now()), self._theme, self.font()
        )
        kinds = self.tr("Pictures (*.svg)") if kind == "svg" else self.tr("Pictures (*.png)")
        self._ask(
            self.tr("Save plot"), kind, kinds, lambda task: partial(save_picture, recording, task.path, scale)
        )

    def _ask(self, title: str, ending: str, kinds: str, work: Callable[[_Task], _Work]) -> None:
        """Ask where to save, and begin the work that saves there once a person has said."""
        if self._is_busy():
            return
        name = self._station.catalog.fleet.name
        if self._station.supply.simulated is not Simulated.NOTHING:
            name = self.tr("{} (simulated)").format(name)
        # The fleet of a data file is called like it.
        name = name.removesuffix(f".{ending}")
        proposed = self._folder / f"{_NO_NAME.sub('-', name)}.{ending}"
        self._ask_person(self, title, proposed, kinds, lambda path: self._begin(path, work))

    def _is_busy(self) -> bool:
        """Return whether something is being saved, and say so."""
        if self._task is not None:
            self._say(self.tr("Something is being saved already: wait for it, or cancel it."), keep=True)
        return self._task is not None

    def _write(self, task: _Task, parts: Sequence[Samples]) -> int:
        return write(
            task.path,
            parts,
            self._station.texts,
            told=partial(self._advanced.emit, task),
            is_cancelled=task.cancelled.is_set,
        )

    # How it goes

    def _begin(self, path: Path, work: Callable[[_Task], _Work]) -> None:
        # Another export may have begun while the person was choosing.
        if self._is_busy():
            return
        self._folder = path.parent
        task = self._task = _Task(path)
        self.progress.setValue(0)
        self.progress.show()
        self.cancel.setText(self.tr("Cancel"))
        self._say(self.tr("Saving {}").format(path), keep=True)
        self._worker.submit(task, work(task))

    def _say(self, words: str, *, keep: bool = False) -> None:
        self.words.setText(words)
        self.words.setToolTip(tool_tip(words))
        if not keep:
            self.progress.hide()
            self.cancel.setText(self.tr("Dismiss"))
        self.show()

    def _on_advanced(self, task: _Task, part: float) -> None:
        if task is self._task:
            self.progress.setValue(round(part * 1000))

    def _on_done(self, task: _Task, count: int | None) -> None:
        self._task = None
        saved = self.tr("Saved {}").format(task.path)
        if count is not None:
            saved = self.tr("Saved {}: {}").format(task.path, counted(count, "sample"))
        self._say(saved)
        self.finished.emit(task.path)

    def _on_failed(self, task: _Task, error: Exception) -> None:
        self._task = None
        if isinstance(error, Interrupted):
            self._say(bounded(error.message))
        elif isinstance(error, OSError):
            reason = error.strerror or str(error)
            self._say(self.tr("Cannot save {}: {}. Choose another folder.").format(task.path, reason))
        else:
            log.error("the export to %s failed", task.path, exc_info=error)
            self._say(self.tr("Cannot save {}: {}").format(task.path, bounded(str(error))))

    def _on_cancel(self) -> None:
        if self._task is None:
            self.hide()
        else:
            self._task.cancelled.set()
