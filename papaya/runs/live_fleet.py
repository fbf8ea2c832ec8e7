"""The devices of a server as a fleet, for whoever looks at a server without a manifest."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from papaya.api.budget import AROUND, MOST_KEPT, Budget
from papaya.api.fetch import Edges, edges_below, read_rows
from papaya.api.query import FIND, Key, Query, Row, all_of
from papaya.api.session import Session
from papaya.foreign import plain_number
from papaya.manifest.model import Country, Device, Fleet, Location, Server, State

# Where devices and places stand that no place contains.
NO_COUNTRY: Final = "Other places"
NO_STATE: Final = "Without a place"

# Few at once: a window waits 15 s for each of them.
_PAGE, _PAGES_AT_ONCE = 10_000, 2
# A window keeps several times as much of each device.
_MOST_KEPT: Final = 4 * MOST_KEPT
_LATITUDE, _LONGITUDE, _SERIAL = (Key("SERVER_SCOPE", name) for name in ("latitude", "longitude", "serial"))


def live_fleet(session: Session) -> Fleet:
    """Return every device that the user may see, below the two places that contain it on the server.

    It takes a few queries, however many devices there are. Sensors are left out: they are found from what
    the devices send. Raises a `ServerError` where the server cannot be asked.
    """
    budget = Budget(_MOST_KEPT)
    places = _every(session, "ASSET", (_LATITUDE, _LONGITUDE), budget)
    devices = _every(session, "DEVICE", (_LATITUDE, _LONGITUDE, _SERIAL), budget)
    edges = Edges(budget, known=devices.keys())
    edges_below(session, list(places), _PAGE, edges, min(_PAGES_AT_ONCE, session.concurrency))
    below: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for device in sorted(devices.values(), key=lambda one: one.name):
        state = _above(device.id, places, edges)
        country = _above(state, places, edges)
        below[country][state].append(device)
    countries = [_country(country, states, places) for country, states in below.items()]
    countries.sort(key=lambda one: (one.name == NO_COUNTRY, one.name))
    return Fleet(urlsplit(session.url).netloc, Server(session.url), countries=tuple(countries))


def _every(session: Session, entity_type: str, keys: tuple[Key, ...], budget: Budget) -> dict[str, Row]:
    found: dict[str, Row] = {}

    def take(rows: Iterable[Row]) -> None:
        for row in rows:
            texts = row.id, row.name, row.type, *row.values.values()
            budget.charge(session, "POST", FIND, AROUND + sum(map(sys.getsizeof, texts)))
            found[row.id] = row

    query = Query(session, all_of(entity_type), fields=("name", "type"), keys=keys)
    read_rows(session, query, take, page_size=_PAGE, concurrency=min(_PAGES_AT_ONCE, session.concurrency))
    return found


def _above(id_: str, places: dict[str, Row], edges: Edges) -> str:
    """Return the first place above an entity by name; nothing where there is none."""
    above = [one for one in edges.parents.get(id_, ()) if one in places]
    return min(above, key=lambda one: places[one].name, default="")


def _country(id_: str, states: dict[str, list[Row]], places: dict[str, Row]) -> Country:
    row = places.get(id_)
    name = row.name if row is not None else NO_COUNTRY
    found = [_state(state, name, devices, places) for state, devices in states.items()]
    found.sort(key=lambda one: (one.name == NO_STATE, one.name))
    return Country(name, name, location=_location(row), states=tuple(found))


def _state(id_: str, country: str, devices: list[Row], places: dict[str, Row]) -> State:
    row = places.get(id_)
    name = row.name if row is not None else NO_STATE
    return State(
        name,
        name,
        location=_location(row),
        devices=tuple(
            Device(
                one.name,
                country,
                name,
                one.type,
                serial=_text(one, _SERIAL),
                location=_location(one),
            )
            for one in devices
        ),
    )


def _text(row: Row, key: Key) -> str | None:
    value = row.values.get(key)
    return str(value) if value else None


def _location(row: Row | None) -> Location | None:
    if row is None:
        return None
    latitude, longitude = (plain_number(str(row.values.get(key, ""))) for key in (_LATITUDE, _LONGITUDE))
    if latitude is None or longitude is None or not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    return Location(latitude, longitude)
