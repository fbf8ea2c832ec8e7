"""The open fleet and source of the window; opens others without a restart."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from papaya.errors import PapayaError
from papaya.workspace.choice import ManifestChoice
from papaya_gui.layouts import LayoutFiles
from papaya_gui.memory import Memory
from papaya_gui.models.layout import Found, Layout
from papaya_gui.models.texts import bounded
from papaya_gui.recent import Recent
from papaya_gui.sources.make import SIMULATED, THINGSBOARD
from papaya_gui.sources.signing_in import told
from papaya_gui.sources.wanted import AGAIN_SECONDS, Opened, Wanted, open_wanted
from papaya_gui.station import Station
from papaya_gui.views.main_window import MainWindow
from papaya_gui.views.path_dialog import ask_to_open
from papaya_gui.workers import Worker

if TYPE_CHECKING:
    from papaya_gui.views.source_dialog import SourceDialog

log = logging.getLogger(__name__)

# No step is it.
_END = object()


class Desk(QObject):
    """The station of a window, what remembers its arrangement, and what opens others.

    Something else is shown in steps, between which the event loop gets its turn: a large fleet takes longer
    than people overlook. The window is not drawn until the last one.

    Signal: `opened` once something else is shown.
    """

    opened = pyqtSignal()

    def __init__(
        self,
        window: MainWindow,
        station: Station,
        memory: Memory,
        wanted: Wanted,
        *,
        sign_in_to: str = "",
        recent: Recent | None = None,
        device: str = "",
    ) -> None:
        super().__init__(window)
        self.window, self.station, self.memory, self.wanted = window, station, memory, wanted
        self.recent = recent or Recent()
        self.dialog: SourceDialog | None = None
        self._sign_in_to, self._device = sign_in_to, device
        self._opening: Wanted | None = None
        self._is_quiet = False
        self._steps: Iterator[None] = iter(())
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.timeout.connect(self._go_on)
        self._again = QTimer(self)
        self._again.setInterval(AGAIN_SECONDS * 1000)
        self._again.timeout.connect(self._open_again)
        if station.supply.is_away:
            self._again.start()
        self._worker = Worker("opening", self)
        self._worker.done.connect(self._on_opened)
        self._worker.failed.connect(self._on_failed)
        window.openWanted.connect(self.ask)
        window.set_recents(self.recents)
        window.plan.set_wanted(wanted)
        window.device.actions_.set_wanted(wanted)
        if sign_in_to:
            window.ask_to_sign_in(sign_in_to)

    def close(self) -> None:
        """Remember how the window is left, and end what is open in it."""
        self._opening = None
        # What is half open would be remembered so.
        for _ in self._steps:
            pass
        if self.dialog is not None:
            # Its threads end with it: Qt ends the process where a thread that runs is destroyed.
            self.dialog.reject()
        self._worker.close(0.2)
        self.memory.keep()
        self.window.close()
        self.station.close()

    # What a person asks for

    def ask(self, name: str) -> None:
        """Ask what to open: see `StartPage`, and "source", "start", and "again" for what is open."""
        if name == "manifest":
            self._ask_manifest()
        elif name == "start":
            self.window.show_start()
        elif name == "again":
            self.open(self.wanted)
        elif name == "simulated":
            self.open(Wanted(self.wanted.manifest, SIMULATED))
        else:
            self._ask_source(name)

    def _ask_manifest(self) -> None:
        start = self.wanted.paths[0] if self.wanted.paths else str(Path.cwd())
        tr = self.window.tr
        kinds = tr("Manifests (*.yaml *.yml *.j2);;All files (*)")
        ask_to_open(self.window, tr("Open manifest"), start, kinds, self.open_manifest)

    def open_manifest(self, path: Path) -> None:
        """Open a manifest; that of a folder of several files is opened whole."""
        self.open(Wanted(ManifestChoice((_whole(path),))))

    def _ask_source(self, name: str) -> None:
        # Made of much that a window has no need of to open.
        from papaya_gui.views.source_dialog import BROKER, DATA, SERVER, SourceDialog

        dialog = self.dialog = SourceDialog(self.window.theme, self.window)
        dialog.wanted.connect(self._on_wanted)
        dialog.finished.connect(self._on_dialog_finished)
        url = self._sign_in_to or self._server_of_fleet()
        kind = {"broker": BROKER, "file": DATA}.get(name, SERVER)
        dialog.ask(kind, url, self.recent.ca_file_of(url) or "")

    def _server_of_fleet(self) -> str:
        if self.wanted.manifest is not None:
            return self.station.catalog.fleet.server.url or ""
        return self.wanted.server.url or ""

    def _on_wanted(self, wanted: Wanted) -> None:
        """Open a source; an open manifest stays open."""
        manifest, server = self.wanted.manifest, wanted.server
        if wanted.source == THINGSBOARD and manifest is not None:
            # With a certificate of its own the server is named, so that it is found with it again.
            if server.url == self.station.catalog.fleet.server.url and server.ca_file is None:
                server = dataclasses.replace(server, url=None)
            wanted = dataclasses.replace(wanted, source=None)
        self.open(dataclasses.replace(wanted, manifest=manifest, server=server))

    def _on_dialog_finished(self) -> None:
        dialog, self.dialog = self.dialog, None
        # Whoever closes the dialog does not want any more what it was opening.
        self._opening = None
        if dialog is not None:
            dialog.deleteLater()

    # Opening it

    def open(self, wanted: Wanted) -> None:
        """Open something in place of what is open; what cannot be opened leaves everything as it is."""
        self._opening, self._is_quiet = wanted, False
        if self.dialog is not None:
            self.dialog.set_opening(True)
        else:
            self.window.notice.say(self.window.tr("Opening %1…").replace("%1", wanted.title))
        self._worker.submit(wanted, partial(open_wanted, wanted))

    def _open_again(self) -> None:
        """Ask a server again that was away; the window still says so if it is."""
        if self._opening is None and self.dialog is None:
            self._is_quiet, self._opening = True, self.wanted
            self._worker.submit(self.wanted, partial(open_wanted, self.wanted))

    def _on_opened(self, wanted: Wanted, opened: Opened) -> None:
        if wanted is not self._opening:
            return
        self._opening = None
        # Before it is shown in turns, between which it would be opened once more.
        self._again.stop()
        self.show_opened(opened)

    def _on_failed(self, wanted: Wanted, error: Exception) -> None:
        if wanted is self._opening:
            self._opening = None
            if not self._is_quiet:
                self._say_failure(wanted, error)

    def _say_failure(self, wanted: Wanted, error: Exception) -> None:
        if not isinstance(error, PapayaError):
            log.error("%s cannot be opened", wanted.title, exc_info=error)
            text = self.window.tr("%1 cannot be opened: %2").replace("%1", wanted.title)
            text = text.replace("%2", type(error).__name__)
        else:
            text = bounded(told(error))
        if self.dialog is not None:
            self.dialog.show_failure(text)
        else:
            self.window.notice.say(text, is_fault=True)

    def show_opened(self, opened: Opened) -> None:
        """Show another fleet or source in the same window; what is plotted stays where the names match."""
        for _ in self._steps:
            pass
        self._steps = self._showing(opened)
        self._go_on()

    def _go_on(self) -> None:
        """Run the next step, if any is left."""
        if next(self._steps, _END) is not _END:
            self._turn.start(0)

    def _showing(self, opened: Opened) -> Iterator[None]:
        try:
            with self._undrawn():
                yield from self._replaced(opened)
                # To draw all of it anew takes a turn of its own.
                yield
        except PapayaError as error:
            self._say_failure(opened.wanted, error)
            return
        self.recent.note(opened.wanted)
        if self.dialog is not None:
            self.dialog.accept()
        self.opened.emit()

    @contextlib.contextmanager
    def _undrawn(self) -> Iterator[None]:
        self.window.setUpdatesEnabled(False)
        try:
            yield
        finally:
            self.window.setUpdatesEnabled(True)

    def _replaced(self, opened: Opened) -> Iterator[None]:
        window, left = self.window, self.memory.present()
        is_same_fleet = opened.fleet.name == self.station.catalog.fleet.name
        station = Station(opened.fleet, opened.make_supply, board=opened.board)
        self.memory.keep(left)
        yield
        before, self.station = self.station, station
        yield from window.show_station(station, opened.because)
        # Only now: its views are gone, and hear of its end no more.
        before.close()
        before.deleteLater()
        self.wanted, self._sign_in_to = opened.wanted, opened.sign_in_to
        window.plan.set_wanted(opened.wanted)
        window.device.actions_.set_wanted(opened.wanted)
        yield
        self.memory = Memory(window, LayoutFiles(fleet=opened.fleet.name))
        window.fill_menus()
        kept = left if is_same_fleet else _with_known(left, self.memory.last(forget=False).layout, station)
        self.memory.take(Found(dataclasses.replace(kept, geometry=None)), is_telling=False)
        if self._device and station.catalog.has_device(self._device):
            window.turn_to(self._device)
        elif not station.selection:
            window.plot_something()
        self._again.stop()
        self._device = ""
        station.start()
        if opened.sign_in_to:
            window.ask_to_sign_in(opened.sign_in_to)

    def recents(self) -> Sequence[tuple[str, Callable[[], object]]]:
        """Return what was opened lately: its words, and what opens it."""
        return [(wanted.title, partial(self._open_recent, wanted)) for wanted in self.recent.all()]

    def _open_recent(self, wanted: Wanted) -> None:
        self.open(wanted)


def _with_known(left: Layout, last: Layout, station: Station) -> Layout:
    """Return how another fleet is shown: as it was left, with what is plotted now where it has that too."""
    catalog = station.catalog
    known = tuple((device, key) for device, key in left.selection if catalog.find(device, key) is not None)
    layout = last if last != Layout() else dataclasses.replace(left, selection=(), device="", panel={})
    return dataclasses.replace(layout, selection=known or layout.selection, theme=left.theme)


def _whole(path: Path) -> Path:
    """Return the folder of a manifest that has several files, else the file itself."""
    if path.name.startswith("fleet.") and any(
        other.suffix in (".yaml", ".yml", ".j2") and other != path for other in path.parent.iterdir()
    ):
        return path.parent
    return path
