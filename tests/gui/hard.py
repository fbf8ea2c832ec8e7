"""A fleet that is hard to show: long and foreign names, large and tiny numbers, every condition at once."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from papaya_gui.sources.remote import About, Alarm, Attribute, Severity
from papaya_gui.sources.supply import Past
from papaya_gui.station import Station

from papaya.manifest.model import Country, Device, Fleet, Location, Sensor, State
from tests.gui.far import FarSupply, hear_of

# 60 characters, as some companies name their devices.
LONG = "PSA-0001 Primary pressure station north-west, cabinet 3, rear"
GERMAN = "Wärmemengenzähler Fernwärmeübergabestation Düsseldorf-Süd"
JAPANESE = "東京都千代田区丸の内一丁目 温度計測装置 第三号機"
ARABIC = "محطة قياس الضغط الرئيسية - الرياض"
SHORT = "PM-0001"

_LONG_SENSORS = (
    Sensor("t_supply", "Supply temperature of the primary circuit", "°C", 1.0, warn_above=70, alarm_above=85),
    Sensor("p_diff", "Differential pressure across the fine filter", "mbar", 1.0, warn_below=100, decimals=3),
    Sensor("counter", "Pulse counter since commissioning", "pulses", 1.0, decimals=0),
    Sensor("leak", "Leakage current", "A", 1.0),
    Sensor("state", "Operating state", "", 60.0),
    Sensor("door", "Cabinet door is open", "", 60.0),
    Sensor("flow", "Flow", "m³/h", 1.0),
)
_SENSORS = (
    Sensor("temperature", "Temperature", "°C", 1.0, warn_above=30, alarm_above=40),
    Sensor("humidity", "Relative humidity", "%", 1.0),
    Sensor("dust", "Particulate matter PM2.5", "µg/m³", 1.0),
)
_VALUES: dict[str, bool | int | float | str] = {
    "t_supply": 91.2345,
    "p_diff": 87.125,
    "counter": 4_294_967_295,
    "leak": 0.00000482,
    "state": "Maintenance: filter change requested by the operator",
    "door": True,
    "flow": -12345.678,
    "temperature": 21.5,
    "humidity": 55.25,
    "dust": 8.1,
}
_ALARMS: tuple[tuple[str, str, Severity, float, bool], ...] = (
    (LONG, "Supply temperature of the primary circuit too high", "CRITICAL", 60, False),
    (LONG, "Differential pressure across the fine filter below its warning threshold", "MAJOR", 600, False),
    (GERMAN, "Übertemperatur Rücklauf der Fernwärmeübergabestation", "MINOR", 7200, True),
    (JAPANESE, "温度が上限を超えました", "WARNING", 90_000, False),
    (ARABIC, "Leak", "INDETERMINATE", 400_000, False),
    (SHORT, "Temperature", "CRITICAL", 3600, True),
)
HOUR = 3600.0


def hard_fleet(devices: int = 10) -> Fleet:
    """Return a fleet of as many devices, of which the first have the names above."""
    river = "Nordrhein-Westfalen, Regierungsbezirk Düsseldorf"
    named = [
        _long_device(LONG, river, (51.22, 6.78)),
        _long_device(GERMAN, river, (51.2, 6.8)),
        _device(JAPANESE, ("日本", "東京都"), (35.68, 139.77)),
        _device(ARABIC, ("المملكة العربية السعودية", "منطقة الرياض"), (24.7, 46.7)),
        _device(SHORT, ("INDIA", "Goa"), (15.49, 73.83)),
    ]
    for number in range(2, devices - len(named) + 2):
        place = (8 + 20 * ((number * 0.618) % 1.0), 72 + 16 * ((number * 0.414) % 1.0))
        named.append(_device(f"PM-{number:04}", ("INDIA", f"District {number // 50}"), place))
    countries: dict[str, dict[str, list[Device]]] = {}
    for device in named:
        countries.setdefault(device.country, {}).setdefault(device.state, []).append(device)
    return Fleet(
        "district-heating-and-air-quality-of-all-subsidiaries",
        countries=tuple(
            Country(name, name, states=tuple(State(one, one, devices=tuple(inside[one])) for one in inside))
            for name, inside in countries.items()
        ),
    )


def _device(name: str, place: tuple[str, str], where: tuple[float, float]) -> Device:
    return Device(
        name, *place, "default", model="PM", serial=f"SN-{name}", location=Location(*where), sensors=_SENSORS
    )


def _long_device(name: str, state: str, where: tuple[float, float]) -> Device:
    return Device(
        name,
        "Deutschland",
        state,
        "pressure-station-with-a-long-profile-name",
        model="Endress+Hauser Proline Promag W 400 with remote display",
        serial="SN-0123456789012",
        label=f"{name}, inspected every spring and autumn",
        location=Location(*where),
        sensors=_LONG_SENSORS,
    )


def tell_everything(station: Station, seconds: float = HOUR) -> None:
    """Let sensors say something for so long, raise every severity, and let a device be silent."""
    supply = station.supply
    assert isinstance(supply, FarSupply) and supply.far is not None
    now = station.now()
    times = now - np.arange(seconds, 0, -max(seconds / 360, 1.0))
    supply.remembered = Past(times, np.sin(times / 300))
    for row in station.catalog:
        value = _VALUES[row.sensor.key]
        if row.device == "PM-0003":
            supply.say(row.index, now - 2 * HOUR, value)
        elif row.device == "PM-0004":
            continue
        elif isinstance(value, (bool, str)):
            supply.say(row.index, now - 5, value)
        else:
            for number, moment in enumerate(times if row.index < 64 else times[-1:]):
                wave = math.sin(number / 20 + row.index) * 0.1 * value
                supply.say(
                    row.index, float(moment), value + (round(wave) if isinstance(value, int) else wave)
                )
            supply.say(row.index, now - 1, value)
    hear_of(station, *hard_alarms(now))
    supply.far.told_about = {LONG: _about(now)}
    station.drain()
    station.tick()


def hard_alarms(now: float) -> Iterator[Alarm]:
    """Yield alarms of every severity."""
    for number, (device, kind, severity, ago, is_acknowledged) in enumerate(_ALARMS):
        yield Alarm(
            str(number),
            device,
            kind,
            severity,
            now - ago,
            True,
            is_acknowledged,
            details="value 91.2345 above 85",
        )


def _about(now: float) -> About:
    return About(
        is_active=True,
        last_active=now - 42,
        firmware="pressure-station-firmware 2026.11.3-rc1+build.1234",
        target="pressure-station-firmware 2026.12.0",
        firmware_state="DOWNLOADING",
        tunnel="listening on 127.0.0.1:20001",
        attributes=(
            Attribute(
                "server", "papaya.fleet", "district-heating-and-air-quality-of-all-subsidiaries", now - 9000
            ),
            Attribute(
                "shared", "calibration", '{"offset": 0.0025, "gain": 1.000125, "by": "Müller"}', now - 90_000
            ),
            Attribute("client", "os", "Debian GNU/Linux 12 (bookworm), kernel 6.1.0-28-arm64", now - 40),
        ),
    )
