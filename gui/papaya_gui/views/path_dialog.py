"""Asks for a file, by the desktop's dialog or by Qt's, which then has a name for each of its parts.

The dialogs do not hold up whoever opens them: a screen reader's press ends before the dialog is answered.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDialog, QFileDialog, QWidget

from papaya_gui.views.heard import name_dialog


def ask_to_open(parent: QWidget, title: str, start: str, kinds: str, then: Callable[[Path], object]) -> None:
    """Ask a person for an existing file, and call `then` with its path."""
    dialog = QFileDialog(parent, title, start, kinds)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(lambda name: then(Path(name)))
    show_dialog(dialog)


def ask_to_save(
    parent: QWidget, title: str, proposed: Path, kinds: str, then: Callable[[Path], object]
) -> None:
    """Ask a person where to save, and call `then` with the path."""
    dialog = QFileDialog(parent, title, str(proposed), kinds)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    # The dialog adds the ending before it asks to replace the file, so it asks about the right one.
    dialog.setDefaultSuffix(proposed.suffix[1:])
    dialog.fileSelected.connect(lambda name: then(Path(name)))
    show_dialog(dialog)


def show_dialog(dialog: QDialog) -> None:
    """Open one of Qt's dialogs for one answer; if one of its kind is open, that one comes to the front.

    The caller goes on at once. A screen reader can press a button of the window behind the dialog, so it may
    ask for the same dialog twice.
    """
    parent = dialog.parentWidget()
    only = Qt.FindChildOption.FindDirectChildrenOnly
    others = [] if parent is None else parent.findChildren(type(dialog), options=only)
    for other in others:
        if other is not dialog and other.isVisible():
            dialog.deleteLater()
            other.raise_()
            other.activateWindow()
            return
    # What Qt shows for it is made with the dialog's first look.
    dialog.ensurePolished()
    name_dialog(dialog)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
