"""What sensors say on a device, and what its server gets: drivers, numbers as text, hostile numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from papaya.sandbox import Sandbox
from tests.drivers import install
from tests.e2e.meter import witnesses
from tests.e2e.test_agent import Scene, says


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Run a server."""
    with Sandbox() as sandbox:
        made = Scene(tmp_path, sandbox)
        try:
            yield made
        finally:
            made.close()


def sensor(key: str, **more: Any) -> dict[str, Any]:
    """Return a sensor that is read five times a second."""
    return {"key": key, "every": "200ms", **more}


def test_a_driver_that_knows_only_the_sensor_interface_works_in_the_agent(scene: Scene) -> None:
    meter = scene.meter(
        [
            # How often it is read, its unit and its range come from the driver.
            {"key": "board.celsius", "source": {"type": "thermometer", "bus": 2, "field": "board"}},
            sensor("outside", alarmAbove=5, source={"type": "thermometer", "bus": 2}),
        ]
    )
    install(meter.folder / "plug-ins")
    meter.start()
    scene.until(lambda: scene.latest("board.celsius") == 22)
    scene.until(lambda: len(scene.tenant.telemetry(scene.device, "board.celsius")) > 3)
    told = scene.tenant.call(scene.device, "getReadings")["readings"]["board.celsius"]
    assert (told["value"], told["unit"]) == (22, "°C")
    scene.until(lambda: scene.latest("outside") == 7.5)
    scene.until(lambda: scene.latest("outside.event") is not None)
    assert "Traceback" not in meter.text
    assert "sequence" not in meter.text


def test_a_driver_written_to_the_earlier_form_works_and_is_told_once(scene: Scene) -> None:
    meter = scene.running(witnesses(2))
    meter.hears("the driver witness returns a sequence of readings")
    scene.until(lambda: len(scene.tenant.telemetry(scene.device, "w0")) > 3)
    assert meter.text.count("returns a sequence of readings") == 1
    assert "w0.fault" not in meter.text


def test_numbers_as_text_are_compared_or_told(scene: Scene) -> None:
    values = {"plain": "80.5", "comma": "80,5", "free": "80,5", "infinite": "1e999"}
    meter = scene.running(
        [
            *(says(values, key, alarmAbove=75) for key in ("plain", "comma", "infinite")),
            says(values, "free"),
        ]
    )
    scene.until(lambda: scene.latest("plain") == 80.5)
    scene.until(lambda: (scene.latest("plain.event") or {}).get("event") == "alarm")
    scene.until(lambda: scene.latest("comma.fault") == 'it returned "80,5", which is not a number')
    scene.until(lambda: scene.latest("infinite.fault") is not None)
    scene.until(lambda: scene.latest("free") == "80,5")
    assert scene.latest("comma") is scene.latest("infinite") is None
    assert "Traceback" not in meter.text


def test_a_number_that_nothing_can_keep_costs_its_own_sensor(scene: Scene) -> None:
    text = '{"long": %s, "nan": NaN, "tiny": 1e-100000, "huge": 1e100000, "good": 5}' % ("9" * 5000)
    (scene.folder / "values.json").write_text(text, encoding="utf-8")
    source = {"type": "file", "path": str(scene.folder / "values.json"), "staleAfter": 86_400}
    keys = ["long", "nan", "tiny", "huge", "good"]
    meter = scene.running([sensor(key, source=source) for key in keys])
    scene.until(lambda: scene.latest("good") == 5)
    for key in keys[:-1]:
        scene.until(lambda key=key: "not a usable number" in (scene.latest(f"{key}.fault") or ""))
        assert scene.latest(key) is None
    assert meter.process is not None
    assert meter.process.poll() is None
    assert "Traceback" not in meter.text


def test_simulated_devices_have_values_of_their_own(scene: Scene) -> None:
    other = scene.tenant.create("PM-0002", "T0ken-of-PM-0002")
    first, second = scene.meter([sensor("t", unit="°C")]), scene.meter([sensor("t", unit="°C")], "second")
    for meter, name in ((first, "PM-0001"), (second, "PM-0002")):
        text = (meter.folder / "fleet.yaml").read_text(encoding="utf-8").replace("PM-0001", name)
        (meter.folder / "fleet.yaml").write_text(text, encoding="utf-8")
    second.token_file.write_text("T0ken-of-PM-0002", encoding="utf-8")
    first.start("--simulate")
    second.start("--simulate", device="PM-0002")

    def both() -> list[set[Any]]:
        devices = (scene.device, other)
        return [{value for _, value in scene.tenant.telemetry(device, "t")} for device in devices]

    scene.until(lambda: all(both()))
    assert not set.intersection(*both())
