"""A device that makes its own certificate, and signs in with it over MQTT in TLS."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from papaya.certificates import certificate_in
from papaya.cli import main
from papaya.sandbox import Fault, Sandbox
from tests.cli.one_device import Bench, as_json, steps
from tests.e2e.test_provision import let_register
from tests.unit.certificates import made
from tests.unit.provision.stand_in import StandIn
from tests.unit.sandbox.client import Client

Captured = pytest.CaptureFixture[str]
PROVISION = ["provision", "--with-certificate"]


@pytest.fixture(params=["4.0.1", "4.3.1.3"])
def bench(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Return a bench whose server speaks MQTT in TLS."""
    monkeypatch.chdir(tmp_path)
    with Sandbox(emulate=request.param, mqtt_tls_port=0) as sandbox, StandIn() as service:
        bench = Bench(tmp_path, sandbox, service)
        variables = {
            **bench.variables(),
            "PAPAYA_MQTT_PORT": str(sandbox.mqtt_tls_port),
            "PAPAYA_MQTT_TLS_PORT": str(sandbox.mqtt_tls_port),
            "PAPAYA_CA_FILE": str(sandbox.ca_file),
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        bench.write_properties()
        yield bench


def live(bench: Bench, name: str = "PM-0001") -> dict[str, Any]:
    """Return the credentials of a device as the server has them."""
    with Client(bench.sandbox) as client:
        id_ = client.get("/api/tenant/devices", deviceName=name)["id"]["id"]
        found: dict[str, Any] = client.get(f"/api/device/{id_}/credentials")
    return found


def change(bench: Bench, **fields: Any) -> None:
    """Give the device other credentials, as somebody in ThingsBoard's own window."""
    with Client(bench.sandbox) as client:
        client.post("/api/device/credentials", {**live(bench), **fields})


def encrypted(key: bytes) -> bytes:
    """Return a private key behind a passphrase."""
    made_so = load_pem_private_key(key, None)
    return made_so.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))


def files(bench: Bench) -> tuple[Path, Path]:
    return bench.folder / "device.crt", bench.folder / "device.key"


def test_a_device_makes_its_certificate_and_signs_in_with_it(bench: Bench, capsys: Captured) -> None:
    assert main([*PROVISION, "-vv"]) == 0, capsys.readouterr()
    shown = capsys.readouterr()
    certificate, key = files(bench)
    assert "over MQTT, at" in shown.out and "read back over REST" in shown.out
    assert f"its private key in {key}" in shown.out
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    found = live(bench)
    assert found["credentialsType"] == "X509_CERTIFICATE"
    assert found["credentialsValue"] == certificate_in(certificate.read_text()).text
    assert bench.telemetry()["serial"] == "SN-0001"
    # The key is in no output, no log and no request.
    secret = "".join(key.read_text().splitlines()[1:-1])
    assert secret not in shown.out + shown.err
    assert not list(bench.folder.glob("*.pending"))


def test_what_is_right_already_stays(bench: Bench, capsys: Captured) -> None:
    assert main(PROVISION) == 0
    before = [path.read_bytes() for path in files(bench)]
    capsys.readouterr()
    for arguments in (PROVISION, ["provision"]):
        document = as_json(capsys, *arguments)
        assert steps(document)["credential"] == "unchanged"
    assert [path.read_bytes() for path in files(bench)] == before


def test_handshake_and_doctor_use_the_certificate(bench: Bench, capsys: Captured) -> None:
    assert main(PROVISION) == 0
    capsys.readouterr()
    assert main(["handshake"]) == 0, capsys.readouterr()
    assert "over MQTT" in capsys.readouterr().out
    document = as_json(capsys, "handshake", "--as-device")
    assert document["proof"] == "a nonce read back over MQTT"
    main(["doctor", "PM-0001", "--json"])
    checks = {one["check"]: one for one in json.loads(capsys.readouterr().out)["checks"]}
    assert (
        checks["device-certificate"]["status"] == "ok"
        and "expires in" in checks["device-certificate"]["text"]
    )
    assert checks["mqtt-login"]["status"] == "ok"


def test_another_certificate_is_not_let_in(bench: Bench, capsys: Captured) -> None:
    assert main(PROVISION) == 0
    change(bench, credentialsValue=made("another")[1].decode())
    capsys.readouterr()
    assert main(["handshake", "--as-device"]) == 1
    assert "does not know this device's certificate" in capsys.readouterr().err
    assert main(["provision"]) == 1
    assert "is not the certificate that the server knows of PM-0001" in capsys.readouterr().err
    assert main(PROVISION) == 0
    assert main(["handshake"]) == 0


def test_an_expired_certificate_is_refused_and_made_anew(bench: Bench, capsys: Captured) -> None:
    assert main(PROVISION) == 0
    certificate, key = files(bench)
    old_key, old = made("PM-0001", days=10, ago=20)
    certificate.write_bytes(old)
    key.write_bytes(old_key)
    change(bench, credentialsValue=old.decode())
    capsys.readouterr()
    assert main(["handshake", "--as-device", "--retry-for", "100ms"]) == 1
    assert "does not know this device's certificate" in capsys.readouterr().err
    main(["doctor", "PM-0001", "--json"])
    text = capsys.readouterr().out
    found = {one["check"]: one for one in json.loads(text[text.index("{") :])["checks"]}
    assert (
        found["device-certificate"]["status"] == "failed"
        and "expired on" in found["device-certificate"]["text"]
    )
    assert main(PROVISION) == 0
    assert certificate.read_bytes() != old


def test_a_crash_between_registration_and_the_files_loses_neither_pair(
    bench: Bench, capsys: Captured
) -> None:
    assert main(["provision", "--transport", "http"]) == 0
    spoiled: list[str] = []

    def spoil(method: str, path: str) -> Fault | None:
        if method == "POST" and path.startswith("/api/device/credentials") and not spoiled:
            spoiled.append(path)
            return Fault(status=500)
        return None

    bench.sandbox.before_reply = spoil
    main([*PROVISION, "--retry-for", "100ms"])
    bench.sandbox.before_reply = None
    assert main(PROVISION) == 0, capsys.readouterr()
    certificate, _ = files(bench)
    assert live(bench)["credentialsValue"] == certificate_in(certificate.read_text()).text
    assert not list(bench.folder.glob("*.pending"))


def test_a_server_without_tls_gets_no_certificate(bench: Bench, capsys: Captured) -> None:
    assert main(["provision", "--transport", "http"]) == 0
    before = live(bench)
    capsys.readouterr()
    plain = ["--mqtt-port", str(bench.sandbox.mqtt_port)]
    assert main([*PROVISION, *plain]) == 1
    assert "does not take MQTT in TLS" in capsys.readouterr().err
    assert live(bench) == before


def test_with_a_provision_key(bench: Bench, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MK1_SECRET", "mk1-secret")
    bench.write_manifest()
    let_register(bench)
    capsys.readouterr()
    for outcome in ("changed", "unchanged"):
        assert main(["provision", "PM-0001", "--with-key", "--with-certificate"]) == 0, capsys.readouterr()
        shown = capsys.readouterr().out
        assert f"5 Credential   {outcome}" in shown and "a nonce read back over MQTT" in shown
    assert live(bench)["credentialsType"] == "X509_CERTIFICATE"


def test_declared_credentials_stand_against_a_certificate_of_its_own(bench: Bench, capsys: Captured) -> None:
    path = bench.write_manifest()
    path.write_text(
        path.read_text().replace("serial: SN-0001,", "serial: SN-0001, credentials: {accessToken: {env: T}},")
    )
    assert main(["provision", "PM-0001", "--with-certificate"]) == 1
    assert "declares the credentials of PM-0001 (accessToken)" in capsys.readouterr().err


def test_mqtt_basic_credentials_are_fetched_and_used(bench: Bench, capsys: Captured) -> None:
    assert main(["provision", "--transport", "http"]) == 0
    basic = {"clientId": "SN-1", "userName": "PM-0001", "password": "the-password"}
    change(bench, credentialsType="MQTT_BASIC", credentialsId=None, credentialsValue=json.dumps(basic))
    tls = ["--mqtt-tls"]
    assert main(["provision", "-vv", *tls]) == 0, capsys.readouterr()
    shown = capsys.readouterr()
    assert "the MQTT credentials are in" in shown.out and "over MQTT" in shown.out
    assert "the-password" not in shown.out + shown.err
    assert stat.S_IMODE(bench.token_file.stat().st_mode) == 0o600
    assert main(["handshake", *tls]) == 0
    change(bench, credentialsValue=json.dumps({**basic, "password": "another"}))
    assert main(["handshake", "--as-device", *tls]) == 1
    assert "does not know this device's MQTT credentials" in capsys.readouterr().err


def test_http_takes_neither(bench: Bench) -> None:
    assert main(PROVISION) == 0
    for token in (live(bench)["credentialsId"], "PM-0001"):
        answer = requests.post(f"{bench.sandbox.url}/api/v1/{token}/telemetry", json={"t": 1}, timeout=60)
        assert answer.status_code == 401


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda certificate, key: key.unlink(), "private key"),
        (lambda certificate, key: key.write_bytes(made("x")[0]), "cannot be used"),
        (lambda certificate, key: key.write_text("no key"), "cannot be used"),
        (lambda certificate, key: certificate.unlink(), "certificate"),
        (lambda certificate, key: certificate.write_bytes(b"\0" * 100), "cannot be used"),
        (lambda certificate, key: (key.unlink(), key.mkdir()), "folder"),
        (
            lambda certificate, key: key.write_bytes(encrypted(key.read_bytes())),
            "encrypted",
        ),
    ],
)
def test_files_that_cannot_be_used_are_told(damage: Any, told: str, bench: Bench, capsys: Captured) -> None:
    assert main(PROVISION) == 0
    capsys.readouterr()
    damage(*files(bench))
    assert main(["handshake", "--as-device", "--retry-for", "100ms"]) == 1
    shown = capsys.readouterr().err
    assert told in shown and "Traceback" not in shown


def test_the_agent_publishes_with_the_certificate(bench: Bench, capsys: Captured) -> None:
    assert main(PROVISION) == 0
    manifest = bench.folder / "agent.yaml"
    manifest.write_text(
        "apiVersion: papaya/v1\nkind: Fleet\nmetadata: {name: meters}\n"
        f"server: {{url: '{bench.sandbox.url}'}}\n"
        "countries:\n  - name: INDIA\n    states:\n      - name: Karnataka\n        devices:\n"
        "          - {name: PM-0001, sensors: [{key: t, every: 1s}]}\n"
    )
    url = f"mqtts://127.0.0.1:{bench.sandbox.mqtt_tls_port}"
    command = [sys.executable, "-m", "papaya", "agent", "run", "PM-0001", "-f", str(manifest), "--simulate"]
    command += [
        "--mqtt-url",
        url,
        "--ca-file",
        str(bench.sandbox.ca_file),
        "--token-file",
        str(bench.token_file),
    ]
    process = subprocess.Popen(
        [*command, "--spool", str(bench.folder / "spool")], stderr=subprocess.PIPE, env=dict(os.environ)
    )
    try:
        until = time.monotonic() + 60
        while "t" not in bench.telemetry() and time.monotonic() < until:
            time.sleep(0.2)
        assert "t" in bench.telemetry()
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    plain = f"mqtt://127.0.0.1:{bench.sandbox.mqtt_port}"
    arguments = ["agent", "run", "PM-0001", "-f", str(manifest), "--simulate", "--mqtt-url", plain]
    assert main([*arguments, "--token-file", str(bench.token_file)]) == 1
    assert "is not in TLS" in capsys.readouterr().err


def test_the_service_is_handed_certificate_and_key(bench: Bench) -> None:
    assert main(PROVISION) == 0
    bench.write_manifest()
    install = ["agent", "install", "PM-0001", "--root", "root", "--token-file", str(bench.token_file)]
    assert main(install) == 0
    unit = Path("root/etc/systemd/system/papaya-agent.service").read_text()
    certificate, key = files(bench)
    assert f"LoadCredential=certificate:{certificate}" in unit and f"LoadCredential=key:{key}" in unit
    assert "--certificate %d/certificate --key %d/key" in unit and "token:" not in unit
    assert str(key) not in unit.replace(f"LoadCredential=key:{key}", "")


def test_no_client_needs_a_certificate(bench: Bench) -> None:
    context = ssl.create_default_context(cafile=str(bench.sandbox.ca_file))
    with (
        socket.create_connection(("127.0.0.1", bench.sandbox.mqtt_tls_port), 30) as line,
        context.wrap_socket(line, server_hostname="127.0.0.1") as encrypted,
    ):
        assert encrypted.version() in ("TLSv1.2", "TLSv1.3")
