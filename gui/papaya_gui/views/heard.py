"""Names for people who hear the window, of what Qt makes by itself: lists, handles, menus."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QLineEdit,
    QMenu,
    QMenuBar,
    QSizeGrip,
    QSplitter,
    QWidget,
)


def name_parts(within: QWidget) -> None:
    """Name the lists of boxes and the handles between parts."""
    for box in within.findChildren(QComboBox):
        # The list that opens below it is a widget of its own.
        entries = box.view()
        if entries is not None:
            entries.setAccessibleName(box.accessibleName())
    for splitter in within.findChildren(QSplitter):
        parts = [splitter.widget(place) for place in range(splitter.count())]
        names = [part.accessibleName() for part in parts if part is not None and part.accessibleName()]
        told = ", ".join(names) or QCoreApplication.translate("Heard", "Parts of the window")
        splitter.setAccessibleName(told)
        for place in range(splitter.count()):
            handle = splitter.handle(place)
            if handle is not None:
                handle.setAccessibleName(QCoreApplication.translate("Heard", "Handle: {}").format(told))


def name_dialog(dialog: QDialog) -> None:
    """Name all that Qt's own dialog has, which names hardly anything."""
    title = dialog.windowTitle()
    if not dialog.accessibleName():
        dialog.setAccessibleName(title)
    for widget in dialog.findChildren((QAbstractItemView, QComboBox, QLineEdit)):
        if not widget.accessibleName():
            is_sidebar = widget.objectName() == "sidebar"
            widget.setAccessibleName(QCoreApplication.translate("Heard", "Places") if is_sidebar else title)
    for grip in dialog.findChildren(QSizeGrip):
        grip.setAccessibleName(QCoreApplication.translate("Heard", "Size of the window"))
    name_parts(dialog)


def name_menus(bar: QMenuBar) -> None:
    """Name the menus of a bar, and those inside of them."""
    bar.setAccessibleName(QCoreApplication.translate("Heard", "Menus"))
    for menu in bar.findChildren(QMenu):
        menu.setAccessibleName(menu.title().replace("&", ""))
