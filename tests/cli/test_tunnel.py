"""`papaya tunnel`: from a manifest to both ends' files, and the service of this machine."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from papaya.cli import main
from papaya.engine.address import Address
from papaya.engine.desire import desire
from papaya.resources import locate
from papaya.settings.private_file import locked
from papaya.workspace.fleet import load_fleet
from tests.tunnel.bastion import make_key
from tests.unit.tunnel.devices import LINE_KEY

GARAGE = str(locate("manifests", "environments"))
FLEET = f"""\
apiVersion: papaya/v1
kind: Fleet
metadata: {{name: garage}}
tunnel:
  host: bastion.example.com
  remotePorts: {{from: 20000, to: 32767}}
  hostKeys: [{LINE_KEY}]
  forwards: {{web: 8080}}
countries:
  - name: INDIA
    states:
      - name: Karnataka
        devices:
          - {{name: GM-001, tunnel: {{remotePort: auto}}}}
          - {{name: GM-002, tunnel: {{remotePort: 20001}}}}
          - {{name: GM-003}}
"""
UNITS = Path("etc/systemd/system")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a manifest, which is the working folder."""
    (tmp_path / "fleet.yaml").write_text(FLEET, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def allotted(folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Return that folder once its ports are allotted."""
    assert main(["tunnel", "ports", "--write"]) == 0
    capsys.readouterr()
    return folder


def keep_key(folder: Path, device: str) -> str:
    """Keep a new public key of a device beside the manifest, and return its text without the comment."""
    key = folder / "private" / device
    key.parent.mkdir(exist_ok=True)
    (folder / "keys").mkdir(exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    text = Path(f"{key}.pub").read_text(encoding="utf-8")
    (folder / "keys" / f"{device}.pub").write_text(text, encoding="utf-8")
    return " ".join(text.split()[:2])


def test_ports_are_allotted_once_and_only_when_asked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = folder / "tunnel-ports.lock.yaml"
    assert main(["tunnel", "ports"]) == 0
    told = capsys.readouterr()
    assert not lock.exists()
    assert "papaya tunnel ports --write" in told.err
    assert "bastion.example.com:20001  GM-002  fixed\n" in told.out
    assert main(["tunnel", "ports", "--write"]) == 0
    before = lock.read_text(encoding="utf-8")
    assert main(["tunnel", "ports", "--write"]) == 0
    assert lock.read_text(encoding="utf-8") == before
    text = FLEET.replace("{name: GM-003}", "{name: GM-003, tunnel: {remotePort: auto}}")
    (folder / "fleet.yaml").write_text(
        text.replace("{name: GM-001, tunnel: {remotePort: auto}}", "{name: X}")
    )
    assert main(["tunnel", "ports", "--write"]) == 0
    after = lock.read_text(encoding="utf-8")
    assert set(before.splitlines()) < set(after.splitlines())
    assert "    GM-003: {ssh: " in after


def test_no_name_of_a_device_commands_the_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = FLEET.replace("name: GM-001", r'name: "GM\e]0;x\nY"').replace("name: GM-003", 'name: "\\x9bZ"')
    (folder / "fleet.yaml").write_text(text, encoding="utf-8")
    assert main(["tunnel", "ports", "--write"]) == 1
    refused = capsys.readouterr()
    assert "name holds the invisible character U+001B" in refused.err
    assert "name holds the invisible character U+009B" in refused.err
    (folder / "fleet.yaml").write_text(FLEET, encoding="utf-8")
    for command in ("render \x9bZ", "status \x9bZ", "check \x1b]0;x", "authorized-key \x1b]0;x"):
        assert main(["tunnel", *command.split()]) == 1
    told = capsys.readouterr()
    assert r"\u009bZ" in told.err
    assert all(line.isprintable() for line in (refused.out + refused.err + told.out + told.err).splitlines())


def test_a_fleet_without_tunnels_is_told_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "fleet.yaml").write_text(
        FLEET.replace("tunnel: {remote", "attributes: {remote"), encoding="utf-8"
    )
    assert main(["tunnel", "ports"]) == 0
    assert capsys.readouterr() == ("", "No device of the fleet garage asks for a port.\n")


def test_that_ports_are_missing_is_a_warning_until_they_are_allotted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate"]) == 0
    told = capsys.readouterr().out
    assert "warning: no port on bastion.example.com is allotted to GM-001 and 2 more yet" in told
    assert main(["tunnel", "ports", "--write"]) == 0
    capsys.readouterr()
    assert main(["validate"]) == 0
    assert capsys.readouterr().out.endswith("no faults.\n")


def test_what_is_not_allotted_is_refused_with_what_to_run(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tunnel", "render", "GM-001"]) == 1
    told = capsys.readouterr().err
    assert "fleet.yaml:14:28: no port on bastion.example.com is allotted to GM-001 yet" in told
    assert "papaya tunnel ports --write" in told


def test_plan_bundle_and_tunnel_see_the_same_port(allotted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tunnel", "ports", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["formatVersion"] == "1"
    port = next(one["port"] for one in document["ports"] if one["device"] == "GM-001")
    entity = desire(load_fleet([allotted / "fleet.yaml"])).entities[Address("device", "GM-001")]
    assert entity.server["tunnel.remotePort"] == port
    bundle = allotted / "bundle.yaml"
    assert main(["render", "--device", "GM-001", "-o", str(bundle)]) == 0
    away = allotted / "away"
    away.mkdir()
    bundle.rename(away / "bundle.yaml")
    assert main(["tunnel", "render", "-f", str(away / "bundle.yaml")]) == 0
    assert f" -R 127.0.0.1:{port}:127.0.0.1:22 " in capsys.readouterr().out


def test_a_saved_plan_is_stale_when_its_ports_have_changed(allotted: Path) -> None:
    before = load_fleet(["fleet.yaml"]).digest
    lock = allotted / "tunnel-ports.lock.yaml"
    lock.write_text(lock.read_text(encoding="utf-8").replace("hosts:", "hosts: # moved"), encoding="utf-8")
    assert load_fleet(["fleet.yaml"]).digest != before


def test_a_lock_file_with_a_port_for_two_names_both(
    allotted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = allotted / "tunnel-ports.lock.yaml"
    lock.write_text(lock.read_text(encoding="utf-8") + "    GM-009: {ssh: 5}\n    GM-010: {ssh: 5}\n")
    fault = "the port 5 on bastion.example.com is allotted to GM-009 and to GM-010"
    for command in (["validate"], ["tunnel", "render", "GM-001"], ["tunnel", "ports", "--write"]):
        assert main(command) == 1
        told = capsys.readouterr()
        assert fault in told.out + told.err


def test_a_lock_file_is_no_part_of_a_folder_of_manifests(allotted: Path) -> None:
    folder = allotted / "manifests"
    folder.mkdir()
    for name in ("fleet.yaml", "tunnel-ports.lock.yaml"):
        (allotted / name).rename(folder / name)
    assert main(["validate", str(folder)]) == 0
    assert main(["tunnel", "render", "GM-001", "-f", str(folder)]) == 0


def test_the_example_has_its_ports(capsys: pytest.CaptureFixture[str]) -> None:
    for environment in ("staging", "production"):
        assert main(["tunnel", "ports", "-f", GARAGE, "-e", environment]) == 0
        told = capsys.readouterr()
        assert "new" not in told.out
        assert told.err == ""


def test_rendering_twice_changes_nothing(allotted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tunnel", "render", "GM-001", "-o", "out"]) == 0
    assert capsys.readouterr().out.count("wrote") == 3
    assert main(["tunnel", "render", "GM-001", "-o", "out"]) == 0
    assert capsys.readouterr().out.count("unchanged") == 3
    names = {path.name for path in (allotted / "out").iterdir()}
    assert names == {"papaya-ssh.service", "papaya-ssh@web.service", "known_hosts"}


def test_a_key_is_made_once_and_only_its_owner_may_read_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "below" / "id"
    assert main(["tunnel", "keygen", "GM-001", "--out", str(path)]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("ssh-ed25519 AAAA")
    assert told.out.endswith(" GM-001\n")
    assert "keys/GM-001.pub" in told.err
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    assert main(["tunnel", "keygen", "GM-001", "--out", str(path)]) == 1
    assert "never replaced" in capsys.readouterr().err
    assert path.read_bytes() == before
    assert "PRIVATE" not in told.out + told.err


def test_a_key_that_cannot_be_made_is_told_without_numbers(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tunnel", "keygen", "GM-001", "--out", "fleet.yaml/folder/key"]) == 1
    assert (
        f"Error: {folder}/fleet.yaml/folder/key cannot be made: not a directory\n" in capsys.readouterr().err
    )


def test_the_bastion_is_told_who_may_listen_where(allotted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = keep_key(allotted, "GM-002")
    assert main(["tunnel", "bastion", "-o", "out"]) == 0
    told = capsys.readouterr()
    assert told.err == "Left out: GM-001 has no public key yet, keys/GM-001.pub\n"
    keys = (allotted / "out/bastion.example.com/etc/ssh/papaya/papaya.d/garage.keys").read_text(
        encoding="utf-8"
    )
    (row,) = keys.splitlines()[1:]
    assert row.startswith('restrict,port-forwarding,permitlisten="127.0.0.1:20001",permitlisten="127.0.0.1:')
    assert row.endswith(f" {key} GM-002")
    settings = allotted / "out/bastion.example.com/etc/ssh/sshd_config.d/20-papaya-garage.conf"
    assert "Match User papaya\n" in settings.read_text(encoding="utf-8")
    assert main(["tunnel", "bastion", "-o", "out"]) == 0
    assert capsys.readouterr().out.count("unchanged") == 2


def test_the_line_of_one_device_can_be_appended(allotted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = keep_key(allotted, "GM-002")
    assert main(["tunnel", "authorized-key", "GM-002"]) == 0
    *settings, row = capsys.readouterr().out.splitlines()
    assert row.endswith(f"{key} GM-002")
    assert all(one.startswith("#") for one in settings)
    assert "#     ClientAliveInterval 5" in settings
    assert main(["tunnel", "authorized-key", "GM-001"]) == 1
    assert "papaya tunnel keygen" in capsys.readouterr().err


def test_a_private_key_among_the_public_ones_is_refused_and_not_shown(
    allotted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_key(allotted, "GM-002")
    secret = (allotted / "private/GM-002").read_text(encoding="utf-8")
    (allotted / "keys/GM-002.pub").write_text(secret, encoding="utf-8")
    assert main(["tunnel", "bastion"]) == 1
    told = capsys.readouterr()
    assert "holds a private key" in told.err
    assert secret.splitlines()[1][:20] not in told.out + told.err


def test_an_operator_reaches_devices_by_name(allotted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tunnel", "ssh-config", "--jump-user", "alice", "--device-user", "pi"]) == 0
    blocks = capsys.readouterr().out.split("\n\n")
    assert blocks[2].startswith(
        "Host GM-002\n    HostName 127.0.0.1\n    Port 20001\n    User pi\n"
        "    HostKeyAlias GM-002\n    ProxyJump alice@bastion.example.com\n"
    )


def test_installing_twice_changes_nothing_and_a_change_is_shown(
    allotted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install = ["tunnel", "install", "GM-001", "--root", "image"]
    assert main(install) == 0
    assert capsys.readouterr().out.count("wrote") == 4
    wanted = allotted / "image" / UNITS / "multi-user.target.wants"
    assert {path.name: path.readlink() for path in wanted.iterdir()} == {
        name: Path("/etc/systemd/system") / name for name in ("papaya-ssh.service", "papaya-ssh@web.service")
    }
    assert main(install) == 0
    assert capsys.readouterr().out.count("unchanged") == 4
    (allotted / "fleet.yaml").write_text(FLEET.replace("bastion.", "gate."), encoding="utf-8")
    assert main(["tunnel", "ports", "--write"]) == 0
    assert main(install) == 0
    told = capsys.readouterr().out
    assert "    -Description=papaya tunnel of GM-001: bastion.example.com:" in told
    assert "    +Description=papaya tunnel of GM-001: gate.example.com:" in told
    (allotted / "fleet.yaml").write_text(FLEET.replace("  forwards: {web: 8080}\n", ""), encoding="utf-8")
    assert main(install) == 0
    assert not (allotted / "image" / UNITS / "papaya-ssh@web.service").exists()
    assert (allotted / "image" / UNITS / "papaya-ssh.service").exists()
    assert main(["tunnel", "uninstall", "GM-002", "--root", "image"]) == 1
    assert "this machine is GM-001, not GM-002" in capsys.readouterr().err
    assert main(["tunnel", "uninstall", "fleet.yaml", "GM-*2", "--root", "image"]) == 1
    assert "this machine is GM-001, not GM-002" in capsys.readouterr().err
    assert main(["tunnel", "uninstall", "-f", "fleet.yaml", "--target", "GM-009", "--root", "image"]) == 1
    assert "the fleet garage has no device GM-009" in capsys.readouterr().err
    assert main(["tunnel", "uninstall", "-f", "fleet.yaml", "*/*/GM-001", "--root", "image"]) == 0
    left = [path.name for path in (allotted / "image").rglob("*") if path.is_file()]
    assert left == ["known_hosts"]
    assert not any(path.is_symlink() for path in (allotted / "image").rglob("*"))
    assert main(["tunnel", "uninstall", "--root", "image"]) == 0
    assert "is not installed" in capsys.readouterr().out


def test_the_agent_may_restart_the_tunnel_only_where_that_was_asked_for(allotted: Path) -> None:
    install = ["tunnel", "install", "GM-001", "--root", "image"]
    folder = allotted / "image" / UNITS
    own = {"papaya-ssh.service", "papaya-ssh@web.service"}
    assert main([*install, "--restart-by-agent"]) == 0
    assert {path.name for path in folder.glob("papaya*")} == own | {
        "papaya-ssh-restart.path",
        "papaya-ssh-restart.service",
    }
    restart = (folder / "papaya-ssh-restart.service").read_text(encoding="utf-8")
    assert "restart papaya-ssh.service papaya-ssh@web.service\n" in restart
    assert main(install) == 0
    assert {path.name for path in folder.glob("papaya*")} == own


def test_a_dry_run_writes_nothing(allotted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tunnel", "install", "GM-001", "--root", "image", "--dry-run"]) == 0
    assert not (allotted / "image").exists()
    assert "    Type=forking\n" in capsys.readouterr().out


def test_a_bundle_of_the_image_is_enough_to_install_again(allotted: Path) -> None:
    assert main(["tunnel", "install", "GM-001", "--root", "image"]) == 0
    bundle = allotted / "image/etc/papaya/tunnel.yaml"
    before = (allotted / "image" / UNITS / "papaya-ssh.service").read_text(encoding="utf-8")
    assert main(["tunnel", "install", "-f", str(bundle), "--root", "image"]) == 0
    assert (allotted / "image" / UNITS / "papaya-ssh.service").read_text(encoding="utf-8") == before


def test_nobody_installs_while_another_one_does(allotted: Path) -> None:
    (allotted / "image" / UNITS).mkdir(parents=True)
    with locked(allotted / "image" / UNITS):
        command = [sys.executable, "-m", "papaya", "tunnel", "install", "GM-001", "--root", "image"]
        installing = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        with pytest.raises(subprocess.TimeoutExpired):
            installing.wait(3)
        assert not list((allotted / "image").rglob("papaya-ssh*"))
    assert installing.wait(30) == 0


def test_no_link_in_an_image_leads_out_of_it(allotted: Path, capsys: pytest.CaptureFixture[str]) -> None:
    elsewhere = allotted / "elsewhere"
    elsewhere.mkdir()
    (allotted / "image" / "etc").mkdir(parents=True)
    (allotted / "image" / "etc" / "papaya").symlink_to(elsewhere)
    assert main(["tunnel", "install", "GM-001", "--root", "image"]) == 1
    assert "leads out of image" in capsys.readouterr().err
    assert not list(elsewhere.iterdir())


def test_a_key_that_the_service_could_not_use_is_told_before_anything_is_installed(
    allotted: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    key = allotted / "key"
    text = FLEET.replace("  forwards:", f"  identityFile: {key}\n  forwards:")
    (allotted / "fleet.yaml").write_text(text, encoding="utf-8")
    assert main(["tunnel", "install", "GM-001"]) == 1
    assert f"there is no key {key}" in capsys.readouterr().err
    make_key(key, passphrase="secret")
    assert main(["tunnel", "install", "GM-001"]) == 1
    told = capsys.readouterr()
    assert f"{key} has a passphrase\nA service cannot enter it. Remove it: ssh-keygen" in told.err
    assert not told.out


@pytest.mark.parametrize("verb", ["install", "uninstall"])
def test_that_root_is_needed_is_said_before_anything_is_done(
    verb: str, allotted: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The suite may run as root.
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert main(["tunnel", verb, *(["GM-001"] if verb == "install" else [])]) == 1
    assert f"papaya tunnel {verb} needs the rights of root" in capsys.readouterr().err


def test_an_old_configuration_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    old = (
        "[assets]\ncountry_name = INDIA\nstate_name = Karnataka\ndevice_name = PM-1\n[ssh]\nenabled = true\n"
        "host = bastion.example.com\nuser = tunnel\nkey_path = /home/pi/.ssh/id_rsa\nremote_port = 20007\n"
    )
    (tmp_path / "config.properties").write_text(old, encoding="utf-8")
    assert main(["tunnel", "render"]) == 0
    unit = capsys.readouterr().out
    assert " -R 127.0.0.1:20007:127.0.0.1:22 -p 22 -l tunnel -- bastion.example.com\n" in unit
    assert "LoadCredential=identity:/home/pi/.ssh/id_rsa\n" in unit
    assert main(["tunnel", "install", "--root", "image"]) == 0
    assert main(["validate", "image/etc/papaya/tunnel.yaml"]) == 0
    assert main(["init", "--from-config", "config.properties", "new.yaml"]) == 0
    capsys.readouterr()
    assert main(["tunnel", "render", "-f", "new.yaml"]) == 0
    assert capsys.readouterr().out == unit
    (tmp_path / "config.properties").write_text(old.replace("true", "false"), encoding="utf-8")
    assert main(["tunnel", "render"]) == 1
    told = capsys.readouterr().err
    assert "config.properties:7: the tunnel of PM-1 is switched off" in told


def test_without_a_manifest_it_is_said_what_to_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["tunnel", "render"]) == 1
    assert "-f PATH" in capsys.readouterr().err


def test_the_status_of_this_machine_needs_its_name_or_a_look_from_the_bastion(
    allotted: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tunnel", "status"]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "which of the 3 devices of the fleet garage is this?" in said
    assert "--from-bastion" in said
