"""The fleet as a tree of places and devices, with search; what is chosen in it is what the views turn to."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QItemSelectionModel, QModelIndex, QPoint, Qt, pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from papaya.counting import counted
from papaya_gui.actions import Actions
from papaya_gui.labels import plain_label
from papaya_gui.models.shape import ROOT, Kind
from papaya_gui.models.tree import Only, Tree
from papaya_gui.station import Station
from papaya_gui.theme import Theme
from papaya_gui.tokens import XS, S
from papaya_gui.views.filter_bar import FilterBar
from papaya_gui.views.fleet_model import FleetModel
from papaya_gui.views.fleet_view import FleetView
from papaya_gui.views.in_use import InUse
from papaya_gui.views.search_line import SearchLine
from papaya_gui.views.throttle import Throttle
from papaya_gui.views.wording import translated_words

# Badges are counted no more often than this: nobody reads them ten times a second.
_REST_MILLISECONDS = 250
# So many rows are laid open by themselves, at the start and when something is searched for.
_OPENED = 300
_SELECT = QItemSelectionModel.SelectionFlag


class FleetTree(QWidget):
    """The tree with its search.

    Signals: `menuRequested(str, QPoint)` with a device's name, and where on the screen a menu is due;
    `deviceWanted(str)` on a double click on a device.
    """

    menuRequested = pyqtSignal(str, QPoint)
    deviceWanted = pyqtSignal(str)

    def __init__(
        self, station: Station, theme: Theme, actions: Actions, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("fleet")
        self.setAccessibleName(self.tr("Fleet"))
        self._station = station
        self._follows = False
        self._is_moved = False
        self._opened: set[int] = set()
        self._seldom = Throttle(self._bring, _REST_MILLISECONDS, self)
        self.tree = Tree(station.catalog, translated_words(), conditions=station.judged())
        self.tree.set_worst_first(True)
        self.model = FleetModel(self.tree, station.catalog, theme, self)
        self.search = SearchLine(
            "fleetSearch", self.tr("Search the fleet"), self.tr("Search devices and places"), self
        )
        self.filter = FilterBar(self.tree, theme, self)
        self.view = FleetView(self.model, self)
        self.in_use = InUse(self.view)
        self.count, self.trouble = plain_label(parent=self), plain_label(parent=self)
        self._name_parts()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S, S, S, XS)
        layout.setSpacing(S)
        for part in (self.search, self.filter, self.view, self.trouble, self.count):
            layout.addWidget(part)
        actions.add(
            "searchFleet",
            self.tr("Search the fleet"),
            self.search.begin,
            group=self.tr("Fleet"),
            shortcut="Ctrl+D",
            words="find device place tree",
        )
        actions.add(
            "wholeFleet",
            self.tr("Show whole fleet"),
            lambda: station.focus(""),
            group=self.tr("Fleet"),
            words="all devices home root",
        )
        actions.add(
            "worstFirst",
            self.tr("Worst first"),
            self.filter.worst_first.setChecked,
            group=self.tr("Fleet"),
            words="sort order alarm gravest condition",
            checkable=True,
        )
        actions["worstFirst"].setChecked(True)
        self.filter.worst_first.toggled.connect(actions["worstFirst"].setChecked)
        self._connect()
        self._on_ticked()
        self._open_what_fits()
        self._on_focus_changed()

    def _name_parts(self) -> None:
        self.view.setObjectName("fleetTree")
        self.view.setAccessibleName(self.tr("Fleet: Countries, States and devices"))
        self.count.setObjectName("fleetCount")
        self.count.setAccessibleName(self.tr("How many devices are found"))
        self.count.hide()
        self.trouble.setObjectName("fleetTrouble")
        self.trouble.setTextFormat(Qt.TextFormat.PlainText)
        self.trouble.setWordWrap(True)
        self.trouble.setMargin(XS)
        self.trouble.hide()

    def _connect(self) -> None:
        self.search.textChanged.connect(self._on_searched)
        self.filter.chosen.connect(self._on_filtered)
        self.filter.worst_first.toggled.connect(
            lambda is_so: self._rearrange(lambda: self.tree.set_worst_first(is_so))
        )
        self.search.listWanted.connect(lambda: self.view.setFocus(Qt.FocusReason.OtherFocusReason))
        self.search.entered.connect(self._go_to_first)
        self.view.activated.connect(self._on_activated)
        self.view.typed.connect(self.search.type_on)
        self.view.plotWanted.connect(self._on_plot_wanted)
        self.view.menuRequested.connect(self._on_menu_requested)
        self.in_use.ended.connect(self._bring)
        self.view.expanded.connect(lambda index: self._note_opened(index, True))
        self.view.collapsed.connect(lambda index: self._note_opened(index, False))
        self.view.chosen.currentChanged.connect(self._on_chosen)
        self._station.ticked.connect(self._on_ticked)
        self._station.conditionChanged.connect(self._on_ticked)
        self._station.conditionChanged.connect(self._show_trouble)
        self._station.deviceChanged.connect(self._show_trouble)
        self._station.deviceChanged.connect(self._on_focus_changed)
        self._station.placeChanged.connect(self._on_focus_changed)

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self.model.set_theme(theme)
        self.filter.set_theme(theme)
        self.model.redraw(self.view.visible_nodes())

    # Following the station

    def _on_ticked(self) -> None:
        if not self._station.is_paused:
            self._seldom.ask()

    def _bring(self) -> None:
        if self._station.is_paused:
            return
        self._station.judged()
        changed = self.tree.follow()
        self.filter.count()
        self._is_moved |= bool(changed.any())
        # Qt is told before the tree changes; what is in order is told node by node. No row leaves a person
        # who points at it.
        if self._is_moved and not self.in_use:
            self._is_moved = False
            if self.tree.is_out_of_order():
                self._rearrange(self.tree.arrange)
                return
        if self.isVisible():
            self.model.redraw(node for node in self.view.visible_nodes() if changed[node])

    def _show_trouble(self) -> None:
        """Say below the tree what is wrong with the device in focus, and what to do."""
        condition = self._station.conditions.get(self._station.device) if self._station.device else None
        self.trouble.setVisible(condition is not None)
        if condition is not None:
            parts = f"{condition.device}: {condition.reason}.", condition.remedy
            text = " ".join(part for part in parts if part)
            self.trouble.setText(text)
            self.trouble.setAccessibleName(text)

    def _on_focus_changed(self, *_: object, is_shown: bool = True) -> None:
        """Show what is in focus, whoever has turned to it."""
        index = self.model.index_of(self._node_in_focus())
        if self._follows or index == self.view.currentIndex():
            return
        self._follows = True
        self.view.chosen.setCurrentIndex(index, _SELECT.ClearAndSelect | _SELECT.Rows)
        if index.isValid() and is_shown:
            self.view.scrollTo(index)
        self._follows = False

    def _node_in_focus(self) -> int:
        node = self.tree.find(self._station.scope)
        return ROOT if node is None else node

    def _on_chosen(self, current: QModelIndex) -> None:
        if self._follows or not current.isValid():
            return
        path = self.tree.paths[self.model.node(current)]
        self._follows = True
        if len(path) == Kind.DEVICE:
            self._station.focus(path[-1])
        else:
            self._station.focus_place(*path)
        self._follows = False

    # Search, conditions and what is open

    def _on_filtered(self, only: Only) -> None:
        self._rearrange(lambda: self.tree.show_only(only))
        self._show_count()

    def _rearrange(self, how: Callable[[], object]) -> None:
        """Choose or order anew; what was open and in focus stays so, and stays where it was seen."""
        self._follows = True
        place, height = self.view.place(), self.view.height_of_current()
        self.model.rearrange(how)
        self._open_again()
        self._follows = False
        self._on_focus_changed(is_shown=False)
        self.view.return_to(place, height)

    def _open_again(self) -> None:
        if self.search.text().strip() or self.tree.only is not Only.ALL:
            self._open_what_fits()
            return
        for node in self._opened:
            self.view.setExpanded(self.model.index_of(node), True)

    def _on_searched(self, text: str) -> None:
        self._follows = True
        self.model.search(text)
        self._open_again()
        self._follows = False
        self._on_focus_changed()
        self._show_count()

    def _show_count(self) -> None:
        self.count.setVisible(bool(self.search.text().strip()) or self.tree.only is not Only.ALL)
        found, total = self.tree.matches, len(self._station.catalog.devices)
        self.count.setText(
            self.tr("{found} of {total}").format(found=f"{found:,}", total=counted(total, "device"))
        )

    def _open_what_fits(self) -> None:
        rows = 1
        for node in self.tree.shown:
            if self.tree.kinds[node] == Kind.DEVICE or rows > _OPENED:
                break
            children = self.tree.children(int(node))
            if children and rows + children <= _OPENED:
                rows += children
                self.view.setExpanded(self.model.index_of(int(node)), True)

    def _note_opened(self, index: QModelIndex, is_open: bool) -> None:
        if self._follows or self.search.text().strip() or self.tree.only is not Only.ALL:
            return
        node = self.model.node(index)
        if is_open:
            self._opened.add(node)
        else:
            self._opened.discard(node)

    # Keys and menus

    def _go_to_first(self) -> None:
        devices = self.tree.shown[self.tree.kinds[self.tree.shown] == Kind.DEVICE]
        if len(devices):
            self._station.focus(self.tree.paths[int(devices[0])][-1])
            self.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_activated(self, index: QModelIndex) -> None:
        node = self.model.node(index)
        if self.tree.kinds[node] == Kind.DEVICE:
            self.deviceWanted.emit(self.tree.paths[node][-1])

    def _on_plot_wanted(self, node: int) -> None:
        if self.tree.kinds[node] == Kind.DEVICE:
            rows = self._station.catalog.rows_of(self.tree.paths[node][-1])
            self._station.add(row.index for row in rows)

    def _on_menu_requested(self, node: int, place: QPoint) -> None:
        if self.tree.kinds[node] == Kind.DEVICE:
            self.menuRequested.emit(self.tree.paths[node][-1], place)
