"""Replays the rows of a recording that are devices' MQTT connections."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from queue import Empty, Queue
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.contract.replay import Exchange, Replay

_PATIENCE = 60.0
# What comes unasked comes at once: the sandbox has sent it when it answers what caused it.
_QUIET = 0.3


class Meter:
    """One connection, and what came over it since it was last looked at."""

    def __init__(self, port: int, wanted: Mapping[str, Any]) -> None:
        self.codes: Queue[int] = Queue()
        self.granted: Queue[list[int]] = Queue()
        self.messages: Queue[dict[str, Any]] = Queue()
        self.open = False
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=wanted.get("clientId") or "")
        if wanted.get("userName") is not None:
            self.client.username_pw_set(wanted["userName"], wanted.get("password"))
        self.client.on_connect = self._connected
        self.client.on_disconnect = self._disconnected
        self.client.on_subscribe = self._subscribed
        self.client.on_message = self._received
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def _connected(self, client: mqtt.Client, _: Any, flags: Any, reason: Any, properties: Any) -> None:
        # paho names the five codes of MQTT 3.1.1 by those of MQTT 5.
        codes = {0: 0, 132: 1, 133: 2, 136: 3, 134: 4, 135: 5}
        self.open = reason.value == 0
        self.codes.put(codes[reason.value])

    def _disconnected(self, client: mqtt.Client, _: Any, flags: Any, reason: Any, properties: Any) -> None:
        self.open = False
        client.disconnect()

    def _subscribed(self, client: mqtt.Client, _: Any, mid: int, reasons: Any, properties: Any) -> None:
        self.granted.put([reason.value for reason in reasons])

    def _received(self, client: mqtt.Client, _: Any, message: mqtt.MQTTMessage) -> None:
        text = message.payload.decode()
        try:
            payload = json.loads(text)
        except ValueError:
            payload = text
        self.messages.put({"topic": message.topic, "payload": payload})

    def act(
        self, row: Mapping[str, Any], expected: Mapping[str, Any], patience: float, quiet: float
    ) -> dict[str, Any]:
        """Do what a row asks and return what a recorder would have noted."""
        seen: dict[str, Any] = {}
        if "connect" in row:
            seen["connack"] = self.codes.get(timeout=_PATIENCE)
        for topic_filter in row.get("subscribe", ()):
            self.client.subscribe(topic_filter, qos=1)
            seen.setdefault("suback", []).extend(self.granted.get(timeout=_PATIENCE))
        for message in row.get("publish", ()):
            payload = message["payload"]
            text = payload if isinstance(payload, str) else json.dumps(payload)
            self.client.publish(message["topic"], text, qos=1)
        seen["messages"] = list(self._heard(len(expected["messages"]), patience, quiet))
        deadline = time.monotonic() + patience
        while self.open and not expected["open"] and time.monotonic() < deadline:
            time.sleep(0.02)
        seen["open"] = self.open
        return seen

    def _heard(self, count: int, patience: float, quiet: float) -> Iterator[dict[str, Any]]:
        for place in range(count + 1):
            try:
                yield self.messages.get(timeout=patience if place < count else quiet)
            except Empty:
                return

    def close(self) -> None:
        """Leave."""
        self.client.disconnect()
        self.client.loop_stop()


@dataclass(slots=True)
class Meters:
    """The connections of one run, by the names that the recording gives them.

    `patience` and `quiet` are how long to wait for messages that have to come and for those that should not.
    """

    port: int
    replay: Replay
    patience: float = _PATIENCE
    quiet: float = _QUIET
    _sessions: dict[str, Meter] = field(default_factory=dict)

    def run(self, exchange: Exchange) -> list[str]:
        """Do one row and return how it differs from what was recorded."""
        return self.replay.compare(exchange.response, self.seen(exchange))

    def seen(self, exchange: Exchange) -> dict[str, Any]:
        """Do one row and return what a recorder would have noted."""
        row: Mapping[str, Any] = self.replay.filled(exchange.request)
        name = row["session"]
        if "connect" in row:
            self._sessions[name] = Meter(self.port, row["connect"])
        meter = self._sessions[name]
        noted = meter.act(row, exchange.response, self.patience, self.quiet)
        if row.get("close"):
            self._sessions.pop(name).close()
        return noted

    def stop(self) -> None:
        """Close what the recording left open."""
        while self._sessions:
            self._sessions.popitem()[1].close()
