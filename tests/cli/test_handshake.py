"""`papaya handshake`: with the stored token, and proven."""

from __future__ import annotations

import pytest

from papaya.cli import main
from papaya.sandbox import Fault
from tests.cli.one_device import Bench, as_json, bench
from tests.unit.sandbox.client import Client

__all__ = ["bench"]

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def registered(bench: Bench, capsys: Captured) -> Bench:
    """Return a bench whose device has been provisioned."""
    bench.write_properties()
    assert main(["provision"]) == 0
    capsys.readouterr()
    return bench


def test_telemetry_is_read_back_over_rest(registered: Bench, capsys: Captured) -> None:
    assert main(["handshake"]) == 0
    shown = capsys.readouterr().out
    assert "PM-0001 sent serial, system information." in shown
    assert "read back over REST" in shown
    document = as_json(capsys, "handshake", "--addresses")
    assert document["values"]["serial"] == "SN-0001"
    assert "system.addresses" in document["values"]


def test_a_device_without_a_user_proves_it_by_itself(registered: Bench, capsys: Captured) -> None:
    signed_in = [path for _, path, _ in registered.sandbox.requests if path.startswith("/api/auth/")]
    assert "nonce" in as_json(capsys, "handshake", "--as-device")["proof"]
    path = registered.folder / "config.properties"
    lines = [line for line in path.read_text().splitlines() if not line.startswith(("user", "pass", "token"))]
    path.write_text("\n".join(line for line in lines if not line.startswith("refresh_token")))
    assert "nonce" in as_json(capsys, "handshake")["proof"]
    assert signed_in == [path for _, path, _ in registered.sandbox.requests if path.startswith("/api/auth/")]


def test_a_token_that_the_server_does_not_know(registered: Bench, capsys: Captured) -> None:
    registered.token_file.write_text("another-token\n")
    assert main(["handshake"]) == 1
    shown = capsys.readouterr().err
    assert f"the server does not know the access token in {registered.token_file}" in shown
    assert "papaya provision" in shown
    assert "another-token" not in shown


def test_no_token_yet(bench: Bench, capsys: Captured) -> None:
    bench.write_properties()
    assert main(["handshake"]) == 1
    assert "there is no token of PM-0001" in capsys.readouterr().err


def test_a_device_that_was_adopted_in_another_case_is_found(bench: Bench, capsys: Captured) -> None:
    bench.write_properties()
    with Client(bench.sandbox) as client:
        client.device("pm-0001", type="IoT-Gateway")
    assert main(["provision"]) == 0
    assert bench.names("devices") == ["pm-0001"]
    assert main(["handshake"]) == 0


def test_a_device_that_was_deleted(registered: Bench, capsys: Captured) -> None:
    with Client(registered.sandbox) as client:
        id_ = client.get("/api/tenant/devices", deviceName="PM-0001")["id"]["id"]
        assert client.ask("DELETE", f"/api/device/{id_}").status_code == 200
    assert main(["handshake"]) == 1
    assert "the server has no device PM-0001" in capsys.readouterr().err


def test_a_server_that_is_away_is_told_without_the_token(registered: Bench, capsys: Captured) -> None:
    registered.sandbox.before_reply = lambda method, path: Fault(drop=True)
    assert main(["handshake", "--as-device", "--retry-for", "100ms", "-vv"]) == 1
    shown = capsys.readouterr()
    assert registered.token_file.read_text().strip() not in shown.out + shown.err
    assert "/api/v1/…/telemetry" in shown.err
