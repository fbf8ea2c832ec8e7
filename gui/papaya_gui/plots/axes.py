"""Axes of pyqtgraph with the marks of the models: the numbers of a unit, the words of steps, the time."""

from __future__ import annotations

import math
from html import escape

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QPen
from pyqtgraph import AxisItem, LabelItem

from papaya_gui.models.picture import Axis, Lane, Picture
from papaya_gui.models.ticks import Tick, local, time_ticks, value_ticks, zone_text
from papaya_gui.plots.geometry import Measures
from papaya_gui.plots.pens import trace_look
from papaya_gui.theme import Theme

# Marks are at least so many heights of a line apart.
TICK_LINES, TIME_TICK_LINES, LANE_LINES = 2.1, 5.6, 0.8
# Where an axis is too low for two marks, marks that are finer by so many steps are tried.
MOST_MORE, CLOSEST_LINES = 8, 1.3

# The symbol of a curve that is as wide as any.
_WIDEST_GLYPH = "■"


def made_axis(side: str, theme: Theme, font: QFont, measures: Measures, *, grid: bool = False) -> AxisItem:
    """Return an axis, with `grid` one whose marks run through the curves."""
    axis = AxisItem(side, pen=QPen(QColor(theme.muted), 1), textPen=QColor(theme.muted))
    axis.setStyle(tickFont=font, tickLength=4, tickTextOffset=3, tickAlpha=255, autoExpandTextSpace=False)
    axis.enableAutoSIPrefix(False)
    if side != "bottom":
        axis.setWidth(measures.axis)
    if grid:
        axis.setZValue(-200)
        axis.setTickPen(QPen(QColor(theme.line), 1))
        axis.setGrid(255)
    return axis


def made_label(justify: str, color: str, font: QFont) -> LabelItem:
    """Return a line of text beside an axis."""
    label = LabelItem(color=color, justify=justify)
    label.item.setFont(font)
    label.item.document().setDocumentMargin(0)
    return label


def write(label: LabelItem, html: str) -> None:
    """Let a label say this; it takes the room that there is."""
    if html != label.text:
        label.setText(html)
        label.setMinimumSize(0, 0)
        label.setMaximumHeight(label.itemRect().height())


def show_values(
    axis: AxisItem,
    head: LabelItem,
    shown: Axis,
    height: float,
    look: tuple[Theme, QFont, Measures],
) -> None:
    """Let an axis show a unit: its numbers, and above them its name with the symbols of its curves."""
    theme, font, measures = look
    low, high = shown.scale.low, shown.scale.high
    ticks = marks_of(low, high, height, measures)
    # Of a number that is wider than the axis the last digits tell marks apart.
    axis.setTicks([[(value, elided(text, font, measures, is_left=True)) for value, text in ticks]])
    looks = [trace_look(theme, trace) for trace in shown.traces]
    bold = QFont(font)
    bold.setBold(True)
    metrics = QFontMetricsF(bold)
    # A head that is wider than the axis would take its room from the curves.
    each = metrics.horizontalAdvance(f" {_WIDEST_GLYPH}")
    unit = (
        metrics.elidedText(shown.unit, Qt.TextElideMode.ElideRight, measures.axis - min(len(looks), 2) * each)
        or "–"
    )
    most = max(int((measures.axis - metrics.horizontalAdvance(unit)) / each) - 1, 1)
    most += len(looks) == most + 1
    symbols = [f'<span style="color: {look.color.name()}">{look.glyph}</span>' for look in looks[:most]]
    parts = [f"<b>{escape(unit)}</b>", *symbols, *(["…"] if len(looks) > most else [])]
    write(head, " ".join(parts if axis.orientation == "right" else parts[::-1]))


def marks_of(low: float, high: float, height: float, measures: Measures) -> list[Tick]:
    """Return the marks of an axis so high: at least two, because one tells nothing of its scale."""
    most = max(int(height / (TICK_LINES * measures.line)), 2)
    ticks = value_ticks(low, high, most)
    # Less than half of its height from an end, a number is not written.
    edge = 0.55 * measures.line * (high - low) / max(height, 1.0)
    for more in range(most, most + MOST_MORE):
        found = value_ticks(low, high, more)
        whole = [tick for tick in found if low + edge <= tick[0] <= high - edge]
        if len(whole) >= 2:
            apart = (whole[1][0] - whole[0][0]) / (high - low) * height
            # Of marks that are too close to each other there is room for two.
            return found if apart >= CLOSEST_LINES * measures.line else [whole[0], whole[-1]]
    return ticks


def show_words(axis: AxisItem, shown: Lane, height: float, font: QFont, measures: Measures) -> None:
    """Let an axis show the words of a lane, as many as stand below each other."""
    each = max(math.ceil(LANE_LINES * measures.line * shown.scale.span / max(height, 1.0)), 1)
    # A text that is another one each time makes thousands of words.
    shown_words = range(0, len(shown.labels), each)
    axis.setTicks([[(place, elided(shown.labels[place], font, measures)) for place in shown_words]])


def elided(text: str, font: QFont, measures: Measures, *, is_left: bool = False) -> str:
    """Return as much of a text as an axis has room for: its beginning, or with `is_left` its end."""
    mode = Qt.TextElideMode.ElideLeft if is_left else Qt.TextElideMode.ElideRight
    return QFontMetricsF(font).elidedText(text, mode, measures.axis - 7)


def show_time(axis: AxisItem, picture: Picture, width: float, measures: Measures) -> None:
    """Let an axis show the time of a picture."""
    most = int(width / (TIME_TICK_LINES * measures.line))
    axis.setTicks([time_ticks(picture.start, picture.end, most, picture.zone)])


def date_text(picture: Picture) -> str:
    """Return the date and the zone of a picture."""
    date = local(picture.start, picture.zone)
    return f"{date:%a} {date.day} {date:%b %Y}, {zone_text(picture.end, picture.zone)}"
