"""The requests that read a server, each as a generator or a value: pages, queries, names, edges."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TypeVar

from papaya.api.budget import Budget
from papaya.api.kinds import endpoints
from papaya.api.malformed import malformed
from papaya.api.paging import Ask, drained, pages
from papaya.api.protocols import Server
from papaya.api.query import (
    FIND,
    Key,
    Query,
    Row,
    all_of,
    contained,
    containing,
    find,
    listed,
    marked_inside,
    named,
    owned_by,
)
from papaya.api.whole_list import WholeList, reading_pools
from papaya.engine.address import Address, Kind
from papaya.engine.inventory import APPLIED_KEY, FLEET_KEY, Profile
from papaya.engine.record import from_text
from papaya.errors import UnexpectedReply
from papaya.manifest.model import Json

# An attribute query joins one table row for each key: 16 keys took 1.3 s where 32 took 3.7 s.
KEYS_AT_ONCE = 16
ROOTS_AT_ONCE = 5_000
_NAMES_AT_ONCE = 100
_LISTED_AT_ONCE = 500
# A place and what stands in it have about a fourth of the values of a device with attributes, and the server
# finds all of them anew for every page.
_EDGES_IN_ROWS = 4
# Beyond them it is cheaper to read all names.
_MOST_BY_NAME = 1_000
_EDGE_FIELDS = ("name", "type", "parentId")
# What Python takes for an edge, its list of parents and their places in dictionaries.
_EDGE = 500
# The same of a child that is known.
KNOWN_EDGE = 200
# The server's 8 KB limit of a request line leaves room for about 180 ids.
IDS_AT_ONCE = 150
_RECORD = Key("SERVER_SCOPE", APPLIED_KEY)

# What creates devices puts them at the end of this order, so that no page lacks one because of it.
_BY_AGE: Mapping[str, str | int | bool] = {"sortProperty": "createdTime", "sortOrder": "ASC"}
# A device with its attributes and its record has one or two kilobytes.
USUAL_ROW = 4_096

Item = TypeVar("Item")
Taken = TypeVar("Taken")


def profile_names(server: Server, kind: Kind) -> dict[Address, Profile]:
    path = f"/api/{kind}/names"
    answer = server.get(path, params={"activeOnly": False})
    if not isinstance(answer, list):
        raise malformed(server, "GET", path, "the list of profile names is no list")
    profiles: dict[Address, Profile] = {}
    for row in answer:
        identity = row.get("id") if isinstance(row, dict) else None
        if isinstance(row, dict) and isinstance(identity, dict):
            address = Address(kind, str(row.get("name")))
            profiles[address] = Profile(address, str(identity.get("id")))
    return profiles


def listed_objects(
    server: Server, path: str, page_size: int, params: Mapping[str, str | int | bool]
) -> Iterator[dict[str, Json]]:
    """Yield the objects of every page of a list."""
    for rows in pages(server, _asking(server, path, params), page_size, method="GET", path=path):
        yield from (row for row in drained(rows) if isinstance(row, dict))


def _asking(server: Server, path: str, params: Mapping[str, str | int | bool]) -> Ask:
    def ask(number: int, size: int) -> Json:
        return server.get(path, params={"pageSize": size, "page": number, **params})

    return ask


def all_objects(
    server: Server,
    kind: Kind,
    page_size: int,
    take: Callable[[Iterator[dict[str, Json]]], Taken],
    *,
    foretells: bool = False,
    foretold: int = 0,
) -> WholeList[Taken]:
    """Return the list of the full objects of a kind, to be read at once; `take` keeps those of a page.

    `foretells` and `foretold` are those of a `WholeList`.
    """
    path = endpoints(kind).paged

    def taken(page: list[Json]) -> Taken:
        return take(row for row in drained(page) if isinstance(row, dict))

    ask = _asking(server, path, _BY_AGE)
    return WholeList(
        server,
        ask,
        page_size,
        taken,
        method="GET",
        path=path,
        spared=USUAL_ROW,
        foretells=foretells,
        foretold=foretold,
    )


def all_rows(
    server: Server,
    query: Query,
    page_size: int,
    take: Callable[[list[Json]], Taken],
    *,
    is_counted: bool = True,
    foretells: bool = False,
    foretold: int = 0,
) -> WholeList[Taken]:
    """Return the answer to a query, to be read at once; `take` keeps what a page says."""
    return WholeList(
        server,
        query.ask,
        page_size,
        take,
        method="POST",
        path=FIND,
        spared=USUAL_ROW,
        is_counted=is_counted,
        foretells=foretells,
        foretold=foretold,
    )


def read_rows(
    server: Server,
    query: Query,
    take: Callable[[Iterator[Row]], object],
    *,
    page_size: int = 10_000,
    concurrency: int = 4,
) -> None:
    """Read the answer to a query, `concurrency` pages at once; `take` keeps the rows of a page."""
    _read_pages(server, query, page_size, lambda page: take(query.rows(page)), concurrency)


def _read_pages(
    server: Server,
    query: Query,
    page_size: int,
    take: Callable[[list[Json]], object],
    concurrency: int,
    *,
    is_counted: bool = True,
) -> None:
    with reading_pools(concurrency) as (pool,):
        rows = all_rows(server, query, page_size, take, is_counted=is_counted)
        rows.start(pool)
        rows.finish()


def attributes_of_all(server: Server, kind: Kind, keys: Sequence[Key]) -> Query:
    """Return the query for the attributes of every entity of a kind."""
    return Query(server, all_of(endpoints(kind).entity_type), keys=keys)


def pages_by_name(
    server: Server, kind: Kind, names: Sequence[str], keys: Sequence[Key], fleet: str | None, page_size: int
) -> Iterator[tuple[Query, list[Json]]]:
    """Yield pages with the attributes of the entities of these names, in any case, and of a fleet's own.

    Each comes with its query, which reads the rows of the page.
    """
    filters: list[Json] = [named(chunk) for chunk in chunks(names, _NAMES_AT_ONCE)]
    if fleet is not None:
        filters += [owned_by(fleet, FLEET_KEY), marked_inside(fleet)]
    everything = all_of(endpoints(kind).entity_type)
    for key_filter in filters:
        for chunk in chunks(keys, KEYS_AT_ONCE):
            query = Query(server, everything, keys=chunk, key_filters=(key_filter,))
            for page in pages(server, query.ask, page_size, method="POST", path=FIND):
                yield query, page


def devices_by_name(
    server: Server, names: Collection[str], fleet: str, keys: Sequence[Key] = ()
) -> dict[str, Row]:
    """Return the devices of these names, in this very spelling, as far as the server shows them.

    Those that the fleet has marked take one request, and nearly always they are all. One that the server has
    under a name that nobody asked for is found by the name in its record: somebody renamed it.
    """
    everything, wanted = all_of(endpoints("device").entity_type), set(names)
    found: dict[str, Row] = {}
    others: list[str] = []

    def take(rows: Iterable[Row]) -> None:
        for row in rows:
            if row.name not in wanted:
                others.append(row.id)
            else:
                found.setdefault(row.name, row)

    def look(key_filters: Sequence[Json]) -> None:
        query = Query(server, everything, fields=("name",), keys=keys, key_filters=key_filters)
        read_rows(server, query, take)

    look([owned_by(fleet, FLEET_KEY)])
    unlike = others if wanted - found.keys() else []
    for row in rows_by_id(server, "device", unlike, (*keys, _RECORD), fields=("name",)):
        record = from_text(row.values.pop(_RECORD, ""))
        name = record.name if record is not None and record.id == row.id else None
        if name is not None and name in wanted:
            found.setdefault(name, row)
    missing = sorted(wanted - found.keys())
    if len(missing) > _MOST_BY_NAME:
        look([])
    else:
        for chunk in chunks(missing, _NAMES_AT_ONCE):
            look([named(chunk)])
    return found


def objects_by_id(server: Server, kind: Kind, ids: Iterable[str]) -> Iterator[dict[str, Json]]:
    """Yield the full objects of these ids; the server leaves out those that it does not have."""
    spec = endpoints(kind)
    for chunk in chunks(sorted(ids), IDS_AT_ONCE):
        asked = set(chunk)
        answer = server.get(spec.by_ids, params={spec.ids_parameter: ",".join(chunk)})
        if not isinstance(answer, list):
            raise malformed(server, "GET", spec.by_ids, "the answer is no list of entities")
        for row in answer:
            # What was not asked for may be anything, any number of times.
            if isinstance(row, dict) and identifier(row) in asked:
                asked.discard(identifier(row))
                yield row


@dataclass(slots=True)
class Edges:
    """Child id → parent ids, and the rows of children and of parents by id; kept within a budget.

    Of children that are `known` no row is kept. Several threads may add.
    """

    budget: Budget = field(default_factory=Budget)
    parents: dict[str, tuple[str, ...]] = field(default_factory=dict)
    children: dict[str, Row] = field(default_factory=dict)
    above: dict[str, Row] = field(default_factory=dict)
    known: Container[str] = frozenset()
    # A place contains many: what stands in it alone has one tuple together.
    _alone: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, child: str, parent: str) -> None:
        """Note that a place contains something, once."""
        with self._lock:
            before = self.parents.get(child, ())
            if not parent or parent in before:
                self.parents.setdefault(child, before)
            elif before:
                self.parents[child] = (*before, parent)
            else:
                self.parents[child] = self._alone.setdefault(parent, (parent,))

    def take_below(self, server: Server, query: Query, page: list[Json]) -> None:
        """Note what the rows of a page say that have a place as their parent."""
        kept = 0
        for row in query.rows(page):
            is_known = row.id in self.known
            kept += KNOWN_EDGE if is_known else _weight(row)
            self.add(sys.intern(row.id), row.parent_id)
            if not is_known:
                self.children[row.id] = row
        self.budget.charge(server, "POST", FIND, kept)


def edges_below(
    server: Server,
    roots: Sequence[str],
    page_size: int,
    into: Edges,
    concurrency: int = 1,
    *,
    foretells: bool = False,
) -> None:
    """Read everything that assets contain, `concurrency` pages at once.

    `page_size` is that of lists of devices; edges come four times as many on a page.
    """
    with reading_pools(concurrency) as (pool,):
        for one in reading_edges_below(server, roots, page_size, into, pool, foretells=foretells):
            one.finish()


def reading_edges_below(
    server: Server,
    roots: Sequence[str],
    page_size: int,
    into: Edges,
    pool: ThreadPoolExecutor,
    *,
    foretells: bool = False,
    foretold: int = 0,
) -> list[WholeList[None]]:
    """Begin to read everything that assets contain, and return the lists to be finished."""
    lists: list[WholeList[None]] = []
    for chunk in chunks(roots, ROOTS_AT_ONCE):
        query = Query(server, contained(chunk), fields=_EDGE_FIELDS)
        take = partial(into.take_below, server, query)
        size = page_size * _EDGES_IN_ROWS
        rows = all_rows(server, query, size, take, is_counted=False, foretells=foretells, foretold=foretold)
        rows.start(pool)
        lists.append(rows)
        # Announced once, for all of them.
        foretold = 0
    return lists


def edges_above(server: Server, kind: Kind, ids: Sequence[str], page_size: int, into: Edges) -> None:
    """Read every asset that contains one of these entities."""
    for chunk in chunks(ids, ROOTS_AT_ONCE):
        above = containing(endpoints(kind).entity_type, chunk)
        for row in find(server, above, fields=_EDGE_FIELDS, page_size=page_size):
            into.budget.charge(server, "POST", FIND, _weight(row))
            into.add(row.parent_id, row.id)
            into.above[row.id] = row


def _weight(row: Row) -> int:
    texts = row.id, row.name, row.type, row.parent_id
    return _EDGE + sum(map(sys.getsizeof, texts))


def rows_by_id(
    server: Server, kind: Kind, ids: Sequence[str], keys: Sequence[Key], *, fields: Sequence[str] = ()
) -> Iterator[Row]:
    """Yield attributes and fields of these entities; the server leaves out those that it does not have."""
    for chunk in chunks(ids, _LISTED_AT_ONCE):
        yield from find(server, listed(endpoints(kind).entity_type, chunk), keys=keys, fields=fields)


def customer_titles(server: Server) -> dict[str, str]:
    """Return customer id → title."""
    return {
        identifier(row): str(row.get("title")) for row in listed_objects(server, "/api/customers", 1_000, {})
    }


def identifier(body: Mapping[str, Json]) -> str:
    """Return the UUID of an object that the server sent."""
    identity = body.get("id")
    id_ = identity.get("id") if isinstance(identity, dict) else None
    if not isinstance(id_, str):
        raise UnexpectedReply("an object without an id")
    return id_


def chunks(items: Sequence[Item], size: int) -> Iterator[list[Item]]:
    """Yield the items in lists of at most `size`."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
