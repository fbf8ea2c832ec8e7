"""What a few devices of the demo report: invented readings, as their agents would send them."""

from __future__ import annotations

import importlib.util
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from papaya.manifest.model import Device, Fleet, Json, Sensor

if TYPE_CHECKING:
    from papaya.api.session import Session
    from papaya.provision.device_line import DeviceLine
    from papaya.sandbox import Sandbox

_DEVICES = 3
_ROUNDS = 3
_SECONDS_APART = 10


def report_readings(fleet: Fleet, sandbox: Sandbox) -> None:
    """Let the fleet's first devices report, and print the latest that the server then has of each."""
    from papaya.api.credentials import Credentials
    from papaya.api.session import Session
    from papaya.provision.credentials import fetch_token
    from papaya.provision.live_device import find_id

    who = Credentials(username=sandbox.username, password=sandbox.password)
    devices = [device for device in fleet.devices() if device.sensors][:_DEVICES]
    now = int(time.time() * 1000)
    with Session(sandbox.url, who) as session:
        for number, device in enumerate(devices):
            id_ = find_id(session, "device", device.name)
            if id_ is None:
                continue
            with _line(sandbox, fetch_token(session, device.name, id_)) as line:
                for ts in range(now - (_ROUNDS - 1) * _SECONDS_APART * 1000, now + 1, _SECONDS_APART * 1000):
                    line.send_telemetry(ts, _values(device, ts))
                if not number:
                    click.echo(f"{len(devices)} of them send invented readings over {line.over}:")
            click.echo(f"    {device.name}  {_latest(session, id_, device.sensors)}")


def _line(sandbox: Sandbox, token: str) -> DeviceLine:
    """Return the device's way to the sandbox: MQTT where its packages are installed, else HTTP."""
    from papaya.agent.link import Address
    from papaya.provision.device_api import DeviceApi
    from papaya.provision.mqtt_device import MqttDevice
    from papaya.provision.mqtt_talk import Broker

    parts = urlsplit(sandbox.mqtt_url or "")
    if parts.hostname and parts.port and importlib.util.find_spec("paho") is not None:
        return MqttDevice(Broker(Address(parts.hostname, parts.port)), token)
    return DeviceApi(sandbox.url, token)


def _values(device: Device, ts: int) -> dict[str, Json]:
    from papaya.sensors.simulated import curve_of

    found = {sensor.key: curve_of(sensor, device.name, gaps=0, spikes=0)(ts) for sensor in device.sensors}
    return {key: value for key, value in found.items() if value is not None}


def _latest(session: Session, id_: str, sensors: tuple[Sensor, ...]) -> str:
    """Return the latest readings of a device in one line."""
    keys = ",".join(sensor.key for sensor in sensors)
    path = f"/api/plugins/telemetry/DEVICE/{id_}/values/timeseries"
    answer = session.get(path, params={"keys": keys, "useStrictDataTypes": True})
    points = answer if isinstance(answer, dict) else {}
    told = []
    for sensor in sensors:
        rows = points.get(sensor.key)
        row = rows[0] if isinstance(rows, list) and rows else None
        if isinstance(row, dict):
            told.append(f"{sensor.name or sensor.key} {row.get('value')} {sensor.unit}".rstrip())
    return ", ".join(told)
