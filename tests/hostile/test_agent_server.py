"""The agent and a server that proves to be ThingsBoard and then sends what no ThingsBoard sends."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from papaya.sandbox import Sandbox
from tests.e2e.meter import PATIENCE, Meter, wait_for
from tests.hostile.mosquitto import MOSQUITTO, Mosquitto
from tests.hostile.raw_broker import ACCEPTED, RawBroker

pytestmark = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not on this machine")
REQUEST = "v1/devices/me/attributes/request/"
RESPONSE = "v1/devices/me/attributes/response/"
DEEP = "[" * 980 + "]" * 980
NINES = "9" * 401
TOPICS = (
    *("v1/devices/me/attributes", f"{RESPONSE}1", "v1/devices/me/rpc/response/1"),
    *(f"v1/devices/me/rpc/request/{number}" for number in ("1", "x", "")),
)
PAYLOADS: tuple[str | bytes, ...] = (
    *("", "[", DEEP, b"\xff\xfe", "null", "7", '{"reportEverySeconds":NaN}'),
    f'{{"papaya.sensors":{DEEP}}}',
    f'{{"papaya.sensors":[{{"key":"w0","every":{NINES}}}]}}',
    '{"deleted":[{}]}',
    f'{{"deleted":{NINES}}}',
    f'{{"method":"setInterval","params":{{"key":"w0","seconds":{NINES}}}}}',
    '{"method":["ping"]}',
    '{"method":"identify","params":{"onMs":1e400}}',
    f'{{"method":"getReadings","params":{DEEP}}}',
    '{"method":"\\ud800\\u001b[2J"}',
    '{"rateLimits":{"telemetryDataPoints":"²:1"}}',
)


class Impostor:
    """Answers each question as ThingsBoard does, with hostile settings; sends what it is told to."""

    def __init__(self, port: int) -> None:
        self.readings = 0
        self.proven = threading.Event()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self.client.max_queued_messages_set(0)
        self.client.on_message = self._received
        self.client.connect("127.0.0.1", port)
        self.client.subscribe([(f"{REQUEST}+", 1), ("v1/devices/me/telemetry", 1)])
        self.client.loop_start()

    def send(self, topic: str, payload: str | bytes) -> None:
        """Send something."""
        self.client.publish(topic, payload, 0)

    def close(self) -> None:
        """End it."""
        self.client.disconnect()
        self.client.loop_stop()

    def _received(self, client: Any, userdata: Any, message: Any) -> None:
        if not message.topic.startswith(REQUEST):
            self.readings += 1
            return
        answer = "{}"
        if b"papaya.sensors" in message.payload:
            answer = f'{{"shared":{{"papaya.sensors":{DEEP}}}}}'
        elif b"reportEverySeconds" in message.payload:
            answer = f'{{"shared":{{"reportEverySeconds":{NINES}}}}}'
        self.client.publish(f"{RESPONSE}{message.topic.removeprefix(REQUEST)}", answer, 1)


def memory_of(meter: Meter) -> int:
    """Return how many KiB the agent's process holds."""
    assert meter.process is not None
    status = Path(f"/proc/{meter.process.pid}/status").read_text(encoding="utf-8")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


def test_hostile_messages_and_a_flood_of_them_cost_no_reading(meter: Meter, tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as broker:
        impostor = Impostor(broker.port)
        meter.mqtt_url = broker.url
        meter.start()
        meter.hears(" connected to ")
        meter.hears("reportEverySeconds from the server is not taken over")
        wait_for(lambda: impostor.readings > 2, PATIENCE, lambda: meter.text)
        before = memory_of(meter)
        for topic in TOPICS:
            for payload in PAYLOADS:
                impostor.send(topic, payload)
        for number in range(3_000):
            impostor.send("v1/devices/me/attributes", '{"x":"' + "y" * 5_000 + f'{number}"}}')
        produced = len(meter.produced())
        wait_for(lambda: len(meter.produced()) > produced + 20, PATIENCE, lambda: meter.text[-4000:])
        assert meter.process is not None
        assert meter.process.poll() is None, meter.text[-4000:]
        assert memory_of(meter) - before < 100_000
        assert meter.stop() == 0
        assert "Traceback" not in meter.text
        assert "\x1b" not in meter.text
        assert max(map(len, meter.text.splitlines())) < 2_200
        impostor.close()


def test_the_agent_says_what_is_wrong_with_a_port_or_a_scheme(meter: Meter, tmp_path: Path) -> None:
    with (
        Mosquitto(tmp_path) as broker,
        Sandbox() as sandbox,
        RawBroker(lambda: iter([ACCEPTED, b"\xff"])) as raw,
    ):
        http = sandbox.url.rsplit(":", 1)[1]
        cases = [
            (f"mqtts://127.0.0.1:{broker.port}", "it does not speak TLS", "in the clear: --mqtt-url mqtt://"),
            (f"mqtt://127.0.0.1:{http}", "", "A port that wants TLS needs --mqtt-url mqtts://"),
            ("mqtt://127.0.0.1:1", "connection refused", "does a firewall let it through?"),
            (f"mqtt://127.0.0.1:{raw.port}", "", "Readings are kept"),
        ]
        for url, words, remedy in cases:
            meter.mqtt_url = url
            meter.start()
            meter.hears(f"no connection to {url}")
            assert meter.stop() == 0
            line = next(one for one in meter.text.splitlines() if f"no connection to {url}" in one)
            assert words in line
            assert remedy in line
        assert "Traceback" not in meter.text
