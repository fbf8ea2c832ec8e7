"""The values of the curves in words: in the legend, at the cursor, and for those who cannot see the plot."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PyQt6.QtCore import QCoreApplication

from papaya_gui.models.batch import TEXT
from papaya_gui.models.composer import Captions
from papaya_gui.models.curve import NOTHING, Aggregation, Drawn, Sampled, Telling, shown_at
from papaya_gui.models.picture import Lane, Trace
from papaya_gui.models.ranges import range_text
from papaya_gui.models.series import Series
from papaya_gui.models.ticks import clock_text
from papaya_gui.models.window import span_text
from papaya_gui.plots.cursor import Point
from papaya_gui.plots.geometry import Geometry, Placed
from papaya_gui.plots.legend_model import Entry
from papaya_gui.plots.pens import look_of
from papaya_gui.plots.plot import Plot
from papaya_gui.sources.supply import Simulated
from papaya_gui.theme import Theme
from papaya_gui.views.wording import translated_words

Place = tuple[Placed, Trace]
# A sample beside a pause is told as far from it as this.
REACH_PIXELS = 6.0
_NO_LINE = Drawn(NOTHING, NOTHING)


def _tr(text: str) -> str:
    return QCoreApplication.translate("PlotPanel", text)


@dataclass(frozen=True, slots=True)
class Reading:
    """The texts about one series: its line of the legend, and its point at the cursor while it is drawn."""

    entry: Entry
    point: Point | None = None


def captions() -> Captions:
    """Return what is written into the picture, as translated."""
    return Captions(
        words=translated_words(),
        live_from=_tr("live from {time}"),
        warn_above=_tr("local threshold: warn above {limit}"),
        warn_below=_tr("local threshold: warn below {limit}"),
        alarm_above=_tr("local threshold: alarm above {limit}"),
        alarm_below=_tr("local threshold: alarm below {limit}"),
        false=_tr("false"),
        true=_tr("true"),
        panel=_tr("Panel {number}"),
        empty=_tr("Drag sensors or curves here."),
        nothing=_tr("No data in this time range. View all: Ctrl+0"),
    )


def watermark(plot: Plot) -> str:
    """Return what is written across a plot that is simulated."""
    return {
        Simulated.NOTHING: "",
        Simulated.SOME: _tr("Partly simulated data"),
        Simulated.ALL: _tr("Simulated data"),
    }[plot.simulated]


def nothing_selected() -> str:
    """Return what an empty plot says."""
    return _tr("Drag sensors or devices here, or choose one and press Enter.")


def window_name(plot: Plot) -> str:
    """Return the name of the time that is shown."""
    window = plot.timeline.window
    if window.is_following and not plot.station.recorded:
        return _tr("last {span}").format(span=span_text(window.span))
    return range_text(*plot.timeline.bounds, plot.wishes.zone)


def note(plot: Plot, *, is_reading: bool) -> str:
    """Return what the bar says: that the view stands still or is paused, and that history is being read."""
    parts = []
    if plot.station.is_paused:
        parts.append(_tr("paused, {count} new").format(count=f"{plot.station.missed:,}"))
    elif plot.station.recorded:
        parts.append(_tr("recorded"))
    elif not plot.timeline.window.is_following:
        parts.append(_tr("not following live"))
    if is_reading:
        parts.append(_tr("reading history …"))
    return "   ".join(parts)


def heading(plot: Plot, moment: float | None) -> str:
    """Return the time at the cursor."""
    if moment is None:
        return ""
    return clock_text(moment, plot.wishes.zone, plot.timeline.window.span)


def entries_of(plot: Plot, theme: Theme) -> list[Entry]:
    """Return the line of the legend of every plotted series, without a cursor."""
    return [_entry(plot, theme, series, "") for series in plot.timeline.chosen]


def readings_of(plot: Plot, theme: Theme, moment: float | None, placement: Geometry) -> list[Reading]:
    """Return what is said of every plotted series now, and at a moment of what is placed on the canvas."""
    if moment is None:
        return [Reading(entry) for entry in entries_of(plot, theme)]
    places = _places(placement)
    return [
        _reading(plot, theme, series, moment, placement, places.get(series.row.index))
        for series in plot.timeline.chosen
    ]


def _places(placement: Geometry) -> dict[int, Place]:
    """Return the axis or lane of every row that is drawn, and what is drawn of it."""
    return {trace.row: (placed, trace) for placed in placement.placed for trace in placed.shown.traces}


def sampled(plot: Plot, series: Series, moment: float, line: Drawn = _NO_LINE) -> Sampled:
    """Return the sample of a series that the cursor shows at a moment."""
    wishes, row = plot.wishes, series.row.index
    start, end = plot.timeline.bounds
    reach = (end - start) / max(plot.columns, 1) * REACH_PIXELS
    return shown_at(series, line, wishes.looks.own.get(row, wishes.aggregation), moment, reach)


def _reading(
    plot: Plot, theme: Theme, series: Series, moment: float, placement: Geometry, place: Place | None
) -> Reading:
    row = series.row
    found = sampled(plot, series, moment, _NO_LINE if place is None else place[1].drawn)
    is_value = found.telling is Telling.VALUE
    at_cursor = plot.digits.with_unit(series, found.value) if is_value else _tr(found.telling.value)
    entry = _entry(plot, theme, series, at_cursor)
    if place is None:
        return Reading(entry)
    height = _height(plot, series, found.value, place[0]) if is_value else None
    # A step holds until the next one: its value is true where the cursor stands, too.
    x = placement.x(moment if series.is_step or not is_value else found.time)
    when = f"   {sample_time(plot, found.time)}" if is_value else ""
    end = f": {at_cursor}{when}"
    text = f"{row.title} · {row.device}{end}"
    return Reading(entry, Point(entry.look, text, x, height, plot.plotted.panel_of(row.index), end))


def sample_time(plot: Plot, moment: float) -> str:
    """Return the time of a sample: with milliseconds where it has some, with the date in a long window."""
    start, end = plot.timeline.bounds
    span = end - start
    fraction = abs(moment - round(moment)) >= 0.0005
    text = clock_text(moment, plot.wishes.zone, span)
    return text + f".{int(moment * 1000) % 1000:03d}" if fraction and span >= 30 else text


def _entry(plot: Plot, theme: Theme, series: Series, at_cursor: str) -> Entry:
    row, wishes, composer, digits = series.row, plot.wishes, plot.composer, plot.digits
    stale = composer.stale(series, plot.timeline.now)
    now = _tr("no data") if series.last is None else digits.with_unit(series, series.last[1])
    doubts = [one for one in (stale, composer.ahead(series, plot.timeline.now)) if one]
    aggregation = wishes.looks.own.get(row.index, wishes.aggregation)
    low, high, mean, last = _statistics(plot, series)
    return Entry(
        row.index,
        look_of(
            theme,
            composer.look(row.index),
            wishes.looks.colors.get(row.index, -1),
            wishes.looks.widths.get(row.index, 1.0),
        ),
        row.title,
        row.device,
        " · ".join((now, *doubts)),
        at_cursor,
        _tr("steps") if series.is_step else aggregation_name(aggregation),
        bool(stale),
        row.index in wishes.hidden,
        str(plot.plotted.place(plot.plotted.panel_of(row.index)) + 1),
        low,
        high,
        mean,
        last,
        difference(plot, series),
    )


def _statistics(plot: Plot, series: Series) -> tuple[str, str, str, str]:
    """Return lowest, highest, mean and last value of the visible time; empty without values."""
    found, digits = plot.statistics(series), plot.digits

    def text(value: float, more: int = 0) -> str:
        return "" if math.isnan(value) else digits.text(series, value, more=more)

    return text(found.low), text(found.high), text(found.mean, 1), text(found.last)


def difference(plot: Plot, series: Series) -> str:
    """Return the value at measuring cursor B less that at A; empty while they are not both set."""
    first, second = plot.marks.times
    if first is None or second is None:
        return ""
    ends = sampled(plot, series, first), sampled(plot, series, second)
    if series.is_step:
        return "–"
    if any(one.telling is not Telling.VALUE for one in ends):
        return _tr("no data")
    value = ends[1].value - ends[0].value
    return ("+" if value > 0 else "") + plot.digits.with_unit(series, value)


def _height(plot: Plot, series: Series, value: float, place: Placed) -> float | None:
    """Return where a value stands on the canvas, None where it is outside of its area."""
    if isinstance(place.shown, Lane) and series.kind == TEXT:
        labels, text = place.shown.labels, plot.station.texts.shown(value)
        return place.y(labels.index(text)) if text in labels else None
    y = place.y(value)
    return y if place.rect.top() <= y <= place.rect.bottom() else None


def aggregation_name(aggregation: Aggregation) -> str:
    """Return the name of a way to draw."""
    return {
        Aggregation.AUTO: _tr("auto"),
        Aggregation.RAW: _tr("raw"),
        Aggregation.MEAN: _tr("mean"),
        Aggregation.RANGE: _tr("min–max"),
    }[aggregation]


def description(plot: Plot, readings: list[Reading]) -> str:
    """Return what the plot shows in words, with the current values."""
    if not readings:
        return nothing_selected()
    start, end = plot.timeline.bounds
    zone = plot.wishes.zone
    span = end - start
    told = [
        _tr("From {start} to {end}.").format(
            start=clock_text(start, zone, span), end=clock_text(end, zone, span)
        )
    ]
    for reading in readings:
        entry = reading.entry
        hidden = _tr(" (hidden)") if entry.is_hidden else ""
        place = _tr(" in panel {number}").format(number=entry.panel) if len(plot.plotted.panels) > 1 else ""
        told.append(f"{entry.title}, {entry.device}{place}{hidden}: {entry.now}.")
    return " ".join(told)
