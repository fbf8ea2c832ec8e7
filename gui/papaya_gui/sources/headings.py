"""The line of names of a CSV file, as people and programs write it: which column says what.

A file of papaya names its columns `device`, `key`, `value`, `ts`. Loggers, spreadsheets and the window's own
export have other names for them, lines before the names, and often no column for the device.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from papaya.foreign import plain_number, shown
from papaya.formulas import unguarded
from papaya.sensors.backend import SensorFault
from papaya_gui.models.tidy import COLUMNS
from papaya_gui.sources.moments import is_moment
from papaya_gui.sources.reckoning import TwoDays, as_iso, elapsed_in, may_mean_two_days, scale_of

DEVICE, KEY, VALUE, VALUES, TS, DATE = "device", "key", "value", "values", "ts", "\0date"
UNIT, TITLE = "unit", "sensor"
DELIMITERS = (",", ";", "\t", "|")
# In the order in which they are looked for.
_TIMES = (
    "ts", "epoch_ms", "timestamp", "datetime", "date time", "date/time", "zeitstempel", "datum/uhrzeit",
    "datum uhrzeit", "time", "zeit", "utc", "date", "datum", "last_changed", "recorded at", "created at",
)  # fmt: skip
_DATES, _CLOCKS = ("date", "datum"), ("time", "zeit", "uhrzeit")
_DEVICES = ("device", "device name", "devicename", "gerät", "device id", "entity_id", "entity name")
_KEYS, _VALUES = ("key", "sensor", "metric", "name"), ("value", "wert", "state")
# A unit or a zone behind a name, as in `Time (UTC)`.
_BEHIND = re.compile(r"\s*[(\[].*[)\]]\s*$")
_UNIT = re.compile(r"[(\[](?![0-9]+[)\]])([^()\[\]]{1,12})[)\]]\s*$")
_DAY = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2}", re.ASCII)
# Names of times that count from 0, beside those of others; the last is that of a sensor, too.
_ELAPSED = ("elapsed", "elapsed time", "elapsed_s", "elapsed_ms", "seconds", "time_s", "time_ms", "t")
_BEGINS_BELOW = 1000.0
# Lines of a title, a site and a serial number may stand above the names.
MOST_TITLES = 50
_EXPORT = frozenset(COLUMNS)


@dataclass(frozen=True, slots=True)
class Names:
    """The meaning of each column: a role, the key of a sensor, or nothing where it is left out.

    `owner` is the device of a file without a column for it. In the window's own export,
    texts that a spreadsheet would calculate begin with an apostrophe, and devices have their places.
    `order` is that of day and month in its dates. `scale` is how many milliseconds one is, of times that
    count from 0; else it is 0.
    """

    columns: tuple[str, ...]
    owner: str = ""
    is_export: bool = False
    order: str = ""
    scale: float = 0.0

    def finished(self, cells: dict[str, object]) -> dict[str, object]:
        """Return the cells of a line by name, with device and time in their places."""
        if not (self.is_export or self.owner or self.order or self.scale or DATE in cells):
            return cells
        if DATE in cells:
            cells[TS] = f"{cells.pop(DATE)} {cells.get(TS, '')}".strip()
        if TS in cells:
            cells[TS] = self.moment(cells[TS])
        if self.is_export:
            cells = {name: self.plain(name, cell) for name, cell in cells.items()}
        elif self.owner:
            cells[DEVICE] = self.owner
        return cells

    def moment(self, cell: object) -> object:
        """Return the time of a line as one that stands for itself, or as one that counts from 0."""
        if self.scale:
            return elapsed_in(cell, self.scale) or cell
        return as_iso(cell, self.order) if isinstance(cell, str) and self.order else cell

    def plain(self, name: str, cell: object) -> object:
        """Return what an exported cell stands for."""
        if not isinstance(cell, str):
            return cell
        text = unguarded(cell)
        return device_of(text) if name == DEVICE else text


def device_of(path: str) -> str:
    """Return the device that an export names with its two places, as INDIA/Goa/PM-1."""
    parts = path.split("/", 2)
    return parts[2] if len(parts) == 3 else path


def owner_of(path: Path, devices: Collection[str]) -> str:
    """Return the device of a file that names none: the one named like the file, else the only one."""
    return next(iter(devices)) if len(devices) == 1 and path.stem not in devices else path.stem


def names_of(
    cells: Sequence[str], below: Sequence[Sequence[str]], owner: str = "", order: str = ""
) -> Names | None:
    """Return what the columns of a line of names are, by its cells and those of some lines below.

    None where they are no names: neither a device nor, if the file is of one device, its `owner`, a time.
    `order` is that of day and month in dates. Raises TwoDays where it is needed and not known.
    """
    said = [cell.strip() for cell in cells]
    while said and not said[-1]:
        said.pop()
    if set(said) >= _EXPORT:
        roles = {"epoch_ms": TS, "time": "", "mean_of_s": ""}
        return Names(tuple(roles.get(name, name) for name in said), is_export=True)
    plain = [_BEHIND.sub("", name).casefold() for name in said]
    found: dict[int, str] = {}
    device = _place_of(plain, said, DEVICE, _DEVICES)
    if device is not None:
        found[device] = DEVICE
    found |= _time_in(plain, said, below, order)
    elapsed, scale = (
        ({}, 0.0) if _is_absolute(found, below) else _elapsed_in(plain, said, below, device is None)
    )
    found |= elapsed
    is_timed = TS in found.values()
    if device is None and not (owner and is_timed):
        return None
    key = _place_of(plain, said, KEY, _KEYS, found)
    value = _place_of(plain, said, VALUE, _VALUES, found)
    if key is not None and value is not None:
        found |= {key: KEY, value: VALUE}
    return Names(_columns(said, found), "" if device is not None else owner, order=order, scale=scale)


def _place_of(
    plain: Sequence[str],
    said: Sequence[str],
    exact: str,
    others: Sequence[str],
    taken: Sequence[int] | dict[int, str] = (),
) -> int | None:
    """Return where a column is: by its exact name, else by the first of others."""
    if exact in said:
        return said.index(exact)
    return next(
        (plain.index(name) for name in others if name in plain and plain.index(name) not in taken), None
    )


def _is_absolute(found: dict[int, str], below: Sequence[Sequence[str]]) -> bool:
    """Return whether a column of times has some that stand for themselves, or none at all."""
    place = next((place for place, role in found.items() if role == TS), None)
    if place is None:
        return False
    cells = [cell for cell in _cells(below, place) if cell]
    return (
        DATE in found.values()
        or not cells
        or any(elapsed_in(one) is None and is_moment(one) for one in cells)
    )


def _elapsed_in(
    plain: Sequence[str], said: Sequence[str], below: Sequence[Sequence[str]], is_of_one_device: bool
) -> tuple[dict[int, str], float]:
    """Return the column of times that count from 0, and how many milliseconds one is; 0 where there is none.

    Numbers are such times if they begin at 0 and only grow; those of one device may begin below 1,000.
    """
    known = (*_TIMES, *(_ELAPSED if is_of_one_device else _ELAPSED[:-1]))
    for place, name in enumerate(plain):
        cells = [cell for cell in _cells(below, place) if cell]
        if name not in known or not cells:
            continue
        unit = title_and_unit(said[place])[1] or name.rpartition("_")[2]
        if all(elapsed_in(cell) is not None for cell in cells):
            return {place: TS}, scale_of(unit)
        begins_below = _BEGINS_BELOW if is_of_one_device and name != _ELAPSED[-1] else 0.0
        if _only_grows([plain_number(cell.replace(",", ".")) for cell in cells], begins_below):
            return {place: TS}, scale_of(unit)
    return {}, 0.0


def _only_grows(numbers: Sequence[float | None], begins_below: float) -> bool:
    """Return whether cells are two numbers or more, each larger than the one before, from about 0 on."""
    known = [float(one) for one in numbers if one is not None]
    grows = all(one < other for one, other in zip(known, known[1:], strict=False))
    return len(known) == len(numbers) > 1 and grows and 0 <= known[0] <= begins_below


def _time_in(
    plain: Sequence[str], said: Sequence[str], below: Sequence[Sequence[str]], order: str
) -> dict[int, str]:
    """Return the columns of the time; of names that a sensor may have too, those with a time below."""
    if TS in said:
        return {said.index(TS): TS}
    day = next((plain.index(name) for name in _DATES if name in plain), None)
    clock = next((plain.index(name) for name in _CLOCKS if name in plain), None)
    if day is not None and clock is not None:
        both = zip(_cells(below, day), _cells(below, clock), strict=True)
        if any(_is_moment(f"{one} {other}", order) for one, other in both):
            return {day: DATE, clock: TS}
    places = [plain.index(name) for name in _TIMES if name in plain]
    for place in places:
        if any(_is_moment(cell, order) for cell in _cells(below, place)):
            return {place: TS}
    for cell in (cell for place in places for cell in _cells(below, place)):
        if may_mean_two_days(cell) and not order:
            raise TwoDays(shown(cell))
        if _DAY.match(cell):
            raise SensorFault(
                f"its times are in a form that may mean two days, such as {shown(cell)}",
                remedy="Write them as 2026-11-29 10:00, 29.11.2026 10:00 or in milliseconds since 1970.",
            )
    return {}


def _is_moment(cell: str, order: str) -> bool:
    """Return whether a cell is a time that means one moment; a date does once its order is known."""
    return is_moment(as_iso(cell, order))


def _cells(below: Sequence[Sequence[str]], place: int) -> list[str]:
    """Return the cells of a column in some lines."""
    return [row[place].strip() if place < len(row) else "" for row in below]


def _columns(said: Sequence[str], found: dict[int, str]) -> tuple[str, ...]:
    """Return a name for each column: one without a name, or with one that was there, gets its number."""
    columns: list[str] = []
    for place, name in enumerate(said):
        role = found.get(place)
        if role is None:
            role = name or f"column {place + 1}"
            if role in columns or role in found.values():
                role = f"{role} ({said[: place + 1].count(name)})"
            while role in columns:
                role += "'"
        columns.append(role)
    return tuple(columns)


@lru_cache(4096)
def title_and_unit(name: str) -> tuple[str, str]:
    """Return name and unit of a column like `Temperature [°C]`; of others neither, as the key says all."""
    found = _UNIT.search(name)
    return ("", "") if found is None else (name[: found.start()].strip(), found[1].strip())


def no_names(*, is_empty: bool = False) -> SensorFault:
    """Return what is said of a file without a line of names."""
    if is_empty:
        return SensorFault("it is empty")
    return SensorFault(
        "it is no CSV that names a column device or a column of times in one of its first lines",
        remedy="Name the columns in its first line: device, ts and one for each sensor.",
    )
