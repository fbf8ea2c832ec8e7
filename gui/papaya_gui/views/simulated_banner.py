"""A banner over the whole width of the window while what it shows is simulated; it cannot be put away."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QWidget

from papaya_gui.sources.supply import Simulated, Supply
from papaya_gui.theme import Theme


class SimulatedBanner(QLabel):
    """Says that readings do not come from devices, and `reason` where there is one."""

    def __init__(self, supply: Supply, theme: Theme, reason: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("simulatedBanner")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setWordWrap(True)
        self.setMargin(5)
        if supply.simulated is Simulated.ALL:
            words = self.tr("Simulated data: these readings do not come from devices.")
        else:
            words = self.tr("Partly simulated data: the manifest gives some sensors a simulated source.")
        self.setText(f"⚠ {words} {reason}".rstrip())
        self.setAccessibleName(self.text())
        self.setVisible(supply.simulated is not Simulated.NOTHING)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of another look."""
        self.setStyleSheet(
            f"#simulatedBanner {{ background: {theme.warn_back}; color: {theme.text};"
            f" border-bottom: 2px solid {theme.warn}; font-weight: 600; }}"
        )
