"""Subscribes to a local broker, where other programs publish what they measure."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from papaya.errors import MissingExtra
from papaya.foreign import shown
from papaya.mqtt_client import make_client
from papaya.sensors.backend import SensorBackend, SensorFault
from papaya.sensors.columns import cell
from papaya.sensors.file import read_text
from papaya.sensors.found import BARE, Found
from papaya.sensors.parsed import MOST_BYTES, found_in_json, readings_of
from papaya.sensors.reading import SensorReading
from papaya.sensors.source import Source

log = logging.getLogger(__name__)

_CONNECT_SECONDS = 5.0


class MqttBackend(SensorBackend):
    """Options: `host`, `port`, `topic`, `username`, `passwordFile`; a message is a value or a JSON object.

    A topic with `+` or `#` names values by the last level of the topic that they come on.
    """

    def __init__(self, source: Source) -> None:
        source.only("host", "port", "topic", "username", "passwordFile")
        try:
            self._client = make_client(comes_back=True)
        except ModuleNotFoundError as error:
            raise MissingExtra("a source of type mqtt", "agent") from error
        self._source = source
        self._topic = source.text("topic")
        self._latest: dict[str, Found] = {}
        self._names = {source.field(sensor) for sensor in source.sensors}
        self._listeners: list[Callable[[SensorReading], None]] = []
        self._lock = threading.Lock()
        self._connected = threading.Event()
        self._fault = "the broker has not answered yet"
        if "username" in source.options:
            self._client.username_pw_set(source.text("username"), self._password())
        self._client.on_connect, self._client.on_message = self._on_connect, self._on_message
        self._client.on_disconnect = self._on_disconnect
        host, port = source.text("host", "127.0.0.1"), int(source.number("port", 1883, least=1))
        try:
            self._client.connect(host, port)
        except OSError as error:
            self._client.release()
            raise SensorFault(f"the broker {host}:{port} cannot be reached: {str(error).lower()}") from error
        self._client.loop_start()

    def get_available_sensors(self) -> Sequence[str]:
        """Return the keys of the declared sensors."""
        return self._source.keys

    def get_latest_readings(self) -> Mapping[str, SensorReading]:
        """Return the last value of each sensor, with the time at which it came."""
        if not self._connected.wait(min(_CONNECT_SECONDS, self._source.timeout / 2)):
            raise SensorFault(self._fault)
        with self._lock:
            return readings_of(self._source, dict(self._latest))

    def listen(self, listener: Callable[[SensorReading], None]) -> Callable[[], None]:
        """Tell of every value when it comes."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def close(self) -> None:
        """Leave the broker."""
        self._client.disconnect()
        self._client.cut()
        self._client.loop_stop()
        self._client.release()

    def _password(self) -> str | None:
        if "passwordFile" not in self._source.options:
            return None
        try:
            return read_text(self._source.path("passwordFile"))[0].strip()
        except SensorFault as error:
            raise SensorFault(f"passwordFile: {error.message}") from error

    def _on_connect(self, client: Any, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            self._fault = f"the broker refuses: {str(reason).lower()}"
            return
        client.subscribe(self._topic, 1)
        self._connected.set()

    def _on_disconnect(self, client: Any, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        self._connected.clear()
        self._fault = self._client.objection or "the connection to the broker is lost"

    def _on_message(self, client: Any, userdata: Any, message: Any) -> None:
        try:
            self._take(str(message.topic), bytes(message.payload))
        except Exception:
            log.debug("a message on %s cannot be read", shown(message.topic), exc_info=True)

    def _take(self, topic: str, payload: bytes) -> None:
        if len(payload) > MOST_BYTES:
            return
        now = self._source.now()
        dated = {
            name: Found(one.value, now if one.timestamp is None else one.timestamp)
            for name, one in _found_in(payload.decode("utf-8", "replace"), topic).items()
            # A broker may carry anything; only what is read is remembered.
            if name in self._names
        }
        with self._lock:
            self._latest.update(dated)
        if self._listeners:
            for reading in readings_of(self._source, dated).values():
                for listener in list(self._listeners):
                    listener(reading)


def _found_in(text: str, topic: str) -> dict[str, Found]:
    """Return the values in a message; one without a name has that of the last level of its topic."""
    try:
        found = found_in_json(text)
    except SensorFault:
        said = cell(text)
        found = {BARE: Found(text if isinstance(said, str) else said)}
    bare = found.pop(BARE, None)
    return found if bare is None else {topic.rpartition("/")[2]: bare}
