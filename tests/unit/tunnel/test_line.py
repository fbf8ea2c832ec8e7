"""What a device tells ssh, and what it is told when it lacks something."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from papaya.errors import PapayaError
from papaya.manifest.model import Device
from papaya.tunnel.line import Forward, lines_of, ssh_arguments
from papaya.tunnel.ports import Ports
from tests.unit.tunnel.devices import HOST, device, fleet_of, line, waiting

ARGUMENTS = """-F none -N -T -a -x \
-o ExitOnForwardFailure=yes -o ServerAliveInterval=10 -o ServerAliveCountMax=2 -o TCPKeepAlive=yes \
-o ConnectTimeout=15 -o ConnectionAttempts=1 -o BatchMode=yes -o PreferredAuthentications=publickey \
-o IdentitiesOnly=yes -o IdentityAgent=none -o StrictHostKeyChecking=yes -o GlobalKnownHostsFile=/dev/null \
-o UpdateHostKeys=no -o CheckHostIP=no -o ForwardAgent=no -o ForwardX11=no -o RequestTTY=no \
-o PermitLocalCommand=no -o ControlMaster=no -o ControlPath=none -o IdentityFile=/etc/papaya/id_ed25519 \
-o UserKnownHostsFile=/etc/papaya/known_hosts -R 127.0.0.1:20001:127.0.0.1:22 -p 22 -l papaya \
-- bastion.example.com"""


def test_ssh_is_told_everything_and_reads_no_other_configuration() -> None:
    assert " ".join(ssh_arguments(line())) == ARGUMENTS
    assert ssh_arguments(line(), in_background=True)[:2] == ("-f", "-y")


def test_other_files_stand_in_for_those_of_the_line() -> None:
    arguments = ssh_arguments(line(), identity_file="/run/key", known_hosts="/run/hosts")
    assert "IdentityFile=/run/key" in arguments
    assert "UserKnownHostsFile=/run/hosts" in arguments


def test_ssh_itself_reads_what_was_meant(tmp_path: Path) -> None:
    known, key = tmp_path / "known %h hosts #1", tmp_path / "it's $HOME"
    for path in (known, key):
        path.touch()
    arguments = ssh_arguments(line(known_hosts=str(known), identity_file=str(key)))
    asked = subprocess.run(["ssh", "-G", *arguments], capture_output=True, text=True, check=True).stdout
    settings = dict(setting.split(" ", 1) for setting in asked.splitlines() if " " in setting)
    assert settings["userknownhostsfile"] == str(known)
    assert settings["identityfile"] == str(key)
    assert settings["hostname"] == HOST
    assert settings["stricthostkeychecking"] == "true"
    assert settings["remoteforward"] == "[127.0.0.1]:20001 [127.0.0.1]:22"


def test_every_forward_has_a_line_and_a_service_of_its_own() -> None:
    its = device(remote_port="auto", local_port=2222)
    ports = Ports({HOST: {"PM-0001": {"ssh": 20417, "web": 20999}}})
    lines = lines_of(fleet_of([its], forwards={"web": 8080}), its, ports)
    assert [(one.unit, one.forward) for one in lines] == [
        ("papaya-ssh.service", Forward("ssh", 20417, 2222)),
        ("papaya-ssh@web.service", Forward("web", 20999, 8080)),
    ]


def test_a_port_that_the_manifest_fixes_is_not_asked_from_the_lock_file() -> None:
    its = device(forward_ports={"web": 5})
    lines = lines_of(fleet_of([its], forwards={"web": 80}), its, Ports({HOST: {"PM-0001": {"ssh": 1}}}))
    assert [one.forward.remote_port for one in lines] == [20001, 5]


def test_an_address_has_one_spelling() -> None:
    assert line(host="[2001:DB8::1]").host == "2001:db8::1"
    assert line(host="Bastion.Example.COM").host == HOST


@pytest.mark.parametrize(
    ("its", "message", "remedy"),
    [
        (replace(device(), tunnel=None), "keeps no tunnel", "tunnel: {remotePort: auto}"),
        (device(enabled=False), "is switched off", "enabled: true"),
        (device(host=None), "leads to no host", "bastion.example.com"),
        (device(remote_port=None), "has no remotePort", "remotePort: auto"),
        (waiting("PM-1"), "no port on bastion.example.com is allotted to PM-1 yet", "tunnel ports --write"),
        (device(host="-oProxyCommand=x"), "tunnel.host", "no dash"),
        (device(host="bastion:2222"), "tunnel.host", "port: 2222"),
        (device(user="-x"), "tunnel.user", "no dash first"),
        (device(user="a b"), "tunnel.user", "no dash first"),
        (device(port=70000), "tunnel.port", "1 to 65535"),
        (device(remote_port=0), "0 is no port", "1 to 65535"),
        (device(identity_file="id"), "tunnel.identityFile", "whole path"),
        (device(identity_file="~/.ssh/id"), "tunnel.identityFile", "whole path"),
        (device(known_hosts="/a/../b"), "tunnel.knownHosts", "without .."),
        (device(known_hosts="/a${HOME}"), "tunnel.knownHosts", "another name"),
        (device(known_hosts="/a\n[Service]"), "tunnel.knownHosts", "another name"),
        (device(known_hosts='/a"b'), "tunnel.knownHosts", "another name"),
    ],
)
def test_what_is_missing_or_cannot_be_said_is_told_with_its_place(
    its: Device, message: str, remedy: str
) -> None:
    with pytest.raises(PapayaError) as raised:
        lines_of(fleet_of([its]), its, Ports())
    assert message in raised.value.message
    assert remedy in raised.value.remedy
    assert "\n" not in raised.value.message
