"""Floods the window's source from a broker: what is lost, how Qt stalls, and the cost beside bare paho.

    python -m tests.benchmarks.gui_mqtt [--rate 10000] [--seconds 10] [--qos 0]

A publisher in a process of its own sends numbered values of 1,000 devices: to a bare paho client that only
counts, and to a window with the source; between them a window is idle. A stall is how much later than asked
a timer of Qt fires every five milliseconds; that of the idle window is what the machine itself adds. Exits
with 1 where anything was lost, or a stall was longer than 50 ms and than twice the idle window's.
"""

from __future__ import annotations

import argparse
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from papaya_gui.sources.mqtt import MqttSupply
from papaya_gui.sources.topics import DEFAULT_PATTERN, place_of
from papaya_gui.station import Station
from PyQt6.QtCore import QCoreApplication, Qt, QTimer

from papaya.manifest.model import Fleet
from papaya.sensors.condition import Health
from tests.unit.gui.broker import Broker
from tests.unit.gui.ear import fleet_of, meter

DEVICES, KEYS = 1_000, ("t", "n", "v")
LONGEST_STALL = 0.05
_HEART = 0.005
_PATIENCE = 60.0
_CONNECT = bytes([0x10, 15]) + b"\0\4MQTT\4\2\0\0\0\3pub"


def publish(port: int, count: int, rate: float, qos: int) -> None:
    """Send numbered values at a rate; packets are written by hand, because the load must cost little."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(_CONNECT)
        connection.recv(4)
        # Acknowledgements are read and thrown away.
        threading.Thread(target=_swallow, args=(connection,), daemon=True).start()
        began, sent = time.monotonic(), 0
        while sent < count:
            due = min(count, int((time.monotonic() - began) * rate) + 1)
            connection.sendall(b"".join(_packet(number, qos) for number in range(sent, due)))
            sent = max(sent, due)
            time.sleep(0.002)
        time.sleep(2.0)


def _swallow(connection: socket.socket) -> None:
    while connection.recv(65_536):
        pass


def _packet(number: int, qos: int) -> bytes:
    topic = f"papaya/PM-{number % DEVICES}/{KEYS[number % len(KEYS)]}".encode()
    identifier = struct.pack(">H", number % 65_535 + 1) if qos else b""
    body = struct.pack(">H", len(topic)) + topic + identifier + str(number).encode()
    return bytes([0x30 | qos << 1, len(body)]) + body


@dataclass
class Stalls:
    """How late a timer of Qt fires, in seconds."""

    late: list[float] = field(default_factory=list)
    before: float = 0.0

    def beat(self) -> None:
        """Note one firing."""
        now = time.perf_counter()
        if self.before:
            self.late.append(max(0.0, now - self.before - _HEART))
        self.before = now

    def __str__(self) -> str:
        late = np.array(self.late) * 1000
        return f"longest {late.max():.1f} ms, 99.9 % below {np.quantile(late, 0.999):.1f} ms"


def start_publisher(broker: Broker, wanted: argparse.Namespace) -> subprocess.Popen[bytes]:
    """Start the flood."""
    said = [str(broker.port), str(wanted.count), str(wanted.rate), str(wanted.qos)]
    return subprocess.Popen([sys.executable, "-m", "tests.benchmarks.gui_mqtt", "--publish", *said])


def bare(broker: Broker, wanted: argparse.Namespace) -> tuple[int, float]:
    """Return how many messages a client that only counts receives, and the processor's seconds for it."""
    received = 0
    ready = threading.Event()

    def count(client: Any, userdata: Any, message: Any) -> None:
        nonlocal received
        received += 1

    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_message = count
    client.on_subscribe = lambda *_: ready.set()
    client.connect("127.0.0.1", broker.port)
    client.subscribe("papaya/+/+", 1)
    client.loop_start()
    ready.wait(_PATIENCE)
    began = time.process_time()
    with start_publisher(broker, wanted) as publisher:
        while received < wanted.count and publisher.poll() is None:
            time.sleep(0.05)
    spent = time.process_time() - began
    client.disconnect()
    client.loop_stop()
    return received, spent


def window(
    broker: Broker | None, fleet: Fleet, wanted: argparse.Namespace
) -> tuple[int, Station, Stalls, float]:
    """Return what a window received and stored, how it stalled, and the processor's seconds for it."""
    url = f"{broker.url if broker else 'mqtt://127.0.0.1:9'}/{DEFAULT_PATTERN}"
    station = Station(
        fleet, lambda catalog, inbox, tell: MqttSupply(catalog, inbox, tell, place_of(url), longest_pause=60)
    )
    supply = station.supply
    assert isinstance(supply, MqttSupply)
    station.select(range(8))
    station.set_interval(0.1)
    station.start()
    stalls, heart = Stalls(), QTimer()
    heart.setTimerType(Qt.TimerType.PreciseTimer)
    heart.timeout.connect(stalls.beat)
    wait = QCoreApplication.processEvents
    until = time.monotonic() + _PATIENCE
    while broker is not None and station.condition.health is not Health.LIVE and time.monotonic() < until:
        wait()
        time.sleep(0.001)
    heart.start(round(_HEART * 1000))
    began = time.process_time()
    if broker is None:
        end = time.monotonic() + wanted.seconds
        _run_until(lambda: time.monotonic() > end)
    else:
        with start_publisher(broker, wanted) as publisher:
            _run_until(lambda: station.tape.end >= wanted.count or publisher.poll() is not None)
    spent = time.process_time() - began
    heart.stop()
    station.tick()
    station.close()
    return supply.received, station, stalls, spent


def _run_until(holds: Any) -> None:
    """Let Qt's event loop run, as the window's does, until something holds."""
    watch = QTimer()
    watch.timeout.connect(lambda: QCoreApplication.exit() if holds() else None)
    watch.start(50)
    QCoreApplication.exec()
    watch.stop()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rate", type=float, default=10_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--qos", type=int, choices=(0, 1), default=0)
    parser.add_argument("--publish", nargs=4, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.publish:
        port, count, rate, qos = wanted.publish
        publish(int(port), int(count), float(rate), int(qos))
        return 0
    wanted.count = round(wanted.rate * wanted.seconds)
    application = QCoreApplication([])
    fleet = fleet_of(*(meter(f"PM-{number}", *KEYS) for number in range(DEVICES)))
    with tempfile.TemporaryDirectory() as folder, Broker(Path(folder)) as broker:
        counted, alone = bare(broker, wanted)
        _, _, idle, _ = window(None, fleet, wanted)
        received, station, stalls, together = window(broker, fleet, wanted)
    stored, on_board = station.tape.end, int(station.board.counts.sum())
    values = station.tape.since(0).values
    whole = len(values) == wanted.count and np.array_equal(np.sort(values), np.arange(wanted.count))
    print(f"sent      {wanted.count} messages at {wanted.rate:.0f} a second, QoS {wanted.qos}")
    print(f"paho      received {counted}, {alone / max(counted, 1) * 1e6:.1f} µs of a processor each")
    print(f"window    received {received}, stored {stored}, on the board {on_board}, every value: {whole}")
    ratio = together / alone if alone else float("nan")
    print(f"cost      {together / max(received, 1) * 1e6:.1f} µs each, {ratio:.2f} × bare paho")
    print(
        f"          {together / wanted.seconds:.0%} of a core, the window's beat ten times a second included"
    )
    print(f"idle      {idle}")
    print(f"flooded   {stalls}")
    del application
    is_lossless = whole and received == stored == on_board
    return 0 if is_lossless and max(stalls.late) <= max(LONGEST_STALL, 2 * max(idle.late)) else 1


if __name__ == "__main__":
    sys.exit(main())
