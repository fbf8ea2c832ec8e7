"""A list read whole: its pages at once, as soon as the first one has said how many rows there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Generic, TypeVar

from papaya.api.paging import Ask, Following, Page, smaller
from papaya.api.replies import AnswerTooLarge, one_at_a_time
from papaya.manifest.model import Json

Taken = TypeVar("Taken")


@contextmanager
def reading_pools(*threads: int) -> Iterator[tuple[ThreadPoolExecutor, ...]]:
    """Yield a pool of each size; where the block raises, no page is asked for that still waits for a thread.

    Else the pages of all other lists would be read before anybody hears of the error, and of a server that
    is away each for as long as a request is tried.
    """
    with ExitStack() as stack:
        pools = tuple(stack.enter_context(ThreadPoolExecutor(max(1, size))) for size in threads)
        try:
            yield pools
        except BaseException:
            for pool in pools:
                pool.shutdown(wait=False, cancel_futures=True)
            raise


class WholeList(Generic[Taken]):
    """One list of a server, read in the threads of a pool.

    `take` returns what to keep of the rows of a page, in the thread that asked for the page. The page itself
    is in memory only for that long. Pages are asked for by number in an order that does not change, so that a
    list in which something was created or deleted meanwhile may lack a row. Such a list, whose total changed
    or exceeds what came, is read a second time, and what either reading found counts.
    """

    def __init__(
        self,
        server: object,
        ask: Ask,
        size: int,
        take: Callable[[list[Json]], Taken],
        *,
        method: str,
        path: str,
        spared: int,
        is_counted: bool = True,
        foretells: bool = False,
        foretold: int = 0,
    ) -> None:
        """With `is_counted` the total is that of the different rows.

        Who hears of progress is told of a list as long as this one that comes later (`foretells`). That list
        was announced then with so many rows (`foretold`).
        """
        self._server, self._foretells = server, foretells
        self._ask, self._size, self._take = ask, size, take
        self._is_counted = is_counted
        self._follow = partial(Following, server, method=method, path=path, spared=spared)
        self._following = self._follow(foretold=foretold)
        self._pool: ThreadPoolExecutor | None = None
        self._first: Future[None] | None = None
        self._others: list[Future[None]] = []
        self._taken: dict[int, Taken] = {}
        self._totals: list[int] = []
        self._last: Page | None = None

    def start(self, pool: ThreadPoolExecutor) -> None:
        """Begin to read; nothing waits for another in the pool's threads."""
        self._pool = pool
        self._first = pool.submit(self._begin)

    def finish(self) -> list[Taken]:
        """Wait for all pages, and return what was kept of them, in the order of the list."""
        self._wait()
        if self._has_moved():
            before, self._taken, self._totals = self._taken, {}, []
            self._following = self._follow()
            if self._pool is not None:
                self.start(self._pool)
            self._wait()
            return [*self._in_order(before), *self._in_order(self._taken)]
        return self._in_order(self._taken)

    def _in_order(self, taken: dict[int, Taken]) -> list[Taken]:
        return [taken[first_row] for first_row in sorted(taken)]

    def _wait(self) -> None:
        try:
            if self._first is not None:
                self._first.result()
            for page in self._others:
                page.result()
        except BaseException:
            for page in self._others:
                page.cancel()
            raise
        self._read_on()

    def _begin(self) -> None:
        """Read the first page, in the size that the server's answers allow, and have the others read."""
        while True:
            try:
                page = self._read(0, self._size)
                break
            except AnswerTooLarge:
                divisor = smaller(self._size)
                if divisor is None:
                    raise
                self._size //= divisor
        heard = getattr(self._server, "on_rows", None)
        if self._foretells and heard is not None and page.total is not None:
            heard(0, page.total)
        self._foretells = False
        self._others, self._last = [], page
        if not page.has_next or page.total is None or self._pool is None:
            return
        self._following.goes_on(page, 1, self._size)
        count = -(-page.total // self._size)
        self._others = [self._pool.submit(self._read_page, number, self._size) for number in range(1, count)]

    def _read_page(self, number: int, size: int) -> None:
        """Read a page of those that the total announced; in parts where it is too large."""
        try:
            page = self._read(number, size)
        except AnswerTooLarge:
            divisor = smaller(size)
            if divisor is None:
                raise
            for part in range(number * divisor, (number + 1) * divisor):
                self._read_page(part, size // divisor)
            return
        if page.has_next:
            self._following.goes_on(page, number + 1, size)

    def _read_on(self) -> None:
        """Read what follows the announced pages, one after the other: what was created meanwhile."""
        number = len(self._others) + 1
        if self._others:
            # Only the page after the last can say whether there is more.
            grown = max(self._totals, default=0) > number * self._size
            self._last = Page([], grown, None, is_new=True)
        while self._last is not None and self._last.has_next:
            self._following.goes_on(self._last, number, self._size)
            self._last = self._read(number, self._size)
            number += 1

    def _read(self, number: int, size: int) -> Page:
        with one_at_a_time():
            page = self._following.page(self._ask(number, size), size)
            if page.total is not None:
                self._totals.append(page.total)
            self._taken[number * size] = self._take(page.rows)
        page.rows = []
        return page

    def _has_moved(self) -> bool:
        if len(self._totals) < 2:
            return False
        is_short = self._is_counted and self._following.known < max(self._totals)
        return is_short or len(set(self._totals)) > 1
