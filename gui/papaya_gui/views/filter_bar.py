"""Buttons above the fleet tree: which devices it shows, and whether the worst are first."""

from __future__ import annotations

from functools import partial

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from papaya_gui.models.shape import ROOT
from papaya_gui.models.tree import Only, Tree
from papaya_gui.theme import Theme
from papaya_gui.tokens import XS, choice_style, inset


class FilterBar(QWidget):
    """All, alarm, warn, silent, each with its number of devices.

    Signal: `chosen(Only)`, which devices are to be shown.
    """

    chosen = pyqtSignal(Only)

    def __init__(self, tree: Tree, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("fleetFilter")
        self.setAccessibleName(self.tr("Show only devices in this condition"))
        self._tree = tree
        row = QHBoxLayout(self)
        inset(row, gap=XS)
        group = QButtonGroup(self)
        self._words = {
            Only.ALL: (self.tr("All"), self.tr("Show all devices")),
            Only.ALARM: (self.tr("Alarm"), self.tr("Show devices with an alarm")),
            Only.WARN: (self.tr("Warn"), self.tr("Show devices with a warning")),
            Only.SILENT: (self.tr("Silent"), self.tr("Show silent and stale devices")),
        }
        self.buttons: dict[Only, QToolButton] = {}
        for only, (text, tip) in self._words.items():
            button = self._button(f"fleetFilter-{only.name.lower()}", text, tip)
            button.clicked.connect(partial(self._on_chosen, only))
            group.addButton(button)
            row.addWidget(button)
            self.buttons[only] = button
        self.buttons[Only.ALL].setChecked(True)
        self.set_theme(theme)
        row.addStretch(1)
        self.worst_first = self._button(
            "fleetWorstFirst", self.tr("Worst first"), self.tr("Order devices and places by their condition")
        )
        self.worst_first.setChecked(True)
        row.addWidget(self.worst_first)

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        self.setStyleSheet(choice_style(theme))

    def _button(self, name: str, text: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        return button

    def settings(self) -> tuple[str, bool]:
        """Return which devices are shown, empty for all, and whether the worst are first."""
        only = next(only for only, button in self.buttons.items() if button.isChecked())
        return "" if only is Only.ALL else only.name.lower(), self.worst_first.isChecked()

    def set_settings(self, only: str, is_worst_first: bool) -> None:
        """Show so; a condition that is unknown is none."""
        found = next((one for one in Only if one.name.lower() == only), Only.ALL)
        if not self.buttons[found].isChecked():
            self.buttons[found].click()
        self.worst_first.setChecked(is_worst_first)

    def _on_chosen(self, only: Only, *_: bool) -> None:
        self.chosen.emit(only)

    def count(self) -> None:
        """Say how many devices are in each condition."""
        for only, button in self.buttons.items():
            if only is Only.ALL:
                continue
            number = int(self._tree.number_of(only)[ROOT])
            text, tip = self._words[only]
            text = f"{text} {number:,}" if number else text
            if button.text() != text:
                button.setText(text)
                button.setAccessibleName(f"{tip}: {number:,}")
