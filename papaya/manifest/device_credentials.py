"""The credentials that a manifest declares for a device: one of several kinds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from papaya.diagnostics import Mark
from papaya.manifest.characters import invisible_in
from papaya.manifest.model import Certificate, Device, MqttBasic
from papaya.manifest.report import Report
from papaya.manifest.secrets import Part, SecretPatterns
from papaya.manifest.tree import Map, Path

KINDS = ("accessToken", "x509", "mqttBasic")
_TEXTS: tuple[Part, ...] = ("clientId", "username")


def check_layer(credentials: Map, path: Path, report: Report) -> None:
    """Refuse more than one kind in one place: the server keeps one for each device."""
    named = [kind for kind in KINDS if credentials.get(kind) is not None]
    for kind in named[1:]:
        report.add(
            credentials.place_of(kind, of_key=True),
            f"{named[0]} and {kind} are both declared, and a device has one kind of credentials",
            f"remove {named[0]} or {kind}",
            path=(*path, kind),
        )


def ask(
    entry: Map, credentials: Mapping[str, Any], fields: dict[str, str], mark: Mark | None, to: SecretPatterns
) -> None:
    """Note the patterns of a device's credentials."""
    if credentials.get("accessToken"):
        to.ask(entry, "accessToken", credentials["accessToken"], fields, mark)
    if credentials.get("x509"):
        to.ask_file(entry, "x509", credentials["x509"]["file"], fields, mark)
    basic = credentials.get("mqttBasic") or {}
    for part in _TEXTS:
        if basic.get(part) is not None:
            to.ask_text(entry, part, basic[part], fields, mark)
    if basic.get("password"):
        to.ask(entry, "password", basic["password"], fields, mark)


def certificate(
    entry: Map, credentials: Mapping[str, Any], mark: Mark | None, given: SecretPatterns
) -> Certificate | None:
    """Return the certificate of a device."""
    file = given.text(entry, "x509") if credentials.get("x509") else None
    return None if file is None else Certificate(file, mark)


def mqtt_basic(
    entry: Map, credentials: Mapping[str, Any], mark: Mark | None, given: SecretPatterns
) -> MqttBasic | None:
    """Return what the MQTT connection of a device has to carry."""
    if credentials.get("mqttBasic") is None:
        return None
    return MqttBasic(
        given.text(entry, "clientId"), given.text(entry, "username"), given.answer(entry, "password"), mark
    )


def check_devices(devices: Iterable[Device], report: Report) -> None:
    """Refuse credentials that the server would refuse, and those that two devices share."""
    tokens: dict[tuple[str | None, str | None], Device] = {}
    files: dict[str, Device] = {}
    logins: dict[tuple[str | None, str | None], Device] = {}
    for device in devices:
        if device.access_token is not None:
            token = device.access_token
            first = tokens.setdefault((token.env, token.file), device)
            # A device that is there twice is told as that.
            if first.name != device.name:
                kind, pattern = ("file", "tokens/{{ name }}")
                if token.env is not None:
                    kind, pattern = ("env", f"{token.env}_{{{{ name }}}}")
                report.add_at(
                    token.mark or device.mark,
                    f"{device.name} and {first.name} have one access token ({token}), "
                    "which the server refuses",
                    f'name one for each device, also by pattern: {{{kind}: "{pattern}"}}',
                )
        if device.x509 is not None:
            first = files.setdefault(device.x509.file, device)
            if first.name != device.name:
                report.add_at(
                    device.x509.mark or device.mark,
                    f"{device.name} and {first.name} have one certificate ({device.x509.file}), "
                    "which the server refuses",
                    'name one for each device, also by pattern: {file: "certs/{{ name }}.pem"}',
                )
        if device.mqtt_basic is not None:
            _check_basic(device, device.mqtt_basic, logins, report)


def _check_basic(
    device: Device,
    basic: MqttBasic,
    logins: dict[tuple[str | None, str | None], Device],
    report: Report,
) -> None:
    mark = basic.mark or device.mark
    if basic.client_id is None and basic.username is None:
        report.add_at(
            mark,
            f"the mqttBasic credentials of {device.name} name neither a client id nor a user name",
            "write clientId, username or both; the server refuses credentials without either",
        )
        return
    if basic.password is not None and basic.username is None:
        report.add_at(
            mark,
            f"the mqttBasic credentials of {device.name} have a password without a user name, "
            "which the server refuses",
            'add a username, such as "{{ name }}", or remove the password',
        )
    for called, text in (("client id", basic.client_id), ("user name", basic.username)):
        found = invisible_in(text or "")
        if found is not None:
            report.add_at(
                mark, f"the {called} of {device.name} holds the invisible character {found}", "remove it"
            )
    first = logins.setdefault((basic.client_id, basic.username), device)
    if first.name != device.name:
        report.add_at(
            mark,
            f"{device.name} and {first.name} have the same client id and user name ({_login(basic)}), "
            "which the server refuses",
            'give each device its own, also by pattern: {clientId: "{{ name }}"}',
        )


def _login(basic: MqttBasic) -> str:
    return ", ".join(text for text in (basic.client_id, basic.username) if text is not None)
