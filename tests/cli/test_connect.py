"""`papaya connect`: the command that leads to a device, from the manifest, its lock file or the server."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from papaya.cli import main
from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client

MANIFEST = """apiVersion: papaya/v1
kind: Fleet
metadata: {{name: meters}}
server: {{url: {url!r}}}
tunnel:
  host: bastion.example.com
  port: 2222
  remotePorts: {{from: 20000, to: 20099}}
  forwards: {{web: 80}}
countries:
  - name: INDIA
    states:
      - name: Karnataka
        devices:
          - {{name: PM-0001, tunnel: {{remotePort: 20007}}}}
          - {{name: PM-0002, tunnel: {{remotePort: auto}}}}
          - {{name: "PM 3", tunnel: {{remotePort: 20009}}}}
          - {{name: PM-0004}}
"""
LOCK = """apiVersion: papaya/v1
kind: TunnelPorts
hosts:
  bastion.example.com:
    PM-0002: {ssh: 20042}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a manifest in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fleet.yaml").write_text(MANIFEST.format(url="http://127.0.0.1:9"))
    return tmp_path


def words(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """Return the command that connect prints."""
    assert main(["connect", "--print", *arguments]) == 0
    return shlex.split(capsys.readouterr().out)


def test_it_leads_over_the_bastion_to_the_port_of_the_device(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words(capsys, "PM-0001") == [
        "ssh", "-J", "bastion.example.com:2222", "-p", "20007", "-o", "HostKeyAlias=PM-0001", "127.0.0.1",
    ]  # fmt: skip


def test_users_configuration_and_arguments_are_passed_on(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--jump-user", "me", "--device-user", "root", "--ssh-config", "/etc/my config"]
    said = words(capsys, "PM-0001", *options, "--", "-L", "80:127.0.0.1:80", "echo $HOME")
    assert said[:5] == ["ssh", "-F", "/etc/my config", "-J", "me@bastion.example.com:2222"]
    assert said[-6:] == ["-l", "root", "127.0.0.1", "-L", "80:127.0.0.1:80", "echo $HOME"]


def test_on_the_bastion_it_goes_straight_to_the_port(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "-J" not in words(capsys, "PM-0001", "--on-bastion")


def test_a_name_that_ssh_would_misread_becomes_an_alias(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alias = words(capsys, "PM 3")[-2]
    assert alias.startswith("HostKeyAlias=PM-3-")
    assert " " not in alias


def test_the_lock_file_says_an_allotted_port(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "tunnel-ports.lock.yaml").write_text(LOCK)
    assert main(["connect", "PM-0002", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["device"], document["bastion"]) == ("PM-0002", "bastion.example.com")
    assert document["remotePort"] == 20042
    assert document["command"][0] == "ssh"


def test_the_server_says_a_port_that_the_manifest_has_not(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox() as sandbox:
        monkeypatch.setenv("PAPAYA_USERNAME", sandbox.username)
        monkeypatch.setenv("PAPAYA_PASSWORD", sandbox.password)
        (folder / "fleet.yaml").write_text(MANIFEST.format(url=sandbox.url))
        assert main(["connect", "--print", "PM-0002"]) == 1
        assert "has no such device" in capsys.readouterr().err
        with Client(sandbox) as client:
            id_ = client.post("/api/device", {"name": "PM-0002", "type": "default"})["id"]["id"]
            assert main(["connect", "--print", "PM-0002"]) == 1
            assert "neither the manifest nor the server has a port" in capsys.readouterr().err
            path = f"/api/plugins/telemetry/DEVICE/{id_}/attributes/SERVER_SCOPE"
            client.post(path, {"tunnel.remotePort": 20055})
        assert "20055" in words(capsys, "PM-0002")


def test_a_device_without_a_tunnel_is_refused_with_what_to_write(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["connect", "--print", "PM-0004"]) == 1
    said = capsys.readouterr().err
    assert "the device PM-0004 keeps no tunnel" in said
    assert "tunnel: {remotePort: auto}" in said


@pytest.mark.parametrize("user", ["-oProxyCommand=x", "a b", "me@elsewhere"])
def test_a_user_that_would_be_something_else_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], user: str
) -> None:
    assert main(["connect", "--print", "PM-0001", f"--jump-user={user}"]) == 1
    assert main(["connect", "--print", "PM-0001", f"--device-user={user}"]) == 1
    assert "no name of a user" in capsys.readouterr().err
