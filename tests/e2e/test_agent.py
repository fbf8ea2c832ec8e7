"""The agent and a server on loopback: settings, calls, tokens, rivals, broken sensors and disks."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from papaya.sandbox import Sandbox
from tests.e2e.meter import DEVICE, PATIENCE, Meter, Tenant, wait_for, witnesses

PYTHON = sys.executable


class Scene:
    """A server, its administrator, and a meter on it."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder, self.sandbox = folder, sandbox
        self.tenant = Tenant(sandbox.url)
        self.device = self.tenant.create()
        self.meters: list[Meter] = []

    def meter(self, sensors: list[dict[str, Any]] | None = None, name: str = "meter") -> Meter:
        """Return a meter in a folder of its own."""
        folder = self.folder / name
        folder.mkdir()
        self.meters.append(Meter(folder, self.sandbox.mqtt_url or "", sensors))
        return self.meters[-1]

    def running(self, sensors: list[dict[str, Any]] | None = None, *options: str) -> Meter:
        """Return a meter whose agent is connected."""
        meter = self.meter(sensors)
        meter.start(*options)
        meter.hears("connected to")
        self.until(lambda: "papaya.agent.version" in self.tenant.attributes(self.device, "CLIENT_SCOPE"))
        return meter

    def until(self, holds: Any, patience: float = PATIENCE) -> None:
        """Wait until something holds."""
        wait_for(holds, patience, lambda: "\n".join(meter.text[-4000:] for meter in self.meters))

    def latest(self, key: str) -> Any:
        """Return the last telemetry of a key, None without any."""
        points = self.tenant.telemetry(self.device, key)
        return points[-1][1] if points else None

    def close(self) -> None:
        """End what runs."""
        for meter in self.meters:
            if meter.process is not None:
                meter.kill()
        self.tenant.close()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Run a server."""
    with Sandbox(rpc_timeout_floor=1.0) as sandbox:
        made = Scene(tmp_path, sandbox)
        try:
            yield made
        finally:
            made.close()


def says(values: dict[str, Any], key: str, **sensor: Any) -> dict[str, Any]:
    """Return a sensor that a program reads."""
    code = f"print({json.dumps(json.dumps(values))})"
    return {
        "key": key,
        "every": "200ms",
        "source": {"type": "command", "argv": [PYTHON, "-S", "-c", code]},
        **sensor,
    }


def test_calls_are_answered_and_faulty_ones_with_what_is_wrong(scene: Scene) -> None:
    beacon = f"{PYTHON} -S -c \"open('beacon','a').write(' '.join(__import__('sys').argv[1:]))\""
    scene.running(
        witnesses(1),
        "--identify-command",
        beacon + " {color} {on} {off} {brightness}",
        "--restart-tunnel-command",
        f"{PYTHON} -S -c 'raise SystemExit(3)'",
    )

    def call(method: Any, params: Any = None) -> Any:
        return scene.tenant.call(scene.device, method, params)

    assert call("ping")["pong"] is True
    scene.until(lambda: scene.latest("w0") is not None)
    assert call("getReadings")["readings"]["w0"]["level"] == "clear"
    assert "no sensor nope" in call("getReadings", {"keys": ["nope"]})["error"]
    assert call("setInterval", {"key": "w0", "seconds": 0.5}) == {"key": "w0", "seconds": 0.5}
    assert call("setInterval", {"key": "w0", "seconds": None}) == {"key": "w0", "seconds": 0.1}
    wrong: list[Any] = [{"key": "w0", "seconds": 0}, {"key": "w0", "seconds": "often"}, {"key": "w1"}, []]
    for params in wrong:
        assert "error" in call("setInterval", params)
    assert call("identify", {"color": "#00ff00", "onMs": 1, "offMs": 10000, "brightness": 0}) == {
        "done": True
    }
    assert (scene.folder / "meter" / "beacon").read_text() == "#00ff00 1 10000 0"
    wrong = [{"color": "red; reboot"}, {"onMs": 0}, {"offMs": 10001}, {"brightness": 256}, {"onMs": True}]
    for params in wrong:
        assert "error" in call("identify", params)
    assert "ended with 3" in call("restartTunnel")["error"]
    assert "there is no method format" in call("format", {"disk": "all"})["error"]
    assert "error" in call("restartTunnel", {"now": True})


def test_shared_attributes_change_sensors_at_run_time_and_outlive_a_restart(scene: Scene) -> None:
    meter = scene.running(witnesses(2, "5s"))
    own = {"type": "command", "argv": ["touch", "intruder"]}
    pushed = [{"key": "w0", "every": 0.2, "warnAbove": 0, "source": own}, {"key": "w9", "source": own}]
    scene.tenant.share(scene.device, {"papaya.sensors": pushed})
    meter.hears("papaya.sensors is taken over")
    meter.hears("no source in the manifest for w9")
    scene.until(lambda: len(scene.tenant.telemetry(scene.device, "w0")) > 5)
    scene.until(lambda: (scene.latest("w0.event") or {}).get("event") == "warn")
    scene.tenant.share(
        scene.device, {"papaya.sensors": [{"key": "w0", "every": -1}], "reportEverySeconds": "x"}
    )
    meter.hears("papaya.sensors from the server is not taken over: every of w0 is no number of seconds")
    meter.hears("reportEverySeconds from the server is not taken over")
    scene.until(
        lambda: (
            "every of w0"
            in scene.tenant.attributes(scene.device, "CLIENT_SCOPE").get(
                "papaya.agent.refused.papaya.sensors", ""
            )
        )
    )
    before = len(scene.tenant.telemetry(scene.device, "w0"))
    scene.until(lambda: len(scene.tenant.telemetry(scene.device, "w0")) > before + 3)
    scene.tenant.share(scene.device, {"papaya.sensors": pushed})
    time.sleep(0.5)
    assert meter.stop() == 0
    # Without a server it can only know from before.
    said = len(meter.text)
    readings = len(meter.produced())
    meter.mqtt_url = "mqtt://127.0.0.1:1"
    meter.start()
    wait_for(lambda: len(meter.produced()) > readings + 5, PATIENCE, lambda: meter.text[said:])
    assert {key for key, _, _ in list(meter.produced())[readings:]} == {"w0"}
    assert not (meter.folder / "intruder").exists()


def test_a_broken_sensor_costs_itself_alone_and_is_reported_by_name(scene: Scene) -> None:
    hangs = {
        "key": "slow",
        "name": "Slow one",
        "every": "200ms",
        "source": {"type": "command", "argv": ["sleep", "60"], "timeout": 0.5},
    }
    nonsense = [says({"high": 4000}, "high", maximum=400), says({"text": [1]}, "text")]
    meter = scene.running([*witnesses(1), hangs, *nonsense, says({"good": 21.5}, "good")])
    scene.until(lambda: scene.latest("good") == 21.5)
    scene.until(lambda: "no answer within 0.5 s" in str(scene.latest("slow.fault")))
    scene.until(lambda: "outside of what it can measure" in str(scene.latest("high.fault")))
    scene.until(lambda: "returned a list" in str(scene.latest("text.fault")))
    assert scene.latest("high") is None
    assert "Slow one cannot be read" in meter.text
    assert len(re.findall("Slow one cannot be read", meter.text)) == 1
    before = len(scene.tenant.telemetry(scene.device, "w0"))
    scene.until(lambda: len(scene.tenant.telemetry(scene.device, "w0")) > before + 5)


def test_nothing_is_lost_where_the_profile_has_topics_of_its_own(scene: Scene) -> None:
    """ThingsBoard acknowledges what comes under the usual topics then, and loses it."""
    scene.tenant.create_profile("Own topics", "meters/telemetry", "meters/attributes")
    scene.device = scene.tenant.create("OWN-1", "token-of-own", profile="Own topics")
    meter = scene.meter(witnesses(1))
    meter.token_file.write_text("token-of-own", encoding="utf-8")
    meter.start()
    scene.until(lambda: len(scene.tenant.telemetry(scene.device, "w0")) > 3)
    scene.until(lambda: "papaya.agent.version" in scene.tenant.attributes(scene.device, "CLIENT_SCOPE"))


def test_a_revoked_token_is_said_once_and_a_new_one_is_taken_up(scene: Scene) -> None:
    meter = scene.running()
    scene.tenant.change_token(scene.device, "another-token")
    meter.hears("is not accepted by")
    time.sleep(1)
    assert len(re.findall("is not accepted by", meter.text)) == 1
    meter.token_file.write_text("another-token", encoding="utf-8")
    scene.until(lambda: meter.text.count("connected to") >= 2)
    owed = {(ts, value) for (key, ts, value) in list(meter.produced())[:-3] if key == "w0"}
    scene.until(lambda: owed <= set(scene.tenant.telemetry(scene.device, "w0")))
    assert "token" in meter.text
    assert "another-token" not in meter.text


def test_two_agents_with_one_token_leave_each_other_pauses(scene: Scene) -> None:
    first = scene.running(witnesses(1))
    second = scene.meter(witnesses(1), "second")
    second.start()
    second.hears("connected to")
    scene.until(lambda: "is connected with the token of PM-0001, too" in first.text + second.text)
    time.sleep(4)
    connections = (first.text + second.text).count(" connected to ")
    assert connections <= 6, first.text + second.text
    told = [
        text for meter in (first, second) for text in re.findall(r"another papaya agent on \S+", meter.text)
    ]
    assert told


def test_a_spool_belongs_to_one_agent(scene: Scene) -> None:
    first = scene.running(witnesses(1))
    second = scene.meter(witnesses(1), "second")
    second.spool = first.spool
    second.start()
    second.hears("is in use by another agent")
    assert second.process is not None
    assert second.process.wait(PATIENCE) == 1


def test_a_meter_without_its_token_says_where_it_looked(scene: Scene) -> None:
    meter = scene.meter()
    meter.token_file.unlink()
    meter.start()
    meter.hears(f"there is no token of {DEVICE} in token")
    assert meter.process is not None
    assert meter.process.wait(PATIENCE) == 1


def test_an_unwritable_spool_is_said_once_and_readings_arrive_all_the_same(scene: Scene) -> None:
    meter = scene.meter()
    meter.spool = Path("/proc/papaya/agent.spool")
    meter.start()
    meter.hears("connected to")
    scene.until(lambda: len(scene.tenant.telemetry(scene.device, "w0")) > 10)
    assert len(re.findall("cannot be written", meter.text)) == 1
    assert scene.tenant.call(scene.device, "ping")["durable"] is False
