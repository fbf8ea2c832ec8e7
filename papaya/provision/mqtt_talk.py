"""One bounded conversation over MQTT: connect, publish until it is acknowledged, ask until it is answered."""

from __future__ import annotations

import secrets
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue
from typing import Any

from papaya.agent.broker_faults import fault_of
from papaya.agent.link import Address, Ending, Link, check_login, show_certificate
from papaya.api.breakages import Untrusted
from papaya.errors import MissingExtra, Rejected, Unavailable, Unreachable
from papaya.provision.device_api import TokenRefused
from papaya.remedies import (
    mqtt_busy,
    mqtt_not_thingsboard,
    mqtt_unacknowledged,
    mqtt_unreachable,
)
from papaya.settings.device_login import DeviceLogin, login_of

# As this user the server lets a device in that has no token yet.
PROVISION_USER = "provision"
_GOODBYE_SECONDS = 1.0
_STRANGER = "it accepts messages, but answers no question about this device, as a plain MQTT broker does"


class NotThingsBoard(Unavailable):
    """Something that takes every device and every message, and is not ThingsBoard."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the server takes MQTT, and whether its certificate is checked."""

    address: Address
    insecure: bool = False
    # Whether an access token goes over HTTP all the same: other credentials cannot.
    is_for_others: bool = False


class _Link(Link):
    """A link that subscribes to what one conversation needs: a call that it received would be lost."""

    def __init__(self, broker: Broker, login: str | DeviceLogin, talk: Talk, topics: tuple[str, ...]) -> None:
        unchecked = broker.insecure and broker.address.tls
        login = login_of(login)
        check_login(broker.address, login)
        client_id = login.client_id or f"papaya-{secrets.token_hex(6)}"
        if unchecked:
            plain = replace(login, kind="mqttBasic", username=login.user)
            super().__init__(replace(broker.address, tls=False), plain, client_id, talk)
        else:
            super().__init__(broker.address, login, client_id, talk)
        if unchecked:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            show_certificate(context, login)
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
            self._talk.ended(self, Ending("refused", "the server refuses the subscription"))


class Talk:
    """A connection that the server has accepted; every wait on it ends after `timeout` seconds."""

    def __init__(self, broker: Broker, login: str | DeviceLogin, *topics: str, timeout: float = 30.0) -> None:
        self._address = broker.address
        self._login, self._timeout = login_of(login), timeout
        self._heard: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._is_up = False
        self._acknowledged: set[int] = set()
        self._messages: dict[str, bytes] = {}
        self._expected: set[str] = set()
        try:
            self._link = _Link(broker, login, self, topics)
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
        """Send a message and return what the server sends under the topic `answers`.

        Raises NotThingsBoard where a broker takes the question and nothing answers it.
        """
        self._expected.add(answers)
        self._messages.pop(answers, None)
        number = self._link.publish(topic, payload)
        try:
            self._wait(lambda: answers in self._messages)
        except Unavailable as error:
            if number not in self._acknowledged:
                raise
            fault = mqtt_not_thingsboard(str(self._address), _STRANGER)
            raise NotThingsBoard(fault.summary, remedy=fault.remedy) from error
        finally:
            self._expected.discard(answers)
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

    def received(self, link: Link, topic: str, payload: bytes, *, retained: bool) -> None:
        """Note what the server sent."""
        # ThingsBoard retains nothing: what a broker kept is no answer.
        if not retained and topic in self._expected:
            self._heard.put(lambda: self._messages.update({topic: payload}))

    def ended(self, link: Link, ending: Ending) -> None:
        """Note that the connection is over."""
        self._heard.put(lambda: self._is_over(ending))

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
        if self._login.user == PROVISION_USER:
            raise Rejected(
                f"{self._address} lets no device register", remedy="Register over HTTP: --transport http"
            )
        raise TokenRefused(
            f"{self._address} does not know this device's {self._login.called}",
            remedy="Is it valid, and the one that the server has? papaya doctor tells."
            if self._login.kind == "x509"
            else "",
        )

    def _is_over(self, ending: Ending) -> None:
        fault = fault_of(self._address, ending, was_up=self._is_up)
        kind = Untrusted if ending.kind in ("untrusted", "no-tls") else Unreachable
        raise kind(fault.summary, remedy=fault.remedy)
