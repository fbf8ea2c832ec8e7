"""The overview: tiles of places and devices, the worst first, by mouse and keys, and on the whole screen."""

from __future__ import annotations

import time

import pytest
from papaya_gui.models.condition import Condition
from papaya_gui.models.overview import NARROWEST_ON_WALL, head_height, tile_size
from papaya_gui.models.tile_details import details_of, number_of_details
from papaya_gui.sources.remote import Alarm
from papaya_gui.theme import DARK
from papaya_gui.views.arrangement import arrangement
from papaya_gui.views.main_window import MainWindow
from PyQt6.QtCore import QModelIndex, Qt
from PyQt6.QtGui import QFontMetrics

from tests.gui.events import click, press
from tests.gui.far import FarSupply, hear_of
from tests.gui.hand import wait_until


@pytest.fixture
def window(far_window: MainWindow) -> MainWindow:
    """Return the window whose source has a server, in front of all others, with its overview on top."""
    far_window.activateWindow()
    wait_until(far_window.isActiveWindow)
    far_window.pages.setCurrentWidget(far_window.overview)
    return far_window


def names(window: MainWindow) -> list[str]:
    """Return what has a tile, from the first to the last."""
    overview = window.overview.overview
    return [overview.tree.name(int(node)) for node in overview.nodes]


def tile(window: MainWindow, position: int) -> QModelIndex:
    """Return a tile by its position."""
    model = window.overview.view.model()
    assert model is not None
    return model.index(position // model.columnCount(), position % model.columnCount())


def alarm(device: str, severity: str = "CRITICAL") -> Alarm:
    """Return an active alarm."""
    return Alarm(device, device, "Tamper", severity, 3600.0, True, False)  # type: ignore[arg-type]


def test_places_are_tiles_and_that_with_an_alarm_is_first(window: MainWindow) -> None:
    device = window.station.catalog.devices[-1]
    state = window.station.catalog.device(device).state
    assert names(window)[0] != state
    hear_of(window.station, alarm(device))
    wait_until(lambda: names(window)[0] == state)
    said = str(tile(window, 0).data(Qt.ItemDataRole.AccessibleTextRole))
    assert said.startswith(state) and "critical: 1 alarm" in said
    assert "1 critical" in window.overview.words.text()


def test_a_place_opens_as_the_tiles_of_its_devices_and_a_device_as_its_page(window: MainWindow) -> None:
    station, view = window.station, window.overview.view
    view.setFocus()
    place = names(window)[0]
    press(view, Qt.Key.Key_Return)
    assert station.place[-1] == place and window.overview.title.text().startswith(place)
    devices = [name for name in station.catalog.devices if station.catalog.device(name).state == place]
    assert sorted(names(window)) == sorted(devices)
    press(view, Qt.Key.Key_Right)
    press(view, Qt.Key.Key_Return)
    assert station.device == names(window)[1] and window.pages.currentWidget() is window.device
    window.pages.setCurrentWidget(window.overview)
    press(view, Qt.Key.Key_Escape)
    assert place in names(window) and not window.overview.overview.within


def test_a_click_on_a_device_opens_its_page(window: MainWindow) -> None:
    click(window.overview.buttons[type(window.overview.overview.by).DEVICE])
    assert len(names(window)) == len(window.station.catalog.devices)
    first = names(window)[0]
    view = window.overview.view
    click(view.viewport(), view.visualRect(tile(window, 0)).center())  # type: ignore[arg-type]
    assert window.station.device == first and window.pages.currentWidget() is window.device


def test_on_the_whole_screen_there_are_only_tiles_that_can_be_read_from_afar(window: MainWindow) -> None:
    sizes = arrangement(window, window.station, "light").splitters["leftAndRight"]
    window.actions_["full-screen"].trigger()
    wait_until(window.isFullScreen)
    hidden = (window.tree, window.controls, window.status, window.pages.tabBar())
    assert window.overview.is_wall and not any(part is None or part.isVisible() for part in hidden)
    assert "leftAndRight" not in arrangement(window, window.station, "light").splitters
    assert window.overview.view.visualRect(tile(window, 0)).width() >= NARROWEST_ON_WALL - 1
    window.actions_["dark"].trigger()
    assert window.theme is DARK
    press(window.overview.view, Qt.Key.Key_Escape)
    wait_until(lambda: not window.isFullScreen())
    assert all(part is not None and part.isVisible() for part in hidden)
    assert len(arrangement(window, window.station, "light").splitters["leftAndRight"]) == len(sizes)


def test_another_page_on_the_whole_screen_has_everything_around_it(window: MainWindow) -> None:
    window.actions_["full-screen"].trigger()
    window.pages.setCurrentWidget(window.map)
    assert not window.overview.is_wall and window.tree.isVisible()
    window.actions_["full-screen"].trigger()


@pytest.mark.parametrize("count", [1, 7, 40, 400, 10_000])
def test_all_tiles_fit_where_they_can_be_read_that_small(count: int) -> None:
    columns, height = tile_size(count, 1900, 1000, is_wall=True)
    assert 1900 // columns >= NARROWEST_ON_WALL
    assert -(-count // columns) * height <= 1000 or columns == 1900 // NARROWEST_ON_WALL


def test_tiles_become_lower_before_they_scroll_and_few_fill_a_wall() -> None:
    columns, height = tile_size(43, 1900, 955, is_wall=True)
    assert -(-43 // columns) * height <= 955
    columns, height = tile_size(4, 1900, 955, is_wall=True)
    assert columns < 4 and -(-4 // columns) * height > 400


def test_a_line_of_a_tile_becomes_smaller_before_it_is_cut(window: MainWindow) -> None:
    painter = window.overview.view._painter
    words, room = "13/13 simulated", 200
    font = painter._fitting(words, 30, True, room)
    assert font.pixelSize() < 30 and QFontMetrics(font).horizontalAdvance(words) <= room
    assert painter._fitting(words * 9, 30, True, room).pixelSize() == 18


def test_a_place_that_is_well_says_where_it_is_instead_of_its_number_twice(window: MainWindow) -> None:
    overview, station = window.overview.overview, window.station
    node = int(overview.nodes[0])
    assert "no data" in overview.said(node)
    supply = station.supply
    assert isinstance(supply, FarSupply)
    for row in range(len(station.catalog)):
        supply.say(row, station.now(), 1.0)
    wait_until(lambda: overview.said(node) == overview.place(node) or "alarm" in overview.said(node))
    overview.tree.worsts[node] = Condition.ONLINE
    assert overview.said(node) == overview.place(node)


def test_who_is_looked_at_stays_so_when_the_order_changes(window: MainWindow) -> None:
    view = window.overview.view
    view.setFocus()
    press(view, Qt.Key.Key_Right)
    looked_at = view.currentIndex().data()
    device = window.station.catalog.devices[-1]
    hear_of(window.station, alarm(device))
    wait_until(lambda: names(window)[0] == window.station.catalog.device(device).state)
    assert view.currentIndex().data() == looked_at
    began = time.process_time()
    view.arrange(4, 100)
    assert time.process_time() - began < 0.1


@pytest.mark.parametrize("room", [(640, 420), (900, 560), (1390, 850)])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 10, 13, 43])
def test_tiles_that_fit_fill_the_room(count: int, room: tuple[int, int]) -> None:
    columns, height = tile_size(count, *room, is_wall=False)
    rows = -(-count // columns)
    if rows * height <= room[1]:
        assert room[1] - rows * height < rows
        assert columns <= count


def test_a_place_with_room_lists_its_devices_the_worst_first(window: MainWindow) -> None:
    station, tree = window.station, window.tree.tree
    device = station.catalog.devices[-1]
    node = tree.find((station.catalog.device(device).country, station.catalog.device(device).state))
    assert node is not None
    hear_of(station, alarm(device))
    wait_until(lambda: tree.worst(node) is Condition.CRITICAL)
    found = details_of(tree, station.board, node, 3)
    assert (found[0].name, found[0].said, found[0].condition) == (device, "Tamper", Condition.CRITICAL)
    assert len(found) == 3 < number_of_details(tree, station.board, node)


def test_a_device_with_room_lists_its_readings_with_their_units(window: MainWindow) -> None:
    station, tree = window.station, window.tree.tree
    supply, row = station.supply, station.catalog[0]
    assert isinstance(supply, FarSupply)
    supply.say(row.index, station.now(), 21.5)
    wait_until(lambda: station.board.text(row.index) == "21.5")
    station.tick()
    node = tree.find((*row.place, row.device))
    assert node is not None
    found = details_of(tree, station.board, node, 99)
    assert (found[0].name, found[0].said) == (row.title, f"21.5 {row.sensor.unit}")
    assert found[0].condition is Condition.ONLINE and found[1].condition is Condition.NOTHING
    assert found[1].said == ""


def test_a_large_window_writes_the_details_into_its_tiles(window: MainWindow) -> None:
    window.resize(1920, 1000)
    view = window.overview.view
    wait_until(lambda: view.visualRect(tile(window, 0)).height() > 350)
    area = view.visualRect(tile(window, 0))
    written = view.room().grab(area).toImage()
    lower = {
        written.pixelColor(x, y).name()
        for x in range(20, area.width() - 20, 2)
        for y in range(area.height() // 2, area.height() - 20, 2)
    }
    assert len(lower) > 3


@pytest.mark.parametrize("is_wall", [False, True])
@pytest.mark.parametrize("size", [(300, 176), (380, 310), (700, 475), (950, 950), (180, 61)])
def test_the_words_of_a_tile_leave_room_for_details_or_take_most_of_it(
    size: tuple[int, int], is_wall: bool
) -> None:
    head = head_height(*size, is_wall=is_wall)
    left = size[1] - head
    assert left >= 60 or left < 0.25 * size[1]
