"""Attributes of many devices of one fleet, read by id or, where that is quicker, with those of the fleet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from papaya.api.fetch import read_rows, rows_by_id
from papaya.api.protocols import Server
from papaya.api.query import Key, Query, Row, all_of, owned_by
from papaya.engine.inventory import FLEET_KEY

# Of more devices the attributes are read with those of the whole fleet, unless they are a small part of it.
_FEW: Final = 1_000
# A device by its id takes the server so many times as long as one on a page of everything.
_BY_ID_COSTS: Final = 4
_PAGE: Final = 5_000


def read_of_devices(
    server: Server,
    ids: Sequence[str],
    keys: Sequence[Key],
    take: Callable[[Iterable[Row]], object],
    *,
    fleet: str,
    owned: int,
    concurrency: int,
    few: int = _FEW,
) -> None:
    """Read attributes of devices; `take` may be given rows of others of the fleet, which owns so many.

    `take` keeps the rows of a page. A device that the fleet does not own is read by its id, and so are up to
    `few`.
    """
    found: set[str] = set()

    def noted(rows: Iterable[Row]) -> None:
        kept = list(rows)
        found.update(row.id for row in kept)
        take(kept)

    if len(ids) > few and len(ids) * _BY_ID_COSTS > owned:
        own = Query(server, all_of("DEVICE"), keys=keys, key_filters=(owned_by(fleet, FLEET_KEY),))
        read_rows(server, own, noted, page_size=_PAGE, concurrency=concurrency)
    take(rows_by_id(server, "device", [id_ for id_ in ids if id_ not in found], keys))
