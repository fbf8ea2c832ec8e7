"""The fleet tree, used as people use it: with mouse, keys and eyes."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from papaya_gui.actions import Actions
from papaya_gui.models.condition import Condition as Found
from papaya_gui.station import Station
from papaya_gui.theme import DARK, LIGHT, THEMES, Theme, apply, contrast
from papaya_gui.views.fleet_model import CONDITION, NAME
from papaya_gui.views.fleet_tree import FleetTree
from papaya_gui.views.marks import hatching, mark_icon
from PyQt6.QtCore import QItemSelectionModel, QModelIndex, QPoint, QSize, Qt
from PyQt6.QtGui import QBrush, QColor, QContextMenuEvent, QImage
from PyQt6.QtTest import QAbstractItemModelTester, QSignalSpy
from PyQt6.QtWidgets import QApplication

from papaya.manifest.model import Country, Device, Fleet, Sensor, State
from papaya.sensors.condition import Condition, Health
from tests.gui.events import click, press, type_text
from tests.gui.hand import HandClock, HandSupply, pause, wait_until


@pytest.fixture
def fleet_tree(station: Station, actions: Actions, application: QApplication) -> Iterator[FleetTree]:
    """Return the tree, shown."""
    made = FleetTree(station, LIGHT, actions)
    made.resize(500, 600)
    made.show()
    made.activateWindow()
    application.processEvents()
    yield made
    made.close()
    made.deleteLater()


def supply(station: Station) -> HandSupply:
    """Return the source that the test plays."""
    assert isinstance(station.supply, HandSupply)
    return station.supply


def index_of(tree: FleetTree, *path: str, column: int = NAME) -> QModelIndex:
    """Return the index of a path."""
    node = tree.tree.find(path)
    assert node is not None
    return tree.model.index_of(node, column)


def text(tree: FleetTree, *path: str) -> str:
    """Return the words for the condition of a path."""
    return str(index_of(tree, *path, column=CONDITION).data())


def click_on(tree: FleetTree, *path: str) -> None:
    """Click on the name of a node."""
    click(tree.view, tree.view.visualRect(index_of(tree, *path)).center())


def visible_names(tree: FleetTree) -> list[str]:
    """Return the names that are laid open from top to bottom."""
    names, index = [], tree.model.index(0, 0)
    while index.isValid():
        names.append(str(index.data()))
        index = tree.view.indexBelow(index)
    return names


def picture(icon_of: QModelIndex) -> int:
    """Return what tells one picture from another."""
    return int(icon_of.data(Qt.ItemDataRole.DecorationRole).cacheKey())


def test_it_is_a_model_as_qt_wants_it(station: Station, fleet_tree: FleetTree) -> None:
    tester = QAbstractItemModelTester(
        fleet_tree.model, QAbstractItemModelTester.FailureReportingMode.Warning, fleet_tree
    )
    fleet_tree.search.setText("muc")
    supply(station).say(0, time.time(), 90.0)
    station.tick()
    fleet_tree.search.clear()
    assert tester.model() is fleet_tree.model


def test_country_state_and_device_are_laid_open_at_the_start(station: Station, fleet_tree: FleetTree) -> None:
    names = visible_names(fleet_tree)
    assert names[:4] == ["papaya-demo", "INDIA", "Karnataka", "PM-0001"]
    assert len(names) == len(fleet_tree.tree)


def test_a_silent_publisher_is_marked_up_to_the_fleet_within_a_second(
    station: Station, fleet_tree: FleetTree, clock: HandClock
) -> None:
    row = station.catalog.find("PM-0001", "parking.distance_cm")
    assert row is not None
    assert row.every == 1.0
    said = clock.seconds = time.time()
    station.start()
    supply(station).say(row.index, said, 200)
    device = (*row.place, row.device)
    wait_until(lambda: text(fleet_tree, *device).startswith("online"))
    before = picture(index_of(fleet_tree, *device))
    spy = QSignalSpy(station.ticked)
    clock.seconds = said + 1.99
    wait_until(lambda: len(spy) == 2)
    assert text(fleet_tree, *device).startswith("online")
    clock.seconds = said + 2.01
    spy = QSignalSpy(station.ticked)
    wait_until(lambda: text(fleet_tree, *device) == "stale")
    assert len(spy) * station.interval <= 1
    assert picture(index_of(fleet_tree, *device)) != before
    assert index_of(fleet_tree, *device).data(Qt.ItemDataRole.FontRole).italic()
    back = index_of(fleet_tree, *device).data(Qt.ItemDataRole.BackgroundRole)
    assert isinstance(back, QBrush)
    assert back.style() is Qt.BrushStyle.BDiagPattern
    assert text(fleet_tree) == "1 stale, 42 no data of 43"


def test_a_device_that_the_source_misses_is_called_silent(station: Station, fleet_tree: FleetTree) -> None:
    station.start()
    supply(station).tell(Condition(Health.SILENT, "it said nothing for an hour", device="PM-0002"))
    path = ("INDIA", "Karnataka", "PM-0002")
    wait_until(lambda: text(fleet_tree, *path) == "silent")
    assert "1 silent" in text(fleet_tree, "INDIA")
    supply(station).tell(Condition(Health.LIVE, device="PM-0002"))
    wait_until(lambda: text(fleet_tree, *path) == "no data")


def test_what_is_wrong_with_the_device_in_focus_is_said_with_a_remedy_below_the_tree(
    station: Station, fleet_tree: FleetTree
) -> None:
    station.start()
    assert fleet_tree.trouble.isHidden()
    supply(station).tell(Condition(Health.SILENT, "it said <nothing>", "Is it on?", device="PM-0002"))
    wait_until(lambda: "PM-0002" in station.conditions)
    assert fleet_tree.trouble.isHidden()
    station.focus("PM-0002")
    assert fleet_tree.trouble.isVisible()
    assert fleet_tree.trouble.text() == "PM-0002: it said <nothing>. Is it on?"
    supply(station).tell(Condition(Health.LIVE, device="PM-0002"))
    wait_until(fleet_tree.trouble.isHidden)


def test_a_tick_tells_only_of_nodes_that_changed(station: Station, fleet_tree: FleetTree) -> None:
    # In another order every row would be drawn anew.
    fleet_tree.filter.worst_first.setChecked(False)
    supply(station).say(0, time.time(), 20.0)
    spy = QSignalSpy(fleet_tree.model.dataChanged)
    station.tick()
    wait_until(lambda: len(spy) > 0)
    told = {str(spy[one][0].data()) for one in range(len(spy))}
    assert told == {"papaya-demo", "INDIA", "Karnataka", "PM-0001"}
    station.tick()
    pause(0.4)
    assert len(spy) == 4


def test_a_click_turns_to_a_device_and_to_a_place(station: Station, fleet_tree: FleetTree) -> None:
    click(
        fleet_tree.view,
        fleet_tree.view.visualRect(index_of(fleet_tree, "INDIA", "Karnataka", "PM-0002")).center(),
    )
    assert station.device == "PM-0002"
    click_on(fleet_tree, "INDIA", "Karnataka")
    assert (station.device, station.place) == ("", ("INDIA", "Karnataka"))
    click_on(fleet_tree)
    assert station.scope == ()


def test_arrows_move_open_and_close(station: Station, fleet_tree: FleetTree) -> None:
    fleet_tree.search.setFocus()
    press(fleet_tree.search, Qt.Key.Key_Down)
    assert fleet_tree.view.hasFocus()
    press(fleet_tree.view, Qt.Key.Key_Down)
    assert station.place == ("INDIA",)
    press(fleet_tree.view, Qt.Key.Key_Left)
    assert visible_names(fleet_tree)[1:3] == ["INDIA", "GERMANY"]
    press(fleet_tree.view, Qt.Key.Key_Right)
    press(fleet_tree.view, Qt.Key.Key_Down)
    press(fleet_tree.view, Qt.Key.Key_Down)
    assert station.device == "PM-0001"


def test_typing_searches_enter_goes_there_and_escape_ends_it(station: Station, fleet_tree: FleetTree) -> None:
    fleet_tree.view.setFocus()
    type_text(fleet_tree.view, "m")
    assert fleet_tree.search.hasFocus()
    type_text(fleet_tree.search, "uc-0003")
    assert visible_names(fleet_tree) == ["papaya-demo", "GERMANY", "Bayern", "MUC-0003"]
    assert fleet_tree.count.text() == "1 of 43 devices"
    press(fleet_tree.search, Qt.Key.Key_Return)
    assert station.device == "MUC-0003"
    press(fleet_tree.search, Qt.Key.Key_Escape)
    assert len(visible_names(fleet_tree)) == len(fleet_tree.tree)
    assert fleet_tree.view.currentIndex().data() == "MUC-0003"


def test_what_was_closed_stays_closed_after_a_search(station: Station, fleet_tree: FleetTree) -> None:
    fleet_tree.view.setExpanded(index_of(fleet_tree, "INDIA"), False)
    fleet_tree.search.setText("PM-0001")
    assert "PM-0001" in visible_names(fleet_tree)
    fleet_tree.search.clear()
    assert visible_names(fleet_tree)[1:3] == ["INDIA", "GERMANY"]


def test_it_follows_what_others_turn_to(station: Station, fleet_tree: FleetTree) -> None:
    fleet_tree.view.collapseAll()
    station.focus("MUC-0007")
    assert fleet_tree.view.currentIndex().data() == "MUC-0007"
    assert "MUC-0007" in visible_names(fleet_tree)
    station.focus_place("INDIA", "Tamil Nadu")
    assert fleet_tree.view.currentIndex().data() == "Tamil Nadu"
    chosen = fleet_tree.view.chosen
    assert isinstance(chosen, QItemSelectionModel)
    assert [index.data() for index in chosen.selectedRows()] == ["Tamil Nadu"]


def test_the_whole_fleet_is_an_action(station: Station, fleet_tree: FleetTree, actions: Actions) -> None:
    station.focus("MUC-0007")
    actions["wholeFleet"].trigger()
    assert station.scope == ()
    assert fleet_tree.view.currentIndex().data() == "papaya-demo"


def test_a_menu_is_asked_for_with_mouse_and_key(
    station: Station, fleet_tree: FleetTree, application: QApplication
) -> None:
    spy = QSignalSpy(fleet_tree.menuRequested)
    viewport = fleet_tree.view.viewport()
    assert viewport is not None
    station.focus("PM-0002")
    place = fleet_tree.view.visualRect(fleet_tree.view.currentIndex()).center()
    reasons = QContextMenuEvent.Reason
    application.sendEvent(viewport, QContextMenuEvent(reasons.Mouse, place, viewport.mapToGlobal(place)))
    application.sendEvent(viewport, QContextMenuEvent(reasons.Keyboard, QPoint(0, 0), QPoint(0, 0)))
    over_a_place = fleet_tree.view.visualRect(index_of(fleet_tree, "INDIA")).center()
    application.sendEvent(viewport, QContextMenuEvent(reasons.Mouse, over_a_place, QPoint(0, 0)))
    assert [spy[one][0] for one in range(len(spy))] == ["PM-0002", "PM-0002"]
    assert spy[0][1] == spy[1][1]


def test_a_pause_lets_the_tree_stand_still(station: Station, fleet_tree: FleetTree) -> None:
    station.set_paused(True)
    supply(station).say(0, time.time(), 20.0)
    station.tick()
    pause(0.4)
    assert text(fleet_tree, "INDIA", "Karnataka", "PM-0001") == "no data"
    station.set_paused(False)
    wait_until(lambda: text(fleet_tree, "INDIA", "Karnataka", "PM-0001").startswith("online"))


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_pictures_differ_by_shape_and_texts_stand_out_in_both_themes(
    fleet_tree: FleetTree, application: QApplication, theme: Theme
) -> None:
    apply(application, theme)
    fleet_tree.set_theme(theme)
    application.processEvents()
    shapes = {shape_of(mark_icon(mark, theme).pixmap(QSize(32, 32)).toImage()) for mark in Found}
    assert len(shapes) == len(Found)
    apply(application, LIGHT)
    line = hatching(theme).color()
    for ground in (theme.base, theme.alternate):
        hatched = mixed(QColor(theme.line), QColor(ground), line.alphaF())
        for ink in (theme.stale, theme.warn, theme.alarm, theme.muted, theme.text):
            assert contrast(ink, hatched) >= 4.5
            assert contrast(ink, ground) >= 4.5


def shape_of(image: QImage) -> bytes:
    """Return where an image is covered, whatever its colours."""
    alpha = image.convertToFormat(QImage.Format.Format_Alpha8)
    bits = alpha.constBits()
    assert bits is not None
    return bytes(byte > 128 for byte in bits.asstring(alpha.sizeInBytes()))


def mixed(color: QColor, ground: QColor, share: float) -> str:
    """Return what a colour looks like where it covers a ground so far."""
    parts = zip(color.getRgb()[:3], ground.getRgb()[:3], strict=True)
    return "#" + "".join(
        f"{round((one or 0) * share + (other or 0) * (1 - share)):02x}" for one, other in parts
    )


def test_everything_has_a_name_for_those_who_listen(fleet_tree: FleetTree) -> None:
    for widget in (fleet_tree, fleet_tree.search, fleet_tree.view, fleet_tree.count):
        assert widget.accessibleName()
        assert widget.objectName()


def test_ten_thousand_devices_are_searched_at_every_key(application: QApplication) -> None:
    def state(number: int) -> State:
        names = [f"MTR-{number:02}-{place:03}" for place in range(500)]
        sensors = (Sensor("x", every=1),)
        devices = tuple(Device(name, "INDIA", f"S{number}", "default", sensors=sensors) for name in names)
        return State(f"S{number}", "", devices=devices)

    country = Country("INDIA", "INDIA", states=tuple(state(number) for number in range(20)))
    station = Station(Fleet("big", countries=(country,)), HandSupply)
    actions = Actions()
    tree = FleetTree(station, DARK, actions)
    tree.resize(400, 600)
    tree.show()
    application.processEvents()
    tree.search.setFocus()
    spent = []
    for key in "mtr-07-042":
        began = time.process_time()
        type_text(tree.search, key)
        application.processEvents()
        spent.append(time.process_time() - began)
    assert visible_names(tree) == ["big", "INDIA", "S7", "MTR-07-042"]
    # The median, since somebody else may have had the processor for a while.
    assert sorted(spent)[len(spent) // 2] <= 0.05
    station.close()
    tree.deleteLater()


def test_short_names_leave_the_width_to_conditions(fleet_tree: FleetTree) -> None:
    header = fleet_tree.view.header()
    assert header is not None
    fleet_tree.resize(480, 400)
    fleet_tree.show()
    assert max(len(path[-1]) for path in fleet_tree.tree.paths if path) < 20
    wait_until(lambda: header.sectionSize(0) < header.sectionSize(1))
    fleet_tree.hide()
