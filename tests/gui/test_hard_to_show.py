"""Small windows with long and foreign names: what matters is seen whole, and nothing widens the window."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from papaya_gui.faults import Faults
from papaya_gui.labels import ElidedLabel
from papaya_gui.models.calls import ping, set_interval
from papaya_gui.models.overview import By
from papaya_gui.models.scale import Scale
from papaya_gui.models.table import Column
from papaya_gui.plots.axis_dialog import AxisDialog
from papaya_gui.plots.geometry import Measures
from papaya_gui.plots.lettering import Lettering, with_end
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT, apply
from papaya_gui.views.main_window import MainWindow
from papaya_gui.views.overview_tiles import lines_of
from PyQt6.QtCore import QCoreApplication, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetrics, QFontMetricsF, QImage, QPainter
from PyQt6.QtWidgets import QAbstractButton, QApplication, QLabel, QMenu, QStyleOptionViewItem, QWidget

from papaya.errors import PapayaError
from papaya.sensors.condition import Condition, Health
from tests.gui.far import FarSupply, HandRemote
from tests.gui.hand import pause, wait_until
from tests.gui.hard import ARABIC, GERMAN, JAPANESE, LONG, hard_fleet, tell_everything
from tests.gui.pictures import states
from tests.gui.reach import columns_out_of_view, cut_columns, cut_texts, out_of_reach, squeezed_texts

SIZES = [(1024, 600), (1366, 768)]
NAMED = ["long", "german", "japanese", "arabic", "silent", "none"]
# Seconds for a layout to come to rest.
PATIENCE = 5.0
SEVERITIES = ("critical", "major", "minor", "warning", "indeterminate")


@pytest.fixture(scope="module")
def window(application: QApplication, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MainWindow]:
    """Return the whole window with the hard fleet and its alarms, shown."""
    station = Station(hard_fleet(), FarSupply)
    made = MainWindow(station, LIGHT, Faults(tmp_path_factory.mktemp("log") / "window.log"))
    made.fill_menus()
    made.resize(*SIZES[0])
    made.show_left_width()
    made.show()
    station.start()
    tell_everything(station)
    made.turn_to(LONG)
    made.alarms.ask()
    wait_until(lambda: len(made.alarms.alarms) == 6)
    yield made
    made.close()
    station.close()
    apply(application, LIGHT)


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def sized(window: MainWindow, request: pytest.FixtureRequest) -> Iterator[MainWindow]:
    """Return the window in a size, with the plot of the device with a long name, without notifications."""
    window.resize(*request.param)
    window.show_left_width()
    window.show_fleet()
    window.station.focus(LONG)
    window.pages.setCurrentWidget(window.plot)
    window.attention.toast.hide()
    settle(window)
    assert (window.width(), window.height()) == request.param
    yield window
    window.attention.outcome.hide()
    assert (window.width(), window.height()) == request.param


def settle(window: MainWindow) -> None:
    """Let everything be laid out that was just told."""
    window.station.tick()
    pause(0.05)
    QCoreApplication.sendPostedEvents()


def remote_of(window: MainWindow) -> HandRemote:
    """Return the server that the test plays."""
    supply = window.station.supply
    assert isinstance(supply, FarSupply) and supply.far is not None
    return supply.far


def problems(window: QWidget) -> list[str]:
    """Return all that is outside, cut beside room, squeezed, or only found by scrolling."""
    return [
        *out_of_reach(window),
        *cut_texts(window),
        *cut_columns(window),
        *squeezed_texts(window),
        *(found for found in columns_out_of_view(window) if "Legend" not in found),
    ]


@pytest.mark.parametrize("device", [LONG, GERMAN, JAPANESE, ARABIC, "PM-0003", ""], ids=NAMED)
def test_every_page_can_be_read_with_long_and_foreign_names(sized: MainWindow, device: str) -> None:
    sized.station.focus(device)
    found: list[str] = []
    for number in range(sized.pages.count()):
        sized.pages.setCurrentIndex(number)
        settle(sized)
        page, until = sized.pages.tabText(number), time.monotonic() + PATIENCE
        while problems(sized) and time.monotonic() < until:
            # What has just been made is laid out in several turns.
            pause(0.05)
        found += [f"{page}: {problem}" for problem in problems(sized)]
    assert list(dict.fromkeys(found)) == []


@pytest.mark.parametrize("device", [LONG, ""])
def test_the_severity_of_every_reading_is_seen(sized: MainWindow, device: str) -> None:
    sized.station.focus(device)
    settle(sized)
    table, checked = sized.table, 0
    wait_until(lambda: table.view.isColumnHidden(Column.DEVICE) is bool(device))
    view = table.view
    delegate, viewport = view.itemDelegateForColumn(Column.CONDITION), view.viewport()
    assert delegate is not None and viewport is not None
    for position in range(table.model.rowCount()):
        cell = table.model.index(position, Column.CONDITION)
        if "on server" not in str(cell.data()):
            continue
        option = QStyleOptionViewItem()
        view.initViewItemOption(option)
        option.rect = view.visualRect(cell)
        assert option.rect.right() <= viewport.width()
        delegate.initStyleOption(option, cell)  # type: ignore[attr-defined]
        text = option.text or ""
        assert any(word in text for word in SEVERITIES), text
        room = option.rect.width() - option.decorationSize.width()
        assert option.fontMetrics.horizontalAdvance(text) < room, text
        checked += 1
    assert checked >= 7


def test_no_number_of_the_readings_is_cut_for_a_long_text(sized: MainWindow) -> None:
    view, model = sized.table.view, sized.table.model
    letters, checked = view.fontMetrics(), 0
    delegate = view.itemDelegateForColumn(Column.VALUE)
    for position in range(model.rowCount()):
        cell = model.index(position, Column.VALUE)
        text = str(cell.data())
        if not text.lstrip("-")[:1].isdigit():
            continue
        said = delegate.displayText(text, view.locale())  # type: ignore[union-attr]
        assert letters.horizontalAdvance(said) <= view.columnWidth(Column.VALUE)
        checked += 1
    assert checked == 5


def test_the_unit_is_beside_its_number_where_names_can_give_it_room(sized: MainWindow) -> None:
    sized.station.focus(JAPANESE)
    settle(sized)
    wait_until(lambda: not sized.table.view.isColumnHidden(Column.UNIT))


def test_the_wall_fits_the_screen_and_leaves_the_window_as_it_was(sized: MainWindow) -> None:
    size = sized.size()
    sized.pages.setCurrentWidget(sized.overview)
    for by in By:
        sized.overview.show_by(by)
        sized.full_screen.toggle()
        sized.resize(size)
        settle(sized)
        assert sized.minimumSizeHint().width() <= 1024
        sized.full_screen.toggle()
        sized.resize(size)
        settle(sized)
        assert sized.size() == size


def test_a_long_title_is_elided_with_the_whole_of_it_in_its_tool_tip(application: QApplication) -> None:
    label = ElidedLabel(f"<b>{LONG}</b>")
    label.resize(120, 20)
    label.show()
    application.processEvents()
    assert "&lt;b&gt;PSA-0001" in label.toolTip() and label.minimumSizeHint().width() < 120
    label.resize(2000, 20)
    application.processEvents()
    assert label.toolTip() == ""
    label.close()


def test_tiles_of_sensors_are_equally_wide(sized: MainWindow) -> None:
    sized.pages.setCurrentWidget(sized.device)
    settle(sized)
    wait_until(lambda: len(sized.device.tiles) == 7)
    settle(sized)
    widths = {tile.width() for tile in sized.device.tiles}
    assert max(widths) - min(widths) <= 2


def test_the_page_of_no_device_has_no_headings_of_nothing(sized: MainWindow) -> None:
    sized.pages.setCurrentWidget(sized.device)
    sized.station.focus("")
    settle(sized)
    wait_until(lambda: sized.device.title.text() == "No device is chosen")
    inside = sized.device.area.widget()
    assert inside is not None
    told = [one.text() for one in inside.findChildren(QLabel) if one.isVisible()]
    buttons = [one for one in inside.findChildren(QAbstractButton) if one.isVisible()]
    assert [text for text in told if text] == [
        "No device is chosen",
        "Choose a device in the tree, or press Ctrl+K.",
    ]
    assert [one.text() for one in buttons] == ["Find a device…"]


def fail(window: MainWindow) -> None:
    """Send a command that fails with a long message."""

    def refuse(*_: object) -> None:
        raise PapayaError("The device did not answer: it is offline", remedy=f"run: papaya doctor {LONG}")

    remote_of(window).answer = refuse
    window.calls.call(set_interval(LONG, "t_supply", 2.5))


def succeed(window: MainWindow) -> None:
    """Send a command that is answered."""
    remote_of(window).answer = lambda *_: {"pong": True, "agent": "papaya", "uptime": 86_400}
    window.calls.call(ping(LONG))


@pytest.mark.parametrize("acts", [(succeed, fail), (fail, succeed)], ids=["then-fails", "then-succeeds"])
def test_an_outcome_is_shown_whole_after_another(
    sized: MainWindow, acts: tuple[Callable[[MainWindow], None], ...]
) -> None:
    for act in acts:
        before = sized.calls.list.topLevelItemCount()
        act(sized)
        wait_until(lambda before=before: sized.calls.list.topLevelItemCount() > before)  # type: ignore[misc]
        wait_until(sized.attention.outcome.isVisible)
        settle(sized)
        settle(sized)
        assert squeezed_texts(sized) == []
    sized.pages.setCurrentWidget(sized.calls)
    settle(sized)
    header = sized.calls.list.header()
    viewport = sized.calls.list.viewport()
    assert header is not None and viewport is not None
    outcome = header.sectionViewportPosition(3)
    assert viewport.width() - outcome >= 200


def test_a_new_alarm_is_told_whole(sized: MainWindow) -> None:
    sized.attention._tell(sized.alarms.alarms[:2])
    settle(sized)
    assert squeezed_texts(sized) == []
    sized.attention.toast.hide()


def test_the_source_is_not_cut_when_the_state_beside_it_changes(sized: MainWindow) -> None:
    for health in (Health.DOWN, Health.LIVE):
        sized.station.supply.tell(Condition(health, "connection refused", "Look"))
        wait_until(lambda health=health: sized.station.condition.health is health)  # type: ignore[misc]
        settle(sized)
        for button in (sized.corner_.source, sized.corner_.state):
            assert button.width() >= button.sizeHint().width()
    sized.notice.hide()


def test_a_device_of_the_map_is_told_by_a_shape_where_its_word_is_cut(sized: MainWindow) -> None:
    sized.pages.setCurrentWidget(sized.map)
    settle(sized)
    model = sized.map._model
    icons = [model.index(row).data(Qt.ItemDataRole.DecorationRole) for row in range(model.rowCount())]
    assert len(icons) == 10 and not any(icon.isNull() for icon in icons)


def test_the_entry_of_the_left_pane_says_whether_it_is_shown(sized: MainWindow) -> None:
    entry = sized.actions_["left-pane"]
    assert entry.isChecked()
    sized._sides.setSizes([0, sized.width()])
    wait_until(lambda: not entry.isChecked())
    sized.show_left_width()
    wait_until(entry.isChecked)


def test_what_is_wrong_with_a_range_is_shown_whole(application: QApplication) -> None:
    dialog = AxisDialog("pulses", Scale(0, 4.3e9))
    dialog.show()
    dialog.low.setText("x")
    dialog.accept()
    application.processEvents()
    assert dialog.fault.text() and squeezed_texts(dialog) == []
    dialog.close()


def test_the_name_of_a_lane_stays_in_it(application: QApplication) -> None:
    image = QImage(300, 60, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    bounds = QRectF(0, 0, 200, 60)
    written = Lettering(painter, LIGHT).write(4, 10, f"Operating state · {LONG}", QColor("black"), bounds)
    painter.end()
    assert bounds.contains(written)


def test_at_the_cursor_the_value_is_kept_and_the_name_elided(application: QApplication) -> None:
    metrics = QFontMetricsF(QFont())
    text = f"Supply temperature · {LONG}: 82.3334 °C"
    assert with_end(text, ": 82.3334 °C", 2000, metrics) == text
    cut = with_end(text, ": 82.3334 °C", 200, metrics)
    assert cut.endswith("…: 82.3334 °C") and metrics.horizontalAdvance(cut) <= 200
    assert Measures(metrics.height()).lane > 0


@pytest.mark.parametrize("text", [LONG, GERMAN, JAPANESE, ARABIC, "🥭" * 40, "", "one\ntwo"])
def test_a_tile_writes_two_lines_that_fit_before_it_leaves_an_end_out(
    text: str, application: QApplication
) -> None:
    font = QFont()
    font.setPixelSize(12)
    letters = QFontMetrics(font)
    lines = lines_of(text, font, 150, 30)
    assert len(lines) <= 2 and all(letters.horizontalAdvance(line) <= 152 for line in lines)
    assert len(lines_of(text, font, 150, 14)) == 1
    head = lines[0].rstrip("…")
    assert text.replace("\n", " ").startswith(head) or text.startswith(head)


def test_no_menu_is_higher_than_a_small_screen(window: MainWindow) -> None:
    bar = window.menuBar()
    assert bar is not None
    heights = {menu.title(): menu.sizeHint().height() for menu in bar.findChildren(QMenu) if menu.actions()}
    assert len(heights) > 5 and max(heights.values()) <= SIZES[0][1] - 2 * bar.height(), heights


def test_no_page_notice_or_dialog_cuts_or_hides_anything(window: MainWindow) -> None:
    window.resize(*SIZES[0])
    window.show_left_width()
    window.show_fleet()
    window.pages.setCurrentWidget(window.plot)
    found: list[str] = []
    for name, widget in states(window, SIZES[0]):
        settle(window)
        until = time.monotonic() + PATIENCE
        while problems(widget) and time.monotonic() < until:
            pause(0.05)
        found += [f"{name}: {problem}" for problem in problems(widget)]
    assert found == []
