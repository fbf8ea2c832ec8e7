"""The common parts of WebSocket subscriptions: their connection, and the form of updates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from papaya.sandbox.store.changes import Change, Value
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.users import User
from papaya.sandbox.store.values import as_text
from papaya.sandbox.wire import dumps

INTERNAL_ERROR, BAD_REQUEST, UNAUTHORIZED = 1, 2, 3
Command = dict[str, Any]


class Subscription(Protocol):
    """Something that lasts until it is ended."""

    def changed(self, change: Change) -> None:
        """Take note of a committed change."""

    def refresh(self) -> None:
        """Look again, as the server does once a minute for what has no events."""

    def end(self) -> None:
        """Send no more."""


class Peer(Protocol):
    """The connection, as commands see it."""

    core: Core
    subscriptions: dict[tuple[str, int], Subscription]

    @property
    def user(self) -> User:
        """Who is logged in."""

    def send(self, text: str) -> None:
        """Send soon."""

    def subscribe(self, family: str, command_id: int, subscription: Subscription) -> None:
        """Keep a subscription until it is ended or replaced."""

    def unsubscribe(self, family: str, command_id: int) -> None:
        """End a subscription, if there is one."""


class CommandFailed(Exception):
    """A command is answered with a code and a text."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def command_id(command: Command) -> int:
    """Return the id of a command."""
    identifier = command.get("cmdId")
    if not isinstance(identifier, int) or identifier < 0:
        raise CommandFailed(BAD_REQUEST, "Cmd id is negative value!")
    return identifier


def telemetry_update(
    identifier: int,
    code: int = 0,
    message: str | None = None,
    values: Mapping[str, Sequence[Value]] | None = None,
) -> str:
    """Return an update of a subscription of one entity."""
    data = None
    latest: dict[str, int] = {}
    if values is not None:
        data = {
            key: [[ts, text_of(kind, value)] for ts, kind, value in values[key]] for key in sorted(values)
        }
        latest = {key: max(ts for ts, _, _ in values[key]) for key in sorted(values) if values[key]}
    return dumps(
        {
            "subscriptionId": identifier,
            "errorCode": code,
            "errorMsg": message,
            "data": data,
            "latestValues": latest,
        }
    )


def text_of(kind: str, value: Any) -> str | None:
    """Return a value as updates write it; a key without one has null."""
    return None if value is None else as_text(kind, value)


def page_update(
    kind: str,
    identifier: int,
    *,
    data: Any = None,
    update: Any = None,
    code: int = 0,
    message: str | None = None,
    **more: object,
) -> str:
    """Return an update of a query: a page at first, single entities later."""
    return dumps(
        {
            "cmdId": identifier,
            "data": data,
            "update": update,
            "errorCode": code,
            "errorMsg": message,
            **more,
            "cmdUpdateType": kind,
        }
    )


def count_update(kind: str, identifier: int, count: int, code: int = 0, message: str | None = None) -> str:
    """Return an update of a count."""
    return dumps(
        {
            "cmdId": identifier,
            "errorCode": code,
            "errorMsg": message,
            "count": count,
            "cmdUpdateType": kind,
        }
    )
