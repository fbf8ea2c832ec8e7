"""What is behind the end of a toolbar that is too narrow: a button that can be seen, and heard of."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication, Qt
from PyQt6.QtWidgets import QToolBar, QToolButton


def mark_more(bar: QToolBar) -> None:
    """Let the button be found: Qt's own mark is made for light windows, and has no name."""
    more = bar.findChild(QToolButton, "qt_toolbar_ext_button")
    if more is not None:
        words = QCoreApplication.translate("MoreButton", "More")
        more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        more.setText("»")
        more.setAccessibleName(words)
        more.setToolTip(words)
        more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
