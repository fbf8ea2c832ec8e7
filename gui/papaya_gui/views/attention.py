"""Things that people must notice on every page: new grave alarms, and what became of commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QMainWindow, QSystemTrayIcon, QWidget

from papaya_gui.actions import Actions
from papaya_gui.models.condition import Condition
from papaya_gui.models.news import AlarmNews, grave_count, news_text, news_title
from papaya_gui.sources.remote import Alarm
from papaya_gui.theme import Theme
from papaya_gui.views.alarms import AlarmsView
from papaya_gui.views.marks import mark_icon
from papaya_gui.views.sign import DONE, FAILED, FAULT
from papaya_gui.views.toast import Toast

# A notification of the desktop: its heading and its text.
Notify = Callable[[str, str], object]


class Attention(QObject):
    """Shows new CRITICAL and MAJOR alarms once each, in window and desktop; the title counts them."""

    def __init__(
        self,
        window: QMainWindow,
        whole: QWidget,
        alarms: AlarmsView,
        theme: Theme,
        actions: Actions,
        show_device: Callable[[str], object],
        show_alarms: Callable[[], object],
        *,
        notify: Notify | None = None,
    ) -> None:
        super().__init__(window)
        self._window, self._alarms = window, alarms
        self._show_device, self._show_alarms = show_device, show_alarms
        self._title = window.windowTitle().split(") ", 1)[-1]
        self._news, self._pending = AlarmNews(), list[Alarm]()
        self._tray: QSystemTrayIcon | None = None
        self.notify: Notify = notify or self._notify_desktop
        self._theme = theme
        self.toast = Toast("alarmToast", theme, whole)
        self.outcome = Toast("commandToast", theme, whole)
        self._mute = actions.add(
            "mute",
            self.tr("Mute alarm notifications"),
            lambda _: self.toast.hide(),
            group=self.tr("View"),
            words="notifications silence quiet toast",
            checkable=True,
        )
        window.setWindowTitle(self._title)
        alarms.changed.connect(lambda _: self.take(alarms.alarms))

    @property
    def is_muted(self) -> bool:
        """Whether new alarms raise no notification; the title counts them all the same."""
        return self._mute.isChecked()

    def set_muted(self, is_muted: bool) -> None:
        """Raise notifications or none."""
        self._mute.setChecked(is_muted)

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        self._theme = theme
        self.toast.set_theme(theme)
        self.outcome.set_theme(theme)

    def take(self, alarms: Sequence[Alarm]) -> None:
        """Take what the server says now; many at once are told of together."""
        count = grave_count(alarms)
        self._window.setWindowTitle(f"({count:,}) {self._title}" if count else self._title)
        new = self._news.take(alarms)
        if not new or self.is_muted:
            return
        known = {alarm.id for alarm in alarms if alarm.is_active}
        waiting = [] if self.toast.isHidden() else [one for one in self._pending if one.id in known]
        self._pending = [*new, *waiting]
        self._tell(self._pending)
        if not self._window.isActiveWindow():
            self.notify(news_title(new), news_text(new))

    def show_outcome(self, call: str, outcome: str, whole: str, is_done: bool) -> None:
        """Show what became of a command where it was sent from, whatever page that is."""
        details = whole if whole != outcome else ""
        self.outcome.tell(
            call, outcome, details=details, is_grave=not is_done, icon_name=DONE if is_done else FAILED
        )

    def _tell(self, alarms: Sequence[Alarm]) -> None:
        choices = [
            (self.tr("Show"), self._show_alarms),
            (self.tr("Acknowledge"), self._acknowledge),
            (self.tr("Clear"), self._clear),
        ]
        if len(alarms) == 1:
            choices[0] = self.tr("Show"), partial(self._show_device, alarms[0].device)
        self.toast.tell(news_title(alarms), news_text(alarms), choices, is_grave=True, icon_name=FAULT)

    def _acknowledge(self) -> None:
        self._alarms.acknowledge_these(self._pending)

    def _clear(self) -> None:
        self._alarms.clear_these(self._pending)

    def _notify_desktop(self, title: str, text: str) -> None:
        if self._tray is None and QSystemTrayIcon.isSystemTrayAvailable():
            self._tray = QSystemTrayIcon(mark_icon(Condition.CRITICAL, self._theme), self)
            self._tray.messageClicked.connect(self._come_forward)
            self._tray.activated.connect(lambda _: self._come_forward())
            self._tray.show()
        if self._tray is not None:
            self._tray.showMessage(title, text, mark_icon(Condition.CRITICAL, self._theme))

    def _come_forward(self) -> None:
        self._window.raise_()
        self._window.activateWindow()

    def end(self) -> None:
        """Take the icon off the desktop."""
        if self._tray is not None:
            self._tray.hide()
