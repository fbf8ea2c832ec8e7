"""Lists that several parts of one reading need, read from the server once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from concurrent.futures import Future

from papaya.api.protocols import Parameters, Server
from papaya.manifest.model import Json


class Once:
    """A server that is asked for each page of some lists once; safe to share between threads.

    It is made for one reading: what a run reads later has to come from the server. `paths` are those of the
    lists.
    """

    def __init__(self, server: Server, paths: Collection[str]) -> None:
        self.url = getattr(server, "url", "")
        self._server, self._paths = server, paths
        self._known: dict[str, Json] = {}
        self._answers: dict[tuple[str, str], Future[Json]] = {}
        self._lock = threading.Lock()

    @property
    def on_rows(self) -> Callable[[int, int], object] | None:
        """Return who hears of the rows of pages."""
        heard: Callable[[int, int], object] | None = getattr(self._server, "on_rows", None)
        return heard

    def get(self, path: str, *, params: Parameters | None = None) -> Json:
        """Return the answer to a GET."""
        if path in self._known and not params:
            return self._known[path]
        if path not in self._paths:
            return self._server.get(path, params=params)
        key = path, str(sorted((params or {}).items()))
        with self._lock:
            is_first = key not in self._answers
            answer = self._answers.setdefault(key, Future())
        if is_first:
            try:
                answer.set_result(self._server.get(path, params=params))
            except BaseException as error:
                answer.set_exception(error)
                raise
        return _copied(answer.result())

    def know(self, path: str, answer: Json) -> None:
        """Note an answer that is known by now."""
        self._known[path] = answer

    def post(self, path: str, body: Json, *, repeatable: bool = False) -> Json:
        """Return the answer to a POST."""
        return self._server.post(path, body, repeatable=repeatable)


def _copied(answer: Json) -> Json:
    """Return a page whose rows may be taken out: who reads a long list lets go of them one by one."""
    if not isinstance(answer, dict):
        return answer
    return {key: [*value] if isinstance(value, list) else value for key, value in answer.items()}
