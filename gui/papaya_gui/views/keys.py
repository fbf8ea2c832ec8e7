"""Every shortcut there is, listed by what it belongs to."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QIcon
from PyQt6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from papaya_gui.actions import Actions
from papaya_gui.tokens import DIALOG, XS, M, S, inset


class KeyList(QDialog):
    """Made anew from the actions each time that it is opened, so that it leaves none out."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("keys")
        self.setAccessibleName(self.tr("Keys"))
        self.setWindowTitle(self.tr("Keys"))
        self._actions = actions
        self.list = QTreeWidget()
        self.list.setObjectName("keys-list")
        self.list.setAccessibleName(self.tr("Actions and their keys"))
        self.list.setHeaderLabels([self.tr("Action"), self.tr("Keys")])
        self.list.setRootIsDecorated(False)
        self.list.setItemsExpandable(False)
        self.list.setAlternatingRowColors(True)
        header = self.list.header()
        if header is not None:
            header.setStretchLastSection(False)
            header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
            header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.setObjectName("keys-buttons")
        buttons.setAccessibleName(self.tr("Close"))
        buttons.rejected.connect(self.reject)
        for button in buttons.buttons():
            # The style's pictures are made for light windows.
            button.setIcon(QIcon())
        layout = QVBoxLayout(self)
        inset(layout, M, gap=S)
        layout.addWidget(self.list)
        layout.addWidget(buttons)
        self.resize(*DIALOG)
        actions.add(
            "keys",
            self.tr("List all keys"),
            self.show_all,
            group=self.tr("Help"),
            shortcut="?",
            words="shortcuts help keyboard",
        )

    def show_all(self) -> None:
        """List what there is now, and open."""
        self.list.clear()
        groups: dict[str, QTreeWidgetItem] = {}
        for listed in self._actions:
            group = groups.get(listed.group)
            if group is None:
                group = groups[listed.group] = QTreeWidgetItem(self.list, [listed.group])
                group.setFlags(Qt.ItemFlag.ItemIsEnabled)
                font = group.font(0)
                font.setBold(True)
                group.setFont(0, font)
            keys = ", ".join(one.toString() for one in listed.action.shortcuts())
            line = QTreeWidgetItem(group, [listed.action.text().replace("&", ""), keys])
            line.setSizeHint(0, QSize(0, self.list.fontMetrics().height() + XS))
        self.list.expandAll()
        self.open()
        self.list.setFocus()
