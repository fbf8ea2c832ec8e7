"""The values of the curves in words: in the legend, at the cursor, and for those who cannot see the plot."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PyQt6.QtCore import QCoreApplication

from papaya_gui.models.batch import NUMBER, TEXT
from papaya_gui.models.board import value_text
from papaya_gui.models.composer import Captions
from papaya_gui.models.curve import NOTHING, Aggregation, Drawn, Telling, shown_at
from papaya_gui.models.picture import Lane, Trace
from papaya_gui.models.series import Series
from papaya_gui.models.ticks import clock_text
from papaya_gui.models.window import TimeWindow, span_text
from papaya_gui.plots.cursor import Point
from papaya_gui.plots.geometry import Geometry, Placed
from papaya_gui.plots.legend import Entry
from papaya_gui.plots.pens import look_of
from papaya_gui.plots.plot import Plot
from papaya_gui.sources.supply import Simulated
from papaya_gui.theme import Theme
from papaya_gui.views.wording import translated_words

Place = tuple[Placed, Trace]


def _tr(text: str) -> str:
    return QCoreApplication.translate("PlotPanel", text)


@dataclass(frozen=True, slots=True)
class Reading:
    """What is said of one series: its line of the legend, and its point at the cursor while it is drawn."""

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


def window_name(window: TimeWindow, start: float) -> str:
    """Return the name of a window that is none of the usual ones."""
    if window.is_following:
        return _tr("last {span}").format(span=span_text(window.span))
    time = clock_text(start, None, max(window.span, 60.0))
    return _tr("{span} from {time}").format(span=span_text(window.span), time=time)


def note(plot: Plot, *, is_reading: bool) -> str:
    """Return what the bar says: that the view stands still or is paused, and that history is being read."""
    parts = []
    if plot.station.is_paused:
        parts.append(_tr("paused, {count} new").format(count=f"{plot.station.missed:,}"))
    elif not plot.timeline.window.is_following:
        parts.append(_tr("recorded") if plot.station.recorded else _tr("not following live"))
    if is_reading:
        parts.append(_tr("reading history …"))
    return "   ".join(parts)


def heading(plot: Plot, moment: float | None) -> str:
    """Return the time at the cursor."""
    if moment is None:
        return ""
    return clock_text(moment, plot.wishes.zone, plot.timeline.window.span)


def entries_of(plot: Plot, theme: Theme) -> list[Entry]:
    """Return the line of the legend of every selected series, without a cursor."""
    return [_entry(plot, theme, series, "") for series in plot.timeline.chosen]


def readings_of(plot: Plot, theme: Theme, moment: float | None, placement: Geometry) -> list[Reading]:
    """Return what is said of every selected series now, and at a moment of what is placed on the canvas."""
    if moment is None:
        return [Reading(entry) for entry in entries_of(plot, theme)]
    places = _places(placement)
    x = placement.x(moment)
    return [
        _reading(plot, theme, series, moment, x, places.get(series.row.index))
        for series in plot.timeline.chosen
    ]


def _places(placement: Geometry) -> dict[int, Place]:
    """Return the axis or lane of every row that is drawn, and what is drawn of it."""
    return {trace.row: (placed, trace) for placed in placement.placed for trace in placed.shown.traces}


def _reading(
    plot: Plot, theme: Theme, series: Series, moment: float, x: float, place: Place | None
) -> Reading:
    row, wishes = series.row, plot.wishes
    line = Drawn(NOTHING, NOTHING) if place is None else place[1].drawn
    telling, value = shown_at(series, line, wishes.own.get(row.index, wishes.aggregation), moment)
    at_cursor = with_unit(plot, series, value) if telling is Telling.VALUE else _tr(telling.value)
    entry = _entry(plot, theme, series, at_cursor)
    if place is None:
        return Reading(entry)
    height = None if math.isnan(value) else _height(plot, series, value, place[0])
    return Reading(entry, Point(entry.look, f"{row.title} · {row.device}: {at_cursor}", x, height))


def _entry(plot: Plot, theme: Theme, series: Series, at_cursor: str) -> Entry:
    row, wishes, composer = series.row, plot.wishes, plot.composer
    stale = composer.stale(series, plot.timeline.now)
    now = _tr("no data") if series.last is None else with_unit(plot, series, series.last[1])
    doubts = [one for one in (stale, composer.ahead(series, plot.timeline.now)) if one]
    aggregation = wishes.own.get(row.index, wishes.aggregation)
    return Entry(
        row.index,
        look_of(theme, composer.look(row.index)),
        row.title,
        row.device,
        " · ".join((now, *doubts)),
        at_cursor,
        _tr("steps") if series.is_step else aggregation_name(aggregation),
        bool(stale),
        row.index in wishes.hidden,
    )


def _height(plot: Plot, series: Series, value: float, place: Placed) -> float | None:
    """Return where a value stands on the canvas, None where it is outside of its area."""
    if isinstance(place.shown, Lane) and series.kind == TEXT:
        labels, text = place.shown.labels, plot.station.texts.shown(value)
        return place.y(labels.index(text)) if text in labels else None
    y = place.y(value)
    return y if place.rect.top() <= y <= place.rect.bottom() else None


def with_unit(plot: Plot, series: Series, value: float) -> str:
    """Return a value with its unit."""
    text = value_text(value, max(series.kind, NUMBER), plot.station.texts)
    return text if series.is_step or not series.sensor.unit else f"{text} {series.sensor.unit}"


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
        told.append(f"{entry.title}, {entry.device}{hidden}: {entry.now}.")
    return " ".join(told)
