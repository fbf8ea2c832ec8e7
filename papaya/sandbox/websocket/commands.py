"""Commands of the WebSocket, in the form of today and in that of older clients."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from papaya.sandbox.refusal import PERMISSION_DENIED, PlainRefusal, Refusal
from papaya.sandbox.unforeseen import shown, tell
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


def commands_in(body: dict[str, Any]) -> Iterator[Command]:
    """Return the commands of a frame; in the older form each kind has a list of its own."""
    for command in body.get("cmds") or ():
        if isinstance(command, dict):
            yield command
    for name, kind in _OLD_FORM.items():
        for command in body.get(name) or ():
            if isinstance(command, dict):
                yield {**command, "type": kind}


def run_command(peer: Peer, command: Command) -> None:
    """Run a command; what goes wrong is answered under its id."""
    found = _HANDLERS.get(str(command.get("type")))
    if found is None:
        _LOG.warning("WebSocket: no commands of type %s", shown(command.get("type")))
        return
    handler, fail = found
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
