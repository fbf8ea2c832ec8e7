"""A banner over the whole width of the window while what it shows is simulated; it cannot be put away."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from papaya_gui.labels import plain_label
from papaya_gui.sources.supply import Simulated, Supply
from papaya_gui.theme import Theme
from papaya_gui.tokens import XS, M, S, Tone, Type, bar_style, inset, set_type
from papaya_gui.views.sign import WARNING, Sign


class SimulatedBanner(QWidget):
    """Says that readings do not come from devices, with `reason` and the button that ends it.

    Signal: `signInWanted` when a person wants to see the real fleet.
    """

    signInWanted = pyqtSignal()

    def __init__(self, supply: Supply, theme: Theme, reason: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("simulatedBanner")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        is_all = supply.simulated is Simulated.ALL
        if is_all:
            words = self.tr("Simulated data. Sign in to see the real fleet.")
        else:
            words = self.tr("Partly simulated data: the manifest gives some sensors a simulated source.")
        self.words = plain_label(f"{words} {reason}".rstrip(), self)
        self.words.setObjectName("simulatedWords")
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self.words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.sign_in = QPushButton(self.tr("Sign in…"), self)
        self.sign_in.setObjectName("simulatedSignIn")
        self.sign_in.setAccessibleName(self.tr("Sign in to see the real fleet"))
        self.sign_in.setVisible(is_all)
        self.sign_in.clicked.connect(self.signInWanted)
        self.sign = Sign("simulatedSign", self)
        set_type(self.words, Type.STRONG)
        row = QHBoxLayout(self)
        inset(row, M, XS, gap=S)
        row.addWidget(self.sign)
        row.addWidget(self.words, 1)
        row.addWidget(self.sign_in)
        self.setAccessibleName(self.text())
        self.setVisible(supply.simulated is not Simulated.NOTHING)
        self.set_theme(theme)

    def text(self) -> str:
        """Return what it says."""
        return self.words.text()

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of another look."""
        self.sign.show_icon(WARNING, theme.warn)
        self.setStyleSheet(bar_style("simulatedBanner", theme, Tone.WARN))
