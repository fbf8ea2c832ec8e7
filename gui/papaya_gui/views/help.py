"""The dialog about papaya, and the installed documentation; neither needs a network."""

from __future__ import annotations

import platform
from collections.abc import Callable
from functools import partial
from importlib.resources.abc import Traversable

from PyQt6.QtCore import PYQT_VERSION_STR, QT_VERSION_STR, QCoreApplication, Qt, QUrl
from PyQt6.QtGui import QIcon
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QTextBrowser, QVBoxLayout, QWidget

import papaya
from papaya.resources import locate
from papaya_gui.actions import Actions
from papaya_gui.icons import origin
from papaya_gui.tokens import DIALOG, READING, M, S, inset

_FIRST_PAGE = "window.md"


class TextDialog(QDialog):
    """A text to read, with a button that closes it."""

    def __init__(self, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.text = QTextBrowser(self)
        self.text.setObjectName(f"{name}Text")
        self.text.setAccessibleName(title)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.setObjectName(f"{name}Buttons")
        buttons.rejected.connect(self.reject)
        for button in buttons.buttons():
            # The style's pictures are made for light windows.
            button.setIcon(QIcon())
        layout = QVBoxLayout(self)
        inset(layout, M, gap=S)
        layout.addWidget(self.text)
        layout.addWidget(buttons)


class About(TextDialog):
    """Which version this is, of what it is made, and under which licenses."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("about", QCoreApplication.translate("About", "About PapayaMeter"), parent)
        self.text.setOpenLinks(False)
        self.text.setMarkdown(about_text())
        self.resize(*DIALOG)


class Documentation(TextDialog):
    """The pages of the documentation; links between them are followed here, others not at all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "documentation", QCoreApplication.translate("Documentation", "Documentation"), parent
        )
        self.text.setOpenLinks(False)
        self.text.anchorClicked.connect(self._on_link)
        self.resize(*READING)
        self.show_page(_FIRST_PAGE)

    def show_page(self, name: str) -> None:
        """Show a page of the documentation."""
        page = _page(name)
        if page is None:
            return
        # Pictures are for the page on the web: there is no room for them here.
        lines = page.read_text(encoding="utf-8").splitlines()
        self.text.setMarkdown("\n".join(line for line in lines if not line.startswith("![")))
        self.text.moveCursor(self.text.textCursor().MoveOperation.Start)

    def _on_link(self, url: QUrl) -> None:
        if url.isRelative() and url.path():
            self.show_page(url.path())
        elif url.hasFragment():
            self.text.scrollToAnchor(url.fragment())


def add_help_actions(actions: Actions, parent: QWidget) -> None:
    """Add what shows the documentation, and what papaya is."""
    makers: tuple[tuple[str, str, Callable[[QWidget], TextDialog], str], ...] = (
        ("documentation", parent.tr("&Documentation"), Documentation, "F1"),
        ("about", parent.tr("&About PapayaMeter"), About, ""),
    )
    for name, text, make, shortcut in makers:
        run = partial(_show, make, parent)
        words = "version license manual help"
        actions.add(name, text, run, group=parent.tr("Help"), shortcut=shortcut, words=words)


def _show(make: Callable[[QWidget], TextDialog], parent: QWidget) -> None:
    dialog = make(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()


def about_text() -> str:
    """Return the version, what it runs on and its licenses, as Markdown."""
    import numpy
    import pyqtgraph

    icons = origin()
    return "\n".join(
        (
            f"# PapayaMeter {papaya.__version__}",
            "",
            "The window of papaya: ThingsBoard fleets as code.",
            "",
            f"- Python {platform.python_version()}, Qt {QT_VERSION_STR}, PyQt {PYQT_VERSION_STR}",
            f"- pyqtgraph {pyqtgraph.__version__}, NumPy {numpy.__version__}",
            "",
            "## Licenses",
            "",
            "- papaya: Apache License 2.0",
            "- PyQt6: GNU General Public License, version 3",
            "- Qt: GNU Lesser General Public License, version 3",
            "- pyqtgraph: MIT; NumPy: BSD-3-Clause",
            f"- Icons: Tabler Icons ({icons['package']} {icons['version']}), {icons['license']}",
            "- Map: Natural Earth, public domain; GeoNames, CC BY 4.0",
            "",
            "papaya together with PyQt6 is under the GPL, version 3. The page Licenses of the documentation "
            "has every package.",
        )
    )


def _page(name: str) -> Traversable | None:
    """Return a page by its name; nothing for what is none, or lies outside of the documentation."""
    if "/" in name or not name.endswith(".md"):
        return None
    page = locate("docs", name)
    return page if page.is_file() else None
