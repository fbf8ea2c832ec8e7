"""`papaya doctor`: one line for each check, the remedies of the commands, an exit code."""

from __future__ import annotations

from typing import Any

import pytest

from papaya.cli import main
from papaya.sandbox import Fault
from tests.cli.one_device import Bench, as_json, bench
from tests.unit.sandbox.client import Client

__all__ = ["bench"]

Captured = pytest.CaptureFixture[str]


def found(capsys: Captured, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Return the findings by check."""
    document = as_json(capsys, "doctor", *arguments, code=code)
    checks: dict[str, Any] = {}
    for finding in document["checks"]:
        checks.setdefault(finding["check"], []).append(finding)
    checks["notChecked"] = document["notChecked"]
    return checks


@pytest.fixture
def healthy(bench: Bench, capsys: Captured) -> Bench:
    """Return a bench on which everything works."""
    bench.write_properties()
    assert main(["provision"]) == 0
    capsys.readouterr()
    return bench


def test_a_healthy_device(healthy: Bench, capsys: Captured) -> None:
    assert main(["doctor"]) == 0
    shown = capsys.readouterr().out
    for check in (
        "configuration", "permissions", "dns", "port", "tls", "server", "clock", "authentication",
        "authority", "version", "profiles", "limits", "mqtt", "device-token", "mqtt-login",
        "geolocation", "ssh",
    ):  # fmt: skip
        assert f"ok      {check} " in shown, check
    assert "warning mqtt-tls" in shown
    assert "Not checked" not in shown
    assert healthy.token_file.read_text().strip() not in shown
    assert healthy.sent()[-1][1].startswith("/api/v1/")


def test_nothing_is_changed_on_the_server(healthy: Bench, capsys: Captured) -> None:
    before = healthy.sent()
    found(capsys)
    assert healthy.sent() == before


def test_a_file_that_others_can_read(healthy: Bench, capsys: Captured) -> None:
    (healthy.folder / "config.properties").chmod(0o644)
    (finding,) = found(capsys, code=1)["permissions"]
    assert finding["status"] == "failed"
    assert finding["remedy"].startswith("chmod 600 ")


def test_a_server_that_is_away_keeps_the_rest_from_being_checked(healthy: Bench, capsys: Captured) -> None:
    checks = found(capsys, "--url", "http://127.0.0.1:9", code=1)
    assert checks["port"][0]["status"] == "failed"
    assert "firewall" in checks["port"][0]["remedy"]
    assert "authentication" in checks["notChecked"]
    assert checks["geolocation"][0]["status"] == "ok"


def test_something_else_answers(healthy: Bench, capsys: Captured) -> None:
    page = b"<html><head><title>Welcome to nginx</title></head></html>"
    healthy.sandbox.before_reply = lambda method, path: Fault(status=200, body=page)
    (finding,) = found(capsys, code=1)["server"]
    assert "is no ThingsBoard" in finding["text"]
    assert "Welcome to nginx" in finding["text"]


def test_plain_http_where_tls_is_meant(healthy: Bench, capsys: Captured) -> None:
    url = healthy.sandbox.url.replace("http:", "https:")
    (finding,) = found(capsys, "--url", url, code=1)["tls"]
    assert "does not speak TLS" in finding["text"]


def test_the_same_words_as_the_commands(healthy: Bench, capsys: Captured) -> None:
    path = healthy.folder / "config.properties"
    good = path.read_text()
    for spoil, check in (
        (("tenant@thingsboard.org", "sysadmin@thingsboard.org"), "authority"),
        (("device_profile_name = IoT-Gateway", "device_profile_name = IoT-Gatewya"), "profiles"),
    ):
        lines = [line for line in good.splitlines() if not line.startswith(("token", "refresh_token"))]
        text = "\n".join(lines).replace(*spoil)
        if check == "authority":
            text = text.replace("password = tenant", "password = sysadmin")
        path.write_text(text)
        (finding,) = found(capsys, code=1)[check]
        assert main(["provision"]) == 1
        told = capsys.readouterr().err
        assert finding["text"] in told
        assert finding["remedy"].split("? ")[0] in told


def test_a_token_that_cannot_be_refreshed(healthy: Bench, capsys: Captured) -> None:
    path = healthy.folder / "config.properties"
    text = path.read_text().replace("password = tenant\n", "")
    lines = [line for line in text.splitlines() if not line.startswith(("token", "refresh_token"))]
    path.write_text("\n".join(lines).replace("[profiles]", "token = eyJhbGciOiJIUzUxMiJ9.e30.x\n[profiles]"))
    (finding,) = found(capsys, code=1)["authentication"]
    assert finding["text"].startswith("token refresh failed")
    assert "PAPAYA_PASSWORD" in finding["remedy"]


def test_a_full_and_a_nearly_full_tenant(healthy: Bench, capsys: Captured) -> None:
    healthy.sandbox.limit_entities(devices=1, assets=100)
    (finding, rest) = found(capsys, code=1)["limits"]
    assert finding["text"] == "the tenant has 1 of 1 devices: no more can be created"
    assert rest["text"] == "2 of 100 assets"
    with Client(healthy.sandbox) as client:
        for number in range(8):
            client.asset(f"A{number}")
    healthy.sandbox.limit_entities(assets=11)
    assert found(capsys)["limits"][0]["status"] == "warning"


def test_a_device_token_that_was_replaced_or_is_not_there(healthy: Bench, capsys: Captured) -> None:
    healthy.token_file.write_text("another-token\n")
    (finding,) = found(capsys, code=1)["device-token"]
    assert "papaya provision" in finding["remedy"]
    healthy.token_file.unlink()
    assert found(capsys)["device-token"][0]["status"] == "warning"


def test_a_geolocation_service_that_fails_names_the_fallback(healthy: Bench, capsys: Captured) -> None:
    healthy.service.shape = "rate-limit-200"
    (finding,) = found(capsys)["geolocation"]
    assert (finding["status"], finding["text"].partition(":")[0]) == ("warning", "location detection failed")
    assert found(capsys, "--no-geolocate")["geolocation"][0]["status"] == "ok"


def test_no_configuration_and_a_broken_one(bench: Bench, capsys: Captured) -> None:
    (finding,) = found(capsys, code=1)["configuration"]
    assert finding["text"] == "no server is named"
    (bench.folder / "fleet.yaml").write_text("kind: Fleet\nmetadate: {}\n")
    (finding,) = found(capsys, code=1)["configuration"]
    assert "fleet.yaml:" in finding["text"]
    assert finding["remedy"] == "See them all with: papaya validate"


def test_no_credentials(bench: Bench, capsys: Captured) -> None:
    checks = found(capsys, "--url", bench.sandbox.url, code=1)
    assert "there are no credentials" in checks["authentication"][0]["text"]
    assert checks["notChecked"] == ["authority", "version", "profiles", "limits"]


def test_a_device_that_the_manifest_does_not_have_is_told(bench: Bench, capsys: Captured) -> None:
    """A mistyped name is no device whose token is missing."""
    bench.write_manifest()
    *_, finding = found(capsys, "PM-0003", code=1)["configuration"]
    assert finding["status"] == "failed"
    assert "has no device PM-0003" in finding["text"]
    assert finding["remedy"].startswith("Did you mean PM-000")


def test_a_device_is_named_by_its_path_too(bench: Bench, capsys: Captured) -> None:
    """Its token is looked for by its name."""
    bench.write_manifest()
    (finding,) = found(capsys, "device/PM-0002", code=1)["device-token"]
    assert "there is no token of PM-0002 in" in finding["text"]
    assert "device/" not in finding["text"]
