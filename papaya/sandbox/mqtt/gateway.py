"""A gateway: one connection that speaks for many devices, which it names and creates."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from papaya.sandbox.devices.activity import note_activity, note_disconnection
from papaya.sandbox.devices.children import child_of
from papaya.sandbox.devices.claiming import read_claim, register_claim
from papaya.sandbox.devices.receiving import receive_attributes, receive_series
from papaya.sandbox.mqtt.gateway_messages import flag_of, int_of, keys_of, members_of, text_of
from papaya.sandbox.mqtt.topics import GATEWAY_ANSWERS, GATEWAY_ATTRIBUTES, GATEWAY_RPC
from papaya.sandbox.mqtt.values import TOPIC_INVALID, Acknowledged, NotCarriedOut, UnreadablePayload
from papaya.sandbox.refusal import Refusal
from papaya.sandbox.store.attributes import CLIENT_SCOPE, SHARED_SCOPE, read_attributes
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.group_commit import nothing
from papaya.sandbox.store.live import PendingRpc
from papaya.sandbox.store.series import read_entries
from papaya.sandbox.store.values import cast_attributes, wire
from papaya.sandbox.unforeseen import shown
from papaya.sandbox.wire import dumps, quote

_LOG = logging.getLogger(__name__)
Send = Callable[[str, str, PendingRpc | None], bool]
Step = Callable[[], None]
Store = Callable[[int], None]
_DEFAULT_TYPE = "default"
_UNREADABLE = (ValueError, TypeError, AttributeError, KeyError, OverflowError)


class Child:
    """A device behind the gateway, in place of a session of its own."""

    def __init__(self, number: int, name: str, send: Send, forget: Callable[[str], None]) -> None:
        self.number = number
        self._name, self._send, self._forget = name, send, forget

    def takes_rpc(self, rpc: PendingRpc) -> bool:
        """Send the call; a gateway need not ask for them."""
        data = f'{{"id":{rpc.request_id},"method":{quote(rpc.method)},"params":{rpc.params_text}}}'
        return self._send(GATEWAY_RPC, f'{{"device":{quote(self._name)},"data":{data}}}', rpc)

    def shared_changed(self, update: str) -> None:
        """Send changed shared attributes."""
        self._send(GATEWAY_ATTRIBUTES, f'{{"device":{quote(self._name)},"data":{update}}}', None)

    def end(self, reason: str) -> None:
        """Leave the gateway; its connection goes on for the others."""
        self._forget(self._name)


@dataclass(frozen=True, slots=True)
class Work:
    """The result of a message: a write, the work after it is stored, and any part that is not readable.

    `is_done` tells whether the message is acknowledged: the server does not where a device cannot be made.
    """

    write: Step
    afterwards: Step = nothing
    is_done: Callable[[], bool] = lambda: True
    reason: int = 0
    fault: UnreadablePayload | None = None


class Gateway:
    """The devices that a connection speaks for, by the name under which it began."""

    def __init__(self, core: Core, number: int, send: Send) -> None:
        self._core, self._number, self._send = core, number, send
        self._children: dict[str, Child] = {}

    def work(self, topic: str, payload: bytes) -> Work:
        """Return what a message comes to; raise Malformed for one that cannot be carried out."""
        kinds: dict[str, Callable[[dict[str, Any]], Work]] = {
            "v1/gateway/connect": self._connect,
            "v1/gateway/disconnect": self._disconnect,
            "v1/gateway/telemetry": partial(self._store_each, list, self._series),
            "v1/gateway/attributes": partial(self._store_each, dict, self._attributes),
            "v1/gateway/claim": partial(self._store_each, dict, self._claim),
            "v1/gateway/attributes/request": self._attributes_of,
            "v1/gateway/rpc": self._answer,
        }
        kind = kinds.get(topic)
        return Work(nothing, reason=TOPIC_INVALID) if kind is None else kind(members_of(payload))

    def finish(self) -> None:
        """Take every device off line."""
        for name in list(self._children):
            self.forget(name)

    def forget(self, name: str) -> None:
        """Take a device off line."""
        child = self._children.pop(name, None)
        if child is not None and self._core.live.sessions.get(child.number) is child:
            del self._core.live.sessions[child.number]
            self._core.writes.submit(partial(note_disconnection, self._core, child.number))

    def _connect(self, body: dict[str, Any]) -> Work:
        name = text_of(body, "device")
        if not name:
            raise NotCarriedOut("the device has no name")
        kind = _DEFAULT_TYPE if body.get("type") is None else text_of(body, "type")
        return self._storing({name: lambda number: None}, kind)

    def _disconnect(self, body: dict[str, Any]) -> Work:
        name = text_of(body, "device")
        if not name:
            raise NotCarriedOut("the device has no name")
        return Work(nothing, partial(self.forget, name))

    def _series(self, given: Any) -> Store:
        entries = read_entries(given, self._core.now(), skip_nulls=True)
        return partial(receive_series, self._core, entries=entries)

    def _attributes(self, given: Any) -> Store:
        return partial(receive_attributes, self._core, values=cast_attributes(given))

    def _claim(self, given: Any) -> Store:
        return partial(register_claim, self._core, claim=read_claim(given))

    def _store_each(self, shape: type, read: Callable[[Any], Store], body: dict[str, Any]) -> Work:
        """Return the work for each device of a message; parts of another shape are passed over."""
        usable = {name: given for name, given in body.items() if isinstance(given, shape)}
        for name in body.keys() - usable.keys():
            _LOG.warning("a gateway's message for %s has another form: it is lost", shown(name))
        if not usable:
            if self._core.dialect.refuses_empty_gateway_messages:
                raise NotCarriedOut("the message is for no device")
            return Work(nothing, is_done=lambda: False)
        stores: dict[str, Store] = {}
        fault: UnreadablePayload | None = None
        for name, given in usable.items():
            try:
                stores[name] = read(given)
            except _UNREADABLE as error:
                fault = UnreadablePayload(f"{shown(name)}: {error}")
        # The server waits for a part without values, and waits for ever.
        empty = shape is list and not all(usable.values())
        return self._storing(stores, _DEFAULT_TYPE, fault, waits=empty)

    def _storing(
        self,
        stores: dict[str, Store],
        kind: str = _DEFAULT_TYPE,
        fault: UnreadablePayload | None = None,
        *,
        waits: bool = False,
    ) -> Work:
        numbers: dict[str, int | None] = {}

        def write() -> None:
            for name, store in stores.items():
                numbers[name] = number = self._numbered(name, kind)
                if number is not None:
                    store(number)
                    moments = () if name in self._children else ("lastConnectTime",)
                    note_activity(self._core, number, *moments)

        def adopt() -> None:
            for name, number in numbers.items():
                if number is not None and name not in self._children:
                    self._adopt(name, number)

        return Work(write, adopt, lambda: not waits and None not in numbers.values(), fault=fault)

    def _numbered(self, name: str, kind: str) -> int | None:
        """Return the number of a device, None where there can be none; a renamed one keeps its old name."""
        known = self._children.get(name)
        if known is not None:
            return known.number
        try:
            with self._core.store.savepoint():
                return child_of(self._core, self._number, name, kind)
        except Refusal as refusal:
            _LOG.warning("a gateway names a device that cannot be, %s: %s", shown(name), shown(refusal))
            return None

    def _adopt(self, name: str, number: int) -> None:
        child = Child(number, name, self._send, self.forget)
        self._core.live.end_session(number, "a gateway speaks for the device now")
        self._children[name] = child
        self._core.live.sessions[number] = child
        self._core.live.offer_waiting(number)

    def _answer(self, body: dict[str, Any]) -> Work:
        name, identifier = text_of(body, "device"), int_of(body, "id")
        if "data" not in body:
            raise NotCarriedOut("the answer has no data")
        text = dumps(body["data"])
        numbers: list[int] = []
        told = self._storing({name: numbers.append})

        def pass_on() -> None:
            told.afterwards()
            if numbers:
                self._core.live.answer(numbers[-1], identifier, text)

        return Work(told.write, pass_on, told.is_done)

    def _attributes_of(self, body: dict[str, Any]) -> Work:
        identifier, name = int_of(body, "id"), text_of(body, "device")
        scope = CLIENT_SCOPE if flag_of(body, "client") else SHARED_SCOPE
        keys = keys_of(body)
        found: dict[str, str] = {}

        def read(number: int) -> None:
            rows = read_attributes(self._core, number, scope, keys) if keys else []
            found.update({key: wire(kind, value) for _, key, kind, value in rows})

        asked = self._storing({name: read})

        def respond() -> None:
            asked.afterwards()
            if not asked.is_done():
                return
            answer: dict[str, Any] = {"id": identifier, "device": name}
            values = {key: json.loads(text) for key, text in found.items()}
            if values and len(keys) > 1:
                answer["values"] = values
            elif values:
                answer["value"] = values[keys[0]]
            self._send(GATEWAY_ANSWERS, dumps(answer), None)

        return Work(asked.write, respond, asked.is_done)


def acknowledge_later(work: Work, acknowledge: Acknowledged) -> Step:
    """Return what follows the commit of a gateway's message."""

    def finish() -> None:
        if work.is_done() and work.fault is None:
            acknowledge(work.reason)
        work.afterwards()

    return finish


def is_gateway(core: Core, device: int) -> bool:
    """Tell whether a device may speak for others."""
    row = core.store.connection.execute(
        "SELECT json_extract(additional_info, '$.gateway') FROM entity WHERE number = ?", (device,)
    ).fetchone()
    return bool(row and row[0])
