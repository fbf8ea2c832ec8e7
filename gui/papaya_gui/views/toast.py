"""A short message that lies over the window for a while, with buttons and details to expand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PyQt6.QtCore import QEvent, QObject, Qt, QTimer
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from papaya_gui.labels import plain_label
from papaya_gui.models.texts import shortened
from papaya_gui.theme import Theme
from papaya_gui.tokens import LOG, NARROW, L, M, S, Type, card_style, inset, set_type
from papaya_gui.views.sign import DONE, Sign

SHOWN_SECONDS = 12.0
_LONGEST_TITLE = 80

Choice = tuple[str, Callable[[], object]]


class Toast(QFrame):
    """Lies at the lower right of its parent; it stays while its details are open or the mouse is over it."""

    def __init__(self, name: str, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(name)
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
        self.show()
        self.place()
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

    def _choose(self, run: Callable[[], object]) -> None:
        self.hide()
        run()

    def _toggle_details(self) -> None:
        self.details.setVisible(self.details.isHidden())
        self.place()

    def _on_time(self) -> None:
        if self.underMouse() or not self.details.isHidden():
            self._timer.start(1000)
        else:
            self.hide()

    def place(self) -> None:
        """Lie at the lower right, as high as the text needs."""
        above = self.parentWidget()
        if above is None:
            return
        width = min(NARROW, above.width() - 2 * L)
        self.setFixedWidth(width)
        layout = self.layout()
        if layout is not None:
            layout.activate()
            height = max(layout.totalHeightForWidth(width), layout.totalMinimumSize().height())
            self.resize(width, min(height, above.height() - 2 * L))
        self.move(above.width() - width - L, above.height() - self.height() - L)
        self.raise_()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Stay in the corner."""
        if event is not None and event.type() == QEvent.Type.Resize and not self.isHidden():
            self.place()
        return super().eventFilter(watched, event)
