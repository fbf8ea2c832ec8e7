"""Parts of the device page: facts, alarms with what can be done about them, commands, attributes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QGridLayout, QLabel, QPushButton, QTreeWidget, QTreeWidgetItem, QWidget

from papaya_gui.labels import plain_label
from papaya_gui.models.alarms import age_text, severity_text, status_text
from papaya_gui.models.condition import of_alarm
from papaya_gui.models.device_words import Fact
from papaya_gui.models.texts import bounded, shortened
from papaya_gui.sources.remote import Alarm, Attribute
from papaya_gui.theme import Theme
from papaya_gui.tokens import LIST, XS, M, S, inset
from papaya_gui.views.calls import Called
from papaya_gui.views.marks import icon_name
from papaya_gui.views.sign import Sign
from papaya_gui.views.symbols import color_of
from papaya_gui.views.wording import tool_tip

MOST_ALARMS = 8
_LONGEST, _MOST_ATTRIBUTES, _MOST_HEIGHT = 200, 500, 400
# From so many pixels on, facts are in two columns; from so many, they do not take all of the width.
_TWO_COLUMNS, _ROOMY = 640, 960
_VALUE, _AGE = 1, 3


def plain(text: str = "") -> QLabel:
    """Return a label that shows what others wrote as it stands, and lets it be copied."""
    label = plain_label(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


class Rows(QWidget):
    """A grid whose rows are made anew where there are others."""

    def __init__(self, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.grid = QGridLayout(self)
        inset(self.grid, 0, gap=XS)
        self.grid.setHorizontalSpacing(S)
        self._shape: object = None

    def is_other(self, shape: object) -> bool:
        """Take note of what the rows are; return whether they are to be made anew, from none."""
        if shape == self._shape:
            return False
        self._shape = shape
        while (item := self.grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        return True


class Facts(Rows):
    """Names with what is said under them, beside each other where there is room."""

    def show_facts(self, facts: Sequence[Fact], theme: Theme) -> None:
        """Show these; labels that are there already only get their new texts."""
        columns = 2 if self.width() >= _TWO_COLUMNS else 1
        is_roomy = self.width() >= _ROOMY
        if self.is_other(([name for name, _ in facts], columns, is_roomy, theme.name)):
            self.labels = [plain() for _ in facts]
            rows = -(-len(facts) // columns)
            for number, (name, _) in enumerate(facts):
                title = plain(name)
                title.setStyleSheet(f"color: {theme.muted}")
                row, column = number % rows, 2 * (number // rows)
                self.grid.addWidget(title, row, column, Qt.AlignmentFlag.AlignTop)
                self.grid.addWidget(self.labels[number], row, column + 1, Qt.AlignmentFlag.AlignTop)
            for column in (1, 3):
                self.grid.setColumnStretch(column, 1 if column < 2 * columns else 0)
            # What belongs together is not at both ends of a wide window.
            self.grid.setColumnStretch(4, 1 if is_roomy else 0)
        for label, (name, text) in zip(self.labels, facts, strict=True):
            if label.text() != text:
                label.setText(text)
                label.setAccessibleName(f"{name}: {text}")


class AlarmRows(Rows):
    """The server's alarms of a device, the gravest first.

    Signals: `acknowledgeWanted(Alarm)` and `clearWanted(Alarm)`.
    """

    acknowledgeWanted = pyqtSignal(object)
    clearWanted = pyqtSignal(object)

    def show_alarms(self, alarms: Sequence[Alarm], now: float, theme: Theme) -> None:
        """Show these; of those that are shown already only the age changes."""
        shown = alarms[:MOST_ALARMS]
        if self.is_other((shown, len(alarms), theme.name)):
            self.labels = [plain() for _ in shown]
            for row, alarm in enumerate(shown):
                self._add(row, alarm, theme)
            if len(alarms) > len(shown):
                more = self.tr("and %1 more on the page Alarms").replace(
                    "%1", f"{len(alarms) - len(shown):,}"
                )
                self.grid.addWidget(plain(more), len(shown), 1)
            if not alarms:
                self.grid.addWidget(plain(self.tr("No server alarms.")), 0, 1)
            self.grid.setColumnStretch(1, 1)
        for label, alarm in zip(self.labels, shown, strict=True):
            kind, age = shortened(alarm.kind, _LONGEST), age_text(now - alarm.created)
            label.setText(f"{severity_text(alarm)}: {kind}, {age}, {status_text(alarm)}")

    def _add(self, row: int, alarm: Alarm, theme: Theme) -> None:
        sign, condition = Sign(f"{self.objectName()}-sign-{row}"), of_alarm(alarm)
        sign.show_icon(icon_name(condition), color_of(condition, theme) if alarm.is_active else theme.muted)
        self.grid.addWidget(sign, row, 0)
        self.grid.addWidget(self.labels[row], row, 1)
        for column, name, text, wanted, is_due in (
            (2, "acknowledge", self.tr("Acknowledge"), self.acknowledgeWanted, not alarm.is_acknowledged),
            (3, "clear", self.tr("Clear"), self.clearWanted, alarm.is_active),
        ):
            if is_due:
                button = QPushButton(text)
                button.setObjectName(f"device-{name}-{row}")
                button.setAccessibleName(f"{text}: {shortened(alarm.kind, _LONGEST)}")
                button.clicked.connect(lambda _, wanted=wanted: wanted.emit(alarm))
                self.grid.addWidget(button, row, column)


class CommandRows(Rows):
    """The latest commands of a device with their outcomes, the newest first."""

    def show_commands(self, commands: Sequence[Called], theme: Theme) -> None:
        """Show these."""
        if not self.is_other((commands, theme.name)):
            return
        for row, one in enumerate(commands):
            sign = Sign(f"{self.objectName()}-sign-{row}")
            sign.show_icon(one.icon or "clock", _color(one, theme))
            outcome = plain(f"{one.moment}  {one.text}: {bounded(one.outcome)}")
            outcome.setToolTip(tool_tip(bounded(one.whole)))
            self.grid.addWidget(sign, row, 0, Qt.AlignmentFlag.AlignTop)
            self.grid.addWidget(outcome, row, 1)
        if not commands:
            self.grid.addWidget(plain(self.tr("No command has been sent since the window was opened.")), 0, 1)
        self.grid.setColumnStretch(1, 1)


def _color(one: Called, theme: Theme) -> str:
    if one.is_done is None:
        return theme.muted
    return theme.good if one.is_done else theme.alarm


class Attributes(QTreeWidget):
    """Attributes of a device: key, value, and who keeps it."""

    def __init__(self, now: Callable[[], float], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # No name of a table of the layout: its height follows its rows.
        self.setAccessibleName(self.tr("Attributes of the device"))
        self.setHeaderLabels([self.tr("Attribute"), self.tr("Value"), self.tr("Scope"), self.tr("Changed")])
        self.setRootIsDecorated(False)
        self.setAlternatingRowColors(True)
        self.setUniformRowHeights(True)
        self._now = now
        self._shown: Sequence[Attribute] | None = None

    def show_attributes(self, attributes: Sequence[Attribute]) -> None:
        """Show these."""
        if attributes == self._shown:
            return
        self._shown = attributes
        self.clear()
        lines, metrics = [], self.fontMetrics()
        for one in attributes[:_MOST_ATTRIBUTES]:
            age = f"{age_text(self._now() - one.changed)} ago" if one.changed is not None else ""
            line = QTreeWidgetItem([one.key, shortened(one.value, _LONGEST), one.scope, age])
            line.setToolTip(1, tool_tip(one.value))
            line.setSizeHint(0, QSize(metrics.horizontalAdvance(one.key) + M, metrics.height() + S))
            lines.append(line)
        self.addTopLevelItems(lines)
        self.setColumnHidden(_AGE, all(one.changed is None for one in attributes))
        self._fit()
        header = self.header()
        height = (header.height() if header is not None else 0) + 2 * M
        height += sum(max(self.sizeHintForRow(0), M) for _ in lines)
        self.setFixedHeight(min(max(height, 3 * M), _MOST_HEIGHT))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Show as much of long values as there is room for."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        for column in range(4):
            self.resizeColumnToContents(column)
        viewport = self.viewport()
        room = viewport.width() if viewport is not None else 0
        taken = sum(self.columnWidth(column) for column in range(4) if column != _VALUE)
        self.setColumnWidth(_VALUE, max(min(self.columnWidth(_VALUE), room - taken), LIST))
