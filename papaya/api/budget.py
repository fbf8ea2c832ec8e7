"""How much of a server's lists one run keeps in memory, all of them together.

A list by itself is bounded in `papaya.api.paging`. A run reads several, so one budget counts what it keeps of
each: packed objects by their size, rows, edges and entities by what Python takes for them.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Final

from papaya.api.malformed import malformed
from papaya.api.protocols import Parameters, Server
from papaya.engine.alike import weight
from papaya.manifest.model import Json

MEGABYTE: Final = 1024 * 1024
# A tenant of 100,000 devices that a fleet does not manage takes about 100 MB of it.
MOST_KEPT: Final = 128 * MEGABYTE
# What a manifest declares may be on the server, too, whatever its number.
ENTITY: Final = 3_000
# The same of an attribute that it declares, live and in the record of what was applied.
DECLARED: Final = 400
# What Python takes for an id, a packed object and their places in a dictionary.
AROUND: Final = 350
_VALUE: Final = 100


class Budget:
    """Bytes that one run may keep of what a server lists; safe to share between threads.

    `more`, if set, is asked once how many more bytes it may be, when these are spent.
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        self.more: Callable[[], int] | None = None
        self._most = self._left = most
        self._lock = threading.Lock()

    def charge(self, server: object, method: str, path: str, size: int) -> None:
        """Note that so many bytes are kept; raise UnexpectedReply, with the list, if they are too many."""
        with self._lock:
            self._left -= size
            if self._left < 0 and self.more is not None:
                more, self.more = self.more(), None
                self._most += more
                self._left += more
            is_spent = self._left < 0
        if is_spent:
            most = self._most // MEGABYTE
            what = f"with this list, what the server lists takes more than {most:,} MB of memory"
            raise malformed(server, method, path, what)


class Charged:
    """A server whose every answer is kept, and is charged to a budget."""

    def __init__(self, server: Server, budget: Budget) -> None:
        self.url = getattr(server, "url", "")
        self._server, self._budget = server, budget

    def get(self, path: str, *, params: Parameters | None = None) -> Json:
        """Return the answer to a GET."""
        answer = self._server.get(path, params=params)
        self._budget.charge(self, "GET", path, weight(answer))
        return answer

    def post(self, path: str, body: Json, *, repeatable: bool = False) -> Json:
        """Return the answer to a POST."""
        answer = self._server.post(path, body, repeatable=repeatable)
        self._budget.charge(self, "POST", path, weight(answer))
        return answer


def weight_of_text(text: str) -> int:
    """Return about how many bytes the document that a JSON text holds takes in memory, at most."""
    values = text.count(",") + text.count("[") + text.count("{")
    return sys.getsizeof(text) + values * _VALUE
