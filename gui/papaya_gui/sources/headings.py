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

from papaya.foreign import shown
from papaya.formulas import unguarded
from papaya.sensors.backend import SensorFault
from papaya_gui.models.tidy import COLUMNS
from papaya_gui.sources.moments import is_moment

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
# Lines of a title, a site and a serial number may stand above the names.
MOST_TITLES = 50
_EXPORT = frozenset(COLUMNS)


@dataclass(frozen=True, slots=True)
class Names:
    """What each column is: a role, the key of a sensor, or nothing where it is left out.

    `owner` is the device of a file without a column for it. Of the window's own export, texts have an
    apostrophe where a spreadsheet would calculate, and devices stand with their places.
    """

    columns: tuple[str, ...]
    owner: str = ""
    is_export: bool = False

    def finished(self, cells: dict[str, object]) -> dict[str, object]:
        """Return the cells of a line by name, with device and time in their places."""
        if not (self.is_export or self.owner or DATE in cells):
            return cells
        if DATE in cells:
            cells[TS] = f"{cells.pop(DATE)} {cells.get(TS, '')}".strip()
        if self.is_export:
            cells = {name: self.plain(name, cell) for name, cell in cells.items()}
        elif self.owner:
            cells[DEVICE] = self.owner
        return cells

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


def names_of(cells: Sequence[str], below: Sequence[Sequence[str]], owner: str = "") -> Names | None:
    """Return what the columns of a line of names are, by its cells and those of some lines below.

    None where they are no names: neither a device nor, if the file is of one device, its `owner`, a time.
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
    found |= _time_in(plain, said, below)
    is_timed = TS in found.values()
    if device is None and not (owner and is_timed):
        return None
    key = _place_of(plain, said, KEY, _KEYS, found)
    value = _place_of(plain, said, VALUE, _VALUES, found)
    if key is not None and value is not None:
        found |= {key: KEY, value: VALUE}
    return Names(_columns(said, found), "" if device is not None else owner)


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


def _time_in(plain: Sequence[str], said: Sequence[str], below: Sequence[Sequence[str]]) -> dict[int, str]:
    """Return the columns of the time; of names that a sensor may have too, those with a time below."""
    if TS in said:
        return {said.index(TS): TS}
    day = next((plain.index(name) for name in _DATES if name in plain), None)
    clock = next((plain.index(name) for name in _CLOCKS if name in plain), None)
    if day is not None and clock is not None:
        both = zip(_cells(below, day), _cells(below, clock), strict=True)
        if any(is_moment(f"{one} {other}") for one, other in both):
            return {day: DATE, clock: TS}
    places = [plain.index(name) for name in _TIMES if name in plain]
    for place in places:
        if any(map(is_moment, _cells(below, place))):
            return {place: TS}
    for cell in (cell for place in places for cell in _cells(below, place)):
        if _DAY.match(cell):
            raise SensorFault(
                f"its times are in a form that may mean two days, such as {shown(cell)}",
                remedy="Write them as 2026-11-29 10:00, 29.11.2026 10:00 or in milliseconds since 1970.",
            )
    return {}


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
