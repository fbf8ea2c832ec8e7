"""Any MQTT broker: one subscription for the whole fleet, in two threads beside the window.

The first does nothing but note what arrives; the second reads that in portions, into columns. So a burst
costs the window no more than its turn of the interpreter, and the broker never has to wait.
"""

from __future__ import annotations

import logging
import secrets
import socket
import ssl
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from random import random
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from papaya.agent.link import tls_context, words_of
from papaya.api.retry import backoff
from papaya.remedies import BROKER_REFUSES, BROKER_UNREACHABLE, mqtt_busy, mqtt_closed, mqtt_untrusted
from papaya_gui.models.batch import Inbox
from papaya_gui.models.catalog import Catalog
from papaya_gui.sources.messages import Message, MessageReader
from papaya_gui.sources.silence import Silence
from papaya_gui.sources.supply import Condition, Health, Supply, Tell
from papaya_gui.sources.topics import MqttPlace

log = logging.getLogger(__name__)

_KEEP_ALIVE, _CONNECT_SECONDS, _FAREWELL = 30, 10.0, 0.5
# What paho makes of the CONNACK codes 2, 4 and 5.
_UNAUTHORIZED = (0x85, 0x86, 0x87)
_LONGEST_PAUSE, _PAUSE_WHEN_REFUSED = 15.0, 60.0
_PORTION, _READ_EVERY, _CHECK_EVERY = 1_000, 0.02, 1.0
_TURN = 0.002
_SHOWN = 3


class MqttSupply(Supply):
    """What devices publish under topics that name them; what cannot be used of it is counted and told."""

    name = "mqtt"

    def __init__(
        self,
        catalog: Catalog,
        inbox: Inbox,
        tell: Tell,
        place: MqttPlace,
        *,
        password: str | None = None,
        longest_pause: float = _LONGEST_PAUSE,
        pause_when_refused: float = _PAUSE_WHEN_REFUSED,
    ) -> None:
        super().__init__(catalog, inbox, tell)
        self._place, self._password = place, password
        self._longest_pause, self._pause_when_refused = longest_pause, pause_when_refused
        self._trusted = tls_context(place.address.ca_file) if place.address.tls else None
        self._arrived: deque[Message] = deque()
        self._reader = MessageReader(catalog, place.pattern, inbox.texts)
        self._silence = Silence(catalog, tell)
        self._client: mqtt.Client | None = None
        self._over = threading.Event()
        self._stopping = threading.Event()
        self._telling = threading.RLock()
        self._condition = Condition(Health.CONNECTING)
        self._ended: Condition | None = None
        self._failures = 0
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for work, name in ((self._connect_again, "papaya-mqtt"), (self._read, "papaya-mqtt-reader"))
        ]
        self.received = 0

    @property
    def where(self) -> str:
        """The broker and the pattern of topics."""
        return str(self._place)

    def start(self) -> None:
        """Begin to connect."""
        # Whoever draws waits so long at most for its turn of the interpreter: measured under a flood, the
        # longest stall of the window is a third of what it is with Python's own five milliseconds.
        sys.setswitchinterval(min(sys.getswitchinterval(), _TURN))
        self.tell(self._condition)
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Leave the broker."""
        self._stopping.set()
        self._over.set()
        until = time.monotonic() + _FAREWELL
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, until - time.monotonic()))
        if self._threads[0].is_alive():
            self._cut()

    # The connection

    def _connect_again(self) -> None:
        while not self._stopping.is_set():
            self._over.clear()
            condition = self._connect()
            if self._stopping.is_set():
                return
            self._become(condition)
            if condition.health is Health.REFUSED:
                self._stopping.wait(self._pause_when_refused)
                continue
            self._failures += 1
            pause = min(backoff(self._failures, random()), self._longest_pause)  # noqa: S311 - jitter
            self._stopping.wait(pause)

    def _connect(self) -> Condition:
        """Serve one connection until it ends, and return why it did."""
        where = str(self._place.address)
        self._ended = None
        try:
            client = self._client = self._make_client()
            client.connect(self._place.address.host, self._place.address.port, _KEEP_ALIVE)
            client.loop_start()
            self._over.wait()
            client.disconnect()
            client.loop_stop()
        except ssl.SSLCertVerificationError as error:
            fault = mqtt_untrusted(where, f"its certificate is not trusted ({error.verify_message})")
            return Condition(Health.DOWN, fault.summary, fault.remedy)
        except (OSError, ValueError) as error:
            reason = f"{where} takes no connection: {words_of(error)}"
            return Condition(Health.DOWN, reason, BROKER_UNREACHABLE)
        lost = Condition(Health.DOWN, f"the connection to {where} is lost", BROKER_UNREACHABLE)
        return self._why(lost)

    def _why(self, unknown: Condition) -> Condition:
        return unknown if self._ended is None else self._ended

    def _make_client(self) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"papaya-window-{secrets.token_hex(6)}",
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = _CONNECT_SECONDS
        if self._place.username is not None:
            client.username_pw_set(self._place.username, self._password)
        if self._trusted is not None:
            client.tls_set_context(self._trusted)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._taking_message()
        return client

    def _on_connect(self, client: Any, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        if not reason.is_failure:
            client.subscribe(self._place.pattern.subscription, 1)
            return
        said = (
            f"{self._place.address} refuses {self._place.username or 'who gives no name'}: {reason}".lower()
        )
        if reason.value in _UNAUTHORIZED:
            self._ended = Condition(Health.REFUSED, said, BROKER_REFUSES)
        else:
            fault = mqtt_busy(str(self._place.address), str(reason).lower())
            self._ended = Condition(Health.DOWN, fault.summary, fault.remedy)

    def _on_subscribe(self, client: Any, userdata: Any, number: int, reasons: Any, properties: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            said = f"{self._place.address} refuses the subscription to {self._place.pattern.subscription}"
            self._ended = Condition(Health.REFUSED, said, BROKER_REFUSES)
            self._over.set()
            return
        self._failures = 0
        self._silence.begin()
        self._become(Condition(Health.LIVE))

    def _on_disconnect(self, client: Any, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        if self._ended is None and self._condition.health is not Health.LIVE:
            fault = mqtt_closed(str(self._place.address))
            self._ended = Condition(Health.DOWN, fault.summary, fault.remedy)
        self._over.set()

    def _taking_message(self) -> Callable[[Any, Any, Any], None]:
        take, clock = self._arrived.append, time.time

        def on_message(client: Any, userdata: Any, message: Any) -> None:
            take((message.topic, message.payload, clock()))

        return on_message

    def _cut(self) -> None:
        """Wake up a thread that waits for a frozen broker."""
        connection: Any = self._client.socket() if self._client is not None else None
        if connection is not None:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                log.debug("the connection was gone already")

    # Reading

    def _read(self) -> None:
        next_check = 0.0
        while not self._stopping.wait(0.0 if self._arrived else _READ_EVERY):
            portion = [self._arrived.popleft() for _ in range(min(len(self._arrived), _PORTION))]
            batch = self._reader.read(portion)
            self.received += len(portion)
            if len(batch):
                self.inbox.put_columns(batch)
                self._silence.heard(batch.rows)
            if time.monotonic() >= next_check:
                next_check = time.monotonic() + _CHECK_EVERY
                self._check()

    def _check(self) -> None:
        """Tell of silent devices and odd messages, while there is a connection."""
        with self._telling:
            if self._condition.health is Health.LIVE:
                self._silence.check()
                reason, remedy = self._doubts()
                self._become(Condition(Health.LIVE, reason, remedy))

    def _doubts(self) -> tuple[str, str]:
        """Return what is odd about the messages so far, and what to do about it."""
        doubts, remedy = [], ""
        strangers = self._reader.strangers
        if strangers:
            names = ", ".join(sorted(strangers)[:_SHOWN]) + (", …" if len(strangers) > _SHOWN else "")
            doubts.append(f"messages of {len(strangers)} devices that the manifest does not have: {names}")
            remedy = "Add them to the manifest, or narrow the pattern of topics."
        if self._reader.unreadable:
            doubts.append(
                f"{self._reader.unreadable} values that cannot be read, the last on "
                f"{self._reader.last_unreadable}"
            )
        return "; ".join(doubts), remedy

    def _become(self, condition: Condition) -> None:
        with self._telling:
            if condition != self._condition:
                self._condition = condition
                self.tell(condition)
