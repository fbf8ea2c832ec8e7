"""The actions of the menu File that open something else in the window."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import QCoreApplication

from papaya_gui.actions import Actions


def _tr(text: str) -> str:
    return QCoreApplication.translate("MainWindow", text)


def add_file_actions(actions: Actions, open_it: Callable[[str], object]) -> None:
    """Add what opens a manifest, a source or the start page; each calls `open_it` with its name."""
    for name, text, shortcut, words in (
        ("manifest", _tr("&Open manifest…"), "Ctrl+O", "file yaml fleet"),
        ("server", _tr("&Connect to ThingsBoard…"), "Ctrl+Shift+N", "sign in log in server url"),
        ("broker", _tr("&MQTT broker…"), "", "mosquitto topics"),
        ("file", _tr("&Data file or database…"), "", "csv json sqlite recording"),
        ("simulated", _tr("&Simulated data"), "", "demo"),
        ("source", _tr("So&urce…"), "Ctrl+Shift+S", "where readings come from"),
        ("start", _tr("S&tart page"), "", "welcome home"),
    ):
        actions.add(
            f"open-{name}", text, partial(open_it, name), group=_tr("File"), shortcut=shortcut, words=words
        )
