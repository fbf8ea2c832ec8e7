"""A ring around what has the keys, for those who use the window without a mouse."""

from __future__ import annotations

from typing import cast

from PyQt6 import sip
from PyQt6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QRect, Qt
from PyQt6.QtGui import QGuiApplication, QPainter, QPaintEvent, QPalette, QPen, QRegion
from PyQt6.QtWidgets import QApplication, QMenu, QMenuBar, QTabBar, QWidget

from papaya_gui.tokens import RADIUS

# How wide it is; so much of it lies outside of what it is around, where there is room.
_WIDTH = 2
_MOVED = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.ParentChange)


class FocusRing(QWidget):
    """The ring; it lies over a window, and the mouse does not notice it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("focusRing")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def surround(self, area: QRect) -> None:
        """Lie around an area of the window."""
        self.setGeometry(area)
        inside = self.rect().adjusted(_WIDTH, _WIDTH, -_WIDTH, -_WIDTH)
        # What is inside is drawn without it.
        self.setMask(QRegion(self.rect()) - QRegion(inside))
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the ring."""
        painter = QPainter(self)
        painter.setPen(QPen(QGuiApplication.palette().color(QPalette.ColorRole.Accent), _WIDTH))
        half = _WIDTH // 2
        painter.drawRoundedRect(self.rect().adjusted(half, half, -half, -half), RADIUS, RADIUS)
        painter.end()


class FocusRings(QObject):
    """Puts a ring around whatever gets the keys by a key; a click needs none: it is where the mouse is."""

    def __init__(self, application: QApplication, parent: QObject) -> None:
        super().__init__(parent)
        self._ring: FocusRing | None = None
        self._around: QWidget | None = None
        self._followed: list[QWidget] = []
        application.focusChanged.connect(self._on_focus)

    def _on_focus(self, before: QWidget | None, now: QWidget | None) -> None:
        self._leave()
        if now is None or isinstance(now, QMenu | QMenuBar):
            return
        window = now.window()
        if window is None or not window.testAttribute(Qt.WidgetAttribute.WA_KeyboardFocusChange):
            return
        self._around, self._ring = now, FocusRing(window)
        above: QWidget | None = now
        while above is not None and above is not window:
            above.installEventFilter(self)
            self._followed.append(above)
            above = above.parentWidget()
        if isinstance(now, QTabBar):
            now.currentChanged.connect(self._place)
        self._place()

    def _leave(self) -> None:
        ring, around, followed = self._ring, self._around, self._followed
        self._ring, self._around, self._followed = None, None, []
        # Windows that are closed take everything in them along.
        for widget in followed:
            if not sip.isdeleted(widget):
                widget.removeEventFilter(self)
        if isinstance(around, QTabBar) and not sip.isdeleted(around):
            around.currentChanged.disconnect(self._place)
        if ring is not None and not sip.isdeleted(ring):
            ring.hide()
            ring.deleteLater()

    def _place(self, *_: int) -> None:
        ring, around = self._ring, self._around
        if ring is None or around is None or sip.isdeleted(ring):
            return
        area = _seen(around, ring.parentWidget() or around)
        if area.isEmpty() or not around.isVisible():
            ring.hide()
        else:
            ring.surround(area)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Follow what the ring is around; a click there takes the ring away."""
        if event is not None:
            if event.type() in _MOVED:
                self._place()
            elif event.type() is QEvent.Type.MouseButtonPress and watched is self._around:
                self._leave()
        return False


def follow_focus(window: QWidget) -> None:
    """Show where the keys go, in a window and in its dialogs, for as long as it is there."""
    application = QCoreApplication.instance()
    if application is not None:
        FocusRings(cast(QApplication, application), window)


def _seen(widget: QWidget, window: QWidget) -> QRect:
    """Return where a widget is seen in its window, with a rim; of tabs it is the chosen one."""
    inside = widget.rect()
    if isinstance(widget, QTabBar) and widget.currentIndex() >= 0:
        inside = widget.tabRect(widget.currentIndex())
    area = QRect(widget.mapTo(window, inside.topLeft()), inside.size())
    above = widget.parentWidget()
    while above is not None and above is not window:
        area &= QRect(above.mapTo(window, QPoint(0, 0)), above.size())
        above = above.parentWidget()
    if area.isEmpty():
        return area
    return area.adjusted(-_WIDTH, -_WIDTH, _WIDTH, _WIDTH) & window.rect()
