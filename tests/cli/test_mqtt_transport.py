"""`papaya provision` and `handshake` with `--transport mqtt`, and the doctor's login over MQTT."""

from __future__ import annotations

import sys

import pytest

from papaya.cli import main
from papaya.commands.options.transport import Transport
from papaya.sandbox import Sandbox
from papaya.settings import Settings
from tests.cli.one_device import Bench, as_json, bench, steps
from tests.e2e.test_provision import let_register
from tests.unit.provision.relay import Mute

__all__ = ["bench"]

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def over_mqtt(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Return a bench whose variables say that devices speak MQTT, and where."""
    monkeypatch.setenv("PAPAYA_TRANSPORT", "mqtt")
    monkeypatch.setenv("PAPAYA_MQTT_PORT", str(bench.sandbox.mqtt_port))
    return bench


def over_http(bench: Bench) -> list[str]:
    """Return what was asked of the HTTP device API."""
    return [path for _, path, _ in bench.sandbox.requests if path.startswith("/api/v1/")]


def test_provision_twice_in_a_row_and_a_handshake(over_mqtt: Bench, capsys: Captured) -> None:
    over_mqtt.write_properties()
    assert main(["provision", "-vv"]) == 0
    shown = capsys.readouterr()
    token = over_mqtt.token_file.read_text().strip()
    assert "system information over MQTT, at" in shown.out
    assert "read back over REST" in shown.out
    assert token not in shown.out + shown.err
    document = as_json(capsys, "provision")
    assert steps(document)["credential"] == "unchanged"
    assert document["steps"][-1]["transport"] == "mqtt"
    assert over_mqtt.telemetry()["serial"] == "SN-0001"
    assert main(["handshake"]) == 0
    assert "over MQTT.\nArrived at" in capsys.readouterr().out
    document = as_json(capsys, "handshake", "--as-device")
    assert (document["proof"], document["transport"]) == ("a nonce read back over MQTT", "mqtt")
    assert over_http(over_mqtt) == []


def test_a_token_that_the_server_does_not_know(over_mqtt: Bench, capsys: Captured) -> None:
    over_mqtt.write_properties()
    over_mqtt.token_file.write_text("another-token\n")
    over_mqtt.token_file.chmod(0o600)
    assert main(["handshake", "--as-device", "-vv"]) == 1
    shown = capsys.readouterr()
    assert f"the server does not know the access token in {over_mqtt.token_file}" in shown.err
    assert "papaya provision" in shown.err
    assert "another-token" not in shown.out + shown.err


def test_a_server_without_mqtt(over_mqtt: Bench, capsys: Captured) -> None:
    over_mqtt.write_properties()
    with Mute() as mute:
        port = str(mute.port)
    assert main(["provision", "--mqtt-port", port, "--retry-for", "100ms"]) == 1
    shown = capsys.readouterr()
    assert "6 Handshake    failed" in shown.out
    assert f"mqtt://127.0.0.1:{port} takes no connection: connection refused" in shown.err
    assert "--transport http" in shown.err
    assert over_mqtt.token_file.exists()
    assert main(["provision"]) == 0


def test_with_key(over_mqtt: Bench, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MK1_SECRET", "mk1-secret")
    over_mqtt.write_manifest()
    let_register(over_mqtt)
    capsys.readouterr()
    for outcome in ("changed", "unchanged"):
        assert main(["provision", "PM-0001", "--with-key", "-vv"]) == 0
        shown = capsys.readouterr()
        assert f"5 Credential   {outcome}" in shown.out
        assert "a nonce read back over MQTT" in shown.out
        for secret in (over_mqtt.token_file.read_text().strip(), "mk1-secret"):
            assert secret not in shown.out + shown.err
    assert [path for path in over_mqtt.folder.iterdir() if path.name.endswith(".pending")] == []
    assert over_http(over_mqtt) == []


def test_a_wrong_secret(over_mqtt: Bench, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MK1_SECRET", "wrong-secret")
    over_mqtt.write_manifest()
    let_register(over_mqtt)
    assert main(["provision", "PM-0001", "--with-key"]) == 1
    assert "no device profile with this provision key and secret" in capsys.readouterr().err


def test_without_its_packages(over_mqtt: Bench, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    over_mqtt.write_properties()
    assert main(["provision", "--transport", "http"]) == 0
    capsys.readouterr()
    monkeypatch.setitem(sys.modules, "paho.mqtt.client", None)
    assert main(["handshake"]) == 1
    shown = capsys.readouterr().err
    assert "--transport mqtt needs packages that are not installed" in shown
    assert "pip install 'papayameter[agent]'" in shown
    document = as_json(capsys, "doctor", "--mqtt-tls-port", "9")
    (login,) = [one for one in document["checks"] if one["check"] == "mqtt-login"]
    assert login["status"] == "warning"


@pytest.mark.parametrize("host", ["mqtt://127.0.0.1", "127.0.0.1:1883", " ", "a b"])
def test_a_host_that_is_none(over_mqtt: Bench, capsys: Captured, host: str) -> None:
    assert main(["handshake", "--mqtt-host", host]) == 64
    assert "--mqtt-port" in capsys.readouterr().err


def test_the_token_in_the_clear_is_warned_about(capsys: Captured) -> None:
    def warned(url: str, *, port: int | None = None, tls: bool | None = None) -> bool:
        assert Transport("mqtt", None, port, tls).broker(Settings(url), "the device's token") is not None
        return "the device's token for mqtt://tb.example.com" in capsys.readouterr().err

    assert warned("http://tb.example.com")
    assert warned("https://tb.example.com", port=1883)
    assert not warned("https://tb.example.com")
    assert not warned("http://tb.example.com", tls=True)
    assert not warned("http://127.0.0.1:8080")


def test_the_doctor_connects_as_the_device(over_mqtt: Bench, capsys: Captured) -> None:
    over_mqtt.write_properties()
    assert main(["provision"]) == 0
    capsys.readouterr()

    def login(*arguments: str, code: int = 0) -> dict[str, str]:
        document = as_json(capsys, "doctor", "--mqtt-tls-port", "9", *arguments, code=code)
        (found,) = [one for one in document["checks"] if one["check"] == "mqtt-login"]
        return dict(found)

    assert (login()["status"], "CONNACK: accepted" in login()["text"]) == ("ok", True)
    with Sandbox() as other:
        # The device is right, and the port that of another server.
        found = login("--mqtt-port", str(other.mqtt_port))
    assert (found["status"], "--mqtt-port" in found["remedy"]) == ("warning", True)
    over_mqtt.token_file.write_text("another-token\n")
    found = login(code=1)
    assert (found["status"], "CONNACK: not authorized" in found["text"]) == ("warning", True)
    assert "papaya provision" in found["remedy"]
    assert "another-token" not in str(found)


def test_the_sandbox_has_a_variable_of_its_own(
    over_mqtt: Bench, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    class Asked(Sandbox):
        def __init__(self, **options: object) -> None:
            asked.append(options["mqtt_port"])
            raise OSError("no more was wanted")

    monkeypatch.setattr("papaya.sandbox.Sandbox", Asked)
    for variables, port in (({}, 0), ({"PAPAYA_SANDBOX_MQTT_PORT": "2883"}, 2883)):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(OSError, match="no more was wanted"):
            main(["sandbox", "--port", "0"])
        assert asked[-1] == port
