"""The page with everything that can be opened: shown before a fleet is open, and from the File menu."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from papaya_gui.icons import icon
from papaya_gui.labels import plain_label
from papaya_gui.models.texts import shortened
from papaya_gui.theme import Theme
from papaya_gui.tokens import BUTTON, CONTROL, READING, XS, L, M, S, Type, set_type
from papaya_gui.views.action_icons import ICONS
from papaya_gui.views.wording import tool_tip

_SHOWN = 60


class StartPage(QScrollArea):
    """Signals: `chosen(name)` with the name of what is to be opened, `backWanted`.

    Names: "sign-in", "manifest", "server", "broker", "file", "simulated".
    """

    chosen = pyqtSignal(str)
    backWanted = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("startPage")
        self.setAccessibleName(self.tr("Start page"))
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._recent: list[QPushButton] = []
        inside = QWidget()
        inside.setObjectName("startInside")
        self._column = QVBoxLayout()
        self._column.setSpacing(S)
        self.title = plain_label(self.tr("PapayaMeter"))
        self.title.setObjectName("startTitle")
        self.words = plain_label()
        self.words.setObjectName("startWords")
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        set_type(self.title, Type.TITLE)
        set_type(self.words, Type.HEADING)
        self._column.addWidget(self.title)
        self._column.addWidget(self.words)
        self.buttons = {
            name: self._button(name, text, told)
            for name, text, told in (
                ("sign-in", self.tr("Sign in…"), ""),
                ("manifest", self.tr("Open manifest…"), self.tr("A fleet as papaya plans and applies it")),
                ("server", self.tr("Connect to ThingsBoard…"), self.tr("The devices of a server, live")),
                ("broker", self.tr("MQTT broker…"), self.tr("What devices publish")),
                ("file", self.tr("Data file or database…"), self.tr("CSV, JSON or SQLite")),
                ("simulated", self.tr("Simulated data"), self.tr("To look around, without any device")),
            )
        }
        self.recent_title = plain_label(self.tr("Recent"))
        self.recent_title.setObjectName("startRecent")
        set_type(self.recent_title, Type.STRONG)
        self._column.addSpacing(M)
        self._column.addWidget(self.recent_title)
        self._entries = QVBoxLayout()
        self._entries.setSpacing(XS)
        self._column.addLayout(self._entries)
        self._column.addSpacing(M)
        self.back = self._button("back", self.tr("Show the fleet"), "")
        # In a large window it is in the middle, somewhat above the center.
        self._column.insertStretch(0, 1)
        self._column.addStretch(2)
        held = QWidget()
        held.setLayout(self._column)
        held.setMaximumWidth(READING[0])
        self._column.setContentsMargins(0, 0, 0, 0)
        middle = QHBoxLayout(inside)
        middle.setContentsMargins(L, L, L, L)
        middle.addStretch(1)
        middle.addWidget(held, 6)
        middle.addStretch(1)
        self.setWidget(inside)
        self.show_welcome()
        self.set_theme(theme)

    def _button(self, name: str, text: str, told: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(f"start-{name}")
        button.setAccessibleName(f"{text} {told}".strip())
        button.setMinimumWidth(BUTTON)
        button.setMinimumHeight(CONTROL)
        if name == "back":
            button.clicked.connect(self.backWanted)
        else:
            button.clicked.connect(lambda: self.chosen.emit(name))
        row = QHBoxLayout()
        row.setSpacing(M)
        row.addWidget(button)
        words = plain_label(told)
        words.setObjectName("startTold")
        row.addWidget(words, 1)
        self._column.addLayout(row)
        return button

    def show_welcome(self) -> None:
        """Offer everything that can be opened."""
        self.words.setText(self.tr("Open a fleet, or choose where readings come from."))
        self.buttons["sign-in"].hide()

    def ask_to_sign_in(self, fleet: str, url: str) -> None:
        """Ask to sign in to the server of a fleet; nothing is simulated unless a person says so."""
        self.words.setText(
            self.tr("%1 is on %2. Sign in to see its readings.").replace("%1", fleet).replace("%2", url)
        )
        self.buttons["sign-in"].show()
        self.buttons["sign-in"].setFocus()

    def show_recent(self, entries: Sequence[tuple[str, Callable[[], object]]]) -> None:
        """List what was opened lately."""
        for button in self._recent:
            button.deleteLater()
        self._recent = []
        for text, open_it in entries:
            button = QPushButton(shortened(text, _SHOWN))
            button.setObjectName("startRecentEntry")
            button.setAccessibleName(text)
            button.setToolTip(tool_tip(text))
            button.setFlat(True)
            button.clicked.connect(lambda _, open_it=open_it: open_it())
            self._entries.addWidget(button, alignment=Qt.AlignmentFlag.AlignLeft)
            self._recent.append(button)
        self.recent_title.setVisible(bool(entries))

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        for name, button in self.buttons.items():
            button.setIcon(icon(ICONS.get(f"open-{name}", ("lock-open",))[0], theme))
        self.setStyleSheet(
            f"#startInside {{ background: {theme.base}; }}"
            f"#startTitle, #startWords {{ color: {theme.text}; }}"
            f"#startTold, #startRecent {{ color: {theme.muted}; }}"
            f"#startRecentEntry {{ color: {theme.accent}; text-align: left; padding: {XS}px; }}"
        )
