"""Chooses the time that is shown: from and to with a calendar, the last minutes or days, or a named span."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from PyQt6.QtCore import (
    QDate,
    QDateTime,
    QEvent,
    QLocale,
    QObject,
    QSize,
    Qt,
    QTime,
    QTimer,
    QTimeZone,
    pyqtSignal,
)
from PyQt6.QtGui import QPalette, QTextCharFormat
from PyQt6.QtWidgets import (
    QCalendarWidget,
    QDateTimeEdit,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from papaya_gui.icons import icon
from papaya_gui.labels import plain_label
from papaya_gui.models.ranges import CalendarSpan, calendar_spans
from papaya_gui.models.ticks import local, moment_of, zone_text
from papaya_gui.models.window import SPANS, parsed_span, span_text
from papaya_gui.theme import Theme, palette_of
from papaya_gui.tokens import DIALOG, LIST, XS, L, M, S

_FORM = "yyyy-MM-dd HH:mm:ss"
_CHOICE = Qt.ItemDataRole.UserRole


class _Sections(QObject):
    """Selects the part of a date that is clicked: Qt takes no digits where a part is complete."""

    def __init__(self, edit: QDateTimeEdit) -> None:
        super().__init__(edit)
        self._edit = edit

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Select after a click that has selected nothing."""
        if event is not None and event.type() is QEvent.Type.MouseButtonRelease:
            # Qt places the cursor first.
            QTimer.singleShot(0, self._select)
        return super().eventFilter(watched, event)

    def _select(self) -> None:
        line = self._edit.lineEdit()
        if line is not None and not line.hasSelectedText():
            self._edit.setSelectedSection(self._edit.currentSection())


class RangeDialog(QDialog):
    """Shows what is set; `spanChosen(seconds)` follows what comes live, `rangeChosen(start, end)` does not.

    Times are seconds since 1970, shown by the clock of a zone, with None that of this machine.
    """

    spanChosen = pyqtSignal(float)
    rangeChosen = pyqtSignal(float, float)

    def __init__(
        self,
        bounds: tuple[float, float],
        now: float,
        zone: tzinfo | None,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("plot-range-dialog")
        self.setWindowTitle(self.tr("Time range"))
        self.setAccessibleName(self.windowTitle())
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._now, self._zone, self._theme = now, zone, theme
        layout = QHBoxLayout(self)
        layout.setContentsMargins(M, M, M, M)
        layout.setSpacing(L)
        layout.addLayout(self._absolute(bounds), 1)
        layout.addLayout(self._relative(bounds[1] - bounds[0]))
        self.resize(*DIALOG)
        self._active = self.start
        self.start.setFocus()

    # From and to

    def _absolute(self, bounds: tuple[float, float]) -> QVBoxLayout:
        column, form = QVBoxLayout(), QFormLayout()
        column.setSpacing(S)
        self.start = self._edit("plot-range-from", self.tr("From"), bounds[0])
        self.end = self._edit("plot-range-to", self.tr("To"), bounds[1])
        form.addRow(self.tr("&From"), self.start)
        form.addRow(self.tr("&To"), self.end)
        for field in (self.start, self.end):
            label = form.labelForField(field)
            if label is not None:
                # Beside an underlined letter Qt draws others farther away than it measures them.
                label.setMinimumWidth(label.sizeHint().width() + XS)
        column.addLayout(form)
        self.calendar = QCalendarWidget(self)
        self.calendar.setObjectName("plot-range-calendar")
        self.calendar.setAccessibleName(self.tr("Calendar: choose the day of From, then of To"))
        self.calendar.setVerticalHeaderFormat(QCalendarWidget.VerticalHeaderFormat.NoVerticalHeader)
        self.calendar.setGridVisible(False)
        # Qt's red of a weekend cannot be read on a dark background.
        weekend = QTextCharFormat()
        weekend.setForeground(self.palette().color(QPalette.ColorRole.Text))
        for day in (Qt.DayOfWeek.Saturday, Qt.DayOfWeek.Sunday):
            self.calendar.setWeekdayTextFormat(day, weekend)
        for name, shape, text in (
            ("qt_calendar_prevmonth", "chevron-left", self.tr("Previous month")),
            ("qt_calendar_nextmonth", "chevron-right", self.tr("Next month")),
        ):
            button = self.calendar.findChild(QToolButton, name)
            if button is not None:
                # Those of the style are made for light windows.
                button.setIcon(icon(shape, self._theme))
                button.setAccessibleName(text)
        for button in self.calendar.findChildren(QToolButton):
            # Month and year stand on what is selected in the calendar, not on what is in a button.
            button.setPalette(palette_of(self._theme))
        year = self.calendar.findChild(QSpinBox, "qt_calendar_yearedit")
        if year is not None:
            year.setAccessibleName(self.tr("Year"))
        for inside in self.calendar.findChildren(QWidget):
            if inside.focusPolicy() is not Qt.FocusPolicy.NoFocus and not inside.accessibleName():
                inside.setAccessibleName(self.calendar.accessibleName())
        self.calendar.setSelectedDate(self.start.date())
        self.calendar.clicked.connect(self._on_day)
        self.calendar.activated.connect(self._on_day)
        column.addWidget(self.calendar, 1)
        zone = plain_label(zone_text(bounds[1], self._zone), self)
        zone.setObjectName("plot-range-zone")
        column.addWidget(zone)
        self.fault = plain_label(parent=self)
        self.fault.setObjectName("plot-range-fault")
        self.fault.setWordWrap(True)
        self.fault.hide()
        column.addWidget(self.fault)
        self.apply = QPushButton(self.tr("Show this range"), self)
        self.apply.setObjectName("plot-range-apply")
        self.apply.setAccessibleName(self.apply.text())
        self.apply.setDefault(True)
        self.apply.clicked.connect(self._on_apply)
        column.addWidget(self.apply)
        return column

    def _edit(self, name: str, text: str, moment: float) -> QDateTimeEdit:
        edit = QDateTimeEdit(self)
        edit.setObjectName(name)
        edit.setAccessibleName(text)
        if self._zone is UTC:
            edit.setTimeZone(QTimeZone(QTimeZone.Initialization.UTC))
        edit.setDisplayFormat(_FORM)
        edit.setCalendarPopup(False)
        edit.setDateTime(self._shown(moment, edit))
        edit.installEventFilter(self)
        line = edit.lineEdit()
        if line is not None:
            line.installEventFilter(_Sections(edit))
        return edit

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Let the calendar set the day of the field that had the keys last."""
        if event is not None and event.type() is QEvent.Type.FocusIn and isinstance(watched, QDateTimeEdit):
            self._active = watched
            self.calendar.setSelectedDate(watched.date())
        return super().eventFilter(watched, event)

    def _shown(self, moment: float, edit: QDateTimeEdit) -> QDateTime:
        shown = local(moment, self._zone)
        day = QDate(shown.year, shown.month, shown.day)
        return QDateTime(day, QTime(shown.hour, shown.minute, shown.second), edit.timeZone())

    def _moment(self, edit: QDateTimeEdit) -> float:
        day, time = edit.date(), edit.time()
        shown = datetime(day.year(), day.month(), day.day(), time.hour(), time.minute(), time.second())
        return moment_of(shown, self._zone)

    def _on_day(self, day: QDate) -> None:
        """Take a day for From, and the next one for To; where To would be earlier, both are that day."""
        edit = self._active
        edit.setDate(day)
        if edit is self.start:
            if self.end.date() < day:
                self.end.setDate(day)
            self._active = self.end
        else:
            if day < self.start.date():
                self.start.setDate(day)
            self._active = self.start
        if self._moment(self.start) >= self._moment(self.end):
            # On one day, To is its end.
            self.end.setTime(QTime(23, 59, 59))

    def _on_apply(self) -> None:
        start, end = self._moment(self.start), self._moment(self.end)
        if not start < end:
            self._say(self.tr("To must be later than From."))
            return
        self.accept()
        self.rangeChosen.emit(start, end)

    def _say(self, text: str) -> None:
        self.fault.setText(text)
        self.fault.setAccessibleName(text)
        self.fault.show()

    # The last so long, and spans with a name

    def _relative(self, span: float) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(S)
        label = plain_label(self.tr("&Last (90 s, 45 min, 2 h, 3 d)"), self)
        self.length = QLineEdit(span_text(span), self)
        self.length.setObjectName("plot-range-length")
        self.length.setAccessibleName(self.tr("Length of the time window"))
        self.length.returnPressed.connect(self._on_length)
        label.setBuddy(self.length)
        self.presets = QListWidget(self)
        self.presets.setObjectName("plot-range-presets")
        self.presets.setAccessibleName(self.tr("Ranges with a name"))
        self.presets.setMinimumWidth(LIST)
        for length in SPANS:
            self._add(self.tr("Last {span}").format(span=span_text(length)), length)
        # Qt counts days from 1 for Monday, and its types know no numbers.
        first = int(getattr(QLocale().firstDayOfWeek(), "value", 1)) - 1
        for one in calendar_spans(self._now, self._zone, first):
            self._add(self._name(one), one)
        self.presets.itemClicked.connect(self._on_preset)
        self.presets.itemActivated.connect(self._on_preset)
        for widget in (label, self.length, self.presets):
            column.addWidget(widget)
        return column

    def _add(self, text: str, choice: float | CalendarSpan) -> None:
        item = QListWidgetItem(text, self.presets)
        item.setSizeHint(QSize(0, self.presets.fontMetrics().height() + XS))
        item.setData(_CHOICE, choice)

    def _name(self, span: CalendarSpan) -> str:
        names = {
            "today": self.tr("Today"),
            "yesterday": self.tr("Yesterday"),
            "day before yesterday": self.tr("Day before yesterday"),
            "this week": self.tr("This week"),
            "last week": self.tr("Last week"),
            "this month": self.tr("This month"),
            "last month": self.tr("Last month"),
        }
        return names[span.name]

    def _on_preset(self, item: QListWidgetItem) -> None:
        if not self.isVisible():
            # A click that also activates says it twice.
            return
        choice = item.data(_CHOICE)
        self.accept()
        if isinstance(choice, CalendarSpan):
            self.rangeChosen.emit(choice.start, choice.end)
        else:
            self.spanChosen.emit(float(choice))

    def _on_length(self) -> None:
        seconds = parsed_span(self.length.text())
        if seconds is None:
            text = self.tr("“{text}” is no length of time: write a number and s, min, h or d.")
            self._say(text.format(text=self.length.text()))
            return
        self.accept()
        self.spanChosen.emit(seconds)
