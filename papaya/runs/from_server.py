"""The devices of a server as a table, its columns as countries and states, and the manifest of that.

What a person chooses is told as for a spreadsheet: columns are the device's own fields and its attributes,
`coordinates` and `name:PATTERN`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from papaya.api.export import Choice as TreeChoice
from papaya.api.export import LiveTree
from papaya.api.session import Session
from papaya.counting import counted
from papaya.engine.address import Address
from papaya.engine.export import Export, Wishes, export
from papaya.engine.grouping import PlaceProfiles, Whereabouts, grouped, is_placed, states_of
from papaya.engine.inventory import Entity
from papaya.engine.standing import stand
from papaya.errors import PapayaError
from papaya.manifest.center import Point
from papaya.manifest.model import Json
from papaya.manifest.source import Source
from papaya.manifest.table import Table
from papaya.observer import SILENT, Observer
from papaya.render.layout import visible
from papaya.render.manifest import manifest_text
from papaya.runs.export_remarks import export_remarks
from papaya.runs.progress import tree_read
from papaya.workspace.gazetteer import is_installed, regions_of
from papaya.workspace.spreadsheet.columns import Choice, Choices, guess, told
from papaya.workspace.spreadsheet.places import points_of
from papaya.workspace.spreadsheet.reading import Spreadsheet
from papaya.workspace.starting import Telling

COORDINATES: Final = "coordinates"
PATTERN: Final = "name:"
_OWN_FIELDS: Final = ("name", "label", "profile", "customer")
_PLACES: Final = ("country", "state")
_PROFILES: Final = PlaceProfiles("Country", "State")
# So many of the devices need coordinates before these are taken without being asked for.
_SHARE: Final = 0.9
_MOST_TOLD: Final = 20


@dataclass(frozen=True, slots=True)
class Started:
    """A manifest of a server, what was read for it, and the devices that are in no place of it."""

    made: Export
    tree: LiveTree
    unplaced: tuple[tuple[str, str], ...] = ()


def manifest_of(
    session: Session, name: str, said: Sequence[str], telling: Telling, observer: Observer = SILENT
) -> tuple[str, list[str]]:
    """Return the manifest of a tenant's tree and of its devices in no place, and what it does not manage.

    `said` are `country=COLUMN` and `state=COLUMN`. Raises `PapayaError` where the server cannot be read or
    nobody says how to group.
    """
    found = started(session, name, said, telling, observer)
    source = f"{session.url} (ThingsBoard {session.info().version})"
    comment = (
        f"The devices of {source}, written by papaya init --from-server.\n"
        "A first plan adopts them and adds the places, and profiles of places, that the server lacks."
    )
    return manifest_text(found.made.document, comment), [visible(one) for one in remarks(found)]


def started(
    session: Session, name: str, said: Sequence[str], telling: Telling, observer: Observer = SILENT
) -> Started:
    """Read every device of a tenant, and put those that are in no place into countries and states."""
    tree = tree_read(session, TreeChoice(_PROFILES.country, _PROFILES.state, loose=True), observer)
    states = states_of(tree.inventory, _PROFILES.state)
    devices = [entity for entity in tree.inventory if entity.role == "device"]
    if not devices:
        raise PapayaError(
            f"{session.url} has no devices", remedy="start from a table: papaya init --from-csv FILE"
        )
    outside = [device for device in devices if not is_placed(device, states)]
    loose = [device for device in outside if device.owner in (None, name)]
    places: dict[Address, Whereabouts] = {}
    unplaced = [
        (one.address.name, f"managed by fleet {one.owner}")
        for one in outside
        if one.owner not in (None, name)
    ]
    if loose:
        sheet, choices = _chosen(_spreadsheet(session.url, loose), said)
        head = f"{sheet.path}: {counted(len(devices), 'device')}, {len(loose):,} in no place"
        asked = {field: choices[field] for field in ("name", *_PLACES)}
        choices |= telling.settled(head, sheet, asked)
        for device, where in zip(loose, _whereabouts(sheet, choices), strict=True):
            if isinstance(where, str):
                unplaced.append((device.address.name, where))
            else:
                places[device.address] = where
    nowhere = {Address("device", one) for one, _ in unplaced}
    kept = {key: entity for key, entity in tree.inventory.entities.items() if key not in nowhere}
    live = grouped(replace(tree.inventory, entities=kept), places, _PROFILES, tree.other_assets)
    wishes = Wishes(_PROFILES.country, _PROFILES.state, name, session.url)
    made = export(stand(live, _PROFILES.state), wishes)
    if len(live) > len(kept):
        # A server without places has no profiles for them either.
        made.document["profiles"]["create"] = True
    return Started(made, tree, tuple(unplaced))


def remarks(started: Started) -> Iterator[str]:
    """Yield a line for each kind of thing that the manifest does not manage."""
    by_reason: dict[str, list[str]] = {}
    for device, reason in started.unplaced:
        by_reason.setdefault(reason, []).append(device)
    for reason, devices in by_reason.items():
        yield f"Not managed, because {reason}: {counted(len(devices), 'device')} ({_some(devices)})"
    known = set(started.tree.loose_states)
    assets = [asset for asset in started.tree.other_assets if asset not in known]
    if assets:
        yield f"Not managed: {counted(len(assets), 'asset')} in no country ({_some(assets)})"
    yield from export_remarks(started.made, started.tree, is_written=True)
    if started.made.certificates:
        number = counted(len(started.made.certificates), "certificate")
        yield f"Not written: {number}; papaya export -o FOLDER writes them"
    yield "Rule chains, dashboards, customers and other objects: papaya export --with all -o FOLDER"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_TOLD:,} more" if len(names) > _MOST_TOLD else ""
    return ", ".join(names[:_MOST_TOLD]) + more


def _spreadsheet(url: str, devices: Sequence[Entity]) -> Spreadsheet:
    """Return devices as a table: a row for each device, a column for each field and each attribute."""
    columns = [field for field in _OWN_FIELDS if field == "name" or any(_own(one, field) for one in devices)]
    keys = sorted({key for one in devices for key, value in _attributes(one) if _cell(value)})
    # An attribute that has the name of a field is told apart by its scope.
    names = [f"attribute:{key}" if key in _OWN_FIELDS else key for key in keys]
    rows = []
    for device in devices:
        values = dict(_attributes(device))
        rows.append([*(_own(device, one) for one in columns), *(_cell(values.get(key)) for key in keys)])
    host = urlsplit(url).netloc
    table = Table(Source(host, "", "csv"), (*columns, *names), rows, list(range(len(rows))), 0)
    return Spreadsheet(Path(host), table)


def _attributes(device: Entity) -> Iterator[tuple[str, Json]]:
    for key, value in (*device.shared.items(), *device.server.items()):
        if not key.startswith("papaya."):
            yield key, value


def _own(device: Entity, field: str) -> str:
    if field == "name":
        return device.address.name
    return str(getattr(device, field) or "")


def _cell(value: Json) -> str:
    """Return a value as a cell; lists and objects are no names of places."""
    if value is None or isinstance(value, list | dict):
        return ""
    return str(value).strip()


def _chosen(sheet: Spreadsheet, said: Sequence[str]) -> tuple[Spreadsheet, dict[str, Choice]]:
    """Return the table with the columns that a choice asks for, and what its columns probably are."""
    wanted = [_split(one) for one in said]
    for _, column in wanted:
        if column.startswith(PATTERN):
            sheet = _with_pattern(sheet, column)
    table = sheet.table
    found = guess(table.columns, table.rows, ".")
    found["name"] = Choice("name", 0)
    points = _points(sheet, found)
    asked = any(column == COORDINATES for _, column in wanted)
    is_missing = not wanted and not all(_is_settled(found[field]) for field in _PLACES)
    many = sum(point is not None for point in points) >= _SHARE * len(points)
    if asked or (is_missing and many and is_installed()):
        sheet, places = _with_regions(sheet, points)
        if not wanted:
            # An attribute that says it by its name is what a person has chosen.
            found |= {field: places[field] for field in _PLACES if not _is_settled(found[field])}
    columns = sheet.table.columns
    written = [f"{field}={_column(field, column)}" for field, column in wanted]
    found = told(found, written, columns)
    if not found["state"].is_found:
        # Customers are the nearest thing to places that a server without places has.
        nearest = next((columns.index(one) for one in ("customer", "profile") if one in columns), None)
        found["state"] = Choice("state", nearest, is_sure=False)
    return sheet, found


def _is_settled(choice: Choice) -> bool:
    return choice.is_found and choice.is_sure


def _split(said: str) -> tuple[str, str]:
    field, sign, column = said.partition("=")
    if field.strip().lower() not in _PLACES or not sign:
        raise PapayaError(
            f"--map {said}: write country=COLUMN or state=COLUMN",
            remedy="COLUMN is an attribute, customer, profile, label, coordinates or name:PATTERN; "
            "=TEXT puts all devices into one place",
        )
    return field.strip().lower(), column.strip()


def _column(field: str, column: str) -> str:
    return f"{COORDINATES}: {field}" if column == COORDINATES else column


def _with_pattern(sheet: Spreadsheet, column: str) -> Spreadsheet:
    """Return the table with a column of what a pattern finds in the names of the devices."""
    try:
        pattern = re.compile(column.removeprefix(PATTERN))
    except re.error as error:
        raise PapayaError(
            f"{column}: this is no regular expression: {error}",
            remedy="put the part of the name that is the place into brackets: name:^([A-Z]+)-",
        ) from None
    found = [pattern.search(row[0]) for row in sheet.table.rows]
    cells = [(match[1] if pattern.groups else match[0]) or "" if match else "" for match in found]
    return _with_column(sheet, column, cells)


def _with_regions(
    sheet: Spreadsheet, points: Sequence[Point | None]
) -> tuple[Spreadsheet, dict[str, Choice]]:
    """Return the table with the countries and states of the coordinates, and these columns as choices."""
    regions = iter(regions_of([point for point in points if point is not None]))
    both = [next(regions) if point is not None else ("", "") for point in points]
    choices = {}
    for number, field in enumerate(_PLACES):
        sheet = _with_column(sheet, _column(field, COORDINATES), [region[number] for region in both])
        choices[field] = Choice(field, len(sheet.table.columns) - 1)
    return sheet, choices


def _with_column(sheet: Spreadsheet, column: str, cells: Sequence[str]) -> Spreadsheet:
    if column in sheet.table.columns:
        return sheet
    rows = [[*row, cell] for row, cell in zip(sheet.table.rows, cells, strict=True)]
    return replace(sheet, table=replace(sheet.table, columns=(*sheet.table.columns, column), rows=rows))


def _points(sheet: Spreadsheet, choices: Choices) -> list[Point | None]:
    return [next(points_of(row, sheet.table, choices), None) for row in sheet.table.rows]


def _whereabouts(sheet: Spreadsheet, choices: Choices) -> Iterator[Whereabouts | str]:
    """Yield where each device of a table stands, or why that is not known."""
    for row, point in zip(sheet.table.rows, _points(sheet, choices), strict=True):
        cells = {field: _said(choices[field], row) for field in _PLACES}
        absent = next((field for field, cell in cells.items() if not cell), None)
        if absent is None:
            yield Whereabouts(cells["country"], cells["state"], point)
        else:
            column = sheet.table.columns[choices[absent].column or 0]
            yield f"they have no {column.partition(': ')[0] if column.startswith(COORDINATES) else column}"


def _said(choice: Choice, row: Sequence[str]) -> str:
    if choice.text is not None:
        return choice.text
    return row[choice.column] if choice.column is not None else ""
