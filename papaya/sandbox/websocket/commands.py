"""Commands of the WebSocket, in the form of today and in that of older clients."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from papaya.sandbox.gaps import tell_gap
from papaya.sandbox.refusal import PERMISSION_DENIED, PlainRefusal, Refusal
from papaya.sandbox.unforeseen import tell
from papaya.sandbox.websocket import alarms, entities, telemetry
from papaya.sandbox.websocket.subscription import (
    BAD_REQUEST,
    INTERNAL_ERROR,
    UNAUTHORIZED,
    Command,
    CommandFailed,
    Peer,
    command_id,
)
from papaya.sandbox.wire import dumps

_LOG = logging.getLogger(__name__)
Handler = Callable[[Peer, Command], None]
Failure = Callable[[Peer, int, int, str], None]
_OLD_FORM = {
    "tsSubCmds": "TIMESERIES",
    "attrSubCmds": "ATTRIBUTES",
    "historyCmds": "TIMESERIES_HISTORY",
    "entityDataCmds": "ENTITY_DATA",
    "entityDataUnsubscribeCmds": "ENTITY_DATA_UNSUBSCRIBE",
    "entityCountCmds": "ENTITY_COUNT",
    "entityCountUnsubscribeCmds": "ENTITY_COUNT_UNSUBSCRIBE",
    "alarmDataCmds": "ALARM_DATA",
    "alarmDataUnsubscribeCmds": "ALARM_DATA_UNSUBSCRIBE",
    "alarmCountCmds": "ALARM_COUNT",
    "alarmCountUnsubscribeCmds": "ALARM_COUNT_UNSUBSCRIBE",
}


def _unsubscribe(family: str, peer: Peer, command: Command) -> None:
    peer.unsubscribe(family, command_id(command))


_HANDLERS: dict[str, tuple[Handler, Failure]] = {
    "TIMESERIES": (telemetry.subscribe_series, telemetry.fail),
    "ATTRIBUTES": (telemetry.subscribe_attributes, telemetry.fail),
    "TIMESERIES_HISTORY": (telemetry.send_history, telemetry.fail),
    "ENTITY_DATA": (entities.subscribe_data, entities.fail_data),
    "ENTITY_COUNT": (entities.subscribe_count, entities.fail_count),
    "ALARM_DATA": (alarms.subscribe_data, alarms.fail_data),
    "ALARM_COUNT": (alarms.subscribe_count, alarms.fail_count),
}
_HANDLERS |= {
    f"{family}_UNSUBSCRIBE": (partial(_unsubscribe, family), telemetry.fail)
    for family in ("ENTITY_DATA", "ENTITY_COUNT", "ALARM_DATA", "ALARM_COUNT")
}


# Commands of the server that the sandbox lacks; ending an unknown subscription is ignored silently.
_ABSENT = frozenset(
    {
        "ALARM_STATUS",
        "NOTIFICATIONS",
        "NOTIFICATIONS_COUNT",
        "MARK_NOTIFICATIONS_AS_READ",
        "MARK_ALL_NOTIFICATIONS_AS_READ",
    }
)
_SILENT = frozenset({"ALARM_STATUS_UNSUBSCRIBE", "NOTIFICATIONS_UNSUBSCRIBE"})
_MEMBERS = frozenset({"authCmd", "cmds", *_OLD_FORM})


class UnreadableFrame(ValueError):
    """A frame with a part that the server's parser refuses, and so the whole of it."""


def commands_in(body: dict[str, Any]) -> list[Command]:
    """Return the commands of a frame; in the older form each kind has a list of its own."""
    if not body.keys() <= _MEMBERS:
        raise UnreadableFrame("a member that no frame has")
    return [_checked(command) for command in _raw(body)]


def _raw(body: dict[str, Any]) -> Iterator[Any]:
    for name, kind in (("cmds", None), *_OLD_FORM.items()):
        commands = body.get(name)
        if not isinstance(commands, list | None):
            raise UnreadableFrame(f"{name} is no list")
        for command in commands or ():
            yield {**command, "type": kind} if kind and isinstance(command, dict) else command


def _checked(command: Any) -> Command:
    if not isinstance(command, dict):
        raise UnreadableFrame("a command is no object")
    kind, identifier = command.get("type"), command.get("cmdId", 0)
    if not isinstance(kind, str) or (kind not in _HANDLERS and kind not in _ABSENT and kind not in _SILENT):
        raise UnreadableFrame(f"no commands of type {kind}")
    if isinstance(identifier, str | dict | list):
        raise UnreadableFrame("cmdId is no number")
    return command


def run_command(peer: Peer, command: Command, address: str) -> None:
    """Run a command; what goes wrong is answered under its id."""
    kind = str(command["type"])
    if kind in _SILENT:
        return
    if kind in _ABSENT:
        number, text = command.get("cmdId"), tell_gap(f"WebSocket commands of type {kind}", address)
        told = {"cmdId": number, "subscriptionId": number, "errorCode": INTERNAL_ERROR, "errorMsg": text}
        peer.send(dumps(told))
        return
    handler, fail = _HANDLERS[kind]
    identifier = command.get("cmdId")
    answered = identifier if isinstance(identifier, int) else 0
    try:
        handler(peer, command)
    except CommandFailed as failure:
        fail(peer, answered, failure.code, failure.message)
    except Refusal as refusal:
        denied = refusal.code == PERMISSION_DENIED
        fail(peer, answered, UNAUTHORIZED if denied else BAD_REQUEST, refusal.message)
    except PlainRefusal as refusal:
        fail(peer, answered, INTERNAL_ERROR, refusal.text or "Failed to fetch data!")
    except Exception as fault:
        # The server logs what it stumbles over and sends nothing.
        tell(_LOG, f"WebSocket: a command of type {command.get('type')}", fault)
