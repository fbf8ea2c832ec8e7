"""The window's memory: its last layout and the named layouts."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QInputDialog

from papaya.bounded_file import LARGEST_SETTINGS, read_text
from papaya.errors import PapayaError
from papaya_gui.layouts import LayoutFiles
from papaya_gui.models.layout import Found, Layout, layout_from
from papaya_gui.theme import THEMES
from papaya_gui.views.arrangement import arrange, arrangement
from papaya_gui.views.path_dialog import show_dialog

if TYPE_CHECKING:
    from papaya_gui.views.main_window import MainWindow

log = logging.getLogger(__name__)


class Memory:
    """Brings a window into the arrangement that is wanted, and keeps the one that it is left in."""

    def __init__(self, window: MainWindow, files: LayoutFiles) -> None:
        self._window, self._files = window, files
        self._first = self.present()
        window.add_file_action("save-layout", window.tr("Save layout as…"), self.save_as, "Ctrl+S")
        window.add_file_action("open-layout", window.tr("Open layout…"), self.open, "Ctrl+Shift+O")
        window.add_file_action("reset-layout", window.tr("Reset layout"), self.reset, "")

    def present(self) -> Layout:
        """Return how the window is arranged."""
        window = self._window
        found = arrangement(window, window.station, window.theme.name, window.plot)
        only, is_worst_first = window.tree.filter.settings()
        return dataclasses.replace(
            found, is_muted=window.attention.is_muted, only=only, is_worst_first=is_worst_first
        )

    def last(self, *, forget: bool) -> Found:
        """Return the last layout of the window, or nothing if it is to be ignored."""
        if forget:
            try:
                self._files.reset()
            except PapayaError as error:
                return Found(Layout(), (str(error),))
            return Found(Layout())
        return self._files.last()

    def take(self, found: Found, *, is_telling: bool = True) -> None:
        """Arrange the window; what is not possible any more is said in the window, unless nobody asked."""
        window, layout = self._window, found.layout
        notes = [*found.notes, *arrange(window, window.station, layout, window.plot)]
        if layout.theme in THEMES:
            window.set_theme(THEMES[layout.theme])
        window.attention.set_muted(layout.is_muted)
        window.tree.filter.set_settings(layout.only, layout.is_worst_first)
        if notes and is_telling:
            window.notice.say("\n".join(notes))

    def keep(self, layout: Layout | None = None) -> None:
        """Remember how the window is left, or a layout that tells it; the log says where that fails."""
        try:
            self._files.keep_last(layout or self.present())
        except PapayaError as error:
            log.warning("%s", error)

    def save_as(self) -> None:
        """Give the present arrangement a name."""
        layout = self.present()
        self._ask(
            self._window.tr("Save layout"),
            lambda name: self._try(lambda: self._files.save(name, layout)),
            editable=True,
        )

    def open(self) -> None:
        """Choose an arrangement by its name."""
        if not self._files.names():
            self._window.notice.say(self._window.tr("No layout has been saved yet: Ctrl+S saves this one."))
            return
        self._ask(
            self._window.tr("Open layout"),
            lambda name: self._try(lambda: self.take(self._files.open(name))),
            editable=False,
        )

    def reset(self) -> None:
        """Arrange the window as it is when it is opened for the first time."""
        self._try(self._files.reset)
        self.take(Found(dataclasses.replace(self._first, geometry=None)))

    def _ask(self, title: str, then: Callable[[str], object], *, editable: bool) -> None:
        """Ask for the name of a layout, and call `then` with it; the window goes on meanwhile."""
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle(title)
        dialog.setLabelText(self._window.tr("Name:"))
        dialog.setComboBoxEditable(editable)
        dialog.setComboBoxItems(list(self._files.names()))
        dialog.textValueSelected.connect(lambda name: then(name.strip()) if name.strip() else None)
        show_dialog(dialog)

    def _try(self, work: Callable[[], object]) -> None:
        try:
            work()
        except PapayaError as error:
            self._window.notice.say(str(error))


def read_layout(path: Path) -> Found:
    """Return the layout in a file that the user names; raise a PapayaError if it is not a layout."""
    try:
        return layout_from(read_text(path, most=LARGEST_SETTINGS), str(path))
    except OSError as error:
        raise PapayaError(
            f"{path} cannot be read: {error.strerror}", remedy="Name a layout that was saved."
        ) from error
