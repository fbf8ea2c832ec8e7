"""Actions for the device of the device page: open it elsewhere, connect to it, send it commands."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Sequence
from functools import partial

from PyQt6.QtCore import QObject, QUrl, pyqtSignal
from PyQt6.QtGui import QAction, QDesktopServices, QGuiApplication
from PyQt6.QtWidgets import QPushButton

from papaya_gui.actions import Actions
from papaya_gui.icons import icon
from papaya_gui.sources.wanted import Wanted
from papaya_gui.station import Station
from papaya_gui.terminal import connect_command, in_terminal, run_detached
from papaya_gui.theme import Theme


class DeviceActions(QObject):
    """Buttons and actions for one device.

    Signal: `said(str)` when something has to be told, such as that there is no terminal.
    """

    said = pyqtSignal(str)

    def __init__(self, station: Station, actions: Actions, parent: QObject) -> None:
        super().__init__(parent)
        self._station, self._actions = station, actions
        self._wanted = Wanted()
        self._made: list[tuple[QPushButton, str]] = []
        # Replaced by tests, which have neither browser nor terminal.
        self.open_url: Callable[[QUrl], object] = QDesktopServices.openUrl
        self.run: Callable[[Sequence[str]], object] = run_detached
        self._open = self._add("open", self.tr("Open in ThingsBoard"), self.open_page, "browser web page")
        self._connect = self._add("connect", self.tr("Connect"), self.connect_, "ssh shell terminal tunnel")
        for changed in (station.deviceChanged, station.conditionChanged):
            changed.connect(self._show)
        self._show()

    @property
    def _device(self) -> str:
        """The device in focus: what can be done is done with it, whatever page is shown."""
        name = self._station.device
        return name if self._station.catalog.has_device(name) else ""

    @property
    def _page(self) -> str:
        remote = self._station.supply.remote
        return remote.page(self._device) if remote is not None and self._device else ""

    def _add(self, name: str, text: str, run: Callable[[], object], words: str) -> QAction:
        return self._actions.add(f"device-{name}", text, run, group=self.tr("Device"), words=words)

    def set_wanted(self, wanted: Wanted) -> None:
        """Take what is open in the window: a shell needs its manifest."""
        self._wanted = wanted
        self._show()

    def _show(self) -> None:
        """Offer what can be done with the device in focus."""
        device = self._device
        self._open.setEnabled(bool(self._page))
        own = self._station.catalog.device(device).tunnel if device else None
        has_tunnel = own is not None and own.enabled
        self._connect.setEnabled(has_tunnel and bool(self._wanted.paths))
        if not has_tunnel:
            told = self.tr("The manifest gives this device no tunnel")
        elif not self._wanted.paths:
            told = self.tr("Open a manifest to connect through the tunnel")
        else:
            told = self.tr("A shell on the device through its tunnel, in a terminal")
        self._connect.setToolTip(told)

    def buttons(self) -> list[QPushButton]:
        """Return a button for each of them."""
        made = []
        for name, shape in (
            ("device-open", "external-link"),
            ("device-connect", "terminal-2"),
            ("call-ping", "activity"),
            ("call-identify", "bulb"),
        ):
            action = self._actions[name]
            button = self.button(name.removeprefix("device-"), action.text(), shape)
            button.clicked.connect(action.trigger)
            follow = partial(_follow, button, action)
            action.changed.connect(follow)
            follow()
            made.append(button)
        return made

    def finder(self) -> QPushButton:
        """Return the button that finds a device, for a page without one."""
        button = self.button("find", self.tr("Find a device…"), "search")
        # The window adds what finds things once its views are there.
        button.clicked.connect(lambda: self._actions["palette"].trigger())
        return button

    def button(self, name: str, text: str, shape: str) -> QPushButton:
        """Return a button with an icon."""
        button = QPushButton(text)
        button.setObjectName(f"device-{name}")
        button.setAccessibleName(text)
        self._made.append((button, shape))
        return button

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        for button, shape in self._made:
            button.setIcon(icon(shape, theme))

    def open_page(self) -> None:
        """Show the device's page in ThingsBoard, in the browser."""
        page = self._page
        if page:
            self.open_url(QUrl(page))

    def connect_(self) -> None:
        """Open a shell on the device in a terminal; without one the command is copied."""
        device = self._device
        if not device:
            return
        manifest = self._wanted.manifest
        environment = manifest.environment if manifest is not None else None
        words = connect_command(device, self._wanted.paths, environment)
        command = in_terminal(words, os.environ)
        if command is not None:
            try:
                self.run(command)
            except OSError as error:
                self.said.emit(
                    self.tr("The terminal cannot be started: %1").replace("%1", error.strerror or "")
                )
            return
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(shlex.join(words))
        self.said.emit(
            self.tr("No terminal was found; the command is copied. Paste it into one, or set TERMINAL.")
        )


def _follow(button: QPushButton, action: QAction) -> None:
    """Enable a button like its action, and say why where the action says it."""
    button.setEnabled(action.isEnabled())
    button.setToolTip(action.toolTip())
