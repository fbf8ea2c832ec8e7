"""How the plot is set, as a layout keeps it: rows by device and key, which a changed fleet leaves valid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from papaya.manifest.model import Json
from papaya_gui.models.curve import Aggregation
from papaya_gui.models.scale import Scale
from papaya_gui.models.window import window_of

if TYPE_CHECKING:
    from papaya_gui.plots.panel import PlotPanel

_SWITCHES = {"thresholds": "plot.limits", "utc": "plot.utc", "fixed": "plot.fixed"}


def settings_of(panel: PlotPanel) -> dict[str, Json]:
    """Return everything that can be set, as JSON."""
    wishes, catalog = panel.composer.wishes, panel.station.catalog
    scales: dict[str, Json] = {}
    if wishes.is_fixed:
        scales = {unit: [scale.low, scale.high] for unit, scale in panel.composer.scales.items()}

    def name(row: int) -> list[Json]:
        return [catalog[row].device, catalog[row].sensor.key]

    own: list[Json] = [[*name(row), wishes.own[row].value] for row in sorted(wishes.own)]
    hidden: list[Json] = [name(row) for row in sorted(wishes.hidden)]
    return {
        "window": panel.timeline.window.as_json(),
        "aggregation": wishes.aggregation.value,
        "own": own,
        "hidden": hidden,
        **{key: panel.commands[action].isChecked() for key, action in _SWITCHES.items()},
        "scales": scales,
    }


def restore(panel: PlotPanel, settings: Mapping[str, Json]) -> list[str]:
    """Set what a layout tells and what still makes sense; return a note for each sensor that is gone."""
    notes: list[str] = []
    wishes = panel.composer.wishes
    window = settings.get("window")
    if isinstance(window, dict):
        panel.timeline.window = window_of(window)
    wishes.aggregation = _aggregation(settings.get("aggregation")) or wishes.aggregation
    panel.bar.show_aggregation(wishes.aggregation)
    wishes.own = {
        row: aggregation
        for row, rest in _rows(panel, settings.get("own"), notes)
        if rest and (aggregation := _aggregation(rest[0])) is not None
    }
    wishes.hidden = {row for row, _ in _rows(panel, settings.get("hidden"), notes)}
    for key, action in _SWITCHES.items():
        if isinstance(is_on := settings.get(key), bool):
            panel.commands[action].setChecked(is_on)
    panel.composer.scales.update(_scales(settings.get("scales")))
    return notes


def _aggregation(value: Json) -> Aggregation | None:
    return next((one for one in Aggregation if one.value == value), None)


def _rows(panel: PlotPanel, saved: Json, notes: list[str]) -> Iterable[tuple[int, list[Json]]]:
    """Return the rows that the fleet still has, with what is said of each; note the others."""
    for one in saved if isinstance(saved, list) else []:
        if isinstance(one, list) and len(one) >= 2:
            row = panel.station.catalog.find(str(one[0]), str(one[1]))
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
