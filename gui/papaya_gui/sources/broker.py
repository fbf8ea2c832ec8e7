"""One subscription to an MQTT broker, in a thread that comes back after every failure and tells of it."""

from __future__ import annotations

import logging
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Callable
from random import random
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from papaya.agent.link import tls_context, words_of
from papaya.api.retry import backoff
from papaya.remedies import BROKER_REFUSES, BROKER_UNREACHABLE, mqtt_busy, mqtt_closed, mqtt_untrusted
from papaya.sensors.condition import Condition, Health
from papaya_gui.sources.messages import Message
from papaya_gui.sources.supply import Tell
from papaya_gui.sources.topics import MqttPlace

log = logging.getLogger(__name__)

_KEEP_ALIVE, _CONNECT_SECONDS = 30, 10.0
# What paho makes of the CONNACK codes 2, 4 and 5.
_UNAUTHORIZED = (0x85, 0x86, 0x87)


class _ClosingSocket(ssl.SSLSocket):
    """Closes itself where a handshake fails: paho forgets it then, and it would stay open for a while."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


class Subscription:
    """What arrives goes to `take`, how the broker is to `tell`; both are called from threads of its own."""

    def __init__(
        self,
        place: MqttPlace,
        password: str | None,
        take: Callable[[Message], None],
        tell: Tell,
        pauses: tuple[float, float],
    ) -> None:
        self._place, self._password = place, password
        self._take, self._tell = take, tell
        self._longest_pause, self._pause_when_refused = pauses
        self._trusted = tls_context(place.address.ca_file) if place.address.tls else None
        if self._trusted is not None:
            self._trusted.sslsocket_class = _ClosingSocket
        self._client: mqtt.Client | None = None
        self._over = threading.Event()
        self._stopping = threading.Event()
        self._is_live = False
        self._why: Condition | None = None
        self._failures = 0
        self._thread = threading.Thread(target=self._run, name="papaya-mqtt", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def close(self, patience: float) -> None:
        """Leave the broker, and cut the line where it does not let go within so many seconds."""
        self._stopping.set()
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(patience)
        if not self._thread.is_alive():
            return
        connection: Any = self._client.socket() if self._client is not None else None
        if connection is not None:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                log.debug("the connection was gone already")

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._over.clear()
            self._is_live, self._why = False, None
            condition = self._serve()
            if self._stopping.is_set():
                return
            self._tell(condition)
            if condition.health is Health.REFUSED:
                self._stopping.wait(self._pause_when_refused)
                continue
            self._failures += 1
            pause = min(backoff(self._failures, random()), self._longest_pause)  # noqa: S311 - jitter
            self._stopping.wait(pause)

    def _serve(self) -> Condition:
        """Serve one connection until it ends, and return why it did."""
        where = str(self._place.address)
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
        return lost if self._why is None else self._why

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
        if reason.value in _UNAUTHORIZED:
            who = self._place.username or "who gives no name"
            said = f"{self._place.address} refuses {who}: {str(reason).lower()}"
            self._why = Condition(Health.REFUSED, said, BROKER_REFUSES)
        else:
            fault = mqtt_busy(str(self._place.address), str(reason).lower())
            self._why = Condition(Health.DOWN, fault.summary, fault.remedy)

    def _on_subscribe(self, client: Any, userdata: Any, number: int, reasons: Any, properties: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            said = f"{self._place.address} refuses the subscription to {self._place.pattern.subscription}"
            self._why = Condition(Health.REFUSED, said, BROKER_REFUSES)
            self._over.set()
            return
        self._failures, self._is_live = 0, True
        self._tell(Condition(Health.LIVE))

    def _on_disconnect(self, client: Any, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        if self._why is None and not self._is_live:
            fault = mqtt_closed(str(self._place.address))
            self._why = Condition(Health.DOWN, fault.summary, fault.remedy)
        self._over.set()

    def _taking_message(self) -> Callable[[Any, Any, Any], None]:
        take, clock = self._take, time.time

        def on_message(client: Any, userdata: Any, message: Any) -> None:
            take((message.topic, message.payload, clock()))

        return on_message
