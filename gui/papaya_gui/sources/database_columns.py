"""The columns of an SQLite table of any shape, as a selection of device, key, value and ts."""

# ruff: noqa: S608 - names of tables and columns are quoted, and so are texts.

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from papaya.sensors.backend import SensorFault
from papaya_gui.sources.headings import DATE, DEVICE, KEY, TS, VALUE, names_of
from papaya_gui.sources.reckoning import TwoDays

# SQLite joins no more selections.
_MOST_COLUMNS = 500
# So many rows tell which column has times.
_LOOKED_AT = 5
# What orders the rows of a selection as they were written.
NUMBER = "papaya_number"
_VIEW = "Make a view with times as 2026-11-29 10:00 or in milliseconds since 1970."


def quoted_name(name: str) -> str:
    """Return a name as a statement has it."""
    return '"' + name.replace('"', '""') + '"'


def columns_of(connection: sqlite3.Connection, name: str) -> list[str]:
    """Return the columns of a table or view; none where there is no such one."""
    found = connection.execute("SELECT name FROM pragma_table_info(?)", (name,)).fetchall()
    return [str(column) for (column,) in found]


def selection_of(connection: sqlite3.Connection, name: str, columns: Sequence[str], owner: str) -> str | None:
    """Return a selection of device, key, value and ts in brackets; None where no column has times.

    The columns are recognized by the names that CSV files have, too. A table with a column for each sensor
    becomes one row for each value. `owner` is the device of a table that names none.
    """
    rows = connection.execute(f"SELECT * FROM {quoted_name(name)} LIMIT ?", (_LOOKED_AT,)).fetchall()
    below = [["" if cell is None else str(cell) for cell in row] for row in rows]
    try:
        found = names_of(columns, below, owner)
    except TwoDays as fault:
        raise SensorFault(f"{name}: {fault.message}", remedy=_VIEW) from None
    if found is None or TS not in found.columns or found.scale:
        return None
    places = {role: quoted_name(columns[place]) for place, role in enumerate(found.columns)}
    moment = places[TS] if DATE not in places else f"{places[DATE]} || ' ' || {places[TS]}"
    device = places[DEVICE] if DEVICE in places else _text(owner)
    parts = (KEY, VALUE, TS, DATE, DEVICE)
    if KEY in places and VALUE in places:
        values = [(places[KEY], places[VALUE])]
    else:
        own = _keys_of(connection, name)
        values = [
            (_text(role), places[role])
            for place, role in enumerate(found.columns)
            if role and role not in parts and columns[place] not in own
        ]
    if len(values) > _MOST_COLUMNS:
        raise SensorFault(f"{name} has more than {_MOST_COLUMNS} columns", remedy="Make a view of some.")
    number = f", rowid AS {NUMBER}" if is_numbered(connection, name) else ""
    shown = [
        f"SELECT {device} AS device, {key} AS key, {value} AS value, {moment} AS ts{number}"
        f" FROM {quoted_name(name)}"
        for key, value in values
    ]
    return f"({' UNION ALL '.join(shown)})" if shown else None


def _keys_of(connection: sqlite3.Connection, name: str) -> set[str]:
    """Return the columns that number the rows, and are no sensors."""
    found = connection.execute("SELECT name FROM pragma_table_info(?) WHERE pk > 0", (name,)).fetchall()
    return {str(column) for (column,) in found}


def is_numbered(connection: sqlite3.Connection, name: str) -> bool:
    """Return whether rows have numbers: those of a view, and of a table WITHOUT ROWID, have none."""
    row = connection.execute("SELECT type, sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    return row is not None and row[0] == "table" and "WITHOUT ROWID" not in str(row[1]).upper()


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
