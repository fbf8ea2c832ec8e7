"""The live objects and attributes of one kind while they are read, packed, within the budget of the run."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import cast

from papaya.api.budget import AROUND, ENTITY, Budget
from papaya.api.fetch import (
    KEYS_AT_ONCE,
    all_objects,
    all_rows,
    attributes_of_all,
    chunks,
    identifier,
    objects_by_id,
    pages_by_name,
)
from papaya.api.kinds import endpoints
from papaya.api.packed import PackedObject, Packer
from papaya.api.protocols import Server
from papaya.api.query import FIND, Key, Query, Texts, all_of, count, owned_by
from papaya.api.whole_list import WholeList
from papaya.engine.address import Kind
from papaya.engine.alike import Alike
from papaya.engine.inventory import FLEET_KEY
from papaya.manifest.model import Json

# Up to so many names are asked for one by one, if the tenant holds more than `_LARGE` of the kind, and
# the fleet no more than `_MOST_OWN` of them.
_FEW = 300
_LARGE = 5_000
_MOST_OWN = 5_000


class Found:
    """Live objects and attributes of one kind, by id; several threads may add."""

    def __init__(self, server: Server, kind: Kind, budget: Budget) -> None:
        self.server, self.kind = server, kind
        self.is_whole = True
        self.bodies: dict[str, PackedObject] = {}
        self._texts: dict[tuple[Key, ...], dict[str, bytes]] = {}
        self._budget = budget
        self._packer, self._rows = Packer(), Packer()
        # For the one thread that makes entities of what was found.
        self.alike = Alike()

    @property
    def ids(self) -> Sequence[str]:
        """The ids of the rows that were read."""
        return list(dict.fromkeys(id_ for kept in self._texts.values() for id_ in kept))

    def add_objects(self, found: Iterable[dict[str, Json]]) -> None:
        """Keep objects."""
        self.bodies.update(self.packed(found))

    def packed(self, found: Iterable[dict[str, Json]]) -> list[tuple[str, PackedObject]]:
        """Return objects as they are kept, by id."""
        # One text for every list that names an id: of 100,000 devices they are 8 MB.
        kept = [(sys.intern(identifier(body)), PackedObject(self._packer, body)) for body in found]
        size = sum(packed.size + AROUND for _, packed in kept)
        self._budget.charge(self.server, "GET", endpoints(self.kind).paged, size)
        return kept

    def add_texts(self, keys: tuple[Key, ...], found: Iterable[Texts]) -> None:
        """Keep the texts of some attributes, in the place of those that an earlier reading had."""
        kept = self._texts.setdefault(keys, {})
        grown = 0
        for id_, texts in found:
            packed = self._rows.pack(cast(list[Json], texts))
            before = kept.get(id_)
            grown += len(packed) + AROUND if before is None else len(packed) - len(before)
            kept[sys.intern(id_)] = packed
        self._budget.charge(self.server, "POST", FIND, grown)

    def take_page(self, query: Query, page: list[Json]) -> None:
        """Keep the attributes that a page of a query has."""
        self.add_texts(query.keys, query.texts(page))

    def texts_of(self, id_: str) -> dict[Key, str]:
        """Return the attributes of an entity, none of which has a type in a bulk read."""
        found: dict[Key, str] = {}
        for keys, kept in list(self._texts.items()):
            packed = kept.get(id_)
            if packed is not None:
                texts = cast(list[str | None], self._rows.unpack(packed))
                found.update((key, text) for key, text in zip(keys, texts, strict=True) if text is not None)
        return found

    def forget_values(self, id_: str) -> None:
        """Let go of the attributes of an entity: it has them by itself now."""
        for kept in self._texts.values():
            kept.pop(id_, None)

    def keeps_entity(self, values: int) -> None:
        """Charge the budget with what an entity takes as such, and with so many bytes of its values."""
        self._budget.charge(self.server, "GET", endpoints(self.kind).paged, ENTITY + values)


class ReadingKind:
    """The reads of one kind, under way in a pool."""

    def __init__(
        self, found: Found, names: Collection[str], keys: Sequence[Key], fleet: str | None, page_size: int
    ) -> None:
        """Without a `fleet` read what has the names, and nothing else."""
        self._found = found
        self._fleet = fleet
        self._page_size = page_size
        self._names = names
        self._keys = keys
        self._by_name: Future[None] | None = None
        self._objects: WholeList[list[tuple[str, PackedObject]]] | None = None
        self._rows: list[WholeList[None]] = []

    def start(self, pool: ThreadPoolExecutor) -> None:
        """Begin to read everything of the kind, or by name what is meant where that is a small part."""
        server, kind, size = self._found.server, self._found.kind, self._page_size
        if self._fleet is None or self._is_small_part():
            self._by_name = pool.submit(self._read_by_name)
            self._found.is_whole = False
            return
        # What the places contain is read later: a row for each device.
        foretells = kind == "device"
        self._objects = all_objects(server, kind, size, self._found.packed, foretells=foretells)
        self._objects.start(pool)
        for chunk in chunks(self._keys, KEYS_AT_ONCE):
            query = attributes_of_all(server, kind, chunk)
            take = partial(self._found.take_page, query)
            self._rows.append(all_rows(server, query, size, take))
            self._rows[-1].start(pool)

    def _read_by_name(self) -> None:
        server, kind, names = self._found.server, self._found.kind, sorted(self._names)
        for query, page in pages_by_name(server, kind, names, self._keys, self._fleet, self._page_size):
            self._found.take_page(query, page)

    def _is_small_part(self) -> bool:
        """Return whether few names are meant in a large tenant of which the fleet has no large part."""
        server, everything = self._found.server, all_of(endpoints(self._found.kind).entity_type)
        if len(self._names) > _FEW or count(server, everything) <= _LARGE:
            return False
        return count(server, everything, (owned_by(self._fleet or "", FLEET_KEY),)) <= _MOST_OWN

    def finish_objects(self) -> Found:
        """Wait for the objects, and return what was found so far; what is read by name comes at the end."""
        for kept in self._objects.finish() if self._objects is not None else ():
            self._found.bodies.update(kept)
        # Their list is the first one that the pool reads.
        self._objects = None
        return self._found

    def finish(self) -> Found:
        """Wait for the reads, and return what they found."""
        self.finish_objects()
        for rows in self._rows:
            rows.finish()
        if self._by_name is not None:
            self._by_name.result()
        if not self._found.is_whole:
            ids = self._found.ids
            self._found.add_objects(objects_by_id(self._found.server, self._found.kind, ids))
        return self._found
