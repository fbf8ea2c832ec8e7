"""Replays a recording of WebSocket and MQTT events: what arrives there is what is sent here.

The recordings hold both ends of the conversation but not the REST requests between them. These follow from
what the recording shows next: a value that a subscriber is told of is posted with its own time just before.
"""

from __future__ import annotations

import asyncio
import json
import queue
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

Event = dict[str, Any]
_SECONDS = 10.0
# The recorder waited for seconds to see that nothing comes; on loopback less tells as much.
_QUIET = 0.15
_FILTERS = (
    "v1/devices/me/attributes",
    "v1/devices/me/attributes/response/+",
    "v1/devices/me/rpc/request/+",
    "v1/devices/me/rpc/response/+",
)


def read_events(path: Path) -> list[Event]:
    """Return the events of a recording."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


class Device:
    """A paho client whose callbacks put events into a queue."""

    def __init__(self, port: int, token: str | None, named: str = "mqtt connack") -> None:
        self.events: queue.Queue[Event] = queue.Queue()
        self.disconnections = 0
        self._named = named
        # Without a token the server looks at the client id, and an empty one is refused otherwise.
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="" if token else "recorder")
        if token is not None:
            self.client.username_pw_set(token)
        self.client.on_connect = self._connected
        self.client.on_subscribe = self._subscribed
        self.client.on_message = self._received
        self.client.on_disconnect = self._disconnected
        self.client.reconnect_delay_set(0.05, 0.05)  # type: ignore[arg-type]
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def stop(self) -> None:
        """Leave."""
        self.client.disconnect()
        self.client.loop_stop()

    def _connected(self, client: mqtt.Client, _: Any, flags: Any, reason: Any, properties: Any) -> None:
        self.events.put({"event": self._named, "reason": str(reason), "value": reason.value})
        if reason.value == 0:
            for topic_filter in _FILTERS:
                client.subscribe(topic_filter, qos=1)

    def _subscribed(self, client: mqtt.Client, _: Any, mid: int, reasons: Any, properties: Any) -> None:
        self.events.put({"event": "mqtt suback", "granted": [reason.value for reason in reasons]})

    def _received(self, client: mqtt.Client, _: Any, message: mqtt.MQTTMessage) -> None:
        text = message.payload.decode()
        self.events.put({"event": "mqtt <", "topic": message.topic, "payload": text, "qos": message.qos})

    def _disconnected(self, client: mqtt.Client, _: Any, flags: Any, reason: Any, properties: Any) -> None:
        self.disconnections += 1

    async def next(self) -> Event:
        """Return the next event."""
        return await asyncio.to_thread(self.events.get, True, _SECONDS)


@dataclass(slots=True)
class LiveReplay:
    """One run: where the server is, who the devices are, and what came so far."""

    url: str
    mqtt_port: int
    values: Mapping[str, str]
    http: aiohttp.ClientSession
    # How long a value needs from its answer to its place, in seconds.
    settle: float = 0.0
    agreeing: list[Event] = field(default_factory=list)
    differing: list[tuple[Event, Any]] = field(default_factory=list)
    extras: list[Event] = field(default_factory=list)
    _socket: aiohttp.ClientWebSocketResponse | None = None
    _device: Device | None = None
    _call: asyncio.Task[Event] | None = None
    _sent: set[tuple[str, int]] = field(default_factory=set)
    _last_method: str = ""

    async def run(self, events: list[Event]) -> None:
        """Go through the recording."""
        for place, event in enumerate(events):
            kind = event["event"]
            if kind == "note":
                continue
            if kind == "ws >":
                await self._send_frame(event["message"], events[place + 1 :])
            elif kind == "mqtt >":
                await self._publish(event)
            else:
                self._judge(event, await self._outcome(event))
        if self._socket is not None:
            await self._socket.close()
        if self._device is not None:
            self._device.stop()

    def _judge(self, expected: Event, actual: Any) -> None:
        if _same(self._filled(expected), actual):
            self.agreeing.append(expected)
        else:
            self.differing.append((expected, actual))

    async def _outcome(self, event: Event) -> Any:
        kind = event["event"]
        if kind == "ws <":
            await self._post_values(_values(event["message"]))
            return await self._receive_frame(event)
        if kind == "ws < nothing":
            frame = await self._frame(_QUIET)
            return event if frame is None else {"event": "ws <", "message": frame}
        if kind == "ws closed":
            assert self._socket is not None
            message = await self._socket.receive(_SECONDS)
            return {"event": kind, "code": message.data, "reason": message.extra}
        if kind.startswith("rest rpc"):
            return await self._rest_outcome(kind)
        if kind == "mqtt after broken JSON":
            assert self._device is not None
            return {"event": kind, "connected": self._device.disconnections == 0}
        return await self._mqtt_outcome(event)

    async def _mqtt_outcome(self, event: Event) -> Any:
        kind = event["event"]
        if kind.startswith("mqtt connack ") and (self._device is None or self._last_method != kind):
            self._connect("wrong" if "bad token" in kind else None, kind)
        elif self._device is None:
            self._connect(self.values["token"], kind)
        self._last_method = kind
        assert self._device is not None
        if kind == "mqtt <":
            self._provoke(event)
        while True:
            actual = await self._device.next()
            if kind.startswith("mqtt <") == (actual["event"] == "mqtt <") or kind == "mqtt <":
                return actual
            self.extras.append(actual)

    def _connect(self, token: str | None, named: str) -> None:
        if self._device is not None:
            self._device.stop()
        self._device = Device(self.mqtt_port, token, named)

    def _provoke(self, event: Event) -> None:
        """Do over REST what the device is told of."""
        payload = json.loads(event["payload"])
        if event["topic"] == "v1/devices/me/attributes":
            path = f"/api/plugins/telemetry/DEVICE/{self.values['device_id']}/attributes/SHARED_SCOPE"
            self._call = asyncio.create_task(self._rest("", path, payload))
        elif "/rpc/request/" in event["topic"]:
            path = f"/api/rpc/twoway/{self.values['device_id']}"
            self._call = asyncio.create_task(self._rest("rest rpc twoway", path, payload))

    async def _rest_outcome(self, kind: str) -> Event:
        if kind == "rest rpc oneway":
            path = f"/api/rpc/oneway/{self.values['device_id']}"
            return await self._rest(kind, path, {"method": "blink", "params": {}})
        assert self._call is not None
        return await self._call

    async def _rest(self, kind: str, path: str, body: Any) -> Event:
        headers = {"X-Authorization": f"Bearer {self.values['jwt']}"}
        async with self.http.post(self.url + path, json=body, headers=headers) as answer:
            return {"event": kind, "status": answer.status, "body": await answer.text()}

    async def _publish(self, event: Event) -> None:
        assert self._device is not None
        payload = event["payload"] if isinstance(event["payload"], str) else json.dumps(event["payload"])
        information = self._device.client.publish(event["topic"], payload, qos=1)
        if not payload.startswith("{broken"):
            await asyncio.to_thread(information.wait_for_publish, _SECONDS)
            assert information.is_published()

    async def _send_frame(self, message: Any, following: list[Event]) -> None:
        if self._socket is not None and "authCmd" in message:
            await self._socket.close()
        if self._socket is None or self._socket.closed:
            self._socket = await self.http.ws_connect(f"{self.url}/api/ws")
        answer = next((event for event in following if event["event"].startswith("ws")), None)
        if answer is not None and answer["event"] == "ws <":
            await self._post_values(_values(answer["message"]))
        await self._socket.send_json(self._filled(message))

    async def _receive_frame(self, event: Event) -> Any:
        """Return the next frame of the same subscription; what comes for others is noted."""
        while True:
            frame = await self._frame(_SECONDS)
            actual = {"event": "ws <", "message": frame}
            names = ("cmdId", "subscriptionId")
            if frame is None or all(frame.get(name) == event["message"].get(name) for name in names):
                return actual
            self.extras.append(actual)

    async def _frame(self, seconds: float) -> Any:
        assert self._socket is not None
        try:
            return json.loads((await self._socket.receive(seconds)).data)
        except TimeoutError:
            return None

    async def _post_values(self, values: dict[int, dict[str, Any]]) -> None:
        for ts, found in sorted(values.items()):
            new = {key: value for key, value in found.items() if (key, ts) not in self._sent}
            self._sent |= {(key, ts) for key in new}
            if new:
                url = f"{self.url}/api/v1/{self.values['token']}/telemetry"
                async with self.http.post(url, json={"ts": ts, "values": new}) as answer:
                    assert answer.status == 200
                await asyncio.sleep(self.settle)

    def _filled(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._filled(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._filled(each) for each in value]
        if isinstance(value, str):
            for name in ("device_id", "device2_id"):
                value = value.replace(f"${{{name}}}", self.values[name])
            return value.replace("<jwt>", self.values["jwt"])
        return value


def _values(message: Event) -> dict[int, dict[str, Any]]:
    """Return what a message tells of, by time and key: what somebody must have posted."""
    found: dict[int, dict[str, Any]] = {}

    def note(key: str, ts: int, text: Any) -> None:
        if ts and text not in ("", None):
            found.setdefault(ts, {})[key] = json.loads(text)

    for key, points in (message.get("data") or {}).items() if "subscriptionId" in message else ():
        for ts, text in points:
            note(key, ts, text)
    for entity in _entities(message):
        for key, point in ((entity.get("latest") or {}).get("TIME_SERIES") or {}).items():
            note(key, point["ts"], point["value"])
        for key, points in (entity.get("timeseries") or {}).items():
            for point in points:
                note(key, point["ts"], point["value"])
    return found


def _entities(message: Event) -> Iterator[dict[str, Any]]:
    if "cmdId" in message:
        yield from (message.get("data") or {}).get("data") or ()
        yield from message.get("update") or ()


def _same(expected: Any, actual: Any, name: str = "") -> bool:
    """Compare an event; the time of an entity's name is that of the query, and rows have no order."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        if name == "name":
            return bool(expected["value"] == actual["value"] and actual["ts"] > 10**12)
        return expected.keys() == actual.keys() and all(
            _same(expected[key], actual[key], key) for key in expected
        )
    if isinstance(expected, list) and isinstance(actual, list) and name == "data":
        order: Callable[[Any], str] = _row_id
        expected, actual = sorted(expected, key=order), sorted(actual, key=order)
    if isinstance(expected, list) and isinstance(actual, list):
        return len(expected) == len(actual) and all(map(_same, expected, actual))
    return bool(expected == actual) and type(expected) is type(actual)


def _row_id(row: Any) -> str:
    return str(row["entityId"]["id"]) if isinstance(row, dict) and "entityId" in row else ""
