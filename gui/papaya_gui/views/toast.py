"""A short message that lies over the window for a while, with buttons and details to expand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PyQt6 import sip
from PyQt6.QtCore import QEvent, QObject, Qt, QTimer
from PyQt6.QtGui import QCursor, QHideEvent, QKeyEvent
from PyQt6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from papaya_gui.labels import plain_label
from papaya_gui.models.texts import shortened
from papaya_gui.theme import Theme
from papaya_gui.tokens import LOG, NARROW, L, M, S, Type, card_style, inset, set_type
from papaya_gui.views.sign import DONE, Sign

SHOWN_SECONDS = 12.0
_LONGEST_TITLE = 80

Choice = tuple[str, Callable[[], object]]


class Shield(QWidget):
    """Takes clicks that were meant for a message which has just gone: they must not hit what is behind it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        # Without it, clicks go on to the parent.
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def cover(self, widget: QWidget) -> None:
        """Lie where a widget was, for as long as a double click takes."""
        self.setGeometry(widget.geometry())
        self.show()
        self.raise_()
        self._timer.start(QApplication.doubleClickInterval())


class Toast(QFrame):
    """Lies at the lower right of its parent, above other messages there.

    It stays while its details are open or the mouse is over it. Escape closes it.
    """

    def __init__(self, name: str, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._shield = Shield(parent)
        self._came_from: QWidget | None = None
        self._theme, self._is_grave, self._icon_name = theme, False, ""
        self.title, self.words = plain_label(), plain_label()
        for label, part in ((self.title, "title"), (self.words, "words")):
            label.setObjectName(f"{name}-{part}")
            # Names and answers come from servers and devices, and may hold anything.
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self.details = QPlainTextEdit()
        self.details.setObjectName(f"{name}-details")
        self.details.setAccessibleName(self.tr("Details"))
        self.details.setReadOnly(True)
        self.details.setFixedHeight(LOG)
        self.details.setTabChangesFocus(True)
        self._buttons = QHBoxLayout()
        self.sign = Sign(f"{name}-sign", self)
        set_type(self.title, Type.STRONG)
        top = QHBoxLayout()
        top.setSpacing(S)
        top.addWidget(self.sign, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self.title, 1)
        self._buttons.setSpacing(S)
        column = QVBoxLayout(self)
        inset(column, M, gap=S)
        column.addLayout(top)
        for widget in (self.words, self.details):
            column.addWidget(widget)
        column.addLayout(self._buttons)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._on_time)
        parent.installEventFilter(self)
        self.set_theme(theme)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        self._theme, name = theme, self.objectName()
        done = theme.good if self._icon_name == DONE else theme.accent
        edge = theme.alarm if self._is_grave else done
        self.sign.show_icon(self._icon_name, edge)
        self.setStyleSheet(card_style(name, theme, edge, line=theme.edge))

    def tell(
        self,
        title: str,
        words: str,
        choices: Sequence[Choice] = (),
        *,
        details: str = "",
        is_grave: bool = False,
        icon_name: str = "",
        seconds: float = SHOWN_SECONDS,
    ) -> None:
        """Show a message in place of the one before; each choice is a button that puts it away."""
        self._is_grave, self._icon_name = is_grave, icon_name
        self.title.setText(shortened(title, _LONGEST_TITLE))
        self.words.setText(words)
        self.words.setVisible(bool(words))
        self.setAccessibleName(f"{title}. {words}")
        self.details.setPlainText(details)
        self.details.hide()
        self._clear_buttons()
        for number, (text, run) in enumerate(choices):
            self._button(f"choice-{number}", text, partial(self._choose, run))
        if details:
            self._button("more", self.tr("Details"), self._toggle_details)
        self._button("close", self.tr("Close"), self.hide)
        self.set_theme(self._theme)
        focus = QApplication.focusWidget()
        if focus is None or not self.isAncestorOf(focus):
            self._came_from = focus
        self._shield.hide()
        self.show()
        self._place_all()
        self._timer.start(round(seconds * 1000))

    def _clear_buttons(self) -> None:
        while (item := self._buttons.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.setParent(None)
                widget.deleteLater()

    def _button(self, name: str, text: str, run: Callable[[], object]) -> None:
        button = QPushButton(text, self)
        button.setObjectName(f"{self.objectName()}-{name}")
        button.setAccessibleName(text)
        button.clicked.connect(lambda *_: run())
        self._buttons.addWidget(button)
        # Qt shows it later otherwise, and until then the height that is needed lacks it.
        button.show()

    def _choose(self, run: Callable[[], object]) -> None:
        self.hide()
        run()

    def _toggle_details(self) -> None:
        self.details.setVisible(self.details.isHidden())
        self._place_all()

    def _on_time(self) -> None:
        # Qt tells of the mouse only once it moves; a message may come up below it.
        is_pointed_at = self.underMouse() or self.rect().contains(self.mapFromGlobal(QCursor.pos()))
        if is_pointed_at or not self.details.isHidden():
            self._timer.start(1000)
        else:
            self.hide()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Close with Escape."""
        if event is not None and event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Give the keys back, let others move down, and catch a click that comes too late."""
        super().hideEvent(event)
        above = self.parentWidget()
        if above is None or not above.isVisible():
            return
        self._shield.cover(self)
        focus, before = QApplication.focusWidget(), self._came_from
        is_inside = focus is None or self.isAncestorOf(focus)
        if is_inside and before is not None and not sip.isdeleted(before) and before.isVisible():
            before.setFocus()
        self._place_all()

    def _siblings(self) -> list[Toast]:
        """Return the messages of the same parent that are seen, from the lowest to the highest."""
        above = self.parentWidget()
        found = above.findChildren(Toast) if above is not None else []
        # The order of children changes with what is in front.
        return sorted((one for one in found if not one.isHidden()), key=lambda one: one.objectName())

    def _place_all(self) -> None:
        for toast in self._siblings():
            toast.place()

    def place(self) -> None:
        """Lie at the lower right, as high as the text needs, above the messages below."""
        above = self.parentWidget()
        if above is None:
            return
        shown = self._siblings()
        lower = shown[: shown.index(self)] if self in shown else []
        bottom = min((one.y() - S for one in lower), default=above.height() - L)
        width = min(NARROW, above.width() - 2 * L)
        self.setFixedWidth(width)
        layout = self.layout()
        if layout is not None:
            layout.activate()
            height = max(layout.totalHeightForWidth(width), layout.totalMinimumSize().height())
            self.resize(width, min(height, above.height() - 2 * L))
        # Where there is no room above the others, it covers them: it is what has changed.
        self.move(above.width() - width - L, max(bottom - self.height(), L))
        self.raise_()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Stay in the corner."""
        if event is not None and event.type() == QEvent.Type.Resize and not self.isHidden():
            self.place()
        return super().eventFilter(watched, event)
