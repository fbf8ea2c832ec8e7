"""A gateway: one connection that speaks for many devices, which it names and creates."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from papaya.sandbox.devices.activity import note_activity, note_disconnection
from papaya.sandbox.devices.creation import create_device
from papaya.sandbox.devices.receiving import receive_attributes, receive_series
from papaya.sandbox.mqtt.topics import Interest
from papaya.sandbox.store.attributes import CLIENT_SCOPE, SHARED_SCOPE, read_attributes
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.credentials import fresh_token
from papaya.sandbox.store.entities import find_by_name
from papaya.sandbox.store.group_commit import nothing
from papaya.sandbox.store.live import PendingRpc
from papaya.sandbox.store.series import read_entries
from papaya.sandbox.store.values import cast_attributes, parse_object, wire
from papaya.sandbox.wire import MOST_INT, dumps, quote, whole_of

Send = Callable[[Interest, str, PendingRpc | None], bool]
Step = Callable[[], None]
_DEFAULT_TYPE = "default"


class Child:
    """A device behind the gateway, in place of a session of its own."""

    def __init__(self, name: str, send: Send, forget: Callable[[str], None]) -> None:
        self._name, self._send, self._forget = name, send, forget

    def takes_rpc(self, rpc: PendingRpc) -> bool:
        """Send the call, or tell that the gateway does not listen for calls."""
        data = f'{{"id":{rpc.request_id},"method":{quote(rpc.method)},"params":{rpc.params_text}}}'
        return self._send(Interest.GATEWAY_RPC, f'{{"device":{quote(self._name)},"data":{data}}}', rpc)

    def shared_changed(self, update: str) -> None:
        """Send changed shared attributes."""
        self._send(Interest.GATEWAY_ATTRIBUTES, f'{{"device":{quote(self._name)},"data":{update}}}', None)

    def end(self, reason: str) -> None:
        """Leave the gateway; its connection goes on for the others."""
        self._forget(self._name)


class Gateway:
    """The devices that a connection speaks for, by name."""

    def __init__(self, core: Core, send: Send) -> None:
        self._core, self._send = core, send
        self._children: dict[str, tuple[int, Child]] = {}

    def plan(self, topic: str, payload: bytes) -> tuple[Step, Step]:
        """Return what to write for a message, and what to do after the commit."""
        body = parse_object(payload)
        if topic == "v1/gateway/rpc":
            return self._answer(body)
        if topic == "v1/gateway/attributes/request":
            return self._attributes_of(body)
        if topic == "v1/gateway/disconnect":
            return nothing, partial(self.forget, str(body["device"]))
        stores: dict[str, Callable[[int], None]] = {}
        kind = _DEFAULT_TYPE
        if topic == "v1/gateway/connect":
            stores[str(body["device"])] = lambda number: None
            kind = str(body.get("type") or _DEFAULT_TYPE)
        elif topic == "v1/gateway/telemetry":
            for name, readings in body.items():
                entries = read_entries(readings, self._core.now(), skip_nulls=True)
                stores[name] = partial(receive_series, self._core, entries=entries)
        elif topic == "v1/gateway/attributes":
            for name, given in body.items():
                values = cast_attributes(given)
                stores[name] = partial(receive_attributes, self._core, values=values)
        return self._storing(stores, kind)

    def offer_waiting(self) -> None:
        """Send the calls that waited for the gateway to listen."""
        for number, _ in list(self._children.values()):
            self._core.live.offer_waiting(number)

    def finish(self) -> None:
        """Take every device off line."""
        for name in list(self._children):
            self.forget(name)

    def forget(self, name: str) -> None:
        """Take a device off line."""
        number, child = self._children.pop(name, (0, None))
        if child is not None and self._core.live.sessions.get(number) is child:
            del self._core.live.sessions[number]
            self._core.writes.submit(partial(note_disconnection, self._core, number))

    def _storing(self, stores: dict[str, Callable[[int], None]], kind: str) -> tuple[Step, Step]:
        numbers: dict[str, int] = {}

        def write() -> None:
            for name, store in stores.items():
                numbers[name] = number = self._require(name, kind)
                store(number)
                note_activity(self._core, number, *(() if name in self._children else ("lastConnectTime",)))

        def adopt() -> None:
            for name, number in numbers.items():
                if name not in self._children:
                    child = Child(name, self._send, self.forget)
                    self._core.live.end_session(number, "a gateway speaks for the device now")
                    self._children[name] = (number, child)
                    self._core.live.sessions[number] = child
                    self._core.live.offer_waiting(number)

        return write, adopt

    def _require(self, name: str, kind: str) -> int:
        found = find_by_name(self._core, "DEVICE", name)
        if found is not None:
            return found.number
        return create_device(self._core, {"name": name, "type": kind}, fresh_token()).number

    def _answer(self, body: dict[str, Any]) -> tuple[Step, Step]:
        number, _ = self._children.get(str(body["device"]), (0, None))
        identifier, text = whole_of(body["id"], most=MOST_INT), dumps(body["data"])
        return nothing, lambda: self._core.live.answer(number, identifier, text)

    def _attributes_of(self, body: dict[str, Any]) -> tuple[Step, Step]:
        name, identifier = str(body["device"]), whole_of(body["id"], most=MOST_INT)
        several = body.get("keys")
        keys = [str(key) for key in several] if isinstance(several, list) else [str(body["key"])]
        scope = CLIENT_SCOPE if body.get("client") is True else SHARED_SCOPE
        found: dict[str, str] = {}

        def read() -> None:
            number = self._require(name, _DEFAULT_TYPE)
            rows = read_attributes(self._core, number, scope, keys)
            found.update({key: wire(kind, value) for _, key, kind, value in rows})

        def respond() -> None:
            answer: dict[str, Any] = {"id": identifier, "device": name}
            values = {key: json.loads(text) for key, text in found.items()}
            if several is not None:
                answer["values"] = values
            elif values:
                answer["value"] = values[keys[0]]
            self._send(Interest.GATEWAY_RESPONSES, dumps(answer), None)

        return read, respond


def is_gateway(core: Core, device: int) -> bool:
    """Tell whether a device may speak for others."""
    row = core.store.connection.execute(
        "SELECT json_extract(additional_info, '$.gateway') FROM entity WHERE number = ?", (device,)
    ).fetchone()
    return bool(row and row[0])
