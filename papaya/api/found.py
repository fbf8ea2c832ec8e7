"""The live objects and attributes of one kind while they are read, packed, within the budget of the run."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
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
    rows_by_name,
)
from papaya.api.kinds import endpoints
from papaya.api.packed import PackedObject, Packer
from papaya.api.protocols import Server
from papaya.api.query import FIND, Key, Row, all_of, count
from papaya.api.whole_list import WholeList
from papaya.engine.address import Kind
from papaya.engine.alike import Alike
from papaya.engine.canonical import Untyped
from papaya.engine.inventory import APPLIED_KEY
from papaya.manifest.model import Json

# Up to so many names are asked for one by one, if the tenant holds more than `_LARGE` of the kind.
_FEW = 300
_LARGE = 5_000
_RECORD = Key("SERVER_SCOPE", APPLIED_KEY)


class Found:
    """Live objects and attributes of one kind, by id; several threads may add."""

    def __init__(self, server: Server, kind: Kind, budget: Budget) -> None:
        self.server, self.kind = server, kind
        self.is_whole = True
        self.bodies: dict[str, PackedObject] = {}
        self._values: dict[str, bytes] = {}
        self._budget = budget
        self._packer, self._rows = Packer(), Packer()
        self._keys: dict[Key, int] = {}
        # For the one thread that makes entities of what was found.
        self.alike = Alike()
        self._lock = threading.Lock()

    @property
    def ids(self) -> Sequence[str]:
        """The ids of the rows that were read."""
        return list(self._values)

    def add_objects(self, found: Iterable[dict[str, Json]]) -> None:
        """Keep objects."""
        self.bodies.update(self.packed(found))

    def packed(self, found: Iterable[dict[str, Json]]) -> list[tuple[str, PackedObject]]:
        """Return objects as they are kept, by id."""
        spec = endpoints(self.kind)
        kept = []
        for body in found:
            packed = PackedObject(self._packer, body)
            self._budget.charge(self.server, "GET", spec.paged, packed.size + AROUND)
            kept.append((identifier(body), packed))
        return kept

    def add_rows(self, found: Iterable[Row]) -> None:
        """Keep the attributes of rows, beside those that other rows of an entity had."""
        for row in found:
            with self._lock:
                values = {**self.values_of(row.id), **row.values} if row.id in self._values else row.values
                number = self._keys
                told: Json = [[number.setdefault(key, len(number)), str(one)] for key, one in values.items()]
                packed = self._rows.pack(told)
                before = self._values.get(row.id)
                self._values[row.id] = packed
            grown = len(packed) + AROUND if before is None else len(packed) - len(before)
            self._budget.charge(self.server, "POST", FIND, grown)

    def values_of(self, id_: str) -> dict[Key, Untyped]:
        """Return the attributes of an entity."""
        packed = self._values.get(id_)
        if packed is None:
            return {}
        keys = list(self._keys)
        told = cast(list[tuple[int, str]], self._rows.unpack(packed))
        untyped = self.alike.untyped
        return {
            (key := keys[number]): Untyped(one) if key == _RECORD else untyped(key.name, one)
            for number, one in told
        }

    def forget_values(self, id_: str) -> None:
        """Let go of the attributes of an entity: it has them by itself now."""
        self._values.pop(id_, None)

    def keeps_entity(self, values: int) -> None:
        """Charge the budget with what an entity takes as such, and with so many bytes of its values."""
        self._budget.charge(self.server, "GET", endpoints(self.kind).paged, ENTITY + values)


class ReadingKind:
    """The reads of one kind, under way in a pool."""

    def __init__(
        self, found: Found, names: Iterable[str], keys: Sequence[Key], fleet: str | None, page_size: int
    ) -> None:
        """Without a `fleet` read what has the names, and nothing else."""
        self._found = found
        self._fleet = fleet
        self._page_size = page_size
        self._names = sorted(names)
        self._keys = keys
        self._by_name: Future[None] | None = None
        self._objects: WholeList[list[tuple[str, PackedObject]]] | None = None
        self._rows: list[WholeList[None]] = []

    def start(self, pool: ThreadPoolExecutor) -> None:
        """Begin to read everything of the kind, or by name what is meant where that is a small part."""
        server, kind, size = self._found.server, self._found.kind, self._page_size
        if self._fleet is None or self._is_small_part():
            named = rows_by_name(server, kind, self._names, self._keys, self._fleet, size)
            self._by_name = pool.submit(self._found.add_rows, named)
            self._found.is_whole = False
            return
        self._objects = all_objects(server, kind, size, self._found.packed)
        self._objects.start(pool)
        for chunk in chunks(self._keys, KEYS_AT_ONCE):
            query = attributes_of_all(server, kind, chunk)
            self._rows.append(all_rows(server, query, size, self._found.add_rows))
            self._rows[-1].start(pool)

    def _is_small_part(self) -> bool:
        entity_type = endpoints(self._found.kind).entity_type
        return len(self._names) <= _FEW and count(self._found.server, all_of(entity_type)) > _LARGE

    def finish(self) -> Found:
        """Wait for the reads, and return what they found."""
        for kept in self._objects.finish() if self._objects is not None else ():
            self._found.bodies.update(kept)
        for rows in self._rows:
            rows.finish()
        if self._by_name is not None:
            self._by_name.result()
        if not self._found.is_whole:
            ids = self._found.ids
            self._found.add_objects(objects_by_id(self._found.server, self._found.kind, ids))
        return self._found
