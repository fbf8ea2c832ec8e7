"""One connected device: what it publishes is stored and then acknowledged; what concerns it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from papaya.sandbox.devices.activity import note_activity, note_disconnection
from papaya.sandbox.devices.calls import MAX_PAYLOAD, answer_call
from papaya.sandbox.devices.downloads import chunk_of, package_for
from papaya.sandbox.devices.receiving import receive_attributes, receive_series
from papaya.sandbox.lenient import device_json
from papaya.sandbox.mqtt.gateway import Gateway, is_gateway
from papaya.sandbox.mqtt.own_topics import own_topics
from papaya.sandbox.mqtt.packets import SUBSCRIPTION_FAILED
from papaya.sandbox.mqtt.topics import GATEWAY_TOPICS, Form, Interest, Meaning, Target, interest_of, target_of
from papaya.sandbox.mqtt.values import (
    NO_SUBSCRIPTION,
    TOPIC_INVALID,
    Acknowledged,
    Publish,
    Subscribe,
    UnreadablePayload,
)
from papaya.sandbox.store.attributes import device_attributes_text
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.group_commit import nothing
from papaya.sandbox.store.live import PendingRpc
from papaya.sandbox.store.packages import FIRMWARE, SOFTWARE, package_data
from papaya.sandbox.store.series import read_entries
from papaya.sandbox.store.values import cast_attributes, parse_object
from papaya.sandbox.wire import MOST_INT, whole_number

Send = Callable[[str, bytes, int | None], None]
Close = Callable[[str], None]
Write = Callable[[], None]


class Session:
    """A device behind a connection; `send` takes topic, payload, packet id; `close` ends the connection."""

    def __init__(self, core: Core, device: int, send: Send, close: Close) -> None:
        self.device = device
        self._core, self._send, self._close = core, send, close
        self._interests: dict[Interest, tuple[Form, int]] = {}
        self._sent: dict[int, PendingRpc | None] = {}
        self._packet_id = 0
        self._ended = self._revoked = False
        self._gateway = Gateway(core, self._send_as_gateway) if is_gateway(core, device) else None
        self._calls: set[asyncio.Task[None]] = set()
        self._own = own_topics(core, device)
        self._chunk_sizes: dict[tuple[str, int], int] = {}

    def begin(self) -> None:
        """Take the place of the device's older session: the server keeps one per device."""
        older = self._core.live.sessions.get(self.device)
        self._core.live.sessions[self.device] = self
        if older is not None:
            older.end("the device connected again")
        self.write(partial(note_activity, self._core, self.device, "lastConnectTime"))

    def end(self, reason: str) -> None:
        """Close the connection."""
        if not self._ended:
            self._ended = self._revoked = True
            self._close(reason)

    def finish(self) -> None:
        """Clean up after the connection; calls that it did not acknowledge go to the next one."""
        self._ended = True
        for call in self._calls:
            call.cancel()
        if self._core.live.sessions.get(self.device) is self:
            del self._core.live.sessions[self.device]
            note = partial(note_disconnection, self._core, self.device)
            self._core.writes.submit(note)
        if self._gateway is not None:
            self._gateway.finish()
        for rpc in self._sent.values():
            if rpc is not None:
                self._core.live.offer_again(self.device, rpc)

    def heard(self) -> None:
        """Note a sign of life that carries nothing else."""
        self.write(partial(note_activity, self._core, self.device))

    def subscribed(self, packet: Subscribe) -> list[int]:
        """Remember subscriptions and return what each is granted."""
        codes = []
        for topic_filter, qos in packet.filters:
            interest = self._interest_of(topic_filter)
            if interest is None:
                codes.append(SUBSCRIPTION_FAILED)
                continue
            granted = min(1, qos)
            self._interests[interest[0]] = (interest[1], granted)
            codes.append(granted)
        return codes

    def offer_waiting(self) -> None:
        """Send the calls that waited for the device to listen."""
        if Interest.RPC in self._interests:
            self._core.live.offer_waiting(self.device)
        if Interest.GATEWAY_RPC in self._interests and self._gateway is not None:
            self._gateway.offer_waiting()

    def unsubscribed(self, filters: tuple[str, ...]) -> list[int]:
        """Forget subscriptions, and return what became of each."""
        codes = []
        for topic_filter in filters:
            interest = self._interest_of(topic_filter)
            known = interest is not None and self._interests.pop(interest[0], None) is not None
            codes.append(0 if known else NO_SUBSCRIPTION)
        return codes

    def _interest_of(self, topic_filter: str) -> tuple[Interest, Form] | None:
        return interest_of(topic_filter) or self._own.interest_of(topic_filter)

    def acknowledged(self, packet_id: int) -> None:
        """Note that the device has a message."""
        rpc = self._sent.pop(packet_id, None)
        if rpc is not None:
            rpc.note("DELIVERED")

    def takes_rpc(self, rpc: PendingRpc) -> bool:
        """Send the call, or tell that the device does not listen for calls."""
        interest = self._interests.get(Interest.RPC)
        if interest is None or self._ended:
            return False
        form, qos = interest
        self._publish(f"{form.rpc_to_device}{rpc.request_id}", rpc.message, qos, rpc)
        rpc.note("SENT" if qos else "DELIVERED")
        return True

    def shared_changed(self, update: str) -> None:
        """Send changed shared attributes to a device that listens for them."""
        interest = self._interests.get(Interest.ATTRIBUTES)
        if interest is not None and not self._ended:
            self._publish(interest[0].attributes, update, interest[1])

    def published(self, message: Publish, acknowledge: Acknowledged) -> None:
        """Handle a message of the device; acknowledge it after the commit, in the order of coming."""
        target = target_of(message.topic) or self._own.target_of(message.topic)
        if target is None:
            # The server acknowledges what it does not know, and drops it.
            self.write(nothing, partial(acknowledge, TOPIC_INVALID))
            return
        try:
            if target.meaning is Meaning.GATEWAY and self._gateway is not None:
                self._speak_for_others(self._gateway, message, acknowledge)
            else:
                self._handle(target, message.payload, acknowledge)
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError) as error:
            raise UnreadablePayload(f"{message.topic}: {error}") from error

    def write(self, action: Write, afterwards: Write | None = None) -> None:
        """Write with the next group commit; a write that fails costs the connection.

        What a device sent just before it left is stored, but not what comes after its right was taken.
        """

        def write() -> None:
            if not self._revoked:
                action()

        def committed() -> None:
            if afterwards is not None and not self._ended:
                afterwards()

        self._core.writes.submit(write, committed, partial(self.end, "a write failed"))

    def _handle(self, target: Target, payload: bytes, acknowledge: Write) -> None:
        core, device = self._core, self.device
        if target.meaning is Meaning.TELEMETRY:
            entries = read_entries(device_json(payload), core.now(), skip_nulls=True)
            self._store(partial(receive_series, core, device, entries), acknowledge)
        elif target.meaning is Meaning.ATTRIBUTES:
            values = cast_attributes(parse_object(payload))
            store = partial(receive_attributes, core, device, values)
            self._store(store, acknowledge)
        elif target.meaning is Meaning.ATTRIBUTES_REQUEST:
            self._answer_attributes(target, parse_object(payload), acknowledge)
        elif target.meaning is Meaning.RPC_RESPONSE:
            core.live.answer(device, target.number, payload.decode())
            self._store(nothing, acknowledge)
        elif target.meaning is Meaning.RPC_REQUEST:
            self._answer_call(target, parse_object(payload), acknowledge)
        elif target.meaning is Meaning.PACKAGE:
            self._send_package(target, payload.decode(), acknowledge)
        else:
            self._store(nothing, acknowledge)

    def _store(self, action: Write, acknowledge: Write) -> None:
        def store() -> None:
            action()
            note_activity(self._core, self.device)

        self.write(store, acknowledge)

    def _speak_for_others(self, gateway: Gateway, message: Publish, acknowledge: Write) -> None:
        write, afterwards = gateway.plan(message.topic, message.payload)

        def finish() -> None:
            acknowledge()
            afterwards()

        self._store(write, finish)

    def _send_as_gateway(self, interest: Interest, text: str, rpc: PendingRpc | None) -> bool:
        found = self._interests.get(interest)
        if self._ended or (found is None and interest is not Interest.GATEWAY_RESPONSES):
            return False
        self._publish(GATEWAY_TOPICS[interest], text, found[1] if found else 0)
        if rpc is not None:
            rpc.note("DELIVERED")
        return True

    def _answer_attributes(self, target: Target, request: dict[str, Any], acknowledge: Write) -> None:
        found: list[str] = []

        def read() -> None:
            client, shared = request.get("clientKeys"), request.get("sharedKeys")
            found.append(device_attributes_text(self._core, self.device, client, shared))

        def respond() -> None:
            acknowledge()
            self._respond(f"{target.form.attributes_response}{target.number}", found[-1])

        self._store(read, respond)

    def _answer_call(self, target: Target, request: dict[str, Any], acknowledge: Write) -> None:
        method, params = str(request["method"]), request["params"]

        async def respond() -> None:
            answer = await answer_call(self._core, self.device, method, params)
            self._respond(f"{target.form.rpc_answer_to_device}{target.number}", answer)

        def begin() -> None:
            acknowledge()
            call = asyncio.get_running_loop().create_task(respond())
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

        self._store(nothing, begin)

    def _send_package(self, target: Target, payload: str, acknowledge: Write) -> None:
        """Answer a request for a part of a package; whatever is wrong with it ends the connection."""
        kind = FIRMWARE if target.package == "fw" else SOFTWARE
        asked: tuple[str, int] = (target.package, target.number)
        # The size of the first request holds for all that go on with it.
        size = self._chunk_sizes.setdefault(asked, max(0, whole_number(payload or "0", most=MOST_INT)))
        found: list[bytes | None] = []

        def read() -> None:
            package = package_for(self._core, self.device, kind)
            found.append(None if package is None else package_data(self._core, package))

        def respond() -> None:
            acknowledge()
            data = found[-1]
            if size > MAX_PAYLOAD or data is None:
                fault = "PAYLOAD_TOO_LARGE" if size > MAX_PAYLOAD else "NOT_FOUND"
                self._publish(f"v2/{target.package}/error", fault, 0)
                self.end("a package was asked for in vain")
                return
            topic = f"v2/{target.package}/response/{target.number}/chunk/{target.chunk}"
            self._publish_bytes(topic, chunk_of(data, size, target.chunk), 1)

        self._store(read, respond)

    def _respond(self, topic: str, text: str) -> None:
        interest = self._interests.get(Interest.RESPONSES)
        self._publish(topic, text, interest[1] if interest else 0)

    def _publish(self, topic: str, text: str, qos: int, rpc: PendingRpc | None = None) -> None:
        self._publish_bytes(topic, text.encode("utf-8", "surrogatepass"), qos, rpc)

    def _publish_bytes(self, topic: str, payload: bytes, qos: int, rpc: PendingRpc | None = None) -> None:
        if self._ended:
            return
        packet_id: int | None = None
        if qos:
            packet_id = self._next_packet_id()
            self._sent[packet_id] = rpc
        self._send(topic, payload, packet_id)

    def _next_packet_id(self) -> int:
        self._packet_id = self._packet_id % 0xFFFF + 1
        return self._packet_id
