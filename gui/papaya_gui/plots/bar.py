"""The controls above the plot: window, aggregation and what is shown beside the curves."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QToolBar,
    QWidget,
)

from papaya_gui.labels import plain_label
from papaya_gui.models.curve import Aggregation
from papaya_gui.tokens import ICON_SMALL
from papaya_gui.views.more_button import mark_more
from papaya_gui.views.wording import tool_tip


class Bar(QWidget):
    """Shows what is set and lets it be set.

    Signal: `aggregationChosen(Aggregation)`; the button `range` does what `choose` does.
    """

    aggregationChosen = pyqtSignal(object)

    def __init__(self, actions: list[QAction], choose: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plot-bar")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 4, 0)
        # What does not fit into it is behind an arrow at its end: a narrow window leaves room for the table.
        self.tools = QToolBar(self)
        self.tools.setObjectName("plot-tools")
        self.tools.setAccessibleName(self.tr("Plot"))
        self.tools.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.tools.setIconSize(QSize(ICON_SMALL, ICON_SMALL))
        layout.addWidget(self.tools)
        self.range = QPushButton(self)
        self.range.setObjectName("plot-window")
        self.range.setAccessibleName(self.tr("Time range"))
        self.range.setToolTip(self.tr("Choose the time that is shown (Ctrl+J)"))
        self.range.setAutoDefault(False)
        self.range.clicked.connect(choose.trigger)
        # Icons are given once the window is whole, and again for another theme.
        choose.changed.connect(lambda: self.range.setIcon(choose.icon()))
        self.aggregations = self._aggregations()
        # Its icon and text say what it is: a label would leave no room for "Live" in a narrow window.
        self.tools.addWidget(self.range)
        label = plain_label(self.aggregations.accessibleName() + ":", self)
        label.setObjectName("plot-aggregation-label")
        label.setAccessibleName(self.aggregations.accessibleName())
        label.setBuddy(self.aggregations)
        label.setContentsMargins(6, 0, 4, 0)
        self.tools.addWidget(label)
        self.tools.addWidget(self.aggregations)
        self.tools.addSeparator()
        self.last: QWidget = self.aggregations
        for action in actions:
            self.tools.addAction(action)
            button = self.tools.widgetForAction(action)
            if button is not None:
                button.setObjectName(f"{action.objectName()}-button")
                button.setAccessibleName(action.text())
                button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
                self.last = button
        mark_more(self.tools)
        self.note = plain_label(parent=self)
        self.note.setObjectName("plot-note")
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setAccessibleName(self.tr("Plot"))
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        # Always there, so that the tools do not move while it comes and goes.
        letters = self.note.fontMetrics()
        usual = self.tr("not following live"), self.tr("reading history …")
        # Two pixels that Qt wants beside a text.
        self.note.setMinimumWidth(max(map(letters.horizontalAdvance, usual)) + 2)
        layout.addWidget(self.note, 1)

    def _aggregations(self) -> QComboBox:
        box = self._box("plot-aggregation", self.tr("Aggregation"))
        for aggregation, text in (
            (Aggregation.AUTO, self.tr("auto")),
            (Aggregation.RAW, self.tr("raw")),
            (Aggregation.MEAN, self.tr("mean")),
            (Aggregation.RANGE, self.tr("min–max")),
        ):
            box.addItem(text, aggregation)
        box.activated.connect(lambda place: self.aggregationChosen.emit(box.itemData(place)))
        return box

    def _box(self, name: str, text: str) -> QComboBox:
        box = QComboBox(self)
        box.setObjectName(name)
        box.setAccessibleName(text)
        return box

    def show_window(self, text: str) -> None:
        """Show the name of the time that is shown."""
        if text != self.range.text():
            self.range.setText(text)
            self.range.setAccessibleDescription(text)

    def set_note(self, text: str) -> None:
        """Show what there is to say."""
        if text != self.note.text():
            self.note.setText(text)
            self.note.setToolTip(tool_tip(text))

    def show_aggregation(self, aggregation: Aggregation) -> None:
        """Show which one is chosen."""
        self.aggregations.setCurrentIndex(self.aggregations.findData(aggregation))
