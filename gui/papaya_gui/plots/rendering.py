"""Draws the plot for an image or a document: the picture with its legend, in any size."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QPainter

from papaya_gui.plots.canvas import print_picture
from papaya_gui.plots.geometry import Measures
from papaya_gui.plots.lettering import with_end
from papaya_gui.plots.pens import draw_sample
from papaya_gui.plots.plot import Plot
from papaya_gui.plots.readout import entries_of, watermark
from papaya_gui.theme import Theme

# So many columns of a curve are drawn for each unit of the area, which may become several pixels.
FINENESS = 2
_LINE, _SAMPLE, _COLUMN, _DELTA = 18.0, 44.0, 330.0, 110.0


def paint(painter: QPainter, area: QRectF, plot: Plot, theme: Theme) -> None:
    """Draw what a plot shows into an area; the painter's font is used."""
    entries = [entry for entry in entries_of(plot, theme) if not entry.is_hidden]
    # What the two cursors differ by needs room beside the name.
    wide = _COLUMN + (_DELTA if any(entry.delta for entry in entries) else 0.0)
    columns = max(int(area.width() // wide), 1)
    lines = -(-len(entries) // columns)
    above = area.adjusted(0, 0, 0, -lines * _LINE - 4)
    start, end = plot.timeline.bounds
    metrics = QFontMetricsF(painter.font())
    measures = Measures(metrics.height())
    axes = measures.axes_that_fit(area.width())
    pixels = round(FINENESS * area.width())
    chosen, panels = plot.timeline.chosen, plot.plotted.panels
    now = plot.timeline.now
    # On paper no panel is marked.
    picture = plot.composer.compose(chosen, start, end, now, pixels, axes, panels=panels, current=-1)
    painter.save()
    painter.fillRect(area, QColor(theme.window))
    print_picture(painter, above, picture, theme, watermark(plot), plot.marks)
    for place, entry in enumerate(entries):
        left = area.left() + 10 + (place % columns) * wide
        middle = above.bottom() + (place // columns + 0.5) * _LINE
        draw_sample(painter, entry.look, left, middle, _SAMPLE)
        values = f"  {entry.now}"
        if entry.delta:
            values += "  " + QCoreApplication.translate("PlotPanel", "B – A: {delta}").format(
                delta=entry.delta
            )
        room = QRectF(left + _SAMPLE + 8, middle - _LINE / 2, wide - _SAMPLE - 24, _LINE)
        painter.setPen(QColor(theme.text))
        shown = with_end(f"{entry.title} · {entry.device}{values}", values, room.width(), metrics)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, shown)
    painter.restore()
