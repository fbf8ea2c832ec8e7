"""Who uses keys alone sees where they go: in every control, in both themes, and after a dialog is closed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from papaya_gui.theme import LIGHT, THEMES, Theme, apply, contrast
from papaya_gui.views.focus_ring import FocusRing, follow_focus
from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtWidgets import (
    QApplication,
    QCalendarWidget,
    QCheckBox,
    QComboBox,
    QDateTimeEdit,
    QDialog,
    QLineEdit,
    QListWidget,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QSpinBox,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tests.gui.events import click, press
from tests.gui.hand import wait_until

themes = pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)


@pytest.fixture
def form(application: QApplication) -> Iterator[QWidget]:
    """Return a window with a control of each kind, from top to bottom."""
    made = QWidget()
    follow_focus(made)
    column = QVBoxLayout(made)
    tabs, choice, tool = QTabBar(), QComboBox(), QToolButton()
    for text in ("One", "Two"):
        tabs.addTab(text)
    choice.addItem("auto")
    tool.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    for control in (
        QLineEdit(),
        QSpinBox(),
        QDateTimeEdit(),
        choice,
        QCheckBox("Tick"),
        QRadioButton("Choose"),
        QPushButton("Push"),
        tool,
        tabs,
        QListWidget(),
    ):
        column.addWidget(control)
    made.show()
    made.activateWindow()
    wait_until(made.isActiveWindow)
    yield made
    made.close()
    made.deleteLater()
    apply(application, LIGHT)


def controls(form: QWidget) -> list[QWidget]:
    """Return the controls of the form from top to bottom."""
    column = form.layout()
    assert column is not None
    items = [column.itemAt(number) for number in range(column.count())]
    return [widget for item in items if item is not None and (widget := item.widget()) is not None]


def ring(window: QWidget) -> QRect | None:
    """Return where the ring of a window is, if it is seen."""
    found = [one for one in window.findChildren(FocusRing) if one.isVisible()]
    assert len(found) <= 1
    return found[0].geometry() if found else None


@themes
def test_every_kind_of_control_shows_that_it_has_the_keys(form: QWidget, theme: Theme) -> None:
    apply_to = QApplication.instance()
    assert isinstance(apply_to, QApplication)
    apply(apply_to, theme)
    found = controls(form)
    found[-1].setFocus()
    for control in found:
        # The date has three parts, each of which is a stop.
        while (now := QApplication.focusWidget()) is not control:
            assert now is not None
            press(now, Qt.Key.Key_Tab)
        area = ring(form)
        assert area is not None and area.intersects(control.geometry()), control
        pixel = form.grab().toImage().pixelColor(area.center().x(), area.top())
        assert contrast(pixel.name(), theme.window) >= 3, control


@themes
def test_a_field_shows_its_focus_without_the_ring(form: QWidget, theme: Theme) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    apply(application, theme)
    for field in controls(form)[:3]:
        click(field)
        assert QApplication.focusWidget() is field and ring(form) is None
        picture = form.grab().toImage()
        edge = [picture.pixelColor(field.x() + step, field.geometry().center().y()).name() for step in (0, 1)]
        assert max(min(contrast(one, theme.window), contrast(one, theme.base)) for one in edge) >= 3


@themes
def test_the_head_of_a_calendar_can_be_read(form: QWidget, theme: Theme) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    apply(application, theme)
    # Windows that are there already hear of it with the next events.
    application.processEvents()
    calendar, column = QCalendarWidget(), form.layout()
    assert column is not None
    column.addWidget(calendar)
    wait_until(calendar.isVisible)
    month = calendar.findChild(QToolButton, "qt_calendar_monthbutton")
    assert month is not None
    place = QRect(month.mapTo(calendar, QPoint(0, 0)), month.size())
    picture = calendar.grab(place).toImage()
    ground = picture.pixelColor(1, 1).name()
    inks = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}
    assert max(contrast(ink, ground) for ink in inks) >= 4.5


def test_a_click_needs_no_ring_and_the_ring_goes_where_the_keys_go(form: QWidget) -> None:
    found = controls(form)
    found[0].setFocus()
    assert ring(form) is None
    press(found[0], Qt.Key.Key_Tab)
    first = ring(form)
    click(found[1], QPoint(5, 5))
    assert first is not None and ring(form) is None
    press(found[1], Qt.Key.Key_Tab)
    assert ring(form) not in (None, first)


def test_the_ring_is_around_the_chosen_tab(form: QWidget) -> None:
    tabs = next(one for one in controls(form) if isinstance(one, QTabBar))
    tabs.setFocus(Qt.FocusReason.ShortcutFocusReason)
    first = ring(form)
    press(tabs, Qt.Key.Key_Right)
    second = ring(form)
    assert first is not None and second is not None and first.left() < second.left()


def test_a_dialog_that_is_closed_takes_its_ring_along(form: QWidget) -> None:
    first = controls(form)[0]
    first.setFocus()
    dialog = QDialog(form)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    column = QVBoxLayout(dialog)
    for text in ("One", "Two"):
        column.addWidget(QPushButton(text))
    dialog.open()
    dialog.activateWindow()
    wait_until(dialog.isActiveWindow)
    for _ in range(2):
        now = QApplication.focusWidget()
        assert now is not None
        press(now, Qt.Key.Key_Tab)
    assert ring(dialog) is not None
    press(dialog, Qt.Key.Key_Escape)
    form.activateWindow()
    wait_until(lambda: QApplication.focusWidget() is first)
    press(first, Qt.Key.Key_Tab)
    assert ring(form) is not None


def test_what_is_scrolled_away_has_no_ring(form: QWidget) -> None:
    inside, area = QWidget(), QScrollArea()
    column = QVBoxLayout(inside)
    buttons = [QPushButton(str(number)) for number in range(30)]
    for button in buttons:
        column.addWidget(button)
    area.setWidget(inside)
    whole = form.layout()
    assert whole is not None
    whole.addWidget(area)
    area.setFixedHeight(100)
    buttons[0].setFocus(Qt.FocusReason.ShortcutFocusReason)
    wait_until(lambda: ring(form) is not None)
    bar = area.verticalScrollBar()
    assert bar is not None
    bar.setValue(bar.maximum())
    assert ring(form) is None
    bar.setValue(0)
    assert ring(form) is not None
