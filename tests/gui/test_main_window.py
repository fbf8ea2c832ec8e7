"""The window as a whole: what its parts do together, and what all of them have to have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from papaya_gui.faults import Faults
from papaya_gui.layouts import LayoutFiles
from papaya_gui.memory import Memory
from papaya_gui.models.absent import none_there
from papaya_gui.models.layout import Found
from papaya_gui.models.table import Column
from papaya_gui.station import Station
from papaya_gui.theme import DARK, LIGHT, THEMES, Theme, apply, contrast
from papaya_gui.views.main_window import TITLE, MainWindow
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QAction, QContextMenuEvent
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QLineEdit,
    QMenu,
    QToolButton,
    QWidget,
)

from papaya.remedies import DEVICE_MISSING, DEVICES_MISSING
from papaya.sensors.condition import Condition, Health
from tests.gui.events import press
from tests.gui.hand import HandSupply, pause, wait_until

_SPEAKING = (QLineEdit, QComboBox, QAbstractScrollArea, QAbstractButton)


@pytest.fixture
def faults(tmp_path: Path) -> Faults:
    """Return where faults would go."""
    return Faults(tmp_path / "window.log")


@pytest.fixture
def window(station: Station, faults: Faults, application: QApplication) -> Iterator[MainWindow]:
    """Return the whole window, shown."""
    made = MainWindow(station, LIGHT, faults)
    made.fill_menus()
    made.resize(1360, 860)
    made.show()
    made.activateWindow()
    wait_until(made.isActiveWindow)
    station.start()
    yield made
    made.close()
    made.deleteLater()
    apply(application, LIGHT)


def hand(window: MainWindow) -> HandSupply:
    """Return the source that the test plays."""
    assert isinstance(window.station.supply, HandSupply)
    return window.station.supply


def test_the_window_has_its_name(window: MainWindow) -> None:
    assert window.windowTitle() == TITLE == "PapayaMeter - Sensor Monitor"


def test_no_two_actions_have_the_same_key(window: MainWindow) -> None:
    keys = Counter(
        shortcut.toString() for listed in window.actions_ for shortcut in listed.action.shortcuts()
    )
    assert [key for key, count in keys.items() if count > 1] == []
    assert len(keys) > 20


def test_every_action_is_in_a_menu(window: MainWindow) -> None:
    bar = window.menuBar()
    assert bar is not None
    shown = {action.objectName() for menu in bar.actions() for action in _entries(menu.menu())}
    assert {listed.action.objectName() for listed in window.actions_} <= shown


def test_the_menus_are_five_in_their_usual_order(window: MainWindow) -> None:
    bar = window.menuBar()
    assert bar is not None
    assert [action.text().replace("&", "") for action in bar.actions()] == [
        "File", "View", "Plot", "Device", "Help"
    ]  # fmt: skip


def _entries(menu: QMenu | None) -> list[QAction]:
    if menu is None:
        return []
    return [one for action in menu.actions() for one in (action, *_entries(action.menu()))]


def test_everything_that_takes_keys_says_what_it_is(window: MainWindow) -> None:
    nameless = [
        f"{type(widget).__name__} {widget.objectName()}"
        for widget in window.findChildren(QWidget)
        if isinstance(widget, _SPEAKING)
        and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        and not widget.accessibleName()
        and not (isinstance(widget, QAbstractButton) and widget.text())
        # Parts that Qt makes for its own widgets.
        and not widget.objectName().startswith("qt_")
    ]
    assert nameless == []


def test_everything_that_takes_keys_is_reached_with_tab(window: MainWindow) -> None:
    reached, widget = set(), window.table.filter
    current: QWidget | None = widget
    while current is not None and current not in reached:
        reached.add(current)
        current = current.nextInFocusChain()
    for wanted in (window.tree.view, window.tree.search, window.table.view, window.plot.canvas):
        assert wanted in reached, wanted.objectName()
        assert wanted.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_a_device_that_is_chosen_fills_table_and_plot(window: MainWindow) -> None:
    window.turn_to("PM-0002")
    rows = [row.index for row in window.station.catalog.rows_of("PM-0002")]
    hand(window).say(rows[0], window.station.now(), 21.5)
    window.station.tick()
    assert window.table.model.rowCount() == len(rows)
    assert list(window.plot.drawn_rows()) == rows[:4]


def test_a_server_that_is_down_is_told_in_words_with_a_remedy_until_it_is_back(window: MainWindow) -> None:
    hand(window).tell(Condition(Health.DOWN, "no connection to http://x", "Is it running?"))
    wait_until(lambda: window.notice.isVisible())
    assert "server down" in window.notice.text.text()
    assert "Is it running?" in window.notice.text.text()
    assert "server down" in window.status.condition.text()
    hand(window).tell(Condition(Health.LIVE))
    wait_until(lambda: not window.notice.isVisible())
    assert "live" in window.status.condition.text()


def test_a_notice_that_was_put_away_stays_away_until_something_else_happens(window: MainWindow) -> None:
    hand(window).tell(Condition(Health.DOWN, "no connection", "Is it running?"))
    wait_until(window.notice.isVisible)
    window.notice.close_button.click()
    hand(window).tell(Condition(Health.SILENT, "nothing", device="PM-0001"))
    wait_until(lambda: window.status.silent.text() == "silent: 1")
    assert window.notice.isHidden()
    hand(window).tell(Condition(Health.REFUSED, "no password", "Log in."))
    wait_until(window.notice.isVisible)


def test_space_pauses_and_counts_what_comes_meanwhile(window: MainWindow) -> None:
    window.tree.view.setFocus()
    press(window, Qt.Key.Key_Space)
    wait_until(lambda: window.station.is_paused)
    for turn in range(7):
        hand(window).say(0, 1000.0 + turn, turn)
    wait_until(lambda: window.status.missed.text() == "paused, 7 new")
    assert window.controls.pause.text() == "&Resume"
    press(window, Qt.Key.Key_Space)
    wait_until(lambda: not window.station.is_paused)
    assert window.station.board.counts[0] == 7
    assert not window.status.missed.isVisible()


def test_what_comes_during_a_pause_is_counted_however_seldom_the_views_are_drawn(window: MainWindow) -> None:
    window.station.set_interval(60)
    window.station.set_paused(True)
    hand(window).say(0, 1000.0, 1)
    wait_until(lambda: window.status.missed.text() == "paused, 1 new", 3)


def test_space_pauses_at_once_and_presses_what_has_the_keys_where_that_is_a_button(
    window: MainWindow,
) -> None:
    window.turn_to("PM-0001")
    focused = window.focusWidget()
    assert focused is window.tree.view
    press(focused, Qt.Key.Key_Space)
    assert window.station.is_paused
    window.station.set_paused(False)
    # In a narrow window the button is behind the end of the tools.
    window.resize(1440, 900)
    thresholds = window.plot.findChild(QToolButton, "plot.limits-button")
    assert thresholds is not None
    was = thresholds.isChecked()
    legend = window.plot.legend
    legend.setCurrentIndex(window.plot.legend.entries.index(1, 0))
    for widget in (thresholds, legend):
        widget.setFocus()
        press(widget, Qt.Key.Key_Space)
    assert thresholds.isChecked() is not was
    assert window.plot.composer.wishes.hidden == {window.station.selection[1]}
    assert not window.station.is_paused


@pytest.mark.parametrize("device", ["", "PM-0001"])
def test_a_small_window_shows_how_every_reading_and_every_device_is(window: MainWindow, device: str) -> None:
    window.station.focus(device)
    window.resize(1024, 700)
    wait_until(lambda: window.width() == 1024)
    header, viewport = window.table.view.header, window.table.view.viewport()
    assert viewport is not None
    said = window.fontMetrics().horizontalAdvance("alarm high")
    assert header.sectionViewportPosition(Column.CONDITION) + said < viewport.width()
    tree, its_viewport = window.tree.view.header(), window.tree.view.viewport()
    assert tree is not None
    assert its_viewport is not None
    assert tree.sectionViewportPosition(1) + said < its_viewport.width()
    assert window.plot.canvas.width() > 450
    more = window.plot.findChild(QToolButton, "qt_toolbar_ext_button")
    assert more is not None
    assert (more.isVisible(), more.text(), more.accessibleName()) == (True, "»", "More")


def test_no_number_is_cut_off_in_the_table(window: MainWindow) -> None:
    window.turn_to("PM-0001")
    hand(window).say(0, window.station.now(), -1.234567e-18)
    window.station.tick()
    text = window.table.model.data(window.table.model.index(0, Column.VALUE))
    assert text == "-1.23457e-18"
    view = window.table.view
    wanted = view.sizeHintForIndex(window.table.model.index(0, Column.VALUE)).width()
    wait_until(lambda: view.columnWidth(Column.VALUE) >= wanted)


def test_tab_goes_through_the_plot_from_top_to_bottom(window: MainWindow) -> None:
    plot = window.plot
    reached: list[QWidget] = []
    wanted = (plot.bar.range, plot.bar.aggregations, plot.bar.last, plot.canvas, plot.legend)
    widget: QWidget | None = window.table.filter
    while widget is not None and len(reached) < len(wanted):
        widget = widget.nextInFocusChain()
        if widget in wanted:
            reached.append(widget)
    assert tuple(reached) == wanted


def test_the_interval_is_typed_and_bounded(window: MainWindow) -> None:
    box = window.controls.interval
    box.setValue(0.1)
    assert window.station.interval == 0.1
    box.setValue(600)
    assert window.station.interval == box.value() == 60


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_both_looks_reach_every_view(window: MainWindow, theme: Theme, application: QApplication) -> None:
    window.actions_["dark"].setChecked(theme.is_dark)
    window.turn_to("PM-0001")
    window.station.tick()
    application.processEvents()
    assert window.theme is theme
    picture = window.grab().toImage()
    dark = sum(
        picture.pixelColor(x, y).lightness() < 128
        for x in range(0, picture.width(), 10)
        for y in range(0, picture.height(), 10)
    ) / ((picture.width() // 10) * (picture.height() // 10))
    assert dark > 0.8 if theme.is_dark else dark < 0.2


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_texts_and_curves_stand_out_from_what_they_are_on(theme: Theme) -> None:
    grounds = (theme.base, theme.window, theme.alternate)
    for role in ("text", "muted", "good", "warn", "alarm", "stale", "accent"):
        for ground in grounds:
            assert contrast(getattr(theme, role), ground) >= 4.5, (role, ground)
    for role in ("warn", "alarm", "stale"):
        ground = getattr(theme, f"{role}_back")
        assert contrast(getattr(theme, role), ground) >= 4.5, role
        assert contrast(theme.text, ground) >= 4.5, role
    assert contrast(theme.accent, theme.accent_text) >= 4.5
    assert all(contrast(curve, theme.base) >= 4.5 for curve in theme.curves)


def test_the_window_opens_as_it_was_left(window: MainWindow, tmp_path: Path, fleet: object) -> None:
    files = LayoutFiles(tmp_path / "state", tmp_path / "settings")
    memory = Memory(window, files)
    window.turn_to("MTR-0003")
    window.station.set_interval(2.5)
    window.set_theme(DARK)
    memory.keep()
    other = Station(window.station.catalog.fleet, HandSupply)
    again = MainWindow(other, LIGHT, Faults(tmp_path / "other.log"))
    Memory(again, files).take(files.last())
    assert other.device == "MTR-0003"
    assert list(other.selection) == list(window.station.selection)
    assert other.interval == 2.5
    assert again.theme is DARK
    again.close()
    other.close()
    again.deleteLater()


def test_reset_arranges_it_as_the_first_time(window: MainWindow, tmp_path: Path) -> None:
    memory = Memory(window, LayoutFiles(tmp_path / "state", tmp_path / "settings"))
    window.station.set_interval(30)
    memory.keep()
    memory.reset()
    assert window.station.interval == 0.5
    assert memory.last(forget=False) == Found(memory.last(forget=True).layout)


def test_a_layout_that_cannot_be_forgotten_is_told_of_in_the_window(
    window: MainWindow, tmp_path: Path
) -> None:
    (tmp_path / "no-folder").write_text("a file stands where the folder should be")
    memory = Memory(window, LayoutFiles(tmp_path / "no-folder", tmp_path / "no-folder"))
    memory.take(memory.last(forget=True))
    assert "cannot be removed" in window.notice.text.text()
    memory.keep()


def test_no_menu_hides_the_controls(window: MainWindow, application: QApplication) -> None:
    place = QPoint(3, 3)
    asked = QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse,
        place,
        window.controls.mapToGlobal(place),
        Qt.KeyboardModifier.NoModifier,
    )
    application.sendEvent(window.controls, asked)
    assert application.activePopupWidget() is None


def test_what_a_live_source_leaves_out_is_told_in_the_status_line(window: MainWindow) -> None:
    field = window.status.condition
    wait_until(lambda: field.text() == "by hand: live")
    reason = "1 entry cannot be used: line 3 has 2 cells, and the first line 4"
    hand(window).tell(Condition(Health.LIVE, reason))
    wait_until(lambda: window.status.reason.text().startswith("1 entry cannot be used: line"))
    assert field.toolTip() == reason
    hand(window).tell(Condition(Health.LIVE))
    wait_until(lambda: field.text() == "by hand: live")


def lacks(window: MainWindow, *names: str) -> None:
    """Let the server lack these devices."""
    for name in names:
        hand(window).tell(Condition(Health.SILENT, "no such device", DEVICE_MISSING, name))


def test_devices_that_the_server_lacks_are_told_with_the_plan_until_it_has_them(window: MainWindow) -> None:
    hand(window).tell(Condition(Health.LIVE))
    lacks(window, "PM-0001", "PM-0002")
    wait_until(window.notice.isVisible)
    told = window.notice.text.text()
    assert "2 of the 43 devices of this fleet are not on the server: PM-0001, PM-0002" in told
    assert "papaya plan" in told and "papaya apply" in told
    assert window.status.missing.text() == "not on the server: 2" and window.status.silent.isHidden()
    window.notice.close_button.click()
    hand(window).tell(Condition(Health.SILENT, "nothing", device="PM-0003"))
    wait_until(lambda: window.status.silent.text() == "silent: 1")
    assert window.notice.isHidden()
    lacks(window, "PM-0004")
    wait_until(window.notice.isVisible)
    window.notice.plan.click()
    assert window.pages.currentWidget() is window.plan
    for name in ("PM-0001", "PM-0002", "PM-0004"):
        hand(window).tell(Condition(Health.LIVE, device=name))
    wait_until(lambda: not window.notice.isVisible())
    assert window.status.missing.isHidden()


def test_a_server_without_any_device_of_the_fleet_is_a_fault_with_the_plan(window: MainWindow) -> None:
    lacks(window, *window.station.catalog.devices)
    hand(window).tell(Condition(Health.FAULT, none_there(43), DEVICES_MISSING))
    wait_until(window.notice.plan.isVisible)
    assert "none of the 43 devices of this fleet is on the server" in window.notice.text.text()
    assert window.status.reason.isVisible()
    hand(window).tell(Condition(Health.DOWN, "no connection"))
    wait_until(lambda: "no connection" in window.notice.text.text())
    assert window.notice.plan.isHidden()


def test_the_action_of_the_left_pane_is_checked_while_the_pane_is_shown(window: MainWindow) -> None:
    action, sides = window.actions_["left-pane"], window._sides
    assert action.isChecked()
    action.trigger()
    assert sides.sizes()[0] == 0
    wait_until(lambda: not action.isChecked())
    # A layout, or the window itself, gives other sizes.
    sides.setSizes([400, 900])
    wait_until(action.isChecked)
    sides.setSizes([0, 1300])
    wait_until(lambda: not action.isChecked())
    action.trigger()
    wait_until(lambda: sides.sizes()[0] > 300 and action.isChecked())


def test_the_corner_is_at_the_right_whatever_it_says(window: MainWindow) -> None:
    corner = window.corner_
    for health in (Health.CONNECTING, Health.DOWN, Health.LIVE):
        hand(window).tell(Condition(health, "no connection"))
        wait_until(partial(_is, window, health))
        pause(0.01)
        right = corner.state.mapTo(window, corner.state.rect().topRight()).x()
        assert window.width() - right <= 10, health


def _is(window: MainWindow, health: Health) -> bool:
    return window.station.condition.health is health
