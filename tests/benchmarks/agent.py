"""What durability costs: the agent's way to the broker against bare paho, catching up, and an idle agent.

Run it by hand: python -m tests.benchmarks.agent [READINGS]. It prints; it is no test, because times on a busy
machine prove nothing. The ratios are of one run, against one broker: a sandbox in a process of its own.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from papaya.agent.batches import batch_of
from papaya.agent.guard import Guard
from papaya.agent.link import TELEMETRY, Address
from papaya.agent.rivals import Rivals
from papaya.agent.settings import AgentSettings
from papaya.agent.spool import Row
from papaya.agent.storage import Storage
from papaya.agent.uplink import Uplink
from papaya.backoff import Backoff
from tests.e2e.meter import TOKEN, Meter, ServerProcess, Tenant

IN_A_TURN = 10
IDLE_SECONDS = 20.0
_HZ = os.sysconf("SC_CLK_TCK")


class Silent:
    """Says nothing beside telemetry."""

    def begin(self, send: Callable[[str, bytes], None], number: int) -> None:
        """Say nothing."""

    def received(self, topic: str, payload: bytes) -> None:
        """Hear nothing."""


def bare_paho(port: int, payloads: list[bytes]) -> float:
    """Return how many seconds bare paho needs for these messages at QoS 1."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set(TOKEN)
    done, connected, left = threading.Event(), threading.Event(), [len(payloads)]

    def published(*_: Any) -> None:
        left[0] -= 1
        if not left[0]:
            done.set()

    client.on_publish = published
    client.on_connect = lambda *_: connected.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    assert connected.wait(10)
    began = time.perf_counter()
    for payload in payloads:
        client.publish(TELEMETRY, payload, qos=1)
    assert done.wait(600)
    took = time.perf_counter() - began
    client.disconnect()
    client.loop_stop()
    return took


def agents_way(port: int, folder: Path, readings: int, rate: float, *, live: bool) -> float:
    """Return how many seconds readings take through the spool: added while connected, or waiting before."""
    inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
    path = folder / f"{time.monotonic_ns()}.spool"
    settings = AgentSettings("bench", Address("127.0.0.1", port), lambda: TOKEN, path, catch_up_rate=rate)
    storage = Storage(path, clock=time.monotonic)
    rivals = Rivals("bench", Backoff(1, 1))
    uplink = Uplink(settings, storage, rivals, Silent(), inbox.put, time.monotonic, Guard(time.monotonic))
    if not live:
        fill(storage, readings)
    began, added = time.perf_counter(), 0
    while uplink.counts.readings < readings:
        if live and uplink.is_up:
            if not added:
                began = time.perf_counter()
            # One commit for each turn of the agent's loop, as when ten sensors are due together.
            while added < readings and inbox.empty():
                for _ in range(IN_A_TURN):
                    storage.add(1_700_000_000_000 + added, "bench", added)
                    added += 1
                storage.commit()
                uplink.tick()
        uplink.tick()
        try:
            inbox.get(timeout=min(0.1, max(0.0, uplink.next_deadline() - time.monotonic())))()
        except queue.Empty:
            continue
    took = time.perf_counter() - began
    uplink.close(1.0)
    storage.close()
    return took


def fill(storage: Storage, readings: int) -> None:
    """Spool readings as an outage leaves them."""
    for number in range(readings):
        storage.add(1_600_000_000_000 + number, "bench", number)
    storage.commit()


def idle(folder: Path, mqtt_url: str) -> tuple[float, float, float]:
    """Return resident and peak MiB and percent of a core of an agent with ten sensors at 1 Hz."""
    source = {"type": "simulated"}
    sensors = [{"key": f"s{index}", "unit": "V", "every": "1s", "source": source} for index in range(10)]
    meter = Meter(folder, mqtt_url, sensors)
    meter.start()
    meter.hears("connected to")
    assert meter.process is not None
    process = Path(f"/proc/{meter.process.pid}")
    time.sleep(3)
    before = _ticks(process)
    time.sleep(IDLE_SECONDS)
    percent = (_ticks(process) - before) / _HZ / IDLE_SECONDS * 100
    status = (process / "status").read_text(encoding="utf-8").splitlines()
    lines = dict(line.split(":", 1) for line in status if ":" in line)
    resident, peak = (int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    meter.stop()
    return resident, peak, percent


def _ticks(process: Path) -> int:
    fields = (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def batches(readings: int) -> list[bytes]:
    """Return the messages that the agent makes of so many readings."""
    rows = [Row(number, 1_700_000_000_000 + number, "bench", str(number)) for number in range(readings)]
    payloads = []
    while rows:
        batch = batch_of(rows[:1000])
        payloads.append(batch.payload)
        rows = rows[batch.rows :]
    return payloads


def main() -> None:
    """Measure, and print."""
    readings = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        server = ServerProcess(folder)
        server.start()
        tenant = Tenant(server.url)
        tenant.create()
        try:
            singles = [
                json.dumps([{"ts": 1_700_000_000_000 + number, "values": {"bench": number}}]).encode()
                for number in range(readings)
            ]
            by_one = bare_paho(server.mqtt_port, singles)
            in_batches = bare_paho(server.mqtt_port, batches(readings))
            live = agents_way(server.mqtt_port, folder, readings, 1e9, live=True)
            print(f"{readings:,} readings at QoS 1, commits of {IN_A_TURN}")
            print(f"bare paho, a message for each      {readings / by_one:10,.0f} readings/s")
            print(f"bare paho, the agent's messages    {readings / in_batches:10,.0f} readings/s")
            print(f"spooled, committed, published      {readings / live:10,.0f} readings/s")
            print(f"  of bare paho message by message  {by_one / live:10.0%}")
            many = 100_000
            caught_up = agents_way(server.mqtt_port, folder, many, 1e9, live=False)
            share = bare_paho(server.mqtt_port, batches(many)) / caught_up
            print(f"catch-up of {many:,}, unbounded  {caught_up:10.1f} s = {share:.0%} of bare paho")
            (folder / "idle").mkdir()
            resident, peak, percent = idle(folder / "idle", server.mqtt_url)
            print(f"idle, ten sensors at 1 Hz  {resident:10.1f} MiB, at most {peak:.1f}; {percent:.2f} % CPU")
        finally:
            tenant.close()
            server.kill()


if __name__ == "__main__":
    main()
