"""Loads a sandbox process with simulated devices and prints its share of a processor and its latencies.

    python -m tests.benchmarks.sandbox_mqtt [--devices 1000] [--seconds 20] [--hertz 1] [--watch]

Each device has a connection of its own and publishes at QoS 1, evenly spread over its second. What is timed
is publish to PUBACK, so the commit is in it. With --watch one WebSocket follows every device. The packets are
written by hand: the load must cost little, since both processes share the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import requests

_TICKS = os.sysconf("SC_CLK_TCK")
_PUBLISH, _PUBACK, _CONNECT = 0x32, 0x40, 0x10
_TOPIC = b"v1/devices/me/telemetry"


def _packet(kind: int, body: bytes) -> bytes:
    length, encoded = len(body), bytearray()
    while True:
        length, digit = divmod(length, 128)
        encoded.append(digit | (0x80 if length else 0))
        if not length:
            return bytes([kind, *encoded]) + body


def _text(text: bytes) -> bytes:
    return struct.pack("!H", len(text)) + text


class Device(asyncio.Protocol):
    """A connection that publishes and notes how long each acknowledgement takes."""

    def __init__(self, token: str, latencies: list[float]) -> None:
        self._token, self._latencies = token, latencies
        self._waiting: dict[int, float] = {}
        self._received = bytearray()
        self._packet_id = 0
        self._transport: asyncio.Transport | None = None
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.lost = False

    @property
    def unanswered(self) -> int:
        """How many messages have no acknowledgement yet."""
        return len(self._waiting)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        body = (
            _text(b"MQTT")
            + bytes([4, 0x82])
            + struct.pack("!H", 60)
            + _text(b"")
            + _text(self._token.encode())
        )
        transport.write(_packet(_CONNECT, body))

    def connection_lost(self, error: Exception | None) -> None:
        self.lost = True

    def data_received(self, data: bytes) -> None:
        self._received += data
        # CONNACK and PUBACK are the only packets that come, and both have four bytes.
        while len(self._received) >= 4:
            kind, packet_id = self._received[0], int.from_bytes(self._received[2:4], "big")
            del self._received[:4]
            if kind == _PUBACK:
                self._latencies.append(time.perf_counter() - self._waiting.pop(packet_id))
            elif not self.ready.done():
                self.ready.set_result(None)

    def publish(self, payload: bytes) -> None:
        """Publish at QoS 1."""
        self._packet_id = self._packet_id % 0xFFFF + 1
        self._waiting[self._packet_id] = time.perf_counter()
        assert self._transport is not None
        body = _text(_TOPIC) + struct.pack("!H", self._packet_id) + payload
        self._transport.write(_packet(_PUBLISH, body))


@contextmanager
def _server() -> Iterator[tuple[int, dict[str, Any]]]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "papaya", "sandbox", "--port", "0", "--json", "--data", folder]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            assert process.stdout is not None
            yield process.pid, json.loads(process.stdout.readline())
            process.terminate()


def _login(line: dict[str, Any]) -> requests.Session:
    session = requests.Session()
    login = {"username": line["username"], "password": line["password"]}
    token = session.post(f"{line['url']}/api/auth/login", json=login, timeout=60).json()["token"]
    session.headers["X-Authorization"] = f"Bearer {token}"
    return session


def _create(session: requests.Session, url: str, devices: int) -> list[str]:
    tokens = [f"load-{number:05}" for number in range(devices)]
    columns = [{"type": "NAME"}, {"type": "TYPE"}, {"type": "ACCESS_TOKEN"}]
    mapping = {"columns": columns, "delimiter": ",", "update": True, "header": False}
    rows = "\n".join(f"LOAD-{number:05},default,{token}" for number, token in enumerate(tokens))
    answer = session.post(
        f"{url}/api/device/bulk_import", json={"file": rows, "mapping": mapping}, timeout=600
    )
    assert answer.json()["created"] == devices, answer.text
    return tokens


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _share(values: list[float], part: float) -> float:
    return values[min(len(values) - 1, int(len(values) * part))] * 1000


async def _watch(url: str, token: str, received: list[int]) -> None:
    query = {
        "entityFilter": {"type": "entityType", "entityType": "DEVICE"},
        "pageLink": {"pageSize": 100_000, "page": 0},
        "entityFields": [{"type": "ENTITY_FIELD", "key": "name"}],
        "latestValues": [],
    }
    latest = {"keys": [{"type": "TIME_SERIES", "key": "temperature.celsius"}]}
    command = {"cmdId": 1, "type": "ENTITY_DATA", "query": query, "latestCmd": latest}
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{url}/api/ws", max_msg_size=0) as socket:
        await socket.send_json({"authCmd": {"cmdId": 0, "token": token}, "cmds": [command]})
        async for _ in socket:
            received[0] += 1


async def _load(line: dict[str, Any], pid: int, tokens: list[str], options: argparse.Namespace) -> None:
    loop, latencies = asyncio.get_running_loop(), list[float]()
    host, port = line["mqtt"].removeprefix("mqtt://").split(":")
    began = time.perf_counter()
    devices = []
    for token in tokens:
        _, device = await loop.create_connection(partial(Device, token, latencies), host, int(port))
        devices.append(device)
    await asyncio.gather(*(device.ready for device in devices))
    print(f"{len(devices)} devices connected in {time.perf_counter() - began:.2f} s")
    updates = [0]
    watching = asyncio.create_task(_watch(line["url"], options.jwt, updates)) if options.watch else None
    await asyncio.sleep(1)
    before, began, sent = _cpu_seconds(pid), time.perf_counter(), 0
    own = time.process_time()
    total, rate = int(len(devices) * options.hertz * options.seconds), len(devices) * options.hertz
    while sent < total:
        due = min(total, int((time.perf_counter() - began) * rate) + 1)
        while sent < due:
            reading = {"temperature.celsius": 20 + sent % 100 / 10, "parking.occupied": sent % 2 == 0}
            message = {"ts": time.time_ns() // 1_000_000, "values": reading}
            devices[sent % len(devices)].publish(json.dumps(message).encode())
            sent += 1
        await asyncio.sleep(0.002)
    last = time.perf_counter()
    while any(device.unanswered for device in devices) and time.perf_counter() - last < 30:
        await asyncio.sleep(0.01)
    took, used = time.perf_counter() - began, _cpu_seconds(pid) - before
    latencies.sort()
    print(
        f"{sent} messages in {took:.1f} s: {sent / took:.0f} a second, {sent - len(latencies)} unacknowledged"
    )
    print(f"sandbox: {100 * used / took:.0f} % of one processor, {1e6 * used / sent:.0f} us a message")
    print(f"load:    {100 * (time.process_time() - own) / took:.0f} % of one processor")
    shares = ", ".join(f"{name} {_share(latencies, part):.1f}" for name, part in _SHARES)
    print(f"publish to PUBACK, ms: {shares}")
    if watching is not None:
        print(f"WebSocket: {updates[0]} updates")
        watching.cancel()
    assert not any(device.lost for device in devices)


_SHARES = (("median", 0.5), ("p95", 0.95), ("p99", 0.99), ("worst", 1.0))


def _history(session: requests.Session, url: str) -> None:
    device = session.get(f"{url}/api/tenant/devices?deviceName=LOAD-00000", timeout=60).json()["id"]["id"]
    path = f"{url}/api/plugins/telemetry/DEVICE/{device}"
    points = [
        {"ts": 1_763_900_000_000 + second * 1000, "values": {"t": second % 50}} for second in range(50_000)
    ]
    for start in range(0, len(points), 10_000):
        session.post(f"{path}/timeseries/ANY", json=points[start : start + 10_000], timeout=60)
    window = "keys=t&startTs=1763900000000&endTs=1763950000000"
    for name, more in (
        ("50,000 raw points", "limit=50000"),
        ("averages of 500 intervals over them", "agg=AVG&interval=100000"),
        ("the newest 100 of them", "limit=100"),
    ):
        began = time.perf_counter()
        found = session.get(f"{path}/values/timeseries?{window}&{more}", timeout=60).json()["t"]
        print(f"history: {name}: {len(found)} in {(time.perf_counter() - began) * 1000:.0f} ms")


def main() -> None:
    """Run the load and print what it took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--hertz", type=float, default=1)
    parser.add_argument("--watch", action="store_true")
    options = parser.parse_args()
    with _server() as (pid, line), _login(line) as session:
        tokens = _create(session, line["url"], options.devices)
        options.jwt = str(session.headers["X-Authorization"]).removeprefix("Bearer ")
        asyncio.run(_load(line, pid, tokens, options))
        _history(session, line["url"])


if __name__ == "__main__":
    main()
