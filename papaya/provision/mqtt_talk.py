"""One bounded conversation over MQTT: connect, publish until it is acknowledged, ask until it is answered."""

from __future__ import annotations

import secrets
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import Any

from papaya.agent.link import Address, Link
from papaya.api.breakages import Untrusted
from papaya.errors import MissingExtra, Rejected, ServerError, Unavailable, Unreachable
from papaya.provision.device_api import TokenRefused
from papaya.remedies import (
    mqtt_busy,
    mqtt_closed,
    mqtt_no_tls,
    mqtt_unacknowledged,
    mqtt_unreachable,
    mqtt_untrusted,
)

# As this user the server lets a device in that has no token yet.
PROVISION_USER = "provision"
_GOODBYE_SECONDS = 1.0
_HINT = ": is --ca-file right?"


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the server takes MQTT, and whether its certificate is checked."""

    address: Address
    insecure: bool = False


class _Link(Link):
    """A link that subscribes to what one conversation needs: a call that it received would be lost."""

    def __init__(self, broker: Broker, user: str, talk: Talk, topics: tuple[str, ...]) -> None:
        unchecked = broker.insecure and broker.address.tls
        address = replace(broker.address, tls=False) if unchecked else broker.address
        super().__init__(address, user, f"papaya-{secrets.token_hex(6)}", talk)
        if unchecked:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self._client.tls_set_context(context)
        self._topics = topics
        self._talk = talk

    def _on_connect(self, client: Any, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            super()._on_connect(client, userdata, flags, reason, properties)
            return
        if self._topics:
            client.subscribe([(topic, 1) for topic in self._topics])
        self._talk.connected(self)

    def _on_subscribe(self, client: Any, userdata: Any, number: int, reasons: Any, properties: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            self._talk.ended(self, "the server refuses the subscription", by_server=False)


class Talk:
    """A connection that the server has accepted; every wait on it ends after `timeout` seconds."""

    def __init__(self, broker: Broker, user: str, *topics: str, timeout: float = 30.0) -> None:
        self._address = broker.address
        self._user, self._timeout = user, timeout
        self._heard: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._is_up = False
        self._acknowledged: set[int] = set()
        self._messages: dict[str, bytes] = {}
        try:
            self._link = _Link(broker, user, self, topics)
        except MissingExtra as error:
            raise MissingExtra("--transport mqtt", "agent") from error
        self._link.start()
        try:
            self._wait(lambda: self._is_up)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End the connection."""
        self._link.close(patience=_GOODBYE_SECONDS if self._is_up else 0.0)

    def publish(self, topic: str, payload: bytes) -> None:
        """Send a message at QoS 1 and wait until the server has it."""
        number = self._link.publish(topic, payload)
        self._wait(lambda: number in self._acknowledged)

    def ask(self, topic: str, payload: bytes, answers: str) -> bytes:
        """Send a message and return what the server sends under the topic `answers`."""
        self._messages.pop(answers, None)
        self._link.publish(topic, payload)
        self._wait(lambda: answers in self._messages)
        return self._messages.pop(answers)

    # What the link tells in its own thread is noted, and happens in the thread that waits.

    def connected(self, link: Link) -> None:
        """Note that the server accepts the login."""
        self._heard.put(self._came_up)

    def refused(self, link: Link, reason: str, *, unauthorized: bool) -> None:
        """Note that the server refuses the login."""
        self._heard.put(lambda: self._was_refused(reason, unauthorized))

    def acknowledged(self, link: Link, number: int) -> None:
        """Note that the server has a message."""
        self._heard.put(lambda: self._acknowledged.add(number))

    def received(self, link: Link, topic: str, payload: bytes) -> None:
        """Note what the server sent."""
        self._heard.put(lambda: self._messages.update({topic: payload}))

    def ended(self, link: Link, reason: str, *, by_server: bool) -> None:
        """Note that the connection is over."""
        self._heard.put(lambda: self._is_over(reason, by_server))

    def _wait(self, is_done: Callable[[], bool]) -> None:
        until = time.monotonic() + self._timeout
        while not is_done():
            try:
                self._heard.get(timeout=max(0.0, until - time.monotonic()))()
            except Empty:
                if not self._is_up:
                    fault = mqtt_unreachable(str(self._address), "no answer in time")
                    raise Unreachable(fault.summary, remedy=fault.remedy) from None
                fault = mqtt_unacknowledged(str(self._address), f"nothing came within {self._timeout:g} s")
                raise Unavailable(fault.summary, remedy=fault.remedy) from None

    def _came_up(self) -> None:
        self._is_up = True

    def _was_refused(self, reason: str, unauthorized: bool) -> None:
        if not unauthorized:
            fault = mqtt_busy(str(self._address), reason)
            raise Unavailable(fault.summary, remedy=fault.remedy)
        if self._user == PROVISION_USER:
            raise Rejected(
                f"{self._address} lets no device register", remedy="Register over HTTP: --transport http"
            )
        raise TokenRefused("the server does not know this device's access token")

    def _is_over(self, reason: str, by_server: bool) -> None:
        raise _failure(self._address, reason, was_up=self._is_up, by_server=by_server)


def _failure(address: Address, reason: str, *, was_up: bool, by_server: bool) -> ServerError:
    """Return the error for the end of a connection."""
    where = str(address)
    kind: type[ServerError] = Unreachable
    if reason.endswith(_HINT):
        kind, fault = Untrusted, mqtt_untrusted(where, reason.removesuffix(_HINT))
    elif address.tls and "_ssl.c" in reason:
        kind, fault = Untrusted, mqtt_no_tls(where)
    elif was_up:
        fault = mqtt_unacknowledged(where, reason)
    elif by_server:
        fault = mqtt_closed(where)
    else:
        fault = mqtt_unreachable(where, reason)
    return kind(fault.summary, remedy=fault.remedy)
