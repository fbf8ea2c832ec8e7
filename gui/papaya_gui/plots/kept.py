"""How the plot is set, as a layout keeps it: rows by device and key, which a changed fleet leaves valid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC

from papaya.manifest.model import Json
from papaya_gui.models.curve import Aggregation
from papaya_gui.models.looks import Looks
from papaya_gui.models.picture import LINKED, SHARED, AxisKey
from papaya_gui.models.scale import Scale
from papaya_gui.models.window import window_of
from papaya_gui.plots.plot import Plot

# Colors and widths that a person can choose for a curve.
MOST_COLORS, WIDEST = 8, 6.0


def settings_of(plot: Plot) -> dict[str, Json]:
    """Return everything that can be set, as JSON."""
    wishes, catalog = plot.wishes, plot.station.catalog

    def name(row: int) -> list[Json]:
        return [catalog[row].device, catalog[row].sensor.key]

    looks = wishes.looks
    own: list[Json] = [[*name(row), looks.own[row].value] for row in sorted(looks.own)]
    hidden: list[Json] = [name(row) for row in sorted(wishes.hidden)]
    apart: list[Json] = [name(row) for row in sorted(looks.apart)]
    colors: list[Json] = [[*name(row), looks.colors[row]] for row in sorted(looks.colors)]
    widths: list[Json] = [[*name(row), looks.widths[row]] for row in sorted(looks.widths)]
    panels: list[Json] = [[name(row) for row in panel.rows] for panel in plot.plotted.panels]
    scales: list[Json] = []
    for key in _keys(plot) if wishes.is_fixed else ():
        scale, owner = plot.composer.scales.get(key), [] if key.row == SHARED else name(key.row)
        if scale is not None:
            place = LINKED if key.panel == LINKED else plot.plotted.place(key.panel)
            scales.append([place, key.unit, scale.low, scale.high, *owner])
    return {
        "window": plot.timeline.window.as_json(),
        "aggregation": wishes.aggregation.value,
        "own": own,
        "hidden": hidden,
        "thresholds": wishes.shows_limits,
        "utc": wishes.zone is not None,
        "fixed": wishes.is_fixed,
        "linked": wishes.is_linked,
        "apart": apart,
        "colors": colors,
        "widths": widths,
        "panels": panels,
        "heights": [round(panel.share, 4) for panel in plot.plotted.panels],
        "scales": scales,
    }


def _keys(plot: Plot) -> Iterable[AxisKey]:
    """Return every axis of what is plotted, each once."""
    panels, station = plot.plotted.panels, plot.station
    return dict.fromkeys(
        plot.composer.key_of(panel.number, station.series(row)) for panel in panels for row in panel.rows
    )


def restore(plot: Plot, settings: Mapping[str, Json]) -> list[str]:
    """Set what a layout tells and what still makes sense; return a note for each sensor that is gone."""
    notes: list[str] = []
    wishes = plot.wishes
    window = settings.get("window")
    if isinstance(window, dict):
        plot.timeline.window = window_of(window)
    wishes.aggregation = _aggregation(settings.get("aggregation")) or wishes.aggregation
    wishes.hidden = {row for row, _ in _rows(plot, settings.get("hidden"), notes)}
    wishes.looks = _looks(plot, settings, notes)
    plot.plotted.begin_looks(wishes.looks)
    if isinstance(is_linked := settings.get("linked"), bool):
        wishes.is_linked = is_linked
    _restore_panels(plot, settings.get("panels"), settings.get("heights"))
    if isinstance(shows_limits := settings.get("thresholds"), bool):
        wishes.shows_limits = shows_limits
    if isinstance(utc := settings.get("utc"), bool):
        wishes.zone = UTC if utc else None
    if isinstance(is_fixed := settings.get("fixed"), bool):
        wishes.is_fixed = is_fixed
    plot.composer.scales.clear()
    plot.composer.scales.update(_scales(plot, settings.get("scales")))
    plot.changed.emit(True)
    return notes


def _looks(plot: Plot, settings: Mapping[str, Json], notes: list[str]) -> Looks:
    own = {
        row: aggregation
        for row, rest in _rows(plot, settings.get("own"), notes)
        if rest and (aggregation := _aggregation(rest[0])) is not None
    }
    colors = {
        row: int(number)
        for row, number in _numbers(plot, settings.get("colors"), notes)
        if 0 <= number < MOST_COLORS
    }
    widths = {
        row: number
        for row, number in _numbers(plot, settings.get("widths"), notes)
        if 1.0 <= number <= WIDEST
    }
    return Looks(colors, widths, own, frozenset(row for row, _ in _rows(plot, settings.get("apart"), notes)))


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


def _numbers(plot: Plot, saved: Json, notes: list[str]) -> Iterable[tuple[int, float]]:
    """Return the rows that the fleet still has, with the number that is said of each."""
    for row, rest in _rows(plot, saved, notes):
        if rest and isinstance(rest[0], int | float) and not isinstance(rest[0], bool):
            yield row, float(rest[0])


def _restore_panels(plot: Plot, saved: Json, heights: Json) -> None:
    """Arrange what is plotted in panels as a layout tells; what it does not name is in the first."""
    if not isinstance(saved, list) or not all(isinstance(group, list) for group in saved):
        return
    left = dict.fromkeys(plot.plotted.rows)
    groups: list[list[int]] = []
    shares: list[float] = []
    for place, group in enumerate(saved):
        named = [row for row, _ in _rows(plot, group, [])]
        groups.append([row for row in named if row in left])
        del shares[len(groups) - 1 :]
        shares.append(_share(heights, place))
        # A panel all of whose sensors are gone is left out; one that was empty stays.
        if named and not groups[-1] or (group and not named):
            groups.pop()
        for row in groups[-1] if groups else ():
            left.pop(row, None)
    if not groups:
        groups.append([])
    groups[0] += left
    if groups != [[]]:
        plot.station.rearrange(lambda plotted: plotted.begin_panels(groups, shares))


def _share(heights: Json, place: int) -> float:
    """Return the share of the height that a panel had, 1 where a layout tells none that makes sense."""
    told = heights[place] if isinstance(heights, list) and place < len(heights) else 1.0
    if isinstance(told, bool) or not isinstance(told, int | float):
        return 1.0
    return float(told) if 0.01 <= told <= 100.0 else 1.0


def _scales(plot: Plot, saved: Json) -> dict[AxisKey, Scale]:
    scales = {}
    panels = plot.plotted.panels
    # Before there were panels, a scale was kept by its unit alone.
    told: Json = saved
    if isinstance(saved, dict):
        told = [[0, unit, *bounds] for unit, bounds in saved.items() if isinstance(bounds, list)]
    for one in told if isinstance(told, list) else []:
        match one:
            case [int(place), str(unit), int() | float() as low, int() | float() as high, *owner] if (
                low < high
            ):
                number = panels[place].number if 0 <= place < len(panels) else place
                row = plot.station.catalog.find(str(owner[0]), str(owner[1])) if len(owner) == 2 else None
                key = AxisKey(number, unit, SHARED if row is None else row.index)
                scales[key] = Scale(float(low), float(high)).moved(0.0)
    return scales
