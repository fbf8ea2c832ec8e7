"""Lists that come page by page: every one of them ends, whatever the server says.

ThingsBoard answers `{data, totalPages, totalElements, hasNext}` (its PageData), in which `hasNext` follows
from the total. A server that says `hasNext` for ever is followed no further than its own total, nor beyond a
page that brings nothing new.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator

from papaya.api.malformed import malformed
from papaya.api.replies import AnswerTooLarge
from papaya.counting import counted
from papaya.foreign import described
from papaya.manifest.model import Json

# No tenant is known to have as many entities; their objects have about a kilobyte each.
MOST_ROWS = 500_000
MOST_CHARACTERS = 128 * 1024 * 1024
_SMALLEST = 100
_DIVISORS = (4, 5)

Ask = Callable[[int, int], Json]
"""Asks for a page by its number and for how many rows a page has."""


def pages(
    server: object,
    ask: Ask,
    size: int,
    *,
    method: str,
    path: str,
    identity: Callable[[Json], Hashable] | None = None,
) -> Iterator[list[Json]]:
    """Yield the rows of every page; in smaller pages where a page is larger than papaya reads.

    `identity` says what makes a row another one than those before. Raises UnexpectedReply, with the list's
    name, where an answer is no page and where the list has no end.
    """
    # Hashes: of 100,000 rows the ids themselves take 25 MB.
    known: set[int] = set()
    known_by = identity or identity_of
    number = characters = 0
    while True:
        try:
            answer = ask(number, size)
        except AnswerTooLarge:
            divisor = next((one for one in _DIVISORS if size % one == 0), size)
            if size // divisor < _SMALLEST:
                raise
            number, size = number * divisor, size // divisor
            continue
        rows = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(answer, dict) or not isinstance(rows, list):
            raise malformed(server, method, path, "a page of the list has no data")
        has_next = answer.get("hasNext") or False
        if not isinstance(has_next, bool):
            raise malformed(server, method, path, "a page of the list does not say whether another follows")
        if len(rows) > size:
            raise malformed(server, method, path, f"a page of {counted(size, 'row')} has {len(rows):,}")
        characters += sum(len(repr(row)) for row in rows)
        if characters > MOST_CHARACTERS:
            what = f"the list has more than {MOST_CHARACTERS // 1024 // 1024} MB"
            raise malformed(server, method, path, what)
        total = answer.get("totalElements")
        _check_promise(server, method, path, total)
        heard = getattr(server, "on_rows", None)
        if heard is not None:
            heard(len(rows))
        before = len(known)
        known.update(hash(known_by(row)) for row in rows)
        yield rows
        if not has_next:
            return
        # Else a page is in memory twice while the next one is read.
        del answer, rows
        number += 1
        if len(known) == before:
            raise malformed(server, method, path, f"the list has no end: page {number} brings nothing new")
        _check_total(server, method, path, total, number * size)


def drained(rows: list[Json]) -> Iterator[Json]:
    """Yield the rows of a page, each of which leaves the page on the way."""
    rows.reverse()
    while rows:
        yield rows.pop()


def _check_promise(server: object, method: str, path: str, total: Json) -> None:
    if isinstance(total, int) and total > MOST_ROWS:
        raise malformed(
            server, method, path, f"the list has {described(total)} rows, more than {MOST_ROWS:,}"
        )


def _check_total(server: object, method: str, path: str, total: Json, read: int) -> None:
    if isinstance(total, int) and not isinstance(total, bool) and read >= total:
        raise malformed(
            server, method, path, f"the list has no end: it goes on after {counted(total, 'row')}, its total"
        )
    if read > MOST_ROWS:
        raise malformed(server, method, path, f"the list has no end: it has more than {MOST_ROWS:,} rows")


def identity_of(row: Json) -> Hashable:
    """Return the id of an object; of a row of an entity query with the entity that it stands below."""
    if not isinstance(row, dict):
        return repr(row)[:200]
    identity = row.get("id") or row.get("entityId")
    own = str(identity.get("id")) if isinstance(identity, dict) else repr(row)[:200]
    latest = row.get("latest")
    fields = latest.get("ENTITY_FIELD") if isinstance(latest, dict) else None
    parent = fields.get("parentId") if isinstance(fields, dict) else None
    return own, str(parent.get("value")) if isinstance(parent, dict) else ""
