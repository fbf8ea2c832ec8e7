"""A device for tests: a paho client on loopback whose callbacks put what comes into a queue."""

from __future__ import annotations

import json
import queue
import time
from types import TracebackType
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from papaya.sandbox import Sandbox

_SECONDS = 60.0
TELEMETRY = "v1/devices/me/telemetry"
ATTRIBUTES = "v1/devices/me/attributes"
CALLS = "v1/devices/me/rpc/request/+"


class Device:
    """A connected client; it never reconnects by itself."""

    def __init__(
        self,
        sandbox: Sandbox,
        user_name: str | None,
        password: str | None = None,
        *,
        client_id: str = "",
        keep_alive: int = 60,
        clean: bool = True,
        protocol: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv311,
    ) -> None:
        self.code = -1
        self.session_present = False
        self._connected: queue.Queue[int] = queue.Queue()
        self._granted: queue.Queue[list[int]] = queue.Queue()
        self._messages: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._ended: queue.Queue[int] = queue.Queue()
        self.reasons: queue.Queue[int] = queue.Queue()
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id,
            clean_session=clean if protocol != MQTTProtocolVersion.MQTTv5 else None,
            protocol=protocol,
            reconnect_on_failure=False,
        )
        if user_name is not None:
            self.client.username_pw_set(user_name, password)
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = self._on_subscribe
        self.client.on_message = self._on_message
        self.client.on_publish = self._on_publish
        self.client.on_unsubscribe = self._on_unsubscribe
        self.client.on_disconnect = self._on_disconnect
        self.client.connect("127.0.0.1", sandbox.mqtt_port, keep_alive)
        self.client.loop_start()
        self.code = self._connected.get(timeout=_SECONDS)

    def __enter__(self) -> Device:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    def leave(self) -> None:
        """Disconnect in good order."""
        self.client.disconnect()
        self.client.loop_stop()

    def _on_connect(self, client: mqtt.Client, _: Any, flags: Any, reason: Any, properties: Any) -> None:
        self.session_present = flags.session_present
        self._connected.put(reason.value)

    def _on_subscribe(self, client: mqtt.Client, _: Any, mid: int, reasons: Any, properties: Any) -> None:
        self._granted.put([reason.value for reason in reasons])

    def _on_publish(self, client: mqtt.Client, _: Any, mid: int, reason: Any, properties: Any) -> None:
        self.reasons.put(reason.value)

    def _on_unsubscribe(self, client: mqtt.Client, _: Any, mid: int, reasons: Any, properties: Any) -> None:
        self._granted.put([reason.value for reason in reasons])

    def _on_message(self, client: mqtt.Client, _: Any, message: mqtt.MQTTMessage) -> None:
        self._messages.put((message.topic, json.loads(message.payload)))

    def _on_disconnect(self, client: mqtt.Client, _: Any, flags: Any, reason: Any, properties: Any) -> None:
        self._ended.put(reason.value)

    def subscribe(self, *filters: str, qos: int = 1) -> list[int]:
        """Subscribe and return what is granted."""
        self.client.subscribe([(topic_filter, qos) for topic_filter in filters])
        return self._granted.get(timeout=_SECONDS)

    def unsubscribe(self, *filters: str) -> list[int]:
        """Unsubscribe and return the reasons, which MQTT 5 alone has."""
        self.client.unsubscribe(list(filters))
        return self._granted.get(timeout=_SECONDS)

    def ending(self) -> int:
        """Return the reason with which the server ended the connection."""
        return self._ended.get(timeout=_SECONDS)

    def publish(self, topic: str, payload: Any, qos: int = 1) -> bool:
        """Publish and tell whether it was acknowledged before the connection ended."""
        data = payload if isinstance(payload, (str, bytes)) else json.dumps(payload)
        sent = self.client.publish(topic, data, qos)
        end = time.monotonic() + _SECONDS
        try:
            while time.monotonic() < end and not sent.is_published() and self._ended.empty():
                sent.wait_for_publish(0.01)
            return sent.is_published()
        except RuntimeError:
            # What paho says of a message whose connection is gone.
            return False

    def start_publishing(self, topic: str, payload: Any) -> MQTTErrorCode:
        """Publish at QoS 1 without waiting."""
        return self.client.publish(topic, json.dumps(payload), 1).rc

    def next(self, seconds: float = _SECONDS) -> tuple[str, Any]:
        """Return topic and parsed payload of the next message."""
        return self._messages.get(timeout=seconds)

    def nothing(self, seconds: float = 0.2) -> bool:
        """Tell whether nothing comes."""
        try:
            self._messages.get(timeout=seconds)
        except queue.Empty:
            return True
        return False

    def is_closed(self, seconds: float = _SECONDS) -> bool:
        """Tell whether the server closes the connection within some time."""
        try:
            self._ended.get(timeout=seconds)
        except queue.Empty:
            return False
        return True
