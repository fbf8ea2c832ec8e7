"""Pieces of a large CSV file as columns; what is odd in a piece is read line by line, as a small file is."""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from papaya.bounded_file import opened
from papaya.errors import system_reason
from papaya.foreign import plain_number
from papaya.formulas import unguarded
from papaya.manifest.model import Sensor
from papaya.sensors.backend import SensorFault
from papaya.sensors.columns import Dialect
from papaya.sensors.reading import EARLIEST, LATEST, is_numeric
from papaya_gui.models.batch import EMPTY, NUMBER, TEXT, TRUTH, Batch, Floats, joined
from papaya_gui.models.catalog import MOST_FOUND, Catalog, is_key
from papaya_gui.models.texts import Texts
from papaya_gui.sources.encodings import check_kind, encoding_of
from papaya_gui.sources.fleet_csv import head_of, lines_below
from papaya_gui.sources.fleet_file import AT_REST, readings_of
from papaya_gui.sources.headings import DATE, DEVICE, KEY, TITLE, TS, UNIT, VALUE, Names, title_and_unit
from papaya_gui.sources.left_out import LeftOut
from papaya_gui.sources.moments import milliseconds_among, milliseconds_in_texts
from papaya_gui.sources.past import LARGEST
from papaya_gui.sources.reckoning import TwoDays, as_iso, elapsed_in, midnight, order_in

# So small that the window gets its turn between two of them.
PIECE = 64 * 1024
# In so many places a file is looked at for the names of its devices.
_LOOKS, _LOOK = 32, 256 * 1024
_HEAD = 64 * 1024
_MOST_PAIRS = 1_000_000
_NOBODY = -1
_UNDERSCORED = re.compile("_").search


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a file that ends with a line, and which part of the file has been read with it."""

    text: str
    part: float


@dataclass(frozen=True, slots=True)
class Head:
    """The text up to the end of the line of names, the names, how columns are divided, and the encoding."""

    text: str
    names: Names
    dialect: Dialect
    encoding: str = "utf-8-sig"


def head_in(path: Path, owner: str = "", order: str = "") -> Head:
    """Return the line of names of a file; raises SensorFault where there is none.

    The order of dates is what a person said, else what dates in some places of the file prove.
    """
    with _opened(path) as file:
        start = file.read(_HEAD)
    check_kind(start)
    encoding = encoding_of(start)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(start)
    try:
        end, names, dialect = head_of(text, owner, order or order_in(text))
    except TwoDays:
        found = {order_in(part) for _, part in _looks(path, encoding)} - {""}
        if len(found) != 1:
            raise
        end, names, dialect = head_of(text, owner, found.pop())
    return Head(text[:end], names, dialect, encoding)


def pieces_in(path: Path, head: Head) -> Iterator[Piece]:
    """Yield the lines below that of names; raises SensorFault where the file cannot be read."""
    with _opened(path) as file:
        status = os.fstat(file.fileno())
        decode = codecs.getincrementaldecoder(head.encoding)("replace").decode
        rest, done = "", 0
        skipped = len(head.text)
        while block := file.read(PIECE):
            done += len(block)
            data = rest + decode(block)
            # The line of names may be longer than a piece.
            part, skipped = data[skipped:], max(skipped - len(data), 0)
            end = part.rfind("\n") + 1
            rest = part[end:]
            if end:
                yield Piece(part[:end], done / max(status.st_size, 1))
        if rest and time.time() - status.st_mtime > AT_REST:
            # Nobody is writing its last line any more.
            yield Piece(f"{rest}\n", 1.0)


def devices_in(path: Path, owner: str = "", order: str = "") -> set[str]:
    """Return the names of the devices in a file, from its beginning, its end and places in between."""
    head = head_in(path, owner, order)
    named = head.names
    if named.owner:
        return {named.owner}
    place = named.columns.index(DEVICE)
    between = re.escape(head.dialect.delimiter)
    pattern = re.compile(rf"^(?:[^{between}\n]*{between}){{{place}}}([^{between}\r\n]*)", re.MULTILINE)
    found: set[str] = set()
    for at, text in _looks(path, head.encoding):
        # The first line is that of names, or a part of one.
        first = text.find("\n") if at else len(head.text) - 1
        found.update(pattern.findall(text[first + 1 : text.rfind("\n") + 1]))
    names = {name.strip().strip('"') for name in found}
    return {str(named.plain(DEVICE, name)) if named.is_export else name for name in names} - {""}


def _looks(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    """Yield some places of a file with the text that begins there."""
    with _opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        for look in range(_LOOKS):
            at = max((size - _LOOK) * look // (_LOOKS - 1), 0)
            # A character of UTF-16 has two bytes.
            file.seek(at - at % 2)
            yield at, _decoded(file.read(_LOOK), encoding)


def _decoded(part: bytes, encoding: str) -> str:
    """Return the text of a part from the middle of a file."""
    if encoding == "utf-16" and not part.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        # Of the two orders, the one in which a line break is one.
        encoding = "utf-16-le" if b"\n\0" in part else "utf-16-be"
    return part.decode(encoding, "replace")


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with opened(path)[0] as file:
            yield file
    except OSError as error:
        raise SensorFault(f"{path} cannot be read: {system_reason(error)}") from error


class Columns:
    """Makes batches of pieces; rows that the catalog lacks are added to it, for devices that it has."""

    def __init__(self, head: Head, catalog: Catalog, texts: Texts, written: int, left_out: LeftOut) -> None:
        self._head, self._texts, self._written, self._left_out = head, texts, written, left_out
        self._rows = _Rows(catalog, head.names)
        self._catalog, self._line = catalog, head.text.count("\n") + 1

    @property
    def strangers(self) -> Sequence[str]:
        """Devices that the catalog does not have."""
        return sorted(self._rows.strangers)

    def batch(self, piece: Piece) -> Batch:
        """Return what a piece says."""
        try:
            return self._quick(piece.text)
        except (ValueError, OverflowError):
            return self._slow(piece.text)
        finally:
            self._line += piece.text.count("\n")

    def _quick(self, text: str) -> Batch:
        columns = _cells(text, self._head)
        count = len(next(iter(columns.values()), ()))
        days = columns.pop(DATE, None)
        times = columns.pop(TS, None)
        if days is not None and times is not None:
            times = [f"{day.strip()} {clock.strip()}" for day, clock in zip(days, times, strict=True)]
        moments = self._times(times, count)
        devices = columns.pop(DEVICE, (self._head.names.owner,) * count)
        if KEY in columns:
            said = (columns[name] if name in columns else ("",) * count for name in (UNIT, TITLE))
            pairs = zip(devices, columns[KEY], *said, strict=True)
            rows = np.fromiter(map(self._rows.__getitem__, pairs), np.int32, count)
            return self._usable(rows, moments, self._numbers(columns[VALUE]))
        parts = []
        for name, cells in columns.items():
            there = np.array([bool(cell and not cell.isspace()) for cell in cells], np.bool_)
            chosen = [cell for cell in cells if cell and not cell.isspace()]
            owners = [one for one, is_there in zip(devices, there, strict=True) if is_there]
            rows = np.array([self._rows[one, name, "", ""] for one in owners], np.int32)
            parts.append(self._usable(rows, moments[there], self._numbers(chosen)))
        return joined(parts)

    def _numbers(self, cells: Sequence[str]) -> Floats:
        if self._head.dialect.decimal != ".":
            cells = [cell.replace(",", ".") for cell in cells]
        if any(map(_UNDERSCORED, cells)):
            # float() takes 1_000 for a number, which nobody else does.
            raise ValueError("it is to be read line by line")
        return np.fromiter(map(float, cells), np.float64, len(cells))

    def _times(self, cells: Sequence[str] | None, count: int) -> Floats:
        if cells is None:
            return np.full(count, float(self._written))
        names = self._head.names
        if names.scale:
            return self._elapsed(cells, names.scale)
        try:
            return milliseconds_among(self._numbers(cells))
        except ValueError:
            texts = [as_iso(cell.strip(), names.order) for cell in cells]
            times, has_zone = milliseconds_in_texts(texts)
            self._left_out.is_without_zone |= not has_zone
            return times

    def _elapsed(self, cells: Sequence[str], scale: float) -> Floats:
        """Return times that count from 0 in milliseconds since 1970."""
        self._left_out.is_from_zero = True
        try:
            found = self._numbers(cells) * scale
        except ValueError:
            told = [elapsed_in(cell) for cell in cells]
            if any(one is None for one in told):
                raise
            found = np.array([one.milliseconds for one in told if one is not None])
        return np.rint(midnight(self._written) + found)

    def _usable(self, rows: NDArray[np.int32], times: Floats, values: Floats) -> Batch:
        """Return what can be kept, with times in seconds; the rest is counted."""
        good = (times >= EARLIEST) & (times <= LATEST) & (np.abs(values) < LARGEST)
        if not good.all():
            self._left_out.add("a value or a time that cannot be kept", int((~good).sum()))
        good &= rows != _NOBODY
        kinds = np.full(int(good.sum()), NUMBER, np.int8)
        self._left_out.take(len(kinds))
        return Batch(rows[good], times[good] / 1000, values[good], kinds)

    def _slow(self, text: str) -> Batch:
        entries = []
        lines = lines_below(text, 0, self._line, self._head.names, self._head.dialect)
        for one in readings_of(lines, self._written, self._left_out):
            row = self._rows.of(one.device, one.name, one.unit, one.title)
            if row == _NOBODY:
                continue
            value = one.value
            if isinstance(value, str) and is_numeric(self._catalog[row].sensor):
                number = plain_number(value)
                if number is None:
                    self._left_out.add(f"{one.name} of {one.device} is not a number")
                    continue
                value = number
            if isinstance(value, bool):
                entries.append((row, one.timestamp / 1000, float(value), TRUTH))
            elif isinstance(value, str):
                entries.append((row, one.timestamp / 1000, float(self._texts.number(value)), TEXT))
            elif abs(value) < LARGEST:
                entries.append((row, one.timestamp / 1000, float(value), NUMBER))
            else:
                self._left_out.add(f"{one.name} of {one.device}: {value:g} cannot be kept")
        if not entries:
            return EMPTY
        rows, times, values, kinds = zip(*entries, strict=True)
        self._left_out.take(len(entries))
        return Batch(
            np.array(rows, np.int32), np.array(times, np.float64),
            np.array(values, np.float64), np.array(kinds, np.int8),
        )  # fmt: skip


def _cells(text: str, head: Head) -> dict[str, Sequence[str]]:
    """Return the cells of each column; raises ValueError where a line is not as simple as the others.

    No list is made for a line: thousands of lists let Python look through all objects of the window for
    garbage, and the window waits meanwhile.
    """
    text = text.replace("\r\n", "\n")
    lines = [line for line in text.split("\n") if line]
    names, between = head.names.columns, head.dialect.delimiter
    width = len(names)
    if not lines or '"' in text or "\r" in text or {line.count(between) for line in lines} != {width - 1}:
        raise ValueError("it is to be read line by line")
    cells = between.join(lines).split(between)
    return {name: cells[place::width] for place, name in enumerate(names)}


class _Rows(dict[tuple[str, str, str, str], int]):
    """The index of a sensor's row by the cells of device, key, unit and name; what nobody has is -1."""

    def __init__(self, catalog: Catalog, names: Names) -> None:
        super().__init__()
        self._catalog, self._names = catalog, names
        self.strangers: set[str] = set()

    def __missing__(self, cells: tuple[str, str, str, str]) -> int:
        device, key, unit, title = (cell.strip() for cell in cells)
        if self._names.is_export:
            device = str(self._names.plain(DEVICE, device))
            key, unit, title = (unguarded(cell) for cell in (key, unit, title))
        index = self.of(device, key, unit, title)
        if len(self) < _MOST_PAIRS:
            self[cells] = index
        return index

    def of(self, device: str, key: str, unit: str = "", title: str = "") -> int:
        """Return the index of a row, added where a device of the catalog has a new one."""
        if not self._catalog.has_device(device):
            if len(self.strangers) < MOST_FOUND:
                self.strangers.add(device)
            return _NOBODY
        row = self._catalog.find(device, key)
        if row is None and is_key(key) and len(self._catalog.rows_of(device)) < MOST_FOUND:
            plain, behind = title_and_unit(key)
            row = self._catalog.add(device, Sensor(key, name=title or plain, unit=unit or behind))
        return _NOBODY if row is None else row.index
