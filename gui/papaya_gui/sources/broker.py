"""One subscription to an MQTT broker, in a thread that comes back after every failure and tells of it."""

from __future__ import annotations

import logging
import secrets
import ssl
import threading
import time
from collections.abc import Callable
from random import random
from typing import Any

from papaya.agent.link import tls_context, words_of
from papaya.api.retry import backoff
from papaya.mqtt_client import GARBLED, make_client
from papaya.remedies import BROKER_REFUSES, BROKER_UNREACHABLE, mqtt_busy, mqtt_closed, mqtt_untrusted
from papaya.sensors.condition import Condition, Health
from papaya_gui.sources.messages import Message
from papaya_gui.sources.supply import Tell
from papaya_gui.sources.topics import MqttPlace

log = logging.getLogger(__name__)

_KEEP_ALIVE, _CONNECT_SECONDS = 30, 10.0
# The reason codes that paho returns for the CONNACK codes 2, 4 and 5.
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
        self._client: Any = None
        self._is_over = False
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
        client = self._client
        if client is not None:
            client.disconnect()
        if self._thread.is_alive():
            self._thread.join(patience)
        if client is not None and self._thread.is_alive():
            client.cut()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._is_over, self._is_live, self._why = False, False, None
            began = time.monotonic()
            condition = self._serve()
            if self._is_live and time.monotonic() - began > self._longest_pause:
                # A broker that breaks off at once again and again is not asked more often for it.
                self._failures = 0
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
        client = self._client = self._make_client()
        try:
            client.connect(self._place.address.host, self._place.address.port, _KEEP_ALIVE)
            while not (self._is_over or self._stopping.is_set()) and client.loop() == 0:
                pass
        except ssl.SSLCertVerificationError as error:
            fault = mqtt_untrusted(where, f"its certificate is not trusted ({error.verify_message})")
            return Condition(Health.DOWN, fault.summary, fault.remedy)
        except (OSError, ValueError) as error:
            reason = f"{where} takes no connection: {words_of(error)}"
            return Condition(Health.DOWN, reason, BROKER_UNREACHABLE)
        except Exception as error:
            # The library raises whatever a malformed message makes it stumble over.
            log.debug("the MQTT library failed", exc_info=True)
            return Condition(Health.DOWN, f"{where}: {GARBLED} ({type(error).__name__})", BROKER_UNREACHABLE)
        finally:
            client.disconnect()
            client.release()
        if client.objection:
            return Condition(Health.DOWN, f"{where}: {client.objection}", BROKER_UNREACHABLE)
        lost = Condition(Health.DOWN, f"the connection to {where} is lost", BROKER_UNREACHABLE)
        return lost if self._why is None else self._why

    def _make_client(self) -> Any:
        client = make_client(f"papaya-window-{secrets.token_hex(6)}")
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
            self._is_over = True
            return
        self._is_live = True
        self._tell(Condition(Health.LIVE))

    def _on_disconnect(self, client: Any, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        if self._why is None and not self._is_live:
            fault = mqtt_closed(str(self._place.address))
            self._why = Condition(Health.DOWN, fault.summary, fault.remedy)
        self._is_over = True

    def _taking_message(self) -> Callable[[Any, Any, Any], None]:
        take, clock = self._take, time.time

        def on_message(client: Any, userdata: Any, message: Any) -> None:
            take((message.topic, message.payload, clock()))

        return on_message
