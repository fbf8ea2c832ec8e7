"""`papaya init`."""

from __future__ import annotations

from pathlib import Path

import pytest

from papaya.cli import main
from papaya.manifest.model import Location
from papaya.sensors.backend import SensorBackend
from papaya.sensors.plugins import factory_of
from papaya.sensors.source import sources_of
from papaya.workspace.fleet import load_fleet

CONFIGURATION = """\
# The meter at the corner.
[thingsboard]
url = https://tb.example.com/
username = tenant@example.com
password = hunter2%
token = eyJhunter2
[profiles]
country_profile_name = Country
state_profile_name = State
device_profile_name = IoT-Gateway
[assets]
country_name = INDIA
state_name = Tamil Nadu
serial_number = SN-0012
device_name = PM 12: corner
[location]
latitude = 13.1
longitude = 80.2
[ssh]
enabled = no
host = bastion.example.com
user = tunnel
key_path = /etc/papaya/id
remote_port = 22001
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_started_manifest_is_valid(capsys: pytest.CaptureFixture[str]) -> None:
    """It is the default of every other command."""
    assert main(["init", "--name", "my-meters", "--url", "http://10.0.0.1:8080"]) == 0
    assert "papaya validate fleet.yaml" in capsys.readouterr().out
    fleet = load_fleet()
    assert (fleet.name, fleet.server.url) == ("my-meters", "http://10.0.0.1:8080")
    assert [device.name for device in fleet.devices()] == ["PM-0001"]


def test_the_sensor_of_a_started_manifest_is_read_from_this_machine() -> None:
    assert main(["init"]) == 0
    (device,) = load_fleet().devices()
    (source,) = sources_of(device.sensors, Path(), device=device.name)
    backend = factory_of(source.kind)(source)
    assert isinstance(backend, SensorBackend)
    try:
        (reading,) = backend.get_latest_readings().values()
    finally:
        backend.close()
    assert isinstance(reading.value, float) and reading.value > 0


def test_a_file_that_is_there_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    """Unless it is to be replaced."""
    Path("fleet.yaml").write_text("mine\n", encoding="utf-8")
    assert main(["init"]) == 1
    assert "fleet.yaml is there already" in capsys.readouterr().err
    assert Path("fleet.yaml").read_text(encoding="utf-8") == "mine\n"
    assert main(["init", "--force"]) == 0


def test_a_folder_gets_a_fleet_yaml() -> None:
    """As every other command reads it."""
    assert main(["init", "deep/er/fleet.yaml"]) == 0
    Path("other").mkdir()
    assert main(["init", "other"]) == 0
    assert load_fleet(["other"]).name == "other"
    assert load_fleet(["deep/er"]).name == "er"
    assert main(["init", "-o", "new/city/"]) == 0
    assert load_fleet(["new/city"]).name == "city"
    assert main(["init", "new/city"]) == 1


def test_a_configuration_becomes_a_manifest_without_its_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    """Everything else of it is taken over."""
    Path("config.properties").write_text(CONFIGURATION, encoding="utf-8")
    assert main(["init", "--from-config", "config.properties"]) == 0
    captured = capsys.readouterr()
    assert "Not copied: password and token." in captured.err
    written = Path("fleet.yaml").read_text(encoding="utf-8")
    assert "hunter2" not in written + captured.out + captured.err
    fleet = load_fleet()
    assert (fleet.name, fleet.server.url) == ("pm-12-corner", "https://tb.example.com")
    assert (fleet.profiles.device, fleet.profiles.create) == ("IoT-Gateway", False)
    (country,) = fleet.countries
    assert (country.name, country.shared, country.states[0].name) == ("INDIA", True, "Tamil Nadu")
    (device,) = fleet.devices()
    assert (device.name, device.serial, device.location) == ("PM 12: corner", "SN-0012", Location(13.1, 80.2))
    assert fleet.tunnel is not None
    assert (fleet.tunnel.host, fleet.tunnel.user, fleet.tunnel.identity_file) == (
        "bastion.example.com",
        "tunnel",
        "/etc/papaya/id",
    )
    assert device.tunnel is not None
    assert (device.tunnel.enabled, device.tunnel.remote_port) == (False, 22001)


def test_a_configuration_may_leave_the_port_to_papaya(capsys: pytest.CaptureFixture[str]) -> None:
    """A manifest has ports to allot, and says where."""
    text = CONFIGURATION.replace("remote_port = 22001", "remote_port = auto").replace(
        "/etc/papaya/id", "~/id"
    )
    Path("c").write_text(text, "utf-8")
    assert main(["init", "--from-config", "c"]) == 0
    assert "[ssh] key_path ~/id is no whole path" in capsys.readouterr().err
    fleet = load_fleet()
    (device,) = fleet.devices()
    assert fleet.tunnel is not None and fleet.tunnel.remote_ports is not None and device.tunnel is not None
    assert fleet.tunnel.identity_file is None
    assert (fleet.tunnel.remote_ports.first, device.tunnel.remote_port) == (20000, "auto")


def test_what_a_configuration_lacks_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """Placeholders stand where a name has to be written; coordinates of nothing become auto."""
    Path("c").write_text(
        "[assets]\nserial_number = 0012\n[location]\nlatitude = 0.0\nlongitude = 0\n", "utf-8"
    )
    assert main(["init", "--from-config", "c"]) == 1
    captured = capsys.readouterr()
    assert "[assets] names no country_name: write one instead of COUNTRY." in captured.err
    assert "the serial 0012 is a number to the server" in captured.err
    assert "to mend" in captured.out
    written = Path("fleet.yaml").read_text(encoding="utf-8")
    assert "location: auto" in written
    assert "name: fleet-0012" in written


@pytest.mark.parametrize("text", ["password = hunter2\n", "[a\nhunter2", "[a]\n  hunter2 hunter2\n"])
def test_a_broken_configuration_is_told_without_quoting_it(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its lines may hold secrets."""
    Path("c").write_text(text, encoding="utf-8")
    code = main(["init", "--from-config", "c"])
    captured = capsys.readouterr()
    assert "hunter2" not in captured.out + captured.err
    assert code == 1 or Path("fleet.yaml").exists()


@pytest.mark.parametrize(
    "url",
    [
        "https://admin:hunter2@tb.example.com/login",
        "https://tb.example.com/?token=hunter2",
        "https://hunter2@tb.example.com",
        "https://admin:hunter2@tb.example.com/?x=hunter2",
        "https://admin:hunter2/hunter2@tb.example.com",
        "https://tb.example.com/#hunter2",
    ],
)
def test_no_secret_of_a_url_reaches_the_manifest(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither from a config.properties, nor by the error about --url."""
    Path("config.properties").write_text(f"[thingsboard]\nurl = {url}\n[assets]\ndevice_name = D\n")
    main(["init", "--from-config", "config.properties"])
    written = Path("fleet.yaml").read_text()
    assert load_fleet("fleet.yaml").server.url == "https://tb.example.com"
    assert main(["init", "other.yaml", "--url", url]) == 1
    assert not Path("other.yaml").exists()
    streams = capsys.readouterr()
    assert "hunter2" not in written + streams.out + streams.err
    Path("written.yaml").write_text(written.replace("https://tb.example.com", url))
    main(["validate", "written.yaml"])
    assert "hunter2" not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    "url", ["hunter2hunter2", "http://127.0.0.1password = hunter2hunter2", "ftp://hunter2hunter2"]
)
def test_an_old_url_that_is_no_address_is_neither_copied_nor_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("c").write_text(f"[thingsboard]\nurl = {url}\n[assets]\ndevice_name = D\n", encoding="utf-8")
    main(["init", "--from-config", "c"])
    streams = capsys.readouterr()
    assert "[thingsboard] url, which is not the address of a server" in streams.out + streams.err
    made = "".join(path.read_text(encoding="utf-8") for path in tmp_path.glob("*.yaml"))
    assert "hunter2" not in streams.out + streams.err + made
