"""Pieces of a large CSV file as columns; what is odd in a piece is read line by line, as a small file is."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from papaya.bounded_file import opened
from papaya.foreign import plain_number
from papaya.manifest.model import Sensor
from papaya.sensors.backend import SensorFault
from papaya.sensors.reading import EARLIEST, LATEST, is_numeric
from papaya_gui.models.batch import EMPTY, NUMBER, TEXT, TRUTH, Batch, Floats, joined
from papaya_gui.models.catalog import MOST_FOUND, Catalog, is_key
from papaya_gui.models.texts import Texts
from papaya_gui.sources.fleet_csv import head_of
from papaya_gui.sources.fleet_file import readings_in
from papaya_gui.sources.left_out import LeftOut
from papaya_gui.sources.past import LARGEST

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
    """The line of names: the text up to its end, the names, and how columns are divided."""

    text: str
    names: tuple[str, ...]
    delimiter: str
    decimal: str


def head_in(path: Path) -> Head:
    """Return the line of names of a file; raises SensorFault where there is none."""
    with _opened(path) as file:
        text = file.read(_HEAD).decode("utf-8-sig", "replace")
    end, names, dialect = head_of(text)
    return Head(text[:end], tuple(names), dialect.delimiter, dialect.decimal)


def pieces_in(path: Path, head: Head) -> Iterator[Piece]:
    """Yield the lines below that of names; raises SensorFault where the file cannot be read."""
    with _opened(path) as file:
        size = max(os.fstat(file.fileno()).st_size, 1)
        first = file.read(_HEAD)
        start = len(first) - len(first.decode("utf-8-sig", "replace").encode())
        file.seek(max(start, 0) + len(head.text.encode()))
        rest = b""
        while block := file.read(PIECE):
            data = rest + block
            end = data.rfind(b"\n") + 1
            rest = data[end:]
            if end:
                yield Piece(data[:end].decode("utf-8", "replace"), file.tell() / size)


def devices_in(path: Path) -> set[str]:
    """Return the names of the devices in a file, from its beginning, its end and places in between."""
    head = head_in(path)
    place = head.names.index("device")
    between = re.escape(head.delimiter)
    pattern = re.compile(rf"^(?:[^{between}\n]*{between}){{{place}}}([^{between}\r\n]*)", re.MULTILINE)
    found: set[str] = set()
    with _opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        for look in range(_LOOKS):
            file.seek(max((size - _LOOK) * look // (_LOOKS - 1), 0))
            text = file.read(_LOOK).decode("utf-8", "replace")
            # The first line is that of names, or a part of one.
            found.update(pattern.findall(text[text.find("\n") + 1 : text.rfind("\n") + 1]))
    return {name.strip().strip('"') for name in found} - {""}


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with opened(path)[0] as file:
            yield file
    except OSError as error:
        raise SensorFault(f"{path} cannot be read: {(error.strerror or str(error)).lower()}") from error


class Columns:
    """Makes batches of pieces; rows that the catalog lacks are added to it, for devices that it has."""

    def __init__(self, head: Head, catalog: Catalog, texts: Texts, written: int, left_out: LeftOut) -> None:
        self._head, self._texts, self._written, self._left_out = head, texts, written, left_out
        self._rows = _Rows(catalog)
        self._catalog = catalog

    @property
    def strangers(self) -> Sequence[str]:
        """Devices that the catalog does not have."""
        return sorted(self._rows.strangers)

    def batch(self, piece: Piece, path: Path) -> Batch:
        """Return what a piece says."""
        try:
            return self._quick(piece.text)
        except (ValueError, OverflowError):
            return self._slow(piece.text, path)

    def _quick(self, text: str) -> Batch:
        columns = _cells(text, self._head)
        devices = columns.pop("device", ())
        times = self._times(columns.pop("ts", None), len(devices))
        if "key" in columns:
            pairs = zip(devices, columns["key"], strict=True)
            rows = np.fromiter(map(self._rows.__getitem__, pairs), np.int32, len(devices))
            return self._usable(rows, times, self._numbers(columns["value"]))
        parts = []
        for name, cells in columns.items():
            there = np.array([bool(cell and not cell.isspace()) for cell in cells], np.bool_)
            chosen = [cell for cell in cells if cell and not cell.isspace()]
            owners = [one for one, is_there in zip(devices, there, strict=True) if is_there]
            rows = np.array([self._rows[one, name] for one in owners], np.int32)
            parts.append(self._usable(rows, times[there], self._numbers(chosen)))
        return joined(parts)

    def _numbers(self, cells: Sequence[str]) -> Floats:
        if self._head.decimal != ".":
            cells = [cell.replace(",", ".") for cell in cells]
        if any(map(_UNDERSCORED, cells)):
            # float() takes 1_000 for a number, which nobody else does.
            raise ValueError("it is to be read line by line")
        return np.fromiter(map(float, cells), np.float64, len(cells))

    def _times(self, cells: Sequence[str] | None, count: int) -> Floats:
        if cells is None:
            return np.full(count, float(self._written))
        try:
            return self._numbers(cells)
        except ValueError:
            moments = [cell.strip().removesuffix("Z").removesuffix("+00:00") for cell in cells]
            return np.array(moments, "datetime64[ms]").astype(np.int64).astype(np.float64)

    def _usable(self, rows: NDArray[np.int32], times: Floats, values: Floats) -> Batch:
        """Return what can be kept, with times in seconds; the rest is counted."""
        good = (times >= EARLIEST) & (times <= LATEST) & (np.abs(values) < LARGEST)
        if not good.all():
            self._left_out.add("a value or a time that cannot be kept", int((~good).sum()))
        good &= rows != _NOBODY
        kinds = np.full(int(good.sum()), NUMBER, np.int8)
        self._left_out.take(len(kinds))
        return Batch(rows[good], times[good] / 1000, values[good], kinds)

    def _slow(self, text: str, path: Path) -> Batch:
        entries = []
        for one in readings_in(self._head.text + text, self._written, path, self._left_out):
            row = self._rows[one.device, one.name]
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

    No line has a list of its own: thousands of lists let Python look through all objects of the window for
    garbage, and the window waits meanwhile.
    """
    text = text.replace("\r\n", "\n")
    lines = [line for line in text.split("\n") if line]
    width, between = len(head.names), head.delimiter
    if not lines or '"' in text or "\r" in text or {line.count(between) for line in lines} != {width - 1}:
        raise ValueError("it is to be read line by line")
    cells = between.join(lines).split(between)
    return {name: cells[place::width] for place, name in enumerate(head.names)}


class _Rows(dict[tuple[str, str], int]):
    """The index of a sensor's row by device and key; what nobody has is -1."""

    def __init__(self, catalog: Catalog) -> None:
        super().__init__()
        self._catalog = catalog
        self.strangers: set[str] = set()

    def __missing__(self, pair: tuple[str, str]) -> int:
        index = self._index(pair[0].strip(), pair[1].strip())
        if len(self) < _MOST_PAIRS:
            self[pair] = index
        return index

    def _index(self, device: str, key: str) -> int:
        if not self._catalog.has_device(device):
            if len(self.strangers) < MOST_FOUND:
                self.strangers.add(device)
            return _NOBODY
        row = self._catalog.find(device, key)
        if row is None and is_key(key) and len(self._catalog.rows_of(device)) < MOST_FOUND:
            row = self._catalog.add(device, Sensor(key))
        return _NOBODY if row is None else row.index
