"""The commands by which a device can publish its first telemetry, to copy into a terminal."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from papaya.sandbox.hosts import is_local
from papaya.sandbox.rest.access import readable
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.reply import Reply, json_value
from papaya.sandbox.rest.routing import Route
from papaya.sandbox.store.credentials import Credentials, find_credentials
from papaya.sandbox.store.entities import require

_TOPIC = "v1/devices/me/telemetry"
_PAYLOAD = '"{temperature:25}"'
_DOCUMENTATION = "Check documentation"
_IN_DOCKER = "host.docker.internal"


def _commands(call: Call) -> Reply:
    device = readable(call, "DEVICE", call.identifier("deviceId"))
    credentials = find_credentials(call.core, device.number)
    profile = require(call.core, "DEVICE_PROFILE", str(device.profile_id)).json
    transport = profile["transportType"]
    commands: dict[str, object] = {}
    if credentials is None:
        return json_value(commands)
    if transport not in ("DEFAULT", "MQTT"):
        return json_value({transport: _DOCUMENTATION})
    if transport == "DEFAULT" and credentials.kind == "ACCESS_TOKEN":
        url = f"{call.address}/api/v1/{credentials.credentials_id}/telemetry"
        header = "--header Content-Type:application/json"
        commands["http"] = {"http": f"curl -v -X POST {url} {header} --data {_PAYLOAD}"}
    mqtt = _mqtt(call, credentials, _topic(profile) if transport == "MQTT" else _TOPIC)
    if mqtt:
        commands["mqtt"] = mqtt
    return json_value(commands)


def _topic(profile: dict[str, Any]) -> str:
    transport = (profile.get("profileData") or {}).get("transportConfiguration") or {}
    return str(transport.get("deviceTelemetryTopic") or _TOPIC)


def _mqtt(call: Call, credentials: Credentials, topic: str) -> dict[str, object]:
    if credentials.kind == "X509_CERTIFICATE":
        return {"mqtts": _DOCUMENTATION}
    if not call.core.mqtt_port:
        return {}
    host = urlsplit(call.address).hostname or "localhost"
    login = _login(credentials)
    if login is None:
        return {}
    local = is_local(host)

    def command(where: str) -> str:
        address = f"-h {where} -p {call.core.mqtt_port}"
        return f"mosquitto_pub -d -q 1 {address} -t {topic}{login} -m {_PAYLOAD}"

    added = f"--add-host={_IN_DOCKER}:host-gateway " if local else ""
    image = f"docker run --rm -it {added}thingsboard/mosquitto-clients"
    return {
        "mqtt": command(host),
        "docker": {"mqtt": f"{image} {command(_IN_DOCKER if local else host)}"},
    }


def _login(credentials: Credentials) -> str | None:
    """Return the options that sign a device in, None for credentials that no option stands for."""
    if credentials.kind == "ACCESS_TOKEN":
        return f' -u "{_quoted(credentials.credentials_id)}"'
    if credentials.kind != "MQTT_BASIC" or credentials.credentials_value is None:
        return None
    basic = json.loads(credentials.credentials_value)
    options = (("-i", "clientId"), ("-u", "userName"), ("-P", "password"))
    return "".join(f' {option} "{_quoted(str(basic[key]))}"' for option, key in options if basic.get(key))


def _quoted(text: str) -> str:
    """Return text as it stands between double quotes of a shell."""
    printable = "".join(letter for letter in text if letter.isprintable())
    for letter in ("\\", '"', "$", "`"):
        printable = printable.replace(letter, f"\\{letter}")
    return printable


ROUTES = (Route("GET", "/api/device-connectivity/{deviceId}", _commands),)
