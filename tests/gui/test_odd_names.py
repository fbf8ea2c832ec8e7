"""What manifests, devices and servers say is shown as it stands, whatever it looks like."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from papaya_gui.faults import Faults
from papaya_gui.labels import breakable, plain_label
from papaya_gui.models.table import Column
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT
from papaya_gui.views.main_window import MainWindow
from papaya_gui.views.sign import Sign
from papaya_gui.views.wording import tool_tip
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication, QTextDocument
from PyQt6.QtWidgets import QApplication, QLabel, QScrollArea

from papaya.errors import PapayaError
from papaya.manifest.model import Country, Device, Fleet, Sensor, State
from papaya.sensors.condition import Condition, Health
from tests.gui.events import CONTROL, press
from tests.gui.hand import HandSupply, wait_until

PACKAGE = Path(__file__).parents[2] / "gui" / "papaya_gui"
MARKUP = "<b>PM</b> & &amp;"


@pytest.fixture
def window(tmp_path: Path) -> Iterator[MainWindow]:
    """Return the window of a fleet in which everything is called by markup, with a long name."""
    device = Device(MARKUP, "INDIA", "Karnataka", "default", sensors=(Sensor("t", MARKUP, "<i>x</i>"),))
    state = State("Karnataka", "Karnataka", devices=(device,))
    fleet = Fleet(f"{MARKUP} {'long ' * 40}", countries=(Country("INDIA", "INDIA", states=(state,)),))
    station = Station(fleet, HandSupply)
    made = MainWindow(station, LIGHT, Faults(tmp_path / "window.log"))
    made.fill_menus()
    made.show()
    station.start()
    made.turn_to(MARKUP)
    station.tick()
    yield made
    made.close()
    station.close()


def read(text: str) -> str:
    """Return what a person reads of a tool tip."""
    if not text.startswith("<qt>"):
        return text
    document = QTextDocument()
    document.setHtml(text)
    return document.toPlainText()


@pytest.mark.parametrize(
    "text", ["plain", "a < b & c", MARKUP, f"{MARKUP}\nand <u>more</u>", "<img src='x'>"]
)
def test_a_tool_tip_shows_a_text_as_it_stands(text: str) -> None:
    assert read(tool_tip(text)) == text


def test_names_are_read_as_they_are_written_everywhere(window: MainWindow) -> None:
    tip = Qt.ItemDataRole.ToolTipRole
    table, tree = window.table.model, window.tree.model
    assert MARKUP in read(table.data(table.index(0, 0), tip))
    node = tree.index(0, 0, tree.index(0, 0, tree.index(0, 0, tree.index(0, 0))))
    assert MARKUP in read(tree.data(node, tip))
    assert window.plot.legend.entries.index(0, 0).data() == MARKUP
    assert read(window.plot.legend.entries.index(0, 0).data(tip)) == MARKUP
    assert window.status.manifest.text().startswith(MARKUP)
    assert MARKUP in read(window.status.manifest.toolTip())
    assert "&lt;i&gt;x" in window.plot.canvas._sheet.parts[0]._heads[0].text


def test_what_fails_is_told_as_it_was_said(window: MainWindow) -> None:
    supply = window.station.supply
    assert isinstance(supply, HandSupply)
    supply.tell(Condition(Health.DOWN, MARKUP, "<u>Look</u>"))
    wait_until(window.notice.isVisible)
    assert MARKUP in read(window.status.condition.toolTip())
    window.plot.trouble.show_failure(window.station.series(0), PapayaError(MARKUP))
    labels = [label for label in window.findChildren(QLabel) if MARKUP in label.text()]
    assert len(labels) >= 3
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}


def test_long_names_do_not_widen_the_window(window: MainWindow) -> None:
    assert window.minimumSizeHint().width() < 800
    assert len(window.status.manifest.text()) < 60


LONG = "N" * 200


@pytest.fixture
def long_window(tmp_path: Path) -> Iterator[MainWindow]:
    """Return the window of a fleet whose names are single words of 200 letters, without coordinates."""
    device = Device(LONG, LONG, LONG, "default", sensors=(Sensor("t", LONG, "u" * 20), Sensor("n", unit="m")))
    state = State(LONG, LONG, devices=(device,))
    fleet = Fleet("odd", countries=(Country(LONG, LONG, states=(state,)), Country("سعودية", "سعودية")))
    station = Station(fleet, HandSupply)
    made = MainWindow(station, LIGHT, Faults(tmp_path / "window.log"))
    made.fill_menus()
    made.resize(1024, 600)
    made.show()
    station.start()
    made.turn_to(LONG)
    yield made
    made.close()
    station.close()


def test_words_of_two_hundred_letters_widen_neither_the_device_page_nor_an_axis(
    long_window: MainWindow,
) -> None:
    window, supply = long_window, long_window.station.supply
    assert isinstance(supply, HandSupply)
    for number, value in enumerate((1.0, 2.0, 1e300, -1e300, float("inf"), float("nan"), 1.7e308, -1.7e308)):
        supply.say(0, window.station.now() - 8 + number, value)
    window.station.tick()
    placement = window.plot.canvas.placement
    assert placement.plot.left() <= placement.measures.axis + 2
    window.pages.setCurrentWidget(window.device)
    wait_until(lambda: window.device.title.text() == LONG)
    (scroll,) = window.device.findChildren(QScrollArea)
    across = scroll.horizontalScrollBar()
    assert across is not None
    wait_until(lambda: across.maximum() == 0)
    assert not window.fault_bar.isVisible()


def test_a_fleet_without_coordinates_has_the_whole_world_for_a_map(long_window: MainWindow) -> None:
    long_window.pages.setCurrentWidget(long_window.map)
    wait_until(lambda: long_window.map.plot.getViewBox().viewRect().width() >= 360)


def test_an_overview_without_devices_says_so_and_names_are_bounded(
    tmp_path: Path, application: QApplication
) -> None:
    fleet = Fleet(LONG, countries=(Country("INDIA", "INDIA", states=(State("Goa", "Goa"),)),))
    station = Station(fleet, HandSupply)
    made = MainWindow(station, LIGHT, Faults(tmp_path / "window.log"))
    made.show()
    made.pages.setCurrentWidget(made.overview)
    assert "no devices" in made.overview.words.text()
    assert made.overview.title.minimumSizeHint().width() < 200 and made.minimumSizeHint().width() < 800
    made.close()
    station.close()


@pytest.mark.parametrize("text", ["", "plain words", LONG, f"see {LONG}, and more", "https://a.example/" * 9])
def test_a_label_says_what_it_was_given_wherever_its_lines_break(
    text: str, application: QApplication
) -> None:
    label = plain_label(text)
    label.setWordWrap(True)
    assert label.text() == text and breakable(text).replace("\u200b", "") == text
    assert label.minimumSizeHint().width() < 300


def test_long_names_give_room_to_the_condition(window: MainWindow) -> None:
    window.resize(1024, 600)
    window.show_left_width()
    view = window.table.view
    viewport = view.viewport()
    assert viewport is not None

    def is_seen() -> bool:
        end = view.header.sectionViewportPosition(Column.CONDITION) + view.fitted.least
        return end <= viewport.width() and view.header.sectionSize(Column.CONDITION) >= view.fitted.least

    wait_until(is_seen)


@pytest.mark.parametrize("text", ["plain words", LONG, f"see {LONG}\nand\u200b more", "🥭" * 90])
def test_what_is_copied_of_a_label_is_what_it_was_given(text: str, application: QApplication) -> None:
    label = plain_label(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    copy, everything = label.menu().actions()
    assert not copy.isEnabled()
    everything.trigger()
    assert label.selectedText() == text
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    press(label, Qt.Key.Key_C, CONTROL)
    assert clipboard.text() == text
    clipboard.clear()
    copy = label.menu().actions()[0]
    copy.trigger()
    assert clipboard.text() == text


def test_a_part_of_a_label_is_copied_without_the_breaks_in_it(application: QApplication) -> None:
    label = plain_label(f"see {LONG}")
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSelection(4, 42)
    assert label.selectedText() == LONG[:40]


def test_the_plots_note_is_read_as_it_is_written(window: MainWindow) -> None:
    window.plot.bar.set_note(MARKUP)
    assert window.plot.bar.note.textFormat() == Qt.TextFormat.PlainText
    assert read(window.plot.bar.note.toolTip()) == MARKUP


def test_every_label_is_made_for_plain_text(window: MainWindow) -> None:
    made = [
        f"{path.name}:{number}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if "QLabel(" in line and path.name != "labels.py"
    ]
    assert made == [], "use papaya_gui.labels.plain_label"
    labels = window.findChildren(QLabel)
    assert len(labels) > 10
    odd = [label for label in labels if label.textFormat() != Qt.TextFormat.PlainText]
    assert [label.objectName() for label in odd if not isinstance(label, Sign)] == []
