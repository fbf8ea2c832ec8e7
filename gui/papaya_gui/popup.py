"""Menus that are made where and when they are wanted."""

from __future__ import annotations

from PyQt6.QtCore import QPoint
from PyQt6.QtWidgets import QMenu


def popup(menu: QMenu, place: QPoint) -> None:
    """Show a menu that is made for one time."""
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(place)
