"""Lists that come page by page: every one of them ends, whatever the server says.

ThingsBoard answers `{data, totalPages, totalElements, hasNext}` (its PageData), in which `hasNext` follows
from the total. A server that says `hasNext` for ever is followed no further than its own total, nor beyond a
page that brings nothing new.
"""

from __future__ import annotations

import marshal
import threading
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

from papaya.api.malformed import malformed
from papaya.api.replies import AnswerTooLarge
from papaya.counting import counted
from papaya.errors import UnexpectedReply
from papaya.foreign import described
from papaya.manifest.model import Json

# No tenant is known to have as many entities; their objects have about a kilobyte each.
MOST_ROWS = 500_000
MOST_CHARACTERS = 128 * 1024 * 1024
_SMALLEST = 100
_DIVISORS = (4, 5)

Ask = Callable[[int, int], Json]
"""Asks for a page by its number and for how many rows a page has."""


class Following:
    """A list that is followed to its end: what makes one of its pages no page, or the list endless.

    Safe for threads. `identity` says what makes a row another one than those before. Rows of up to `spared`
    characters count nothing: of a caller that keeps rows within a budget the list may be as long as a tenant.
    """

    def __init__(
        self,
        server: object,
        *,
        method: str,
        path: str,
        identity: Callable[[Json], Hashable] | None = None,
        spared: int = 0,
        foretold: int = 0,
    ) -> None:
        """Of the rows, so many were announced before the list was asked for."""
        self._server, self._method, self._path = server, method, path
        self._identity = identity or identity_of
        self._spared = spared
        # Hashes: of 100,000 rows the ids themselves take 25 MB.
        self._known: set[int] = set()
        self._characters, self._announced = 0, foretold
        self._lock = threading.Lock()

    @property
    def known(self) -> int:
        """How many different rows came so far."""
        return len(self._known)

    def page(self, answer: Json, size: int) -> Page:
        """Return a page of at most `size` rows; raise UnexpectedReply where an answer is none."""
        rows = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(answer, dict) or not isinstance(rows, list):
            raise self.refused("a page of the list has no data")
        has_next = answer.get("hasNext") or False
        if not isinstance(has_next, bool):
            raise self.refused("a page of the list does not say whether another follows")
        if len(rows) > size:
            raise self.refused(f"a page of {counted(size, 'row')} has {len(rows):,}")
        total = answer.get("totalElements")
        told = total if isinstance(total, int) and not isinstance(total, bool) else None
        if told is not None and told > MOST_ROWS:
            raise self.refused(f"the list has {described(told)} rows, more than {MOST_ROWS:,}")
        characters = sum(max(0, _characters(row) - self._spared) for row in rows)
        hashes = [hash(self._identity(row)) for row in rows]
        with self._lock:
            self._characters += characters
            if self._characters > MOST_CHARACTERS:
                raise self.refused(f"the list has more than {MOST_CHARACTERS // 1024 // 1024} MB")
            before = len(self._known)
            self._known.update(hashes)
            is_new = len(self._known) > before
            # Lists without a total are as long as their pages.
            length = self._announced + len(rows) if told is None else max(told, self._announced)
            announced, self._announced = length - self._announced, length
        heard = getattr(self._server, "on_rows", None)
        if heard is not None:
            heard(len(rows), announced)
        return Page(rows, has_next, told, is_new)

    def goes_on(self, page: Page, number: int, size: int) -> None:
        """Raise UnexpectedReply where nothing speaks for a page `number`, though the one before said so."""
        if not page.is_new:
            raise self.refused(f"the list has no end: page {number} brings nothing new")
        if page.total is not None and number * size >= page.total:
            what = f"the list has no end: it goes on after {counted(page.total, 'row')}, its total"
            raise self.refused(what)
        if number * size > MOST_ROWS:
            raise self.refused(f"the list has no end: it has more than {MOST_ROWS:,} rows")

    def refused(self, what: str) -> UnexpectedReply:
        """Return the error with the list's name."""
        return malformed(self._server, self._method, self._path, what)


@dataclass(slots=True)
class Page:
    """The rows of a page, whether another follows, the total if it is told, and whether a row is new."""

    rows: list[Json]
    has_next: bool
    total: int | None
    is_new: bool


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
    following = Following(server, method=method, path=path, identity=identity)
    number = 0
    while True:
        try:
            page = following.page(ask(number, size), size)
        except AnswerTooLarge:
            divisor = smaller(size)
            if divisor is None:
                raise
            number, size = number * divisor, size // divisor
            continue
        yield page.rows
        if not page.has_next:
            return
        # Else a page is in memory twice while the next one is read.
        page.rows = []
        number += 1
        following.goes_on(page, number, size)


def smaller(size: int) -> int | None:
    """Return by what to divide the size of pages where one is too large, or None where it is small enough."""
    divisor = next((one for one in _DIVISORS if size % one == 0), size)
    return None if size // divisor < _SMALLEST else divisor


def drained(rows: list[Json]) -> Iterator[Json]:
    """Yield the rows of a page, each of which leaves the page on the way."""
    rows.reverse()
    while rows:
        yield rows.pop()


def _characters(row: Json) -> int:
    """Return about how many characters a row has."""
    try:
        # A third of the time of a text.
        return len(marshal.dumps(row))
    except ValueError:
        return len(repr(row))


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
