"""Scrolling for many panels in a low window."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QScrollArea, QWidget


def scrolling(canvas: QWidget, name: str, parent: QWidget) -> QScrollArea:
    """Return an area in which a canvas is as wide as there is room, and as high as it has to be."""
    scroll = QScrollArea(parent)
    scroll.setObjectName("plot-scroll")
    scroll.setAccessibleName(name)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setWidgetResizable(True)
    scroll.setMinimumSize(canvas.minimumSize())
    scroll.setWidget(canvas)
    return scroll
