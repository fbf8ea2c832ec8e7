"""Carries out requests that kinds describe; after a lost answer it looks before it sends anything again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from papaya.api.protocols import Writable
from papaya.errors import AnswerLost, NotFound, Rejected, Unavailable, VersionConflict
from papaya.kinds.request import Request, Upload
from papaya.manifest.model import Json

_TRIES = 3


class Sending(Writable, Protocol):
    """What sending a request of a kind needs of a session."""

    def delete(self, path: str, *, params: Mapping[str, str | int | bool] | None = None) -> Json:
        """Return the answer to a DELETE."""

    def upload(self, path: str, file: Upload, *, params: Mapping[str, str | int | bool]) -> Json:
        """Return the answer to a POST of a file, which may be sent again."""


def send(server: Sending, request: Request) -> Json:
    """Return the answer to a request.

    Where its answer was lost, what the server has now says whether it was carried out; then that is the
    answer. Raises VersionConflict where somebody else saved the object since it was read.
    """
    if request.method == "GET":
        return server.get(request.path, params=request.parameters or None)
    if request.method == "DELETE":
        return _delete(server, request)
    for remaining in reversed(range(_TRIES)):
        try:
            if request.upload is not None:
                return server.upload(request.path, request.upload, params=request.parameters)
            return server.post(
                request.path,
                request.body,
                params=request.parameters or None,
                repeatable=request.repeatable,
            )
        except (AnswerLost, Unavailable, Rejected, VersionConflict) as error:
            done = _found(server, request)
            if done is not None:
                return done
            if isinstance(error, VersionConflict):
                raise VersionConflict(
                    "somebody else changed it since it was read",
                    method=request.method,
                    path=request.path,
                    status=409,
                ) from error
            if isinstance(error, Rejected) or request.look is None or not remaining:
                raise
    raise AssertionError("the loop returns or raises")


def _found(server: Sending, request: Request) -> Json:
    if request.look is None:
        return None
    look = request.look.request
    try:
        return request.look.found(server.get(look.path, params=look.parameters or None))
    except NotFound:
        return None


def _delete(server: Sending, request: Request) -> Json:
    try:
        return server.delete(request.path, params=request.parameters or None)
    except NotFound:
        if request.absent_is_done:
            return None
        raise
