"""Credentials in a manifest: one kind for each device, by pattern, the nearest layer's kind winning."""

from __future__ import annotations

import pytest

from papaya.manifest.expand import document_of
from papaya.manifest.load import Loaded, Source, load
from papaya.manifest.model import Certificate, Device, MqttBasic, SecretReference

HEAD = """
apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
%s
countries:
  - name: INDIA
    states:
      - name: Goa
        devices:
"""


def loaded_of(*devices: str, above: str = "") -> Loaded:
    text = HEAD % above + "\n".join(f"          - {device}" for device in devices)
    return load([Source("fleet.yaml", text)])


def device_of(entry: str, above: str = "") -> Device:
    loaded = loaded_of(entry, above=above)
    assert loaded.fleet is not None, loaded.diagnostics
    return next(loaded.fleet.devices())


def faults(*devices: str, above: str = "") -> list[str]:
    return [f"{one.mark.line}: {one.summary}" for one in loaded_of(*devices, above=above).diagnostics]


def test_a_certificate_is_named_by_pattern() -> None:
    device = device_of('{name: PM-1, credentials: {x509: {file: "certs/{{ name }}.pem"}}}')
    assert isinstance(device.credentials, Certificate)
    assert device.credentials.file == "certs/PM-1.pem"
    assert device.credentials.mark is not None and device.credentials.mark.line == 11


def test_mqtt_basic_members_are_named_by_pattern() -> None:
    device = device_of(
        "{name: PM-1, serial: SN-1, credentials: {mqttBasic: {clientId: '{{ serial }}', "
        "username: '{{ name | lower }}', password: {file: 'passwords/{{ name }}'}}}}"
    )
    basic = device.credentials
    assert isinstance(basic, MqttBasic)
    assert (basic.client_id, basic.username) == ("SN-1", "pm-1")
    assert isinstance(basic.password, SecretReference) and basic.password.file == "passwords/PM-1"


@pytest.mark.parametrize("null", ["", ", x509: null"])
def test_the_kind_of_the_nearest_layer_replaces_an_inherited_one(null: str) -> None:
    above = 'defaults: {device: {credentials: {x509: {file: "certs/{{ name }}.pem"}}}}'
    device = device_of(f"{{name: PM-1, credentials: {{accessToken: {{env: T}}{null}}}}}", above)
    assert isinstance(device.credentials, SecretReference) and device.x509 is None
    inherited = device_of("{name: PM-1}", above).x509
    assert inherited is not None and inherited.file == "certs/PM-1.pem"
    assert device_of("{name: PM-1, credentials: null}", above).credentials is None


def test_members_of_one_kind_merge_over_layers() -> None:
    above = "defaults: {device: {credentials: {mqttBasic: {password: {env: SHARED}}}}}"
    basic = device_of("{name: PM-1, credentials: {mqttBasic: {username: '{{ name }}'}}}", above).mqtt_basic
    assert basic is not None and basic.username == "PM-1" and basic.password is not None


def test_two_kinds_in_one_place_are_refused_where_they_stand() -> None:
    [fault] = faults("{name: PM-1, credentials: {accessToken: {env: T}, x509: {file: a.pem}}}")
    assert fault == "11: accessToken and x509 are both declared, and a device has one kind of credentials"


@pytest.mark.parametrize(
    ("basic", "fault"),
    [
        ("{}", "neither a client id nor a user name"),
        ("{clientId: null}", "neither a client id nor a user name"),
        ("{password: {env: P}}", "neither a client id nor a user name"),
        ("{clientId: c, password: {env: P}}", "a password without a user name"),
        ("{clientId: ''}", "clientId"),
        ('{username: "a\\u0007b"}', "U+0007"),
        ('{clientId: "a\\u200bb"}', "U+200B"),
        ("{clientId: 12}", "quote"),
        ("{clientid: c}", "clientid"),
        ("{clientId: c, password: secret}", "password"),
        ("{clientId: '{{ nome }}'}", "nome"),
        ("{clientId: '{{ serial }}'}", "names a field that PM-1 has not"),
    ],
)
def test_what_the_server_would_refuse_is_a_fault(basic: str, fault: str) -> None:
    told = loaded_of(f"{{name: PM-1, credentials: {{mqttBasic: {basic}}}}}").diagnostics
    assert any(fault in f"{one.summary} {one.remedy}" for one in told), told
    assert all(one.mark.line == 11 for one in told)


@pytest.mark.parametrize("x509", ["{}", "{file: null}", "{file: ''}", "{env: C}", "cert.pem"])
def test_a_certificate_needs_a_file(x509: str) -> None:
    assert faults(f"{{name: PM-1, credentials: {{x509: {x509}}}}}")


def test_two_devices_cannot_share_a_certificate_or_a_login() -> None:
    same = "credentials: {x509: {file: a.pem}}"
    [fault] = faults(f"{{name: PM-1, {same}}}", f"{{name: PM-2, {same}}}")
    assert fault.startswith("12: PM-2 and PM-1 have one certificate (a.pem)")
    same = "credentials: {mqttBasic: {clientId: c, username: u}}"
    [fault] = faults(f"{{name: PM-1, {same}}}", f"{{name: PM-2, {same}}}")
    assert fault.startswith("12: PM-2 and PM-1 have the same client id and user name (c, u)")


def test_the_resolved_manifest_says_the_same() -> None:
    loaded = loaded_of(
        "{name: PM-1, credentials: {x509: {file: certs/1.pem}}}",
        "{name: PM-2, credentials: {mqttBasic: {clientId: c, username: u, password: {env: P}}}}",
        "{name: PM-3, credentials: {accessToken: {env: T}}}",
    )
    assert loaded.fleet is not None
    devices = document_of(loaded.fleet)["countries"][0]["states"][0]["devices"]
    assert [device["credentials"] for device in devices] == [
        {"x509": {"file": "certs/1.pem"}},
        {"mqttBasic": {"clientId": "c", "username": "u", "password": {"env": "P"}}},
        {"accessToken": {"env": "T"}},
    ]


def test_rows_have_credentials_of_their_own() -> None:
    manifest = (
        HEAD % ""
        + "          - {name: PM-0}\n        devicesFrom: [{csv: meters.csv, each: "
        + ("{name: '{{ id }}', credentials: {x509: {file: 'certs/{{ id }}.pem'}}}}]\n")
    )
    basic = "credentials.mqttBasic"
    headers = f"name,{basic}.clientId,{basic}.password.env,{basic}.username\n"
    tables = {"meters.csv": "id\nPM-1\n", "other.csv": headers + "PM-2,c2,P2,u2\n"}
    other = (
        HEAD.replace("Goa", "Kerala") % ""
        + "          - {name: PM-9}\n        devicesFrom: [{csv: other.csv}]\n"
    )

    def read_csv(asking: Source, name: str) -> Source:
        return Source(name, tables[name], "csv")

    devices: dict[str, Device] = {}
    for text in (manifest, other):
        loaded = load([Source("fleet.yaml", text)], read_csv=read_csv)
        assert loaded.fleet is not None, loaded.diagnostics
        devices |= {device.name: device for device in loaded.fleet.devices()}
    assert devices["PM-1"].x509 is not None and devices["PM-1"].x509.file == "certs/PM-1.pem"
    login = devices["PM-2"].mqtt_basic
    assert login is not None and (login.client_id, login.username) == ("c2", "u2")
    assert login.password is not None and login.password.env == "P2"


@pytest.mark.parametrize("name", ["../../etc/shadow", "/etc/passwd", "~root"])
def test_no_cell_leads_a_certificate_or_password_out_of_its_folder(name: str) -> None:
    manifest = HEAD % "" + (
        "          - {name: PM-0}\n        devicesFrom: [{csv: meters.csv, each: {name: '{{ id }}', "
        "serial: '{{ id }}', credentials: %s}}]\n"
    )

    def read_csv(asking: Source, asked: str) -> Source:
        return Source(asked, f"id\n{name}\n", "csv")

    for credentials in (
        "{x509: {file: '{{ id }}'}}",
        "{x509: {file: 'certs/{{ id | lower }}'}}",
        "{mqttBasic: {username: u, password: {file: '{{ id }}'}}}",
    ):
        loaded = load([Source("fleet.yaml", manifest % credentials)], read_csv=read_csv)
        devices = list(loaded.fleet.devices()) if loaded.fleet is not None else []
        for device in devices:
            files = [device.x509.file] if device.x509 else []
            files += [str(device.mqtt_basic.password)] if device.mqtt_basic else []
            assert all(".." not in file.split("/") and not file.startswith(("/", "~")) for file in files), (
                files
            )
