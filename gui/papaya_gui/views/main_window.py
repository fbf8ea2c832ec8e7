"""The window: the fleet and its readings at the left, what is looked at closer at the right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Protocol

from PyQt6.QtCore import QEvent, Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent, QKeyEvent
from PyQt6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from papaya_gui.actions import Actions
from papaya_gui.faults import Faults
from papaya_gui.plots.legend import Legend
from papaya_gui.plots.panel import PlotPanel
from papaya_gui.station import Station
from papaya_gui.theme import Theme, apply
from papaya_gui.tokens import first_size, left_width
from papaya_gui.views.action_icons import give_icons
from papaya_gui.views.alarms import AlarmsView
from papaya_gui.views.attention import Attention
from papaya_gui.views.calls import CallsView
from papaya_gui.views.controls import Controls
from papaya_gui.views.corner import Corner
from papaya_gui.views.device_menus import DeviceMenus
from papaya_gui.views.device_page import DevicePage
from papaya_gui.views.export import ExportView
from papaya_gui.views.faults import FaultBar
from papaya_gui.views.file_actions import add_file_actions
from papaya_gui.views.fleet_tree import FleetTree
from papaya_gui.views.full_screen import FullScreen
from papaya_gui.views.heard import name_parts
from papaya_gui.views.help import add_help_actions
from papaya_gui.views.keys import KeyList
from papaya_gui.views.map import MapView
from papaya_gui.views.menus import Recents, dress, fill
from papaya_gui.views.notice import NoticeBar
from papaya_gui.views.overview import OverviewPage
from papaya_gui.views.pages import add_page_actions, make_pages
from papaya_gui.views.palette import Palette
from papaya_gui.views.plan import PlanPage
from papaya_gui.views.reading_bar import ReadingBar
from papaya_gui.views.readings_table import ReadingsTable
from papaya_gui.views.simulated_banner import SimulatedBanner
from papaya_gui.views.start_page import StartPage
from papaya_gui.views.status_line import StatusLine
from papaya_gui.views.window_actions import add_left_action, add_window_actions

TITLE = "PapayaMeter - Sensor Monitor"
# As many curves as a device in focus is plotted with at first.
_FIRST_CURVES = 4
# What the space bar presses, opens or ticks; everywhere else it pauses.
_TAKES_SPACE = (QAbstractButton, QComboBox, Legend)


class _Themed(Protocol):
    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""


class MainWindow(QMainWindow):
    """Holds the views; what they do they do themselves, what belongs to several of them is done here.

    Signal: `openWanted(name)` when a person wants something else opened: "manifest", "server", "broker",
    "file", "simulated", "source", "sign-in", "again" or "start".
    """

    openWanted = pyqtSignal(str)

    def __init__(
        self,
        station: Station,
        theme: Theme,
        faults: Faults,
        parent: QWidget | None = None,
        *,
        simulated_because: str = "",
    ) -> None:
        super().__init__(parent)
        self.setObjectName("papayaWindow")
        self.setWindowTitle(TITLE)
        self.setAccessibleName(TITLE)
        self.theme, self._faults = theme, faults
        self._recents: Recents = lambda: ()
        # Qt's own menu would let the controls be hidden, and be found again nowhere.
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self._make_views(station)
        self._put_together(simulated_because)
        screen = self.screen()
        if screen is not None:
            room = screen.availableGeometry()
            self.resize(*first_size(room.width(), room.height()))
        self.show_left_width()

    def _make_views(self, station: Station) -> None:
        """Make the views that show a station's readings and devices."""
        theme = self.theme
        self.station = station
        self.actions_ = Actions(self)
        self.controls = Controls(station, self.actions_, self)
        self.corner_ = Corner(station, theme)
        self.corner_.sourceWanted.connect(lambda: self.openWanted.emit("source"))
        self.corner_.pauseWanted.connect(self.controls.pause.setChecked)
        self.tree = FleetTree(station, theme, self.actions_)
        self.table = ReadingsTable(station, theme, self.actions_)
        self.plot = PlotPanel(station, theme, self.actions_)
        self.map = MapView(station, theme, self.actions_)
        self.alarms = AlarmsView(station, theme, self.actions_)
        self.calls = CallsView(station, theme, self.actions_)
        self.plan = PlanPage(theme, self.actions_)
        self.device = DevicePage(station, theme, self.actions_, self.alarms, self.calls)
        self.overview = OverviewPage(station, self.tree.tree, theme)

    def _put_together(self, simulated_because: str) -> None:
        """Make what is around these views, and connect all of them."""
        station, theme, faults = self.station, self.theme, self._faults
        self.plan.planned.connect(lambda found: station.stand(found.standing, found.missing))
        self.plan.openWanted.connect(self.openWanted)
        self.overview.openWanted.connect(self.openWanted)
        self.export = ExportView(station, theme, self.actions_, self.plot)
        self.plot.exportWanted.connect(self.export.save_samples)
        self.fault_bar = FaultBar(faults, theme)
        self.notice = NoticeBar(station, theme)
        self.banner = SimulatedBanner(station.supply, theme, simulated_because)
        self.status = StatusLine(station, theme)
        self.reading = ReadingBar(station)
        self._waits_for_rows = False
        station.catalogChanged.connect(lambda: self.plot_something() if self._waits_for_rows else None)
        # Whoever has chosen something, or nothing, has chosen.
        station.selectionChanged.connect(lambda: setattr(self, "_waits_for_rows", False))
        self.palette_ = Palette(station, theme, self.actions_, self)
        self.keys = KeyList(self.actions_, self)
        self._build()
        self._add_actions()
        self.attention = Attention(
            self,
            self.stack,
            self.alarms,
            theme,
            self.actions_,
            self._show_device,
            partial(self.pages.setCurrentWidget, self.alarms),
        )
        self.calls.ended.connect(self.attention.show_outcome)
        self.menus = DeviceMenus(station, self.calls, self.alarms, self.table, self._show_device, self)
        self.menus.follow(self.tree, self.map, self.overview, self.palette_)
        self.device.actions_.said.connect(self.notice.say)
        self.alarms.changed.connect(self._on_alarms_changed)
        self.map.plotWanted.connect(self._on_plot_wanted)
        self.device.plotWanted.connect(self._on_plot_wanted)
        name_parts(self)
        # Not the field for the interval, which comes first and would take keys for its own.
        self.tree.view.setFocus()

    def _build(self) -> None:
        self.addToolBar(self.controls)
        left = QSplitter(Qt.Orientation.Vertical)
        left.setObjectName("fleetAndReadings")
        left.addWidget(self.tree)
        left.addWidget(self.table)
        left.setSizes([1, 1])
        self.pages = make_pages(
            (
                (self.overview, self.tr("Overview")),
                (self.plot, self.tr("Plot")),
                (self.map, self.tr("Map")),
                (self.alarms, self.tr("Alarms")),
                (self.calls, self.tr("Commands")),
                (self.plan, self.tr("Plan")),
                (self.device, self.tr("Device")),
            ),
            self.tr("Overview, plot, map, alarms, commands, plan and device"),
        )
        self.pages.setCurrentWidget(self.plot)
        self.full_screen = FullScreen(
            self, self.pages, self.overview, lambda: (left, self.controls, self.status)
        )
        self._sides = both = QSplitter(Qt.Orientation.Horizontal)
        both.setObjectName("leftAndRight")
        both.addWidget(left)
        both.addWidget(self.pages)
        both.setStretchFactor(1, 1)
        left.setChildrenCollapsible(False)
        both.setChildrenCollapsible(False)
        both.setCollapsible(0, True)
        whole = QWidget()
        whole.setObjectName("whole")
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.start = StartPage(self.theme)
        self.start.chosen.connect(self.openWanted)
        self.start.backWanted.connect(self.show_fleet)
        self.banner.signInWanted.connect(lambda: self.openWanted.emit("sign-in"))
        self.notice.signInWanted.connect(lambda: self.openWanted.emit("sign-in"))
        self.notice.againWanted.connect(lambda: self.openWanted.emit("again"))
        self.notice.planWanted.connect(lambda: self.pages.setCurrentWidget(self.plan))
        self.stack = QStackedWidget()
        self.stack.setObjectName("fleetOrStart")
        self.stack.addWidget(both)
        self.stack.addWidget(self.start)
        for part in (
            self.banner,
            self.fault_bar,
            self.notice,
            self.stack,
            self.reading,
            self.export,
            self.status,
        ):
            column.addWidget(part)
        column.setStretchFactor(self.stack, 1)
        self.setCentralWidget(whole)

    def _add_actions(self) -> None:
        add_file_actions(self.actions_, self.openWanted.emit)
        add_help_actions(self.actions_, self)
        add_page_actions(self.actions_, self.pages, self.tr("View"))
        add_window_actions(self.actions_, self.theme, self.set_theme, self.full_screen.toggle, self.close)
        add_left_action(self.actions_, self._sides, self._show_left)

    def show_left_width(self) -> None:
        """Give the fleet and its readings their part of the width."""
        width = left_width(self.width())
        self._sides.setSizes([width, self.width() - width])

    def _show_left(self, is_shown: bool) -> None:
        if is_shown:
            self.show_left_width()
        else:
            self._sides.setSizes([0, self.width()])

    def fill_menus(self) -> None:
        """Show every action in a menu of its group, and let its keys work everywhere in the window."""
        for listed in self.actions_:
            self.addAction(listed.action)
        give_icons(self.actions_, self.theme)
        self.controls.fill()
        bar = self.menuBar()
        if bar is not None:
            fill(bar, self.actions_, self._recents)
            bar.setCornerWidget(self.corner_)
            dress(bar, self.theme)
            self.corner_.show()

    def add_file_action(self, name: str, text: str, run: Callable[[], object], shortcut: str) -> None:
        """Add an action of the window as a whole; menus are made once all of them are there."""
        self.actions_.add(name, text, run, group=self.tr("Layout"), shortcut=shortcut, words="arrangement")

    # What is open

    def set_recents(self, recents: Recents) -> None:
        """Offer what was opened lately."""
        self._recents = recents
        bar = self.menuBar()
        if bar is not None and bar.actions():
            fill(bar, self.actions_, recents)

    def show_station(self, station: Station, simulated_because: str = "") -> Iterator[None]:
        """Show another station in this window, in steps; whoever gives it closes the one before.

        The menus are filled once everybody has added their actions.
        """
        self._end_views()
        for listed in self.actions_:
            self.removeAction(listed.action)
        for widget in (self.controls, self.corner_, self.takeCentralWidget(), self.palette_, self.keys):
            if widget is not None:
                widget.hide()
                widget.setParent(None)
                widget.deleteLater()
        self.actions_.deleteLater()
        self._make_views(station)
        yield
        self._put_together(simulated_because)

    def show_start(self) -> None:
        """Show what can be opened; what is open goes on."""
        self.start.show_welcome()
        self._turn_to_start()

    def ask_to_sign_in(self, url: str) -> None:
        """Ask to sign in to the server of the fleet before anything of it is shown."""
        self.start.ask_to_sign_in(self.station.catalog.fleet.name, url)
        self._turn_to_start()

    def show_fleet(self) -> None:
        """Show what is open."""
        self.stack.setCurrentIndex(0)

    def _turn_to_start(self) -> None:
        self.start.show_recent(self._recents())
        self.stack.setCurrentWidget(self.start)

    # What belongs to several views

    def themed(self) -> Sequence[_Themed]:
        """Return the views that have colours of their own."""
        return (
            self.tree,
            self.table,
            self.plot,
            self.map,
            self.overview,
            self.alarms,
            self.attention,
            self.calls,
            self.plan,
            self.device,
            self.export,
            self.fault_bar,
            self.banner,
            self.start,
            self.notice,
            self.status,
            self.palette_,
            self.corner_,
        )

    def set_theme(self, theme: Theme) -> None:
        """Give the whole window another look."""
        if theme is self.theme:
            return
        self.theme = theme
        application = QApplication.instance()
        if isinstance(application, QApplication):
            apply(application, theme)
        for view in self.themed():
            view.set_theme(theme)
        dress(self.menuBar(), theme)
        give_icons(self.actions_, theme)
        self.actions_["dark"].setChecked(theme.is_dark)

    def turn_to(self, device: str) -> None:
        """Look at one device, and plot the first of its sensors."""
        self.station.focus(device)
        self.station.begin(row.index for row in self.station.catalog.rows_of(device)[:_FIRST_CURVES])

    def _on_plot_wanted(self, device: str) -> None:
        self.station.focus(device)
        self.station.add(row.index for row in self.station.catalog.rows_of(device)[:_FIRST_CURVES])
        self.pages.setCurrentWidget(self.plot)

    def _show_device(self, device: str) -> None:
        self.station.focus(device)
        self.pages.setCurrentWidget(self.device)

    def plot_something(self) -> None:
        """Plot the first sensors of the fleet, so that a first look shows more than an empty plot."""
        first = next((device for device in self.station.catalog.devices if self._has_sensors(device)), "")
        self.station.begin(row.index for row in self.station.catalog.rows_of(first)[:_FIRST_CURVES])
        # Of a fleet without declared sensors they are found once something has come.
        self._waits_for_rows = not self.station.selection

    def _has_sensors(self, device: str) -> bool:
        return bool(self.station.catalog.rows_of(device))

    def _on_alarms_changed(self, count: int) -> None:
        title = self.tr("Alarms")
        self.pages.setTabText(self.pages.indexOf(self.alarms), f"{title} ({count})" if count else title)

    def event(self, event: QEvent | None) -> bool:
        """Leave the space bar to what has the keys, where that knows what to do with it."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.ShortcutOverride
            and event.key() == Qt.Key.Key_Space
            and isinstance(self.focusWidget(), _TAKES_SPACE)
        ):
            event.accept()
            return True
        return super().event(event)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """End the threads of the views; the station is ended by who made it."""
        # A server that does not answer keeps them for a moment, which nobody has to look at.
        self.hide()
        self._end_views()
        super().closeEvent(event)

    def _end_views(self) -> None:
        for view in (self.export, self.alarms, self.calls, self.device):
            view.stop()
        self.attention.end()
        self.palette_.stop()
        self.plan.close_worker()
        self.plot.close_sources()
