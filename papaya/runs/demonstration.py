"""What happens to a demonstration fleet meanwhile: somebody changes a device, and a few devices report."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from papaya.agent.link import Address
from papaya.api.alarms import ServerAlarm, alarms_of
from papaya.api.session import Session
from papaya.errors import UnexpectedReply
from papaya.kinds.registry import KINDS
from papaya.manifest.model import Device, Fleet, Json, Sensor
from papaya.provision.credentials import fetch_token
from papaya.provision.device_api import DeviceApi
from papaya.provision.device_line import DeviceLine
from papaya.provision.live_device import find_id
from papaya.provision.mqtt_device import MqttDevice
from papaya.provision.mqtt_talk import Broker
from papaya.sensors.simulated import curve_of

LABEL_BY_HAND: Final = "renamed by hand"

_DEVICES: Final = 3
_ROUNDS: Final = 3
_SECONDS_APART: Final = 10
_LOOKS: Final = 100
_SECONDS_BETWEEN_LOOKS: Final = 0.1


@dataclass(frozen=True, slots=True)
class ByHand:
    """What was changed of a device behind papaya's back: its label, and a shared attribute by one."""

    device: str
    label: str
    key: str
    value: int


def change_by_hand(session: Session) -> ByHand:
    """Change the label and a shared attribute of one device, as the server's own interface does."""
    query: dict[str, str | int] = {"pageSize": 1, "page": 0, "sortProperty": "name", "sortOrder": "ASC"}
    page = session.get("/api/tenant/devices", params=query)
    devices = page.get("data") if isinstance(page, dict) else None
    device = devices[0] if isinstance(devices, list) and devices else None
    if not isinstance(device, dict) or not isinstance(device["id"], dict):
        raise UnexpectedReply("the demonstration's server has no devices")
    name, id_ = str(device["name"]), str(device["id"]["id"])
    attributes = f"/api/plugins/telemetry/DEVICE/{id_}"
    found = session.get(f"{attributes}/values/attributes/SHARED_SCOPE")
    shared = {
        str(item["key"]): item["value"]
        for item in (found if isinstance(found, list) else [])
        if isinstance(item, dict) and not str(item["key"]).startswith("papaya.")
    }
    session.post("/api/device", {**device, "label": LABEL_BY_HAND})
    key, value = next((key, value) for key, value in sorted(shared.items()) if type(value) is int)
    session.post(f"{attributes}/attributes/SHARED_SCOPE", {key: value + 1})
    return ByHand(name, LABEL_BY_HAND, key, value + 1)


def reporting(fleet: Fleet) -> tuple[Device, ...]:
    """Return the devices that report: the fleet's first ones with sensors."""
    return tuple(device for device in fleet.devices() if device.sensors)[:_DEVICES]


def reported(session: Session, devices: tuple[Device, ...], mqtt_url: str | None) -> Iterator[str]:
    """Let devices report simulated data as their agents would, and yield lines of what the server has."""
    now = int(time.time() * 1000)
    for number, device in enumerate(devices):
        id_ = find_id(session, "device", device.name)
        if id_ is None:
            continue
        with _line(session.url, mqtt_url, fetch_token(session, device.name, id_)) as line:
            for ts in range(now - (_ROUNDS - 1) * _SECONDS_APART * 1000, now + 1, _SECONDS_APART * 1000):
                line.send_telemetry(ts, _values(device, ts))
            if not number:
                yield f"{len(devices)} of them send simulated data over {line.over}:"
            latest = _latest(session, id_, device.sensors)
            yield from _filled(f"{device.name}  {latest}", len(device.name) + 2)


def alarmed(session: Session, device: Device, mqtt_url: str | None) -> Iterator[str]:
    """Let a device report a value beyond its alarm threshold, and yield lines of the server's alarm of it."""
    id_ = find_id(session, "device", device.name)
    sensor = next((one for one in device.sensors if one.alarm_above is not None), None)
    if id_ is None or sensor is None or sensor.alarm_above is None:
        return
    value = sensor.alarm_above + 5
    with _line(session.url, mqtt_url, fetch_token(session, device.name, id_)) as line:
        line.send_telemetry(int(time.time() * 1000), {sensor.key: value})
    yield f"{device.name} reports {sensor.name} {value:g} {sensor.unit}, above {sensor.alarm_above:g}."
    for alarm in _raised(session, id_):
        yield f"    alarm of the server: {alarm.kind}, {alarm.severity}, active"


def shown_on(session: Session, address: str) -> str:
    """Return the URL of the page on which the server shows an object beside the tree."""
    kind, _, title = address.partition("/")
    answer = session.get(KINDS[kind].listing.path, params={"pageSize": 100, "page": 0, "textSearch": title})
    rows = answer.get("data") if isinstance(answer, dict) else None
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and row.get("title") == title and isinstance(row["id"], dict):
            return f"{session.url}/{KINDS[kind].section}/{row['id']['id']}"
    raise UnexpectedReply(f"the demonstration's server has no {KINDS[kind].word} {title}")


def _raised(session: Session, device: str) -> tuple[ServerAlarm, ...]:
    """Return the active alarms of a device as soon as there is one, in at most ten seconds."""
    for _ in range(_LOOKS):
        if alarms := alarms_of(session, {device}):
            return alarms
        time.sleep(_SECONDS_BETWEEN_LOOKS)
    raise UnexpectedReply("the demonstration's server raised no alarm")


def _filled(text: str, indented: int) -> list[str]:
    """Return a text in lines of at most 80 columns, all but the first one indented further."""
    further = " " * (4 + indented)
    return textwrap.wrap(text, 80, initial_indent="    ", subsequent_indent=further, break_long_words=False)


def _line(url: str, mqtt_url: str | None, token: str) -> DeviceLine:
    """Return the device's way to the server: MQTT where its packages are installed, else HTTP."""
    parts = urlsplit(mqtt_url or "")
    if parts.hostname and parts.port and importlib.util.find_spec("paho") is not None:
        return MqttDevice(Broker(Address(parts.hostname, parts.port)), token)
    return DeviceApi(url, token)


def _values(device: Device, ts: int) -> dict[str, Json]:
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


@contextlib.contextmanager
def only_these(settings: dict[str, str]) -> Iterator[None]:
    """Put settings into the environment and hide the person's own, so that no other server is reached."""
    hidden = {name: value for name, value in os.environ.items() if name.startswith(("PAPAYA_", "TB_"))}
    for name in hidden:
        del os.environ[name]
    os.environ.update(settings)
    try:
        yield
    finally:
        for name in settings:
            os.environ.pop(name, None)
        os.environ.update(hidden)
