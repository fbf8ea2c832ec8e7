"""Asks for a file, by the desktop's dialog or by Qt's, which then has a name for each of its parts."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QWidget

from papaya_gui.views.heard import name_dialog


def path_to_open(parent: QWidget, title: str, start: str, kinds: str = "") -> str:
    """Ask a person for a file that is there; return nothing where they would rather not."""
    dialog = QFileDialog(parent, title, start, kinds)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    return _answer(dialog)


def path_to_save(parent: QWidget, title: str, proposed: Path, kinds: str) -> Path | None:
    """Ask a person where to save; return nothing where they would rather not."""
    dialog = QFileDialog(parent, title, str(proposed), kinds)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    # Given here, so that the dialog asks before it replaces the file with the whole name.
    dialog.setDefaultSuffix(proposed.suffix[1:])
    found = _answer(dialog)
    return Path(found) if found else None


def _answer(dialog: QFileDialog) -> str:
    name_dialog(dialog)
    try:
        return dialog.selectedFiles()[0] if dialog.exec() else ""
    finally:
        dialog.deleteLater()
