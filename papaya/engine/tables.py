"""Devices of one simple shape as rows of a table, where the table says exactly what their entries say."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from papaya.engine.declared import Fields
from papaya.formulas import begins_a_formula
from papaya.manifest.characters import cleaned_cell
from papaya.manifest.model import Json
from papaya.manifest.scalars import read_cell, resolve

# So many devices are read more easily in a table than one below the other.
MANY = 50
_TEXTS = frozenset(
    {
        "name",
        "model",
        "serial",
        "profile",
        "label",
        "description",
        "customer",
        "firmware",
        "software",
        "formerly",
    }
)
_WORDS = frozenset({"gateway", "protect"})
_MAPS = frozenset({"attributes", "sharedAttributes"})
_SIMPLE_KEY = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_. -]*[A-Za-z0-9_])?")
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a CSV file, which are paths of fields, and its rows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(devices: Sequence[Fields]) -> tuple[list[Fields], list[Table]]:
    """Return the devices that need entries of their own, and tables of those that do not."""
    shapes: dict[tuple[str, ...], list[dict[str, str]]] = defaultdict(list)
    rest: list[tuple[tuple[str, ...], Fields]] = []
    for device in devices:
        cells = _cells(device)
        columns = tuple(cells) if cells is not None else ()
        if cells is not None:
            shapes[columns].append(cells)
        rest.append((columns, device))
    large = {columns for columns, rows in shapes.items() if len(rows) > MANY}
    made = [
        Table(columns, tuple(tuple(row[column] for column in columns) for row in shapes[columns]))
        for columns in sorted(large)
    ]
    return [device for columns, device in rest if columns not in large], made


def _cells(device: Fields) -> dict[str, str] | None:
    """Return the cells of a device by column, or None where a cell would not say the same as its value."""
    cells: dict[str, str] = {}
    for column, cell in _pairs(device):
        # A spreadsheet would calculate such a cell; in an entry of YAML it says what it says.
        if cell is None or begins_a_formula(cell):
            return None
        cells[column] = cell
    return cells


def _pairs(device: Fields) -> Iterator[tuple[str, str | None]]:
    for name, value in device.items():
        if name in _TEXTS:
            yield name, _text(value)
        elif name in _WORDS:
            yield name, "true" if value else "false"
        elif name in _MAPS:
            for key, item in value.items():
                yield f"{name}.{key}", _value(item) if _SIMPLE_KEY.fullmatch(key) else None
        elif name == "location" and isinstance(value, dict):
            for part, number in value.items():
                yield f"location.{part}", _number(number)
        elif name in ("location", "sensors") and isinstance(value, str):
            yield name, value
        elif name == "credentials":
            for kind, members in value.items():
                for member, item in members.items():
                    path, text = (
                        (f"{member}.file", item["file"]) if isinstance(item, dict) else (member, item)
                    )
                    yield f"credentials.{kind}.{path}", _text(text)
        elif name == "tunnel" and value.keys() == {"remotePort"}:
            yield "tunnel.remotePort", str(value["remotePort"])
        else:
            yield name, None


def _text(value: Json) -> str | None:
    if not isinstance(value, str) or not value or value != cleaned_cell(value) or _BREAKS.search(value):
        return None
    return value


def _value(value: Json) -> str | None:
    cell = ("true" if value else "false") if isinstance(value, bool) else str(value)
    if not isinstance(value, bool | int | float | str) or _text(cell) is None:
        return None
    read = read_cell(cell)
    return cell if type(read) is type(value) and read == value else None


def _number(value: Json) -> str | None:
    cell = repr(value)
    return cell if resolve(cell) == value else None
