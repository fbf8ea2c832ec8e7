"""The window's source of a server goes on, in bounded memory, whatever the server's WebSocket sends."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import resource
import struct
import time
from collections.abc import Callable, Iterator

import pytest
from papaya_gui.sources.server import ServerSupply

from papaya.api.feed import Pace
from papaya.api.listeners import Listeners
from papaya.api.session import Credentials
from papaya.sandbox import Sandbox
from papaya.sensors.condition import Health
from papaya.settings import Settings
from tests.hostile.mutations import Between
from tests.hostile.server import Asked, HostileServer
from tests.hostile.texts import BROKEN, KEYS, NUMERALS, OTHERS, STRINGS
from tests.unit.gui.ear import Ear, fleet_of, meter
from tests.unit.sandbox.client import Client

ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MOST_MEGABYTES = 300
FINAL, TEXT, BINARY, CLOSE, PING = 0x80, 1, 2, 8, 9


def frame(payload: bytes, code: int = FINAL | TEXT) -> bytes:
    """Return one frame of a server."""
    size = len(payload)
    if size < 126:
        return bytes([code, size]) + payload
    if size < 65_536:
        return bytes([code, 126]) + struct.pack(">H", size) + payload
    return bytes([code, 127]) + struct.pack(">Q", size) + payload


def update(device: object, values: object, number: object = 1) -> bytes:
    """Return the frame of an update of one device."""
    row = {"entityId": {"entityType": "DEVICE", "id": device}, "latest": {"TIME_SERIES": values}}
    return frame(json.dumps({"cmdId": number, "cmdUpdateType": "ENTITY_DATA", "update": [row]}).encode())


def strange() -> Iterator[bytes]:
    """Give updates with values of every kind, then texts that are none."""
    for text in (*NUMERALS, *STRINGS, *OTHERS):
        for key in (*KEYS[:3], "t"):
            series = f'{{"{key}":{{"ts":{text},"value":{text}}}}}'
            body = f'[{{"entityId":{{"id":{text}}},"latest":{{"TIME_SERIES":{series}}}}}]'
            for place in ("update", "data"):
                document = f'{{"cmdId":1,"cmdUpdateType":"ENTITY_DATA","{place}":{body}}}'
                yield frame(document.encode("utf-8", "surrogatepass"))
        yield frame(
            f'{{"cmdId":{text},"errorCode":0,"update":{text},"data":{text}}}'.encode("utf-8", "surrogatepass")
        )
    yield from (frame(text.encode("utf-8", "surrogatepass")) for text in BROKEN)


def strangers() -> Iterator[bytes]:
    """Give values of devices and keys that nobody asked for, others each time."""
    for number in itertools.count():
        values = {f"key {number} {one}": {"ts": 1_763_900_000_000, "value": "x" * 200} for one in range(200)}
        yield update(f"{number:08x}-1c0d-11f0-8d4b-000000000001", values)


def dripping() -> Iterator[bytes]:
    """Give one byte of a frame now and then."""
    for byte in frame(b'{"cmdId":1,"x":"' + b"x" * 60_000):
        yield bytes([byte])
        time.sleep(0.05)


FLOODS: dict[str, Callable[[], Iterator[bytes]]] = {
    "values of every kind": strange,
    "strangers": strangers,
    "16 MB": lambda: itertools.repeat(frame(b'{"cmdId":1,"update":"' + b"x" * 15_000_000 + b'"}')),
    "a length of a terabyte": lambda: itertools.chain(
        [bytes([FINAL | TEXT, 127]) + struct.pack(">Q", 2**40)], itertools.repeat(b"x" * 65_536)
    ),
    "many values": lambda: itertools.repeat(frame(b'{"cmdId":1,"update":[' + b"[]," * 400_000 + b"[]]}")),
    "depth": lambda: itertools.repeat(frame(b"[" * 60_000)),
    "binary": lambda: itertools.repeat(frame(b"\xff\xfe\x00" * 20, FINAL | BINARY)),
    "parts without end": lambda: itertools.chain(
        [frame(b"x", TEXT)], itertools.repeat(frame(b"x", 0) * 1_000)
    ),
    "pings": lambda: itertools.repeat(frame(b"x" * 125, FINAL | PING) * 100),
    "a farewell": lambda: iter([frame(struct.pack(">H", 1_008) + "\u202eevil".encode(), FINAL | CLOSE)]),
    "a drip": dripping,
}


@pytest.mark.parametrize("flood", FLOODS)
def test_no_frames_end_the_window_or_fill_its_memory(flood: str) -> None:
    with Sandbox() as sandbox, Client(sandbox) as client:
        client.device("PM-1")
        between = Between(sandbox.url)
        heard: list[int] = []

        def play(asked: Asked) -> Iterator[bytes]:
            if asked.target != "/api/ws":
                yield from between(asked)
                return
            heard.append(1)
            key = asked.headers["sec-websocket-key"] + ACCEPT
            accepted = base64.b64encode(hashlib.sha1(key.encode()).digest())  # noqa: S324
            yield b"HTTP/1.1 101 Yes\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            yield b"Sec-WebSocket-Accept: " + accepted + b"\r\n\r\n"
            time.sleep(0.1)
            yield from FLOODS[flood]()

        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        ear = Ear(fleet_of(meter("PM-1", "t")))
        with HostileServer(play) as server:
            settings = Settings(server.url, Credentials(username=Sandbox.username, password=Sandbox.password))
            pace = Pace(poll_every=0.1, longest_pause=0.1, pause_when_refused=0.1)
            supply = ear.hear(ServerSupply(ear.catalog, ear.inbox, ear.told.append, settings, pace=pace))
            ear.until(lambda: heard, "nobody listens")
            time.sleep(0.7)
            began = time.monotonic()
            ear.drain()
            supply.close()
            assert time.monotonic() - began < 30
        ear.close()
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < MOST_MEGABYTES
    for condition in ear.told:
        assert condition.health is not Health.FAULT, condition
        assert len(condition.reason) < 1_000
        assert Sandbox.password not in condition.reason.split()
        assert not {"\x1b", "\u202e", "\n"} & set(condition.reason)
        assert "unexpected fault" not in condition.reason


def test_values_that_nobody_listens_to_are_not_kept() -> None:
    from papaya.api.latest import Update

    listeners = Listeners()
    heard: list[object] = []
    listeners.add("a device", ["t"], lambda key, ts, value: heard.append(value))
    for number in range(1_000):
        for one in (Update(f"stranger {number}", "t", 1, 1), Update("a device", f"key {number}", 1, 1)):
            listeners.tell(one, 0.0, 0, is_live=True)
    listeners.tell(Update("a device", "t", 1, 5), 0.0, 0, is_live=True)
    listeners.took_page(["a device"], [f"stranger {number}" for number in range(1_000)])
    assert heard == [5]
    assert len(listeners._last) == 1
    assert len(listeners._heard) == 1
    assert not listeners._known
