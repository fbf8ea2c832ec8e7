"""How much of a large file has been read, with a button that leaves the rest."""

from __future__ import annotations

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from papaya_gui.labels import plain_label
from papaya_gui.models.texts import shortened
from papaya_gui.station import Station
from papaya_gui.tokens import PROGRESS, XS, M, S, inset

_LOOK_MILLISECONDS = 200
_SHOWN = 60


class ReadingBar(QWidget):
    """A line that is there while a source is read from its beginning to its end."""

    def __init__(self, station: Station, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("readingBar")
        self.setAccessibleName(self.tr("Reading a file"))
        self._station = station
        self.words = plain_label(parent=self)
        self.words.setObjectName("readingWords")
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setText(self.tr("Reading %1").replace("%1", shortened(station.supply.where, _SHOWN)))
        self.progress = QProgressBar(self)
        self.progress.setObjectName("readingProgress")
        self.progress.setAccessibleName(self.tr("Part of the file that has been read"))
        self.progress.setRange(0, 1000)
        self.progress.setMaximumWidth(PROGRESS)
        self.cancel = QPushButton(self.tr("Cancel"), self)
        self.cancel.setObjectName("readingCancel")
        self.cancel.setAccessibleName(self.tr("Stop reading, and keep what has been read"))
        self.cancel.clicked.connect(station.supply.stop_reading)
        layout = QHBoxLayout(self)
        inset(layout, M, XS, gap=S)
        layout.addWidget(self.words, 1)
        layout.addWidget(self.progress)
        layout.addWidget(self.cancel)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self.hide()
        if station.supply.reading is not None:
            self._timer.start(_LOOK_MILLISECONDS)
            self.show()

    def _look(self) -> None:
        part = self._station.supply.reading
        if part is None:
            self._timer.stop()
            self.hide()
        else:
            self.progress.setValue(round(1000 * part))
