"""Buttons on a plot that shows nothing: they add curves, or show the time range that has data."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QEvent, QObject, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from papaya_gui.models.picture import Picture
from papaya_gui.models.texts import shortened
from papaya_gui.station import Station
from papaya_gui.theme import Theme
from papaya_gui.tokens import L, S, choice_style, inset

_LONGEST = 32
# As many curves as a device is plotted with at first.
_CURVES = 4


class Invitation(QWidget):
    """A row of buttons over a canvas, below its message; hidden while a curve has data.

    Signals: `findWanted` and `allWanted`, when a person wants to find a sensor, or to see all data.
    """

    findWanted = pyqtSignal()
    allWanted = pyqtSignal()

    def __init__(self, station: Station, theme: Theme, canvas: QWidget) -> None:
        super().__init__(canvas)
        self.setObjectName("plot-invitation")
        self.setAccessibleName(self.tr("What to do with an empty plot"))
        self._station, self._canvas = station, canvas
        row = QHBoxLayout(self)
        inset(row, gap=S)
        self.plot_device, self.find_sensor = QPushButton(self), QPushButton(self.tr("Find a sensor…"), self)
        self.view_all = QPushButton(self.tr("View all"), self)
        for button, name in (
            (self.plot_device, "device"),
            (self.find_sensor, "find"),
            (self.view_all, "all"),
        ):
            button.setObjectName(f"plot-invitation-{name}")
            button.setAccessibleName(button.text())
            row.addWidget(button)
        self.plot_device.clicked.connect(lambda: station.add(self._rows()))
        self.find_sensor.clicked.connect(lambda: self.findWanted.emit())
        self.view_all.clicked.connect(lambda: self.allWanted.emit())
        canvas.installEventFilter(self)
        self.set_theme(theme)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        """Use other colors from now on."""
        self.setStyleSheet(choice_style(theme))

    def offer(self, picture: Picture) -> None:
        """Offer what ends an empty plot, or a time range without data; else offer nothing."""
        is_empty = not self._station.selection
        is_out_of_range = not is_empty and bool(picture.panes) and all(pane.note for pane in picture.panes)
        device = self._station.device if self._rows() else ""
        self.plot_device.setVisible(is_empty and bool(device))
        text = self.tr("Plot {}").format(shortened(device, _LONGEST))
        self.plot_device.setText(text)
        self.plot_device.setAccessibleName(text)
        self.find_sensor.setVisible(is_empty)
        self.view_all.setVisible(is_out_of_range)
        self.setVisible(
            any(not button.isHidden() for button in (self.plot_device, self.find_sensor, self.view_all))
        )
        self._place()

    def _rows(self) -> Sequence[int]:
        """Return the first sensors of the device in focus."""
        catalog, device = self._station.catalog, self._station.device
        rows = catalog.rows_of(device) if catalog.has_device(device) else ()
        return [row.index for row in rows[:_CURVES]]

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Stay in the middle of the canvas."""
        if event is not None and event.type() is QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        self.adjustSize()
        room = self._canvas.rect()
        self.move((room.width() - self.width()) // 2, room.height() // 2 + L)
