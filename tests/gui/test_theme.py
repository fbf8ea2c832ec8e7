"""The two looks: whether one sees where to type, choose and tick."""

from __future__ import annotations

from collections import Counter

import pytest
from papaya_gui.plots.legend import Legend
from papaya_gui.plots.legend_model import Entry
from papaya_gui.plots.pens import look_of
from papaya_gui.plots.range_dialog import RangeDialog
from papaya_gui.theme import LIGHT, THEMES, Theme, apply, contrast
from PyQt6.QtCore import QPoint, QRect
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QStyle,
    QStyleOptionButton,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

themes = pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)


def edge_of(picture: QImage, area: QRect, grounds: tuple[str, ...]) -> float:
    """Return how much what is drawn around an area stands out from what is on either side of it."""
    y = area.center().y()
    pixels = [picture.pixelColor(x, y).name() for x in range(area.left() - 2, area.left() + 4)]
    return max(min(contrast(pixel, ground) for ground in grounds) for pixel in pixels)


@themes
def test_edges_of_controls_stand_out(theme: Theme, application: QApplication) -> None:
    apply(application, theme)
    try:
        whole = QWidget()
        column = QVBoxLayout(whole)
        controls = (QLineEdit(), QDoubleSpinBox(), QComboBox(), QPushButton("Acknowledge"))
        ticked, chosen = QCheckBox("as the manifest says"), QRadioButton("API key")
        for control in (*controls, ticked, chosen):
            column.addWidget(control)
        whole.show()
        picture = whole.grab().toImage()
        # A choice and a button are filled with a shade of the window.
        for control in controls:
            grounds = (theme.window, theme.base) if isinstance(control, QLineEdit) else (theme.window,)
            assert edge_of(picture, control.geometry(), grounds) >= 3, type(control).__name__
        option = QStyleOptionButton()
        option.initFrom(ticked)
        style = ticked.style()
        assert style is not None
        square = style.subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, ticked)
        assert edge_of(picture, square.translated(ticked.pos()), (theme.window, theme.base)) >= 3
        option.initFrom(chosen)
        circle = style.subElementRect(QStyle.SubElement.SE_RadioButtonIndicator, option, chosen)
        assert edge_of(picture, circle.translated(chosen.pos()), (theme.window, theme.base)) >= 3
        whole.close()
    finally:
        apply(application, LIGHT)


@themes
def test_month_and_year_of_the_calendar_can_be_read(theme: Theme, application: QApplication) -> None:
    apply(application, theme)
    try:
        dialog = RangeDialog((0.0, 3600.0), 3600.0, None, theme)
        dialog.show()
        for name in ("qt_calendar_monthbutton", "qt_calendar_yearbutton"):
            button = dialog.calendar.findChild(QToolButton, name)
            assert button is not None
            area = QRect(button.mapTo(dialog, QPoint(0, 0)), button.size())
            picture = dialog.grab().toImage().copy(area)
            places = [(x, y) for x in range(picture.width()) for y in range(picture.height())]
            pixels = Counter(picture.pixelColor(*place).name() for place in places)
            ((ground, _),) = pixels.most_common(1)
            assert max(contrast(pixel, ground) for pixel in pixels) >= 4.5, name
        dialog.close()
    finally:
        apply(application, LIGHT)


@themes
def test_the_square_that_shows_a_curve_stands_out(theme: Theme, application: QApplication) -> None:
    apply(application, theme)
    try:
        legend = Legend(theme)
        look = look_of(theme, 0)
        legend.set_entries((Entry(0, look, "T", "PM-1", "1", "", "auto", False, True),))
        legend.resize(600, 80)
        legend.show()
        index = legend.model().index(0, 0)  # type: ignore[union-attr]
        option = QStyleOptionViewItem()
        legend.initViewItemOption(option)
        option.rect = legend.visualRect(index)
        option.features = QStyleOptionViewItem.ViewItemFeature.HasCheckIndicator
        style, viewport = legend.style(), legend.viewport()
        assert style is not None and viewport is not None
        square = style.subElementRect(QStyle.SubElement.SE_ItemViewItemCheckIndicator, option, legend)
        picture = legend.grab().toImage()
        area = square.translated(viewport.mapTo(legend, QPoint(0, 0)))
        assert edge_of(picture, area, (theme.base,)) >= 3
        legend.close()
    finally:
        apply(application, LIGHT)
