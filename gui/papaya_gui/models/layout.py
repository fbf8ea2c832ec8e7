"""The window's layout, as a file that users can read.

Sensors are named by device and key, so that a layout outlives a change of the manifest. Unusable parts are
reported in notes; the rest is still used.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from papaya.errors import SettingsError
from papaya.manifest.model import Json
from papaya_gui.models.catalog import Catalog

VERSION = 1
_MARK = "papayaLayout"
# The column that a table is sorted by where it is in the order of the manifest.
UNSORTED = -1
Direction = Literal["ascending", "descending"]


@dataclass(frozen=True, slots=True)
class Geometry:
    """The place of the window on the screen, in pixels."""

    x: int
    y: int
    width: int
    height: int
    is_maximized: bool = False


@dataclass(frozen=True, slots=True)
class Layout:
    """The saved layout of a window; None or empty members change nothing.

    `window` is the time that the plot shows and `interval` is the refresh interval, both in seconds. `panel`
    has the plot's own settings. Four members have an entry for each widget name. `columns` has the column
    widths of a table, and `sorting` its sort column and direction. `splitters` has the sizes of a splitter's
    parts, and `pages` the name of the top page. `is_muted` says that new alarms raise no notification. `only`
    is the condition to which the tree is limited, and `is_worst_first` how it is ordered.
    """

    selection: tuple[tuple[str, str], ...] = ()
    device: str = ""
    window: float | None = None
    interval: float | None = None
    theme: str = ""
    panel: Mapping[str, Json] = field(default_factory=dict)
    geometry: Geometry | None = None
    columns: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    splitters: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    sorting: Mapping[str, tuple[int, Direction]] = field(default_factory=dict)
    pages: Mapping[str, str] = field(default_factory=dict)
    is_muted: bool = False
    only: str = ""
    is_worst_first: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """A layout, and what of it could not be made use of."""

    layout: Layout
    notes: tuple[str, ...] = ()


def layout_text(layout: Layout) -> str:
    """Return the text of a layout's file."""
    told: dict[str, Any] = {
        _MARK: VERSION,
        "selection": [{"device": device, "key": key} for device, key in layout.selection],
        "device": layout.device or None,
        "window": layout.window,
        "interval": layout.interval,
        "theme": layout.theme or None,
        "panel": dict(layout.panel) or None,
        "columns": {name: list(widths) for name, widths in layout.columns.items()} or None,
        "splitters": {name: list(sizes) for name, sizes in layout.splitters.items()} or None,
        "sorting": {
            name: {"column": column, "direction": way} for name, (column, way) in layout.sorting.items()
        }
        or None,
        "pages": dict(layout.pages) or None,
        "muted": layout.is_muted or None,
        "only": layout.only or None,
        "worstFirst": layout.is_worst_first,
    }
    if layout.geometry is not None:
        place = layout.geometry
        told["geometry"] = {"x": place.x, "y": place.y, "width": place.width, "height": place.height}
        told["geometry"]["maximized"] = place.is_maximized
    told = {key: value for key, value in told.items() if value is not None}
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def layout_from(text: str, where: str) -> Found:
    """Return the layout that a text describes.

    Raises a SettingsError where it describes none, or was written by a later papaya.
    """
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingsError(
            f"{where} is no layout: {error}", remedy="correct it, or remove it: the window then starts afresh"
        ) from None
    version = told.get(_MARK) if isinstance(told, dict) else None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise SettingsError(
            f"{where} is no layout: it does not say {_MARK}",
            remedy=f'a layout is a JSON object with "{_MARK}": {VERSION}',
        )
    if version > VERSION:
        raise SettingsError(
            f"{where} is a layout of version {version}; this papaya knows version {VERSION}",
            remedy="update papaya, or remove the file: the window then starts afresh",
        )
    fields: dict[str, Any] = {}
    notes = []
    for key, value in told.items():
        if key == _MARK:
            continue
        read = _READERS.get(key)
        if read is None:
            notes.append(f"{where}: this papaya knows no {key}, and leaves it out")
            continue
        try:
            fields[_FIELDS.get(key, key)] = read(value)
        except (TypeError, ValueError, KeyError, AttributeError):
            notes.append(f"{where}: {key} is not as it should be, and is left out")
    return Found(Layout(**fields), tuple(notes))


def rows_of(layout: Layout, catalog: Catalog) -> tuple[list[int], list[str]]:
    """Return the rows that a layout selects, and a note for each device or sensor that there is no more."""
    rows, notes = [], []
    missing: dict[str, list[str]] = {}
    for device, key in layout.selection:
        row = catalog.find(device, key)
        if row is not None:
            rows.append(row.index)
        elif catalog.has_device(device):
            notes.append(f"the layout shows {key} of {device}, a sensor that the manifest does not have")
        else:
            missing.setdefault(device, []).append(key)
    for device, keys in missing.items():
        notes.append(
            f"the layout shows {', '.join(keys)} of {device}, a device that the manifest does not have"
        )
    if layout.device and not catalog.has_device(layout.device) and layout.device not in missing:
        notes.append(f"the layout turns to {layout.device}, a device that the manifest does not have")
    return rows, notes


def _selection(told: Any) -> tuple[tuple[str, str], ...]:
    return tuple((_text(one["device"]), _text(one["key"])) for one in told)


def _text(told: Any) -> str:
    if not isinstance(told, str):
        raise TypeError
    return told


def _seconds(told: Any) -> float:
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 < told < 1e9:
        raise ValueError
    return float(told)


def _whole(told: Any) -> int:
    if isinstance(told, bool) or not isinstance(told, int) or not -100_000 < told < 100_000:
        raise ValueError
    return told


def _geometry(told: Any) -> Geometry:
    x, y, width, height = (_whole(told[key]) for key in ("x", "y", "width", "height"))
    if width < 1 or height < 1:
        raise ValueError
    return Geometry(x, y, width, height, told.get("maximized") is True)


def _sizes(told: Any) -> Mapping[str, tuple[int, ...]]:
    return {name: tuple(_whole(size) for size in sizes) for name, sizes in told.items()}


def _sorting(told: Any) -> Mapping[str, tuple[int, Direction]]:
    return {name: (_whole(one["column"]), _direction(one["direction"])) for name, one in told.items()}


def _direction(told: Any) -> Direction:
    if told not in ("ascending", "descending"):
        raise ValueError
    return "ascending" if told == "ascending" else "descending"


def _pages(told: Any) -> Mapping[str, str]:
    return {name: _text(page) for name, page in told.items()}


def _mapping(told: Any) -> Mapping[str, Json]:
    return {_text(key): value for key, value in told.items()}


# Where a layout's file says it in other words than the program.
_FIELDS = {"muted": "is_muted", "worstFirst": "is_worst_first"}
_READERS: Mapping[str, Callable[[Any], object]] = {
    "selection": _selection,
    "device": _text,
    "window": _seconds,
    "interval": _seconds,
    "theme": _text,
    "panel": _mapping,
    "geometry": _geometry,
    "columns": _sizes,
    "splitters": _sizes,
    "sorting": _sorting,
    "pages": _pages,
    "muted": bool,
    "only": _text,
    "worstFirst": bool,
}
