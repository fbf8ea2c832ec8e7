"""A connection of a device that has no credentials yet: it may ask for some, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from papaya.sandbox.devices.provisioning import Incomplete, check_request, provision
from papaya.sandbox.lenient import device_json
from papaya.sandbox.mqtt.packets import SUBSCRIPTION_FAILED
from papaya.sandbox.mqtt.topics import PROVISION_REQUEST, PROVISION_RESPONSE
from papaya.sandbox.mqtt.values import (
    NO_SUBSCRIPTION,
    Acknowledged,
    Malformed,
    Publish,
    Subscribe,
    UnreadablePayload,
)
from papaya.sandbox.store.core import Core
from papaya.sandbox.wire import dumps

PROVISION = "provision"
Send = Callable[[str, bytes, int | None], None]
# The server closes these connections after a minute.
_SECONDS = 60.0


class ProvisionSession:
    """Answers requests for credentials."""

    forgives = False

    def __init__(self, core: Core, send: Send, close: Callable[[str], None]) -> None:
        self._core, self._send, self._close = core, send, close
        self._qos = 0
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

    def published(self, message: Publish, acknowledge: Acknowledged) -> None:
        """Answer a request for credentials."""
        if message.topic != PROVISION_REQUEST:
            raise Malformed("Unsupported topic for provisioning requests!")
        try:
            request = device_json(message.payload)
        except ValueError as error:
            raise UnreadablePayload(str(error)) from error
        if not isinstance(request, dict):
            raise UnreadablePayload("the provision request is no object")
        try:
            check_request(request)
        except Incomplete as error:
            acknowledge()
            self._close(str(error))
            return
        answers: list[str] = []

        def write() -> None:
            answers.append(dumps(provision(self._core, request)))

        def respond() -> None:
            acknowledge()
            packet_id: int | None = None
            if self._qos:
                self._packet_id = packet_id = self._packet_id % 0xFFFF + 1
            self._send(PROVISION_RESPONSE, answers[-1].encode(), packet_id)

        def fail() -> None:
            self._close("a provision request failed")

        self._core.writes.submit(write, respond, fail)
