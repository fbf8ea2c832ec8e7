"""A connection of a device that has no credentials yet: it may ask for some, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from papaya.sandbox.devices.provisioning import Incomplete, check_request, provision
from papaya.sandbox.lenient import device_json
from papaya.sandbox.mqtt.packets import SUBSCRIPTION_FAILED
from papaya.sandbox.mqtt.topics import PROVISION_REQUEST, PROVISION_RESPONSE
from papaya.sandbox.mqtt.values import (
    NO_SUBSCRIPTION,
    TOPIC_INVALID,
    Acknowledged,
    NotCarriedOut,
    Publish,
    Subscribe,
    UnknownTopic,
    UnreadablePayload,
)
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.group_commit import nothing
from papaya.sandbox.wire import dumps

PROVISION = "provision"
Send = Callable[[str, bytes, int | None], None]
# The server closes these connections after a minute.
_SECONDS = 60.0
_NOT_FOUND_IN_PROTOBUF = b"\x08\x02"


class ProvisionSession:
    """Answers requests for credentials."""

    forgives = False

    def __init__(self, core: Core, send: Send, close: Callable[[str], None]) -> None:
        self._core, self._send, self._close = core, send, close
        # What is not subscribed to comes at QoS 1.
        self._qos = 1
        self._packet_id = 0
        self._end: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Limit the time of the connection."""
        loop = asyncio.get_running_loop()
        self._end = loop.call_later(_SECONDS, self._close, "provisioning had its time")

    def finish(self) -> None:
        """Clean up after the connection."""
        if self._end is not None:
            self._end.cancel()

    def heard(self) -> None:
        """Note a sign of life; there is no device that it could be of."""

    def subscribed(self, packet: Subscribe) -> list[int]:
        """Return what each topic filter is granted."""
        codes = []
        for topic_filter, qos in packet.filters:
            if topic_filter == PROVISION_RESPONSE:
                self._qos = min(1, qos)
                codes.append(self._qos)
            else:
                codes.append(SUBSCRIPTION_FAILED)
        return codes

    def write(self, action: Callable[[], None], afterwards: Callable[[], None]) -> None:
        """Do something with the next group commit, and then something else."""
        self._core.writes.submit(action, afterwards)

    def offer_waiting(self) -> None:
        """Send what waited: nothing does."""

    def unsubscribed(self, filters: tuple[str, ...]) -> list[int]:
        """Answers come whether subscribed to or not."""
        return [0 if one == PROVISION_RESPONSE else NO_SUBSCRIPTION for one in filters]

    def acknowledged(self, packet_id: int) -> None:
        """Nothing is sent again."""

    def _respond(self, acknowledge: Acknowledged, answer: bytes) -> None:
        acknowledge()
        packet_id: int | None = None
        if self._qos:
            self._packet_id = packet_id = self._packet_id % 0xFFFF + 1
        self._send(PROVISION_RESPONSE, answer, packet_id)

    def published(self, message: Publish, acknowledge: Acknowledged) -> None:
        """Answer a request for credentials."""
        if message.topic != PROVISION_REQUEST:
            self.write(nothing, partial(acknowledge, TOPIC_INVALID))
            raise UnknownTopic("Unsupported topic for provisioning requests!")
        if not message.payload:
            # The server reads nothing as protobuf, and answers in protobuf that it did not find the profile.
            self._core.writes.submit(nothing, partial(self._respond, acknowledge, _NOT_FOUND_IN_PROTOBUF))
            return
        try:
            request = device_json(message.payload)
        except ValueError as error:
            raise UnreadablePayload(str(error)) from error
        if not isinstance(request, dict):
            raise UnreadablePayload("the provision request is no object")
        try:
            check_request(request)
        except Incomplete as error:
            raise NotCarriedOut(str(error)) from error
        answers: list[str] = []

        def write() -> None:
            answers.append(dumps(provision(self._core, request)))

        def respond() -> None:
            self._respond(acknowledge, answers[-1].encode())

        def fail() -> None:
            self._close("a provision request failed")

        self._core.writes.submit(write, respond, fail)
