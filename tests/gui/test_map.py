"""The map: devices where they are, told by shape and word, chosen by mouse and keys."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator

import pytest
from papaya_gui.actions import Actions
from papaya_gui.models.geography import Condition
from papaya_gui.station import Station
from papaya_gui.theme import DARK, LIGHT
from papaya_gui.views.map import MapView
from papaya_gui.views.map_symbols import color_of, is_filled, symbol_of
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtTest import QSignalSpy

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
    wait_until(made.plot.isVisible)
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
    """Return how many devices are drawn in a shape."""
    return len(view._groups[condition].points())


def test_devices_are_drawn_by_their_condition_and_told_in_words(view: MapView, station: Station) -> None:
    total = len(station.catalog.devices)
    assert drawn(view, Condition.NOTHING) == int(view.geography.is_located.sum())
    row = station.catalog.rows_of("PM-0001")[0]
    hand(station).say(row.index, station.now(), 21.0)
    station.tick()
    assert drawn(view, Condition.ONLINE) == 1
    assert f"{total} devices: 1 online, {total - 1} no data" in view.words.text()
    assert view.list.model().index(0, 0).data() == "PM-0001: online"  # type: ignore[union-attr]


def test_a_device_whose_threshold_is_crossed_is_drawn_so(view: MapView, station: Station) -> None:
    row = next(row for row in station.catalog if row.sensor.alarm_above is not None)
    assert row.sensor.alarm_above is not None
    hand(station).say(row.index, station.now(), row.sensor.alarm_above + 1)
    station.tick()
    assert drawn(view, Condition.ALARM) == 1
    assert "1 alarm" in view.words.text()


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


def test_a_click_turns_to_the_device_there(view: MapView, station: Station) -> None:
    spy = QSignalSpy(station.deviceChanged)
    place = view.plot.mapFromScene(place_of(view, "PM-0002"))
    click(view.plot.viewport(), QPoint(place))
    wait_until(lambda: len(spy) == 1)
    assert station.device in view.near(place_of(view, "PM-0002"))
    assert view.list.currentIndex().row() == view.geography.numbers[station.device]
    assert len(view._ring.points()) == 1


def test_while_nobody_sees_it_nothing_is_drawn_and_then_all_of_it(view: MapView, station: Station) -> None:
    view.hide()
    hand(station).say(station.catalog.rows_of("PM-0001")[0].index, station.now(), 21.0)
    station.tick()
    assert drawn(view, Condition.ONLINE) == 0
    view.show()
    wait_until(lambda: drawn(view, Condition.ONLINE) == 1)


def test_what_is_near_is_named_with_its_condition(view: MapView) -> None:
    names = view.near(place_of(view, "PM-0002"))
    assert "PM-0002" in names
    told = view.told(names)
    assert f"{names[0]}: no data" in told
    assert len(told.splitlines()) <= 4
    assert view.near(QPointF(-50, -50)) == []


def test_devices_that_lie_on_each_other_are_counted_until_the_map_is_near_enough(view: MapView) -> None:
    def counted() -> int:
        return sum(int(text.toPlainText()) for text in view._counts if text.isVisible())

    wait_until(lambda: counted() > 0)
    assert counted() <= len(view.geography.devices)
    number = view.geography.numbers["PM-0001"]
    longitude, latitude = view.geography.longitudes[number], view.geography.latitudes[number]
    view.plot.setRange(
        xRange=(longitude - 1e-5, longitude + 1e-5), yRange=(latitude - 1e-5, latitude + 1e-5), padding=0
    )
    wait_until(lambda: counted() == 0)


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
    assert view.plot.backgroundBrush().color().name() == DARK.base
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
