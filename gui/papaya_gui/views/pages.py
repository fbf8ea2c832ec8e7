"""The pages at the right of the window, with an action that shows each of them."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QTabWidget, QWidget

from papaya_gui.actions import Actions


def make_pages(pages: Sequence[tuple[QWidget, str]], name: str) -> QTabWidget:
    """Return the pages with their titles, under a name for people who hear it."""
    tabs = QTabWidget()
    tabs.setObjectName("pages")
    tabs.setAccessibleName(name)
    tabs.setDocumentMode(True)
    bar = tabs.tabBar()
    if bar is not None:
        bar.setAccessibleName(name)
        # So that a tile can be dragged to the plot, which is another page.
        bar.setChangeCurrentOnDrag(True)
    for page, title in pages:
        tabs.addTab(page, title)
    return tabs


def add_page_actions(actions: Actions, tabs: QTabWidget, group: str) -> None:
    """Add an action for each page; the first nine have Ctrl and their number."""
    for number in range(tabs.count()):
        page = tabs.widget(number)
        if page is not None:
            title = QCoreApplication.translate("Pages", "Show %1").replace("%1", tabs.tabText(number).lower())
            actions.add(
                f"show-{page.objectName().removesuffix('-panel')}",
                title,
                lambda page=page: tabs.setCurrentWidget(page),
                group=group,
                shortcut=f"Ctrl+{number + 1}" if number < 9 else "",
            )
