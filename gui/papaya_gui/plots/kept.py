"""How the plot is set, as a layout keeps it: rows by device and key, which a changed fleet leaves valid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC

from papaya.manifest.model import Json
from papaya_gui.models.curve import Aggregation
from papaya_gui.models.scale import Scale
from papaya_gui.models.window import window_of
from papaya_gui.plots.plot import Plot


def settings_of(plot: Plot) -> dict[str, Json]:
    """Return everything that can be set, as JSON."""
    wishes, catalog = plot.wishes, plot.station.catalog
    scales: dict[str, Json] = {}
    if wishes.is_fixed:
        scales = {unit: [scale.low, scale.high] for unit, scale in plot.composer.scales.items()}

    def name(row: int) -> list[Json]:
        return [catalog[row].device, catalog[row].sensor.key]

    own: list[Json] = [[*name(row), wishes.own[row].value] for row in sorted(wishes.own)]
    hidden: list[Json] = [name(row) for row in sorted(wishes.hidden)]
    return {
        "window": plot.timeline.window.as_json(),
        "aggregation": wishes.aggregation.value,
        "own": own,
        "hidden": hidden,
        "thresholds": wishes.shows_limits,
        "utc": wishes.zone is not None,
        "fixed": wishes.is_fixed,
        "scales": scales,
    }


def restore(plot: Plot, settings: Mapping[str, Json]) -> list[str]:
    """Set what a layout tells and what still makes sense; return a note for each sensor that is gone."""
    notes: list[str] = []
    wishes = plot.wishes
    window = settings.get("window")
    if isinstance(window, dict):
        plot.timeline.window = window_of(window)
    wishes.aggregation = _aggregation(settings.get("aggregation")) or wishes.aggregation
    wishes.own = {
        row: aggregation
        for row, rest in _rows(plot, settings.get("own"), notes)
        if rest and (aggregation := _aggregation(rest[0])) is not None
    }
    wishes.hidden = {row for row, _ in _rows(plot, settings.get("hidden"), notes)}
    if isinstance(shows_limits := settings.get("thresholds"), bool):
        wishes.shows_limits = shows_limits
    if isinstance(utc := settings.get("utc"), bool):
        wishes.zone = UTC if utc else None
    if isinstance(is_fixed := settings.get("fixed"), bool):
        wishes.is_fixed = is_fixed
    if not wishes.is_fixed:
        plot.composer.scales.clear()
    plot.composer.scales.update(_scales(settings.get("scales")))
    plot.changed.emit(True)
    return notes


def _aggregation(value: Json) -> Aggregation | None:
    return next((one for one in Aggregation if one.value == value), None)


def _rows(plot: Plot, saved: Json, notes: list[str]) -> Iterable[tuple[int, list[Json]]]:
    """Return the rows that the fleet still has, with what is said of each; note the others."""
    for one in saved if isinstance(saved, list) else []:
        if isinstance(one, list) and len(one) >= 2:
            row = plot.station.catalog.find(str(one[0]), str(one[1]))
            if row is None:
                notes.append(f"the layout tells of {one[1]} of {one[0]}, which the manifest has no more")
            else:
                yield row.index, one[2:]


def _scales(saved: Json) -> dict[str, Scale]:
    scales = {}
    for unit, bounds in saved.items() if isinstance(saved, dict) else ():
        if isinstance(bounds, list) and len(bounds) == 2:
            low, high = bounds
            if isinstance(low, int | float) and isinstance(high, int | float) and low < high:
                scales[unit] = Scale(float(low), float(high)).moved(0.0)
    return scales
