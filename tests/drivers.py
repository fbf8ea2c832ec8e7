"""A driver that knows nothing of papaya but its sensor interface, as a package with an entry point."""

from __future__ import annotations

from pathlib import Path

# About twenty lines, as somebody wrote them who never saw papaya's manifest.
THERMOMETER = '''
from datetime import UTC, datetime

from papaya.sensors.backend import SensorBackend, SensorReading


class Thermometer(SensorBackend):
    """Two sensors on a bus; the second one has no value at first."""

    def __init__(self, bus=1):
        self.bus, self.reads = bus, 0

    def get_available_sensors(self):
        return ["board", "outside"]

    def get_sensor_descriptions(self):
        return {"board": {"unit": "°C", "minimum": -40, "maximum": 85, "every": 0.2}}

    def get_latest_readings(self):
        self.reads += 1
        readings = {"board": SensorReading(value=20 + self.bus, unit="°C", timestamp=datetime.now(UTC))}
        if self.reads > 1:
            readings["outside"] = SensorReading(value="7.5", unit="°C", timestamp=datetime.now(UTC))
        return readings
'''


def install(
    folder: Path, code: str = THERMOMETER, name: str = "thermometer", made: str = "Thermometer"
) -> None:
    """Write a driver into a folder of `sys.path`, as pip does."""
    marks = folder / f"{name}-1.0.dist-info"
    marks.mkdir(parents=True)
    (folder / f"{name}_driver.py").write_text(code, encoding="utf-8")
    (marks / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    entry = f"[papaya.sensors]\n{name} = {name}_driver:{made}\n"
    (marks / "entry_points.txt").write_text(entry, encoding="utf-8")
