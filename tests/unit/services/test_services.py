"""Services are installed from a program: what happens is told as values, and nothing is printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from papaya.provision.tunnel_target import TargetChoice
from papaya.services import agent, systemd, tunnel
from papaya.services.agent import agent_service
from papaya.services.systemd import Event
from papaya.workspace.choice import ManifestChoice
from papaya.workspace.fleet import load_fleet

ROOT = Path(__file__).parents[3]
METER = ROOT / "manifests" / "parking-meter"
Captured = pytest.CaptureFixture[str]


def test_an_agent_is_installed_into_an_image_and_removed_again(tmp_path: Path, capsys: Captured) -> None:
    told: list[Event] = []
    fleet = load_fleet([METER])
    service = agent_service(fleet, next(fleet.devices()), groups=("dialout",))
    for _ in range(2):
        systemd.install([service], root=tmp_path, dry_run=False, tell=told.append)
    assert [event.what for event in told] == ["wrote", "wrote", "switched on", "unchanged", "unchanged"]
    assert Path(told[1].subject).is_relative_to(tmp_path)
    told.clear()
    agent.uninstall(None, root=tmp_path, dry_run=False, tell=told.append)
    agent.uninstall(None, root=tmp_path, dry_run=False, tell=told.append)
    assert [event.what for event in told] == ["removed", "removed", "removed", "not installed"]
    assert not any(path.is_file() for path in tmp_path.rglob("*"))
    assert capsys.readouterr() == ("", "")


def test_a_difference_is_told_line_by_line(tmp_path: Path) -> None:
    told: list[Event] = []
    fleet = load_fleet([METER])
    device = next(fleet.devices())
    systemd.install([agent_service(fleet, device)], root=tmp_path, dry_run=False, tell=told.append)
    assert all(event.lines == () for event in told)
    told.clear()
    changed = agent_service(fleet, device, options=("--spool-days", "7"))
    systemd.install([changed], root=tmp_path, dry_run=True, tell=told.append)
    (event,) = [event for event in told if event.what == "would write"]
    assert event.lines[0].startswith("--- installed")
    assert any(line.startswith("+ExecStart=") and "--spool-days 7" in line for line in event.lines)


def test_a_tunnel_is_installed_into_an_image_from_a_program(tmp_path: Path, capsys: Captured) -> None:
    manifest = tmp_path / "fleet.yaml"
    manifest.write_text(
        "apiVersion: papaya/v1\nkind: Fleet\nmetadata: {name: gm}\n"
        "tunnel: {host: bastion.example.com, forwards: {web: 8080}, remotePorts: {from: 20000, to: 20010}}\n"
        "countries: [{name: INDIA, states: [{name: Goa, devices: [{name: GM-1, tunnel: "
        "{remotePort: 20001, forwardPorts: {web: 20002}}}]}]}]\n"
    )
    root = tmp_path / "image"
    target = TargetChoice(None, ManifestChoice((manifest,)), None).find()
    told: list[Event] = []
    tunnel.install(target, root=root, dry_run=False, tell=told.append)
    switched_on = [event.subject for event in told if event.what == "switched on"]
    assert switched_on == ["papaya-ssh.service", "papaya-ssh@web.service"]
    told.clear()
    tunnel.uninstall("GM-1", root=root, dry_run=True, tell=told.append)
    assert {event.what for event in told} == {"would remove"}
    assert (root / "etc/systemd/system/papaya-ssh@web.service").is_file()
    assert capsys.readouterr() == ("", "")
