"""The map: devices where they are, told by shape and word, chosen by mouse and keys."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator

import pytest
from papaya_gui.actions import Actions
from papaya_gui.models.condition import Condition
from papaya_gui.station import Station
from papaya_gui.theme import DARK, LIGHT
from papaya_gui.views.map import MapView
from papaya_gui.views.symbols import color_of, is_filled, symbol_of
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtTest import QSignalSpy
from PyQt6.QtWidgets import QLabel, QPushButton

from papaya.manifest.model import Country, Device, Fleet, Location, Sensor, State
from papaya.sensors.condition import Condition as Told
from papaya.sensors.condition import Health
from tests.gui.events import click, press
from tests.gui.hand import HandSupply, pause, wait_until


def hand(station: Station) -> HandSupply:
    """Return the source that the test plays."""
    assert isinstance(station.supply, HandSupply)
    return station.supply


@pytest.fixture
def view(station: Station) -> Iterator[MapView]:
    """Return the map of the demo fleet, shown."""
    made = MapView(station, LIGHT, Actions())
    made.resize(900, 600)
    made.show()
    wait_until(lambda: made.plot.isVisible())
    pause(0.05)
    yield made
    made.hide()


def place_of(view: MapView, device: str) -> QPointF:
    """Return where a device is drawn, in the plot's scene."""
    number = view.geography.numbers[device]
    point = QPointF(view.geography.longitudes[number], view.geography.latitudes[number])
    place: QPointF = view.plot.getViewBox().mapViewToScene(point)
    return place


def drawn(view: MapView, condition: Condition) -> int:
    """Return how many devices are in a condition, as the symbols know it."""
    return int((view.marks._conditions == condition).sum())


def symbol(view: MapView, device: str) -> tuple[int, Condition]:
    """Return of how many devices the symbol that shows one is, and the condition that it tells."""
    number = view.geography.numbers[device]
    found = zip(view.marks.clusters(), view.marks._worst, strict=True)
    return next((one.count, worst) for one, worst in found if number in one.devices)


def go_near(view: MapView, device: str) -> None:
    """Show so little around a device that it stands alone."""
    number = view.geography.numbers[device]
    longitude, latitude = view.geography.longitudes[number], view.geography.latitudes[number]
    view.plot.setRange(
        xRange=(longitude - 1e-3, longitude + 1e-3), yRange=(latitude - 1e-3, latitude + 1e-3), padding=0
    )
    pause(0.05)


def test_devices_are_drawn_by_their_condition_and_told_in_words(view: MapView, station: Station) -> None:
    total = len(station.catalog.devices)
    assert drawn(view, Condition.NOTHING) == total
    row = station.catalog.rows_of("PM-0001")[0]
    hand(station).say(row.index, station.now(), 21.0)
    station.tick()
    assert drawn(view, Condition.ONLINE) == 1
    assert f"{total} devices: {total - 1} no data, 1 online" in view.words.text()
    assert view.list.model().index(0, 0).data() == "PM-0001: online"  # type: ignore[union-attr]


def test_a_device_whose_threshold_is_crossed_is_drawn_so(view: MapView, station: Station) -> None:
    row = next(row for row in station.catalog if row.sensor.alarm_above is not None)
    assert row.sensor.alarm_above is not None
    hand(station).say(row.index, station.now(), row.sensor.alarm_above + 1)
    station.tick()
    assert drawn(view, Condition.CRITICAL) == 1
    assert "1 critical" in view.words.text()


def test_a_device_that_the_source_misses_is_drawn_as_silent(view: MapView, station: Station) -> None:
    hand(station).tell(Told(Health.SILENT, device="PM-0001"))
    wait_until(lambda: "PM-0001" in station.conditions)
    station.tick()
    wait_until(lambda: drawn(view, Condition.SILENT) == 1)


def test_the_map_is_drawn_no_more_than_twice_a_second_and_misses_nothing(
    view: MapView, station: Station
) -> None:
    shown: list[float] = []
    view._model.dataChanged.connect(lambda *_: shown.append(time.monotonic()))
    devices = station.catalog.devices[:20]
    for device in devices:
        hand(station).say(station.catalog.rows_of(device)[0].index, station.now(), 20.0)
        station.tick()
        pause(0.02)
    wait_until(lambda: drawn(view, Condition.ONLINE) == len(devices))
    assert all(later - earlier > 0.4 for earlier, later in itertools.pairwise(shown))


def test_a_click_turns_to_the_device_there_and_opens_its_card(view: MapView, station: Station) -> None:
    go_near(view, "PM-0002")
    spy = QSignalSpy(station.deviceChanged)
    click(view.plot.viewport(), QPoint(view.plot.mapFromScene(place_of(view, "PM-0002"))))
    wait_until(lambda: len(spy) == 1)
    assert station.device == "PM-0002"
    assert view.list.currentIndex().row() == view.geography.numbers["PM-0002"]
    assert view.marks.chosen == view.geography.numbers["PM-0002"]
    assert view.card.isVisible() and view.card.device == "PM-0002"
    words = view.card.findChild(QLabel, "map-card-words").text()
    assert "Karnataka, INDIA" in words and "no data" in words


def test_the_card_follows_its_device_asks_for_a_plot_and_closes(view: MapView, station: Station) -> None:
    go_near(view, "PM-0002")
    click(view.plot.viewport(), QPoint(view.plot.mapFromScene(place_of(view, "PM-0002"))))
    wait_until(view.card.isVisible)
    hand(station).say(station.catalog.rows_of("PM-0002")[0].index, station.now(), 21.0)
    station.tick()
    label = view.card.findChild(QLabel, "map-card-words")
    assert label is not None
    wait_until(lambda: "online" in label.text())
    asked = QSignalSpy(view.plotWanted)
    plot = view.card.findChild(QPushButton, "map-card-plot")
    assert plot is not None
    plot.click()
    assert asked[0] == ["PM-0002"]
    close = view.card.findChild(QPushButton, "map-card-close")
    assert close is not None
    close.click()
    assert not view.card.isVisible()


def test_a_click_on_a_cluster_shows_its_devices_apart(view: MapView, station: Station) -> None:
    count, _ = symbol(view, "PM-0001")
    assert count > 1
    number = view.geography.numbers["PM-0001"]
    cluster = next(one for one in view.marks.clusters() if number in one.devices)
    spot = view.plot.getViewBox().mapViewToScene(QPointF(cluster.longitude, cluster.latitude))
    before = view.plot.getViewBox().viewRect()
    click(view.plot.viewport(), QPoint(view.plot.mapFromScene(spot)))
    wait_until(lambda: view.plot.getViewBox().viewRect().width() < before.width())
    shown = view.plot.getViewBox().viewRect()
    longitudes, latitudes = view.geography.longitudes, view.geography.latitudes
    assert all(shown.contains(longitudes[one], latitudes[one]) for one in cluster.devices)
    assert station.device == ""


def test_a_cluster_tells_its_gravest_condition_by_colour_and_shape(view: MapView, station: Station) -> None:
    row = next(row for row in station.catalog if row.sensor.alarm_above is not None)
    assert row.sensor.alarm_above is not None
    before = view.plot.grab().toImage()
    hand(station).say(row.index, station.now(), row.sensor.alarm_above + 1)
    station.tick()
    wait_until(lambda: symbol(view, row.device) == (symbol(view, row.device)[0], Condition.CRITICAL))
    count, _ = symbol(view, row.device)
    assert count > 1
    assert view.plot.grab().toImage() != before


def test_while_nobody_sees_it_nothing_is_drawn_and_then_all_of_it(view: MapView, station: Station) -> None:
    view.hide()
    hand(station).say(station.catalog.rows_of("PM-0001")[0].index, station.now(), 21.0)
    station.tick()
    assert drawn(view, Condition.ONLINE) == 0
    view.show()
    wait_until(lambda: drawn(view, Condition.ONLINE) == 1)


def test_what_is_there_is_named_with_its_condition(view: MapView) -> None:
    cluster = view.at(place_of(view, "PM-0002")) or next(iter(view.marks.clusters()))
    told = view.told(cluster.devices.tolist())
    first = view.geography.devices[cluster.devices[0]]
    assert f"{first}: no data" in told
    assert len(told.splitlines()) == 4 and told.endswith(f"and {cluster.count - 3} more")
    assert view.at(QPointF(-50, -50)) is None


def test_devices_that_lie_on_each_other_are_counted_until_the_map_is_near_enough(view: MapView) -> None:
    assert sum(one.count for one in view.marks.clusters()) == int(view.geography.is_located.sum())
    assert symbol(view, "PM-0001")[0] > 1
    go_near(view, "PM-0001")
    assert symbol(view, "PM-0001") == (1, Condition.NOTHING)


def test_land_borders_and_names_lie_under_the_devices_without_a_network(view: MapView) -> None:
    names = view.ground.names
    assert "India" in names and "Germany" not in names[:1]
    picture = view.plot.grab().toImage()
    colors = {
        picture.pixelColor(x, y).name()
        for x in range(0, picture.width(), 3)
        for y in range(0, picture.height(), 3)
    }
    assert {LIGHT.sea, LIGHT.land} <= colors
    go_near(view, "PM-0001")
    view.plot.grab()
    assert "India" not in view.ground.names


def test_names_leave_each_other_room(view: MapView) -> None:
    for _ in range(6):
        view.plot.grab()
        placed = view.ground.placed
        degrees = view.ground._degrees
        spots = [(one.label.longitude / degrees, one.label.latitude / degrees) for one in placed]
        # Two names whose middles are in one line are at least their height apart.
        for (x, y), (other_x, other_y) in itertools.combinations(spots, 2):
            assert abs(x - other_x) > 1.0 or abs(y - other_y) > 8.0
        view.plot.getViewBox().scaleBy((0.3, 0.3))
        pause(0.02)


def test_names_are_beside_the_devices_and_not_under_them(view: MapView) -> None:
    moved = 0
    for _ in range(4):
        view.ground._prepared = None
        view.plot.grab()
        degrees = view.ground._degrees
        for one in view.ground.placed:
            moved += not one.aside.isNull()
            left = one.label.longitude / degrees + one.aside.x()
            left -= 0 if one.label.population else one.width / 2
            y = -one.label.latitude / degrees + one.aside.y()
            for mark in view.marks.clusters():
                across = mark.longitude / degrees
                beside = max(left - across, across - (left + one.width), 0.0)
                assert math.hypot(beside, y + mark.latitude / degrees) >= mark.radius - 1, one.label.name
        view.plot.getViewBox().scaleBy((0.6, 0.6))
        pause(0.02)
    assert moved


def test_the_map_turns_to_a_place_that_is_chosen(view: MapView, station: Station) -> None:
    station.focus_place("INDIA", "Karnataka")
    shown = view.plot.getViewBox().viewRect()
    inside = [
        one for one, name in enumerate(view.geography.devices)
        if station.catalog.device(name).state == "Karnataka"
    ]  # fmt: skip
    longitudes, latitudes = view.geography.longitudes, view.geography.latitudes
    assert all(shown.contains(longitudes[one], latitudes[one]) for one in inside)
    assert shown.width() < 10.0
    station.focus_place()
    assert view.plot.getViewBox().viewRect().width() > 30.0


def test_a_device_that_is_chosen_elsewhere_comes_into_view(view: MapView, station: Station) -> None:
    go_near(view, "PM-0001")
    width = view.plot.getViewBox().viewRect().width()
    station.focus("BER-0001")
    shown = view.plot.getViewBox().viewRect()
    number = view.geography.numbers["BER-0001"]
    assert shown.contains(view.geography.longitudes[number], view.geography.latitudes[number])
    assert shown.width() == pytest.approx(width)


def test_the_list_turns_to_devices_with_the_keyboard(view: MapView, station: Station) -> None:
    view.list.setFocus()
    view.list.setCurrentIndex(view.list.model().index(0, 0))  # type: ignore[union-attr]
    press(view.list, Qt.Key.Key_Down)
    assert station.device == view.geography.devices[1]


def test_without_a_device_in_focus_none_is_chosen_in_the_list(view: MapView, station: Station) -> None:
    station.focus("PM-0001")
    assert view.list.selectionModel().selectedIndexes()  # type: ignore[union-attr]
    station.focus("")
    assert not view.list.selectionModel().selectedIndexes()  # type: ignore[union-attr]
    assert station.device == ""


def test_the_map_is_moved_and_zoomed_with_the_keyboard(view: MapView) -> None:
    box = view.plot.getViewBox()
    before = box.viewRect()
    press(view.plot, Qt.Key.Key_Right)
    assert box.viewRect().center().x() > before.center().x()
    press(view.plot, Qt.Key.Key_Plus)
    assert box.viewRect().width() < before.width()
    press(view.plot, Qt.Key.Key_Home)
    assert abs(box.viewRect().width() - before.width()) < 0.01 * before.width()


def test_conditions_are_told_apart_without_colours() -> None:
    paths = [(symbol_of(one), is_filled(one)) for one in Condition]
    assert all(paths[a] != paths[b] for a in range(len(paths)) for b in range(a))


def test_another_look_draws_everything_anew(view: MapView) -> None:
    view.set_theme(DARK)
    assert view.plot.backgroundBrush().color().name() == DARK.sea
    assert view.list.model().index(0, 0).data(Qt.ItemDataRole.ForegroundRole).color().name() == color_of(  # type: ignore[union-attr]
        Condition.NOTHING, DARK
    )


def test_devices_without_any_coordinates_are_in_the_list_only() -> None:
    device = Device("A", "INDIA", "KA", "default", sensors=(Sensor("temperature"),))
    states = State("KA", "KA", devices=(device,)), State("TN", "TN", location=Location(1.0, 2.0))
    station = Station(Fleet("demo", countries=(Country("INDIA", "INDIA", states=states),)), HandSupply)
    view = MapView(station, LIGHT, Actions())
    assert "1 device has no coordinates, and its State has none" in view.words.text()
    assert view.list.model().rowCount() == 1  # type: ignore[union-attr]
    station.focus("A")
    assert view.list.currentIndex().row() == 0
    station.close()
