"""What people do with mouse and keyboard, sent to widgets as real events."""

from __future__ import annotations

from typing import Any

from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QContextMenuEvent, QMouseEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QAbstractScrollArea, QApplication, QMenu, QWidget

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
PLAIN = Qt.KeyboardModifier.NoModifier

# PyQt's types take these static methods for ones of an instance.
_TEST: Any = QTest


def click(
    widget: QWidget,
    place: QPoint | None = None,
    modifiers: Qt.KeyboardModifier = PLAIN,
    button: Qt.MouseButton = Qt.MouseButton.LeftButton,
) -> None:
    """Click at a place, else in the middle; in what scrolls it is one of its contents as they are seen."""
    inside = widget.viewport() if isinstance(widget, QAbstractScrollArea) else widget
    _TEST.mouseClick(inside, button, modifiers, place or widget.rect().center())


def double_click(widget: QWidget, place: QPoint) -> None:
    """Click twice at a place of what a widget shows."""
    inside = widget.viewport() if isinstance(widget, QAbstractScrollArea) else widget
    _TEST.mouseClick(inside, Qt.MouseButton.LeftButton, PLAIN, place)
    _TEST.mouseDClick(inside, Qt.MouseButton.LeftButton, PLAIN, place)


def press(widget: QWidget, key: Qt.Key, modifiers: Qt.KeyboardModifier = PLAIN) -> None:
    """Press a key and let it go."""
    _TEST.keyClick(widget, key, modifiers)
    if modifiers != PLAIN:
        # Else Qt takes the modifiers for held down until another key is let go.
        _TEST.keyRelease(widget, Qt.Key.Key_Shift, PLAIN)


def right_click(widget: QWidget, place: QPoint) -> QMenu:
    """Click with the right button at a place of what a widget shows, and return the menu that opens."""
    inside = (widget.viewport() if isinstance(widget, QAbstractScrollArea) else None) or widget
    click(widget, place, button=Qt.MouseButton.RightButton)
    # Desktops make this event of that click.
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(inside, QContextMenuEvent(reason, place, inside.mapToGlobal(place)))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def choose(menu: QMenu, text: str) -> None:
    """Click on an entry of a menu that is open."""
    entry = next(one for one in menu.actions() if one.text().replace("&", "") == text)
    assert entry.isEnabled(), text
    click(menu, menu.actionGeometry(entry).center())


def type_text(widget: QWidget, text: str) -> None:
    """Press the keys of a text one after the other."""
    _TEST.keyClicks(widget, text)


def move_to(widget: QWidget, place: QPoint, button: Qt.MouseButton = Qt.MouseButton.NoButton) -> None:
    """Move the mouse to a place of what a widget shows, without a button or with one held down."""
    inside = (widget.viewport() if isinstance(widget, QAbstractScrollArea) else None) or widget
    spot = QPointF(place)
    QApplication.sendEvent(
        inside,
        QMouseEvent(
            QEvent.Type.MouseMove,
            spot,
            inside.mapToGlobal(spot),
            Qt.MouseButton.NoButton,
            button,
            PLAIN,
        ),
    )


def leave(widget: QWidget) -> None:
    """Move the mouse out of what a widget shows."""
    inside = (widget.viewport() if isinstance(widget, QAbstractScrollArea) else None) or widget
    QApplication.sendEvent(inside, QEvent(QEvent.Type.Leave))
