"""The agent with Debian's mosquitto, where every copy of a reading can be counted, and in TLS."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import ssl
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.e2e.meter import PATIENCE, Meter, wait_for
from tests.e2e.shaky import ShakyLine
from tests.tunnel.bastion import free_port

MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not on this machine")


REQUEST = "v1/devices/me/attributes/request/"


class Broker:
    """A mosquitto, and a client that answers as ThingsBoard does and counts the copies of each reading."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.copies: Counter[tuple[str, int, int]] = Counter()
        self.largest = 0
        configuration = folder / "mosquitto.conf"
        lines = f"allow_anonymous true\nlistener {self.port} 127.0.0.1\n"
        configuration.write_text(lines, encoding="utf-8")
        with (folder / "mosquitto.log").open("wb") as said:
            command = [str(MOSQUITTO), "-c", str(configuration)]
            self.process = subprocess.Popen(command, stdout=said, stderr=said)

    def listen(self) -> None:
        """Begin to count."""
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="counter", clean_session=False)
        self.client.on_message = self._received
        wait_for(self._connects, PATIENCE, lambda: "mosquitto does not answer")
        self.client.subscribe([("v1/devices/me/telemetry", 1), ("v1/devices/me/attributes/request/+", 1)])
        self.client.loop_start()

    def close(self) -> None:
        """End both."""
        self.process.send_signal(signal.SIGCONT)
        if hasattr(self, "client"):
            self.client.disconnect()
            self.client.loop_stop()
        self.process.terminate()
        self.process.wait(PATIENCE)

    def _connects(self) -> bool:
        try:
            self.client.connect("127.0.0.1", self.port)
        except OSError:
            return False
        return True

    def _received(self, client: Any, userdata: Any, message: Any) -> None:
        if message.topic.startswith(REQUEST):
            # The agent sends nothing to a broker at which nobody answers as ThingsBoard does.
            self.client.publish(f"v1/devices/me/attributes/response/{message.topic[len(REQUEST) :]}", "{}", 1)
            return
        self.largest = max(self.largest, len(message.payload))
        for moment in json.loads(message.payload):
            self.copies.update((key, moment["ts"], value) for key, value in moment["values"].items())


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """Run mosquitto with a counter."""
    made = Broker(tmp_path)
    try:
        made.listen()
        yield made
    finally:
        made.close()


def run_rounds(rounds: int, seed: int, broker: Broker, folder: Path) -> Counter[str]:
    """Disturb the agent, the line and the broker, and count copies."""
    chance = random.Random(seed)
    cut_off: set[int] = set()
    with ShakyLine(broker.port) as line:
        meter = Meter(folder, line.mqtt_url)
        meter.start("--timeout", "1")
        try:
            meter.hears("connected to")
            for _ in range(rounds):
                time.sleep(chance.uniform(0.2, 1.0))
                disturbance = chance.choice(["kill", "drop", "hold", "freeze"])
                if disturbance == "kill" and meter.process is not None:
                    cut_off.add(meter.process.pid)
                    meter.kill()
                    meter.start("--timeout", "1")
                    time.sleep(chance.uniform(0.5, 2.5))
                elif disturbance == "drop":
                    line.drop()
                elif disturbance == "hold":
                    line.is_held = True
                    time.sleep(chance.uniform(0.5, 2))
                    line.drop()
                    line.is_held = False
                else:
                    broker.process.send_signal(signal.SIGSTOP)
                    time.sleep(chance.uniform(0.5, 2.5))
                    broker.process.send_signal(signal.SIGCONT)
            time.sleep(1)
            wait_for(lambda: len(meter.produced()) > 30, PATIENCE, lambda: meter.text)
            meter.hears("connected to")
            meter.stop()
            meter.write([])
            meter.start()
            produced = meter.produced()
            last: dict[int, int] = {}
            for process, number in produced.values():
                last[process] = max(number, last.get(process, 0))
            owed = {
                told
                for told, (process, number) in produced.items()
                if process not in cut_off or number < last[process]
            }
            wait_for(lambda: owed <= broker.copies.keys(), PATIENCE, lambda: meter.text[-6000:])
        finally:
            if meter.process is not None:
                meter.kill()
    assert broker.copies.keys() <= produced.keys()
    return Counter(
        produced=len(produced),
        arrived=len(broker.copies),
        duplicates=broker.copies.total() - len(broker.copies),
        cut_off=len(produced.keys() - broker.copies.keys()),
    )


def test_every_reading_arrives_at_mosquitto_and_copies_are_counted(broker: Broker, tmp_path: Path) -> None:
    counted = run_rounds(4, 3, broker, tmp_path)
    assert counted["arrived"] > 20
    assert counted["duplicates"] < counted["arrived"]


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_every_reading_arrives_at_mosquitto_in_many_rounds(broker: Broker, tmp_path: Path) -> None:
    counted = run_rounds(30, 30, broker, tmp_path)
    print(dict(counted))


def test_a_frozen_broker_is_noticed_and_live_readings_overtake_what_waits(
    broker: Broker, tmp_path: Path
) -> None:
    meter = Meter(tmp_path, f"mqtt://127.0.0.1:{broker.port}")
    try:
        meter.start("--timeout", "1", "--catch-up-rate", "5")
        meter.hears("connected to")
        broker.process.send_signal(signal.SIGSTOP)
        meter.hears("nothing was acknowledged for 1 s")
        time.sleep(3)
        broker.process.send_signal(signal.SIGCONT)
        wait_for(lambda: meter.text.count(" connected to ") >= 2, PATIENCE, lambda: meter.text)

        def is_overtaken() -> bool:
            arrived = set(broker.copies)
            missing = meter.produced().keys() - arrived
            newest = max((ts for _, ts, _ in arrived), default=0)
            return any(ts < newest - 2000 for _, ts, _ in missing)

        wait_for(is_overtaken, PATIENCE, lambda: meter.text)
    finally:
        broker.process.send_signal(signal.SIGCONT)
        meter.kill()


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not on this machine")
def test_tls_with_a_private_authority_and_without_it(broker: Broker, tmp_path: Path) -> None:
    made = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout key.pem -out ca.pem -subj /CN=localhost"
    command = [*made.split(), "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "ca.pem", tmp_path / "key.pem")
    with ShakyLine(broker.port, context) as line:
        meter = Meter(tmp_path, f"mqtts://localhost:{line.port}")
        try:
            meter.start()
            meter.hears("its certificate is not trusted")
            assert meter.stop() == 0
            meter.start("--ca-file", str(tmp_path / "ca.pem"))
            meter.hears(" connected to mqtts://localhost")
            assert meter.stop() == 0
            meter.start("--ca-file", str(tmp_path / "nothing.pem"))
            meter.hears("nothing.pem cannot be used")
        finally:
            if meter.process is not None:
                meter.kill()
