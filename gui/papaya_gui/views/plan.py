"""The plan of the open manifest, as the command line tells it: read-only, with the command to copy."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QGuiApplication,
    QShowEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
)
from PyQt6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QTabBar, QVBoxLayout, QWidget

from papaya.counting import counted
from papaya.errors import PapayaError
from papaya_gui.actions import Actions
from papaya_gui.labels import plain_label
from papaya_gui.models.texts import bounded
from papaya_gui.sources.planning import Planned, command, objection, planned
from papaya_gui.sources.signing_in import told
from papaya_gui.sources.wanted import Wanted
from papaya_gui.theme import Theme
from papaya_gui.tokens import S, inset
from papaya_gui.views.sign import FAULT, Sign
from papaya_gui.workers import Worker

log = logging.getLogger(__name__)

_PLAN, _DRIFT = 0, 1


class PlanPage(QWidget):
    """Plans on demand in a worker, and by itself when it is first opened; it is made then, too.

    Signals: `planned(Planned)` after each plan, and `openWanted(str)` when there is nothing to plan, with
    what a person is to open: "manifest" or "server".
    """

    planned = pyqtSignal(object)
    openWanted = pyqtSignal(str)

    def __init__(self, theme: Theme, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plan")
        self.setAccessibleName(self.tr("Plan of the manifest"))
        self._wanted: Wanted | None = None
        self._found: Planned | None = None
        self._was_asked = self._is_asking = False
        self._theme, self._words, self._is_fault = theme, "", False
        self._is_made = False
        self._worker = Worker("plan", self)
        self._worker.done.connect(self._on_done)
        self._worker.failed.connect(self._on_failed)
        actions.add(
            "plan-refresh",
            self.tr("Plan again"),
            self.refresh,
            group=self.tr("Fleet"),
            shortcut="Ctrl+Shift+P",
            words="plan drift diff manifest refresh compare",
        )

    def _make(self) -> None:
        self._is_made = True
        self.words = plain_label()
        self.words.setObjectName("plan-words")
        self.words.setAccessibleName(self.tr("The plan in short"))
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self.refreshing = self._button("plan-refresh-button", self.tr("Plan again"), self.refresh)
        self.copying = self._button("plan-copy", self.tr("Copy command"), self.copy_command)
        self.opening = self._button("plan-open", "", self._on_opening)
        self.which = QTabBar()
        self.which.setObjectName("plan-which")
        self.which.setAccessibleName(self.tr("Plan or drift"))
        self.which.setDocumentMode(True)
        self.which.setExpanding(False)
        for title in (self.tr("What apply would do"), self.tr("What changed on the server")):
            self.which.addTab(title)
        self.which.currentChanged.connect(self._show_text)
        self.text = QPlainTextEdit()
        self.text.setObjectName("plan-text")
        self.text.setAccessibleName(self.tr("The plan, line by line"))
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setTabChangesFocus(True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.sign = Sign("plan-sign", self)
        top = QHBoxLayout()
        top.setSpacing(S)
        top.addWidget(self.sign, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self.words, 1)
        for button in (self.opening, self.copying, self.refreshing):
            top.addWidget(button)
        column = QVBoxLayout(self)
        inset(column, S, gap=S)
        column.addLayout(top)
        column.addWidget(self.which)
        column.addWidget(self.text, 1)
        # Without a plan to show, the words stay at the top.
        column.addStretch()
        self._lights = _Lights(self.text, self._theme)
        self._show()

    def _button(self, name: str, text: str, run: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.clicked.connect(lambda: run())
        return button

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        self._theme = theme
        if self._is_made:
            self._lights.set_theme(theme)
            self._show_sign()

    def _show_sign(self) -> None:
        self.sign.show_icon(FAULT if self._is_fault else "", self._theme.alarm)

    # What is planned

    def set_wanted(self, wanted: Wanted) -> None:
        """Take what is open in the window; it is planned when somebody looks at this page, or asks."""
        self._wanted, self._found, self._was_asked = wanted, None, False
        self._say()
        if self.isVisible():
            self._ask_once()

    def refresh(self) -> None:
        """Read manifest and server anew, and plan."""
        wanted = self._wanted
        if wanted is None or self._is_asking or objection(wanted):
            return
        self._was_asked = self._is_asking = True
        self._worker.submit(wanted, partial(planned, wanted))
        self._say(self.tr("Reading the manifest and the server…"))

    def copy_command(self) -> None:
        """Put the command that shows the same in a terminal into the clipboard."""
        clipboard = QGuiApplication.clipboard()
        if self._wanted is not None and clipboard is not None:
            line = command(self._wanted, self._verb())
            clipboard.setText(line)
            self._say(self.tr("Copied: {}").format(line))

    def close_worker(self) -> None:
        """End the thread; a server that does not answer is left to itself."""
        self._wanted = None
        self._worker.close(0.2)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Make the page when it is looked at for the first time, and plan."""
        super().showEvent(event)
        if not self._is_made:
            self._make()
        self._ask_once()

    def _ask_once(self) -> None:
        if not self._was_asked:
            self.refresh()

    def _verb(self) -> str:
        return "drift" if self.which.currentIndex() == _DRIFT else "plan"

    def _on_opening(self) -> None:
        if self._wanted is not None:
            self.openWanted.emit(objection(self._wanted))

    def _on_done(self, wanted: Wanted, found: Planned) -> None:
        self._is_asking = False
        if wanted is not self._wanted:
            self._ask_again()
            return
        self._found = found
        self._say()
        self.planned.emit(found)

    def _on_failed(self, wanted: Wanted, error: Exception) -> None:
        self._is_asking = False
        if wanted is not self._wanted:
            self._ask_again()
        elif isinstance(error, PapayaError):
            self._say(bounded(told(error)), is_fault=True)
        else:
            log.error("the plan cannot be made", exc_info=error)
            self._say(self.tr("The plan cannot be made: {}").format(type(error).__name__), is_fault=True)

    def _ask_again(self) -> None:
        # What was open before is of no interest; what is open now may wait for its turn.
        if self._wanted is not None and self.isVisible():
            self.refresh()

    # Words

    def _say(self, words: str = "", *, is_fault: bool = False) -> None:
        self._words, self._is_fault = words, is_fault
        if self._is_made:
            self._show()

    def _show(self) -> None:
        reason = objection(self._wanted) if self._wanted is not None else "manifest"
        missing = {
            "manifest": (
                self.tr("There is no manifest open, so there is nothing to plan."),
                self.tr("Open manifest…"),
            ),
            "server": (
                self.tr("A plan compares the manifest with its ThingsBoard server, which is not open."),
                self.tr("Connect to ThingsBoard…"),
            ),
        }
        text, title = missing.get(reason, (self._words or self._summary(), ""))
        self.words.setText(text)
        self._is_fault = self._is_fault and not reason
        self._show_sign()
        self.opening.setText(title)
        self.opening.setVisible(bool(reason))
        for widget in (self.refreshing, self.copying, self.which, self.text):
            widget.setVisible(not reason)
        self.refreshing.setEnabled(not self._is_asking)
        self._show_text()

    def _summary(self) -> str:
        found = self._found
        if found is None:
            return self.tr("Not planned yet.")
        when = f"{datetime.fromtimestamp(found.read_at):%H:%M:%S}"
        if found.is_empty:
            return self.tr("Server and manifest agree (read at {}).").format(when)
        counts = f"{found.adds:,} to add, {found.updates:,} to change, {found.destroys:,} to delete"
        refused = self.tr(" Apply would refuse it as it stands.") if found.is_refused else ""
        unlike = len(found.standing)
        devices = (
            self.tr(" {} not in sync, shown in the tree.").format(counted(unlike, "device")) if unlike else ""
        )
        return self.tr("{} (read at {}).{}{}").format(counts, when, refused, devices)

    def _show_text(self) -> None:
        found = self._found
        shown = "" if found is None else found.drift if self._verb() == "drift" else found.plan
        if shown != self.text.toPlainText():
            self.text.setPlainText(shown)


class _Lights(QSyntaxHighlighter):
    """Colours the symbols in the margin of a plan, and its totals."""

    def __init__(self, text: QPlainTextEdit, theme: Theme) -> None:
        super().__init__(text.document())
        self._formats: dict[str, QTextCharFormat] = {}
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        colors = {
            "+": theme.good,
            "~": theme.warn,
            "->": theme.accent,
            "=": theme.accent,
            "-": theme.alarm,
            ".": theme.muted,
            "!": theme.warn,
        }
        for sign, color in colors.items():
            self._formats[sign] = QTextCharFormat()
            self._formats[sign].setForeground(QColor(color))
            self._formats[sign].setFontWeight(QFont.Weight.Bold)
        self.rehighlight()

    def highlightBlock(self, text: str | None) -> None:
        """Colour one line."""
        stripped = (text or "").lstrip()
        margin = len(text or "") - len(stripped)
        sign = stripped.split(" ", 1)[0]
        if sign in self._formats and margin <= 2:
            self.setFormat(margin, len(sign), self._formats[sign])
        elif stripped.startswith(("Plan:", "Drift:")):
            bold = QTextCharFormat()
            bold.setFontWeight(QFont.Weight.Bold)
            self.setFormat(margin, len(stripped), bold)
