"""One connected device: what it publishes is stored and then acknowledged; what concerns it is sent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from papaya.sandbox.devices.activity import note_activity, note_disconnection
from papaya.sandbox.devices.calls import MAX_PAYLOAD, SESSION_LIMITS, answer_call, session_limits
from papaya.sandbox.devices.claiming import read_claim, register_claim
from papaya.sandbox.devices.downloads import chunk_of, package_for
from papaya.sandbox.devices.receiving import receive_attributes, receive_series
from papaya.sandbox.gaps import tell_gap
from papaya.sandbox.lenient import device_json
from papaya.sandbox.mqtt.gateway import Gateway, acknowledge_later, is_gateway
from papaya.sandbox.mqtt.gateway_messages import text_of
from papaya.sandbox.mqtt.own_topics import own_topics
from papaya.sandbox.mqtt.packets import SUBSCRIPTION_FAILED
from papaya.sandbox.mqtt.topics import (
    LONG,
    PACKAGE_ERRORS,
    SHORT_JSON,
    Form,
    Interest,
    Meaning,
    Target,
    matches,
)
from papaya.sandbox.mqtt.values import (
    IMPLEMENTATION_SPECIFIC,
    NO_SUBSCRIPTION,
    TOPIC_INVALID,
    Acknowledged,
    NotCarriedOut,
    Publish,
    Stumbled,
    Subscribe,
    UnreadablePayload,
)
from papaya.sandbox.store.attributes import EmptyKey, device_attributes_text
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.group_commit import nothing
from papaya.sandbox.store.live import PendingRpc
from papaya.sandbox.store.packages import FIRMWARE, SOFTWARE, package_data
from papaya.sandbox.store.series import read_entries
from papaya.sandbox.store.values import NoNumber, cast_attributes, parse_object
from papaya.sandbox.unforeseen import shown
from papaya.sandbox.wire import MOST_INT, whole_number

_LOG = logging.getLogger(__name__)
_MOST_WARNINGS = 20
Send = Callable[[str, bytes, int | None], None]
Close = Callable[..., None]
Write = Callable[[], None]


class Session:
    """A device behind a connection; `send` takes topic, payload, packet id; `close` ends the connection."""

    def __init__(self, core: Core, device: int, send: Send, close: Close, peer: str = "") -> None:
        self.device = device
        self._core, self._send, self._close, self._peer = core, send, close, peer
        self._interests: dict[Interest, Form] = {}
        # The QoS of each topic filter that was granted.
        self._granted: dict[str, int] = {}
        self._sent: dict[int, PendingRpc | None] = {}
        self._packet_id = 0
        self._ended = self._revoked = False
        self._gateway = Gateway(core, device, self._send_as_gateway) if is_gateway(core, device) else None
        self._calls: set[asyncio.Task[None]] = set()
        self._own = own_topics(core, device)
        self.forgives = self._own.forgives
        self._chunk_sizes: dict[str, int] = {}
        self._warned: set[str] = set()

    def begin(self) -> None:
        """Take the place of the device's older session: the server keeps one per device."""
        older = self._core.live.sessions.get(self.device)
        self._core.live.sessions[self.device] = self
        if older is not None:
            older.end("the device connected again")
        self.write(partial(note_activity, self._core, self.device, "lastConnectTime"))

    def end(self, reason: str, code: int = 0) -> None:
        """Close the connection; a client of MQTT 5 receives the code."""
        if not self._ended:
            self._ended = self._revoked = True
            self._close(reason, code)

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
            interest = self._own.interest_of(topic_filter)
            if interest is None or interest[0] is Interest.PROTOBUF:
                if interest is not None:
                    tell_gap(f"protobuf, which a device wants on {topic_filter}", self._peer)
                codes.append(SUBSCRIPTION_FAILED)
                continue
            self._interests[interest[0]] = interest[1]
            self._granted[topic_filter] = min(1, qos)
            codes.append(min(1, qos))
        return codes

    def offer_waiting(self) -> None:
        """Send the calls that waited for the device to listen."""
        if Interest.RPC in self._interests:
            self._core.live.offer_waiting(self.device)

    def unsubscribed(self, filters: tuple[str, ...]) -> list[int]:
        """Forget subscriptions, and return what became of each."""
        codes = []
        for topic_filter in filters:
            known = self._granted.pop(topic_filter, None) is not None
            interest = self._own.interest_of(topic_filter)
            if known and interest is not None:
                self._interests.pop(interest[0], None)
            codes.append(0 if known else NO_SUBSCRIPTION)
        return codes

    def _qos_of(self, topic: str) -> int:
        """Return the QoS for a topic: the server sends at 1 what was not subscribed to."""
        for topic_filter, qos in self._granted.items():
            if matches(topic_filter, topic):
                return qos
        return 1

    def acknowledged(self, packet_id: int) -> None:
        """Note that the device has a message."""
        rpc = self._sent.pop(packet_id, None)
        if rpc is not None:
            rpc.note("DELIVERED")

    def takes_rpc(self, rpc: PendingRpc) -> bool:
        """Send the call, or tell that the device does not listen for calls."""
        form = self._interests.get(Interest.RPC)
        if form is None or self._ended:
            return False
        topic = f"{form.rpc_to_device}{rpc.request_id}"
        self._publish(topic, rpc.message, rpc)
        rpc.note("SENT" if self._qos_of(topic) else "DELIVERED")
        return True

    def shared_changed(self, update: str) -> None:
        """Send changed shared attributes to a device that listens for them."""
        form = self._interests.get(Interest.ATTRIBUTES)
        if form is not None and not self._ended:
            self._publish(form.attributes, update)

    def published(self, message: Publish, acknowledge: Acknowledged) -> None:
        """Handle a message of the device; acknowledge it after the commit, in the order of coming."""
        target = self._own.target_of(message.topic)
        if target is None:
            # The server acknowledges what it does not know, and drops it.
            self._warn(f"{message.topic} is no topic of this device: what it publishes there is dropped")
            self.write(nothing, partial(acknowledge, TOPIC_INVALID))
            return
        if target.meaning is Meaning.GATEWAY:
            self._speak_for_others(message, acknowledge)
            return
        is_bound = target.form is SHORT_JSON or target.meaning is Meaning.PACKAGE
        if target.meaning is Meaning.PROTOBUF or (self._own.is_protobuf and not is_bound):
            raise UnreadablePayload(tell_gap(f"protobuf on {message.topic}", self._peer))
        try:
            self._handle(target, message.payload, acknowledge)
        except NoNumber as error:
            raise Stumbled(f"{message.topic}: {error}") from error
        except NotCarriedOut as error:
            raise UnreadablePayload(f"{message.topic}: {error}") from error
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
            values = device_json(payload)
            entries = read_entries(values, core.now(), skip_nulls=True)
            if values == []:
                # The server waits for the values of the list, and waits for ever.
                self._warn("the message has an empty list: ThingsBoard never acknowledges it")
                acknowledge = nothing
            self._store(partial(receive_series, core, device, entries), acknowledge)
        elif target.meaning is Meaning.ATTRIBUTES:
            values = cast_attributes(parse_object(payload))
            store = partial(receive_attributes, core, device, values)
            self._store(store, acknowledge)
        elif target.meaning is Meaning.ATTRIBUTES_REQUEST:
            self._answer_attributes(target, parse_object(payload), acknowledge)
        elif target.meaning is Meaning.RPC_RESPONSE:
            core.live.answer(device, target.number, payload.decode("utf-8", "replace"))
            self._store(nothing, acknowledge)
        elif target.meaning is Meaning.RPC_REQUEST:
            self._answer_call(target, parse_object(payload), acknowledge)
        elif target.meaning is Meaning.PACKAGE:
            self._send_package(target, payload.decode("utf-8", "replace"), acknowledge)
        else:
            self._claim(payload, acknowledge)

    def _store(self, action: Write, acknowledge: Write) -> None:
        def store() -> None:
            action()
            note_activity(self._core, self.device)

        self.write(store, acknowledge)

    def _warn(self, text: str) -> None:
        """Log a warning, once for each text of a session, so that a loop of a client fills no disk."""
        if text not in self._warned and len(self._warned) < _MOST_WARNINGS:
            self._warned.add(text)
            _LOG.warning("MQTT: %s: %s", self._peer, shown(text))

    def _claim(self, payload: bytes, acknowledge: Write) -> None:
        body = parse_object(payload) if payload else {}
        try:
            claim = read_claim(body)
        except ValueError as error:
            raise Stumbled(f"a claim: {error}") from error
        self._store(partial(register_claim, self._core, self.device, claim), acknowledge)

    def _speak_for_others(self, message: Publish, acknowledge: Acknowledged) -> None:
        if self._gateway is None:
            # The server neither acknowledges this nor says a word.
            self._warn(f"{message.topic} is for gateways, and the device is none: nothing is acknowledged")
            return
        work = self._gateway.work(message.topic, message.payload)
        self._store(work.write, acknowledge_later(work, acknowledge))
        if work.fault is not None:
            raise work.fault

    def _send_as_gateway(self, topic: str, text: str, rpc: PendingRpc | None) -> bool:
        if self._ended:
            return False
        self._publish(topic, text)
        if rpc is not None:
            rpc.note("SENT" if self._qos_of(topic) else "DELIVERED")
        return True

    def _answer_attributes(self, target: Target, request: dict[str, Any], acknowledge: Write) -> None:
        found: list[str] = []
        client, shared = (
            text_of(request, name) if name in request else None for name in ("clientKeys", "sharedKeys")
        )

        def read() -> None:
            try:
                found.append(device_attributes_text(self._core, self.device, client, shared))
            except EmptyKey:
                found.clear()

        def respond() -> None:
            acknowledge()
            # For the server, a request ID below 0 expects no answer.
            if target.number >= 0 and found:
                self._publish(f"{target.form.attributes_response}{target.number}", found[-1])

        self._store(read, respond)

    def _answer_call(self, target: Target, request: dict[str, Any], acknowledge: Write) -> None:
        try:
            method, params = text_of(request, "method"), request.get("params")
        except NotCarriedOut as error:
            raise Stumbled(f"a call: {error}") from error

        async def respond() -> None:
            if method == SESSION_LIMITS and target.form is LONG:
                answer = session_limits(is_gateway=self._gateway is not None)
            else:
                answer = await answer_call(self._core, self.device, method, params)
            self._publish(f"{target.form.rpc_answer_to_device}{target.number}", answer)

        def begin() -> None:
            acknowledge()
            call = asyncio.get_running_loop().create_task(respond())
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)

        self._store(nothing, begin)

    def _send_package(self, target: Target, payload: str, acknowledge: Write) -> None:
        """Answer a request for a part of a package; whatever is wrong with it ends the connection."""
        kind = FIRMWARE if target.package == "fw" else SOFTWARE
        try:
            size = whole_number(payload or "0", most=MOST_INT)
        except ValueError as error:
            raise Stumbled(f"the size of a chunk: {error}") from error
        if size > 0:
            self._chunk_sizes[target.request] = size
        else:
            size = self._chunk_sizes.get(target.request, 0)
        found: list[bytes | None] = []

        def read() -> None:
            package = package_for(self._core, self.device, kind)
            found.append(None if package is None else package_data(self._core, package))

        def respond() -> None:
            data = found[-1]
            if size > MAX_PAYLOAD or data is None:
                fault = "PAYLOAD_TOO_LARGE" if size > MAX_PAYLOAD else "NOT_FOUND"
                self._publish(PACKAGE_ERRORS, fault)
                self.end("a package was asked for in vain", IMPLEMENTATION_SPECIFIC)
                return
            acknowledge()
            topic = f"v2/{target.package}/response/{target.request}/chunk/{target.chunk}"
            self._publish_bytes(topic, chunk_of(data, size, target.chunk))

        self._store(read, respond)

    def _publish(self, topic: str, text: str, rpc: PendingRpc | None = None) -> None:
        self._publish_bytes(topic, text.encode("utf-8", "surrogatepass"), rpc)

    def _publish_bytes(self, topic: str, payload: bytes, rpc: PendingRpc | None = None) -> None:
        if self._ended:
            return
        packet_id: int | None = None
        if self._qos_of(topic):
            packet_id = self._next_packet_id()
            self._sent[packet_id] = rpc
        self._send(topic, payload, packet_id)

    def _next_packet_id(self) -> int:
        self._packet_id = self._packet_id % 0xFFFF + 1
        return self._packet_id
