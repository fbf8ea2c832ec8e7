"""The bastion's side: exact texts, what sshd says about them, and who is left out."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from papaya.errors import PapayaError
from papaya.tunnel.bastion import authorized_keys, bastions_of, recommended_settings, server_settings
from papaya.tunnel.known_hosts import fingerprint, known_hosts_of
from papaya.tunnel.line import ALIVE_COUNT, ALIVE_INTERVAL, Line, lines_of
from papaya.tunnel.ports import Ports
from papaya.tunnel.public_keys import PublicKey, read_keys
from papaya.tunnel.ssh_config import ssh_config
from tests.unit.tunnel.devices import HOST, LINE_KEY, device, fleet_of, line

COMMAND = "/usr/bin/find /etc/ssh/papaya/%u.d -name *.keys -type f -perm -444 -exec /bin/cat {} +"
SETTINGS = f"""\
# How sshd treats the devices of the fleet meters: written by papaya tunnel bastion, which writes it again.
# They are the same for every fleet: several on one bastion do not contradict each other.
# After a power cut the devices of all fleets may knock at once.
MaxStartups 500:30:1500

Match User papaya
    # Of several fleets with this user sshd takes the first file alone; the command reads those of all.
    AuthorizedKeysFile /etc/ssh/papaya/%u.d/meters.keys /etc/ssh/papaya/%u
    AuthorizedKeysCommand {COMMAND}
    AuthorizedKeysCommandUser nobody
    AuthenticationMethods publickey
    # A connection that went silent gives its port back after three of these intervals, after six with
    # OpenSSH 9.2 to 9.4; but not while somebody tries that port more often than once an interval.
    ClientAliveInterval 5
    ClientAliveCountMax 2
    # Ports that lead to devices, on the bastion's own address; nothing else.
    AllowTcpForwarding remote
    GatewayPorts no
    PermitOpen none
    # permitlisten is about ports only: a key could otherwise make sockets in the file system.
    AllowStreamLocalForwarding no
    AllowAgentForwarding no
    X11Forwarding no
    PermitTunnel no
    PermitTTY no
    PermitUserRC no
    MaxSessions 0
    ForceCommand /bin/false
Match all
"""
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEb2Hn5m0dTt1y8YJmZ0m3M7J0bq8y1m0yD0yqY3b1mA"
SSHD = shutil.which("sshd") or (path if Path(path := "/usr/sbin/sshd").exists() else None)

needs_sshd = pytest.mark.skipif(SSHD is None, reason="sshd is not on this machine")


def settings_for(number: int, version: str | None = None, **tunnel: object) -> str:
    """Return the settings of a bastion with so many devices."""
    lines = [line(f"PM-{one:05}", remote_port=20000 + one, **tunnel) for one in range(number)]
    (bastion,) = bastions_of(lines, version, "meters")
    return server_settings(bastion)


def setting(text: str, name: str) -> str | None:
    """Return the value of a setting."""
    found = [row.split(maxsplit=1)[1] for row in text.splitlines() if row.strip().startswith(f"{name} ")]
    return found[0] if found else None


def test_the_settings_of_a_bastion_are_this_text() -> None:
    assert settings_for(1) == SETTINGS


def test_an_operator_is_told_the_bare_settings() -> None:
    (bastion,) = bastions_of([line()], None)
    assert "    MaxSessions 0" in recommended_settings(bastion)
    assert not [one for one in recommended_settings(bastion) if not one or one.strip().startswith("#")]


def test_the_bastion_gives_up_before_the_device_does() -> None:
    """Else the device finds its own port taken by its own dead connection."""
    interval = int(setting(settings_for(1), "ClientAliveInterval") or 0)
    count = int(setting(settings_for(1), "ClientAliveCountMax") or 0)
    # OpenSSH 9.2 to 9.4 ask at every other interval only.
    assert 2 * interval * (count + 1) <= ALIVE_INTERVAL * (ALIVE_COUNT + 1) <= 30


def test_what_sshd_has_once_for_all_users_does_not_depend_on_the_fleet() -> None:
    """sshd takes what it reads first: a small fleet's settings must do for the large one beside it."""
    for name in ("MaxStartups", "PerSourcePenalties"):
        assert setting(settings_for(1, "9.8"), name) == setting(settings_for(10_000, "9.8"), name)


@pytest.mark.parametrize("version", [None, "9.2p1", "9.7", "8.4", "something"])
def test_an_older_server_is_told_nothing_of_penalties(version: str | None) -> None:
    assert "PerSourcePenalt" not in settings_for(1, version)


@pytest.mark.parametrize("version", ["9.8", "OpenSSH_9.9p2", "10.0"])
def test_devices_that_share_an_address_do_not_shut_each_other_out(version: str) -> None:
    assert setting(settings_for(100, version), "PerSourcePenalties") == (
        "authfail:1s noauth:1s grace-exceeded:1s min:600s max:630s"
    )


def test_every_bastion_and_every_user_has_its_own_part() -> None:
    lines = [line("A"), line("B", user="beta"), line("C", host="other.example.com", user="gamma")]
    first, second = bastions_of(lines, None)
    assert (first.host, first.users) == (HOST, ("beta", "papaya"))
    assert (second.host, second.users) == ("other.example.com", ("gamma",))
    assert "Match User beta,papaya\n" in server_settings(first)


@needs_sshd
@pytest.mark.parametrize("number", [1, 1000])
def test_sshd_accepts_the_settings(number: int, tmp_path: Path) -> None:
    key = tmp_path / "host"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    configuration = tmp_path / "sshd_config"
    head = f"HostKey {key}\nPort 2222\n"
    tail = "PermitRootLogin no\n"
    configuration.write_text(head + settings_for(number, user="machine$") + tail, encoding="utf-8")
    asked = subprocess.run(
        [str(SSHD), "-T", "-C", "user=machine$,host=h,addr=10.0.0.1", "-f", str(configuration)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (asked.returncode, asked.stderr) == (0, "")
    effective = dict(row.split(" ", 1) for row in asked.stdout.splitlines() if " " in row)
    assert effective["allowtcpforwarding"] == "remote"
    assert effective["allowstreamlocalforwarding"] == "no"
    assert effective["authorizedkeysfile"] == "/etc/ssh/papaya/%u.d/meters.keys /etc/ssh/papaya/%u"
    assert effective["authorizedkeyscommand"].startswith("/usr/bin/find /etc/ssh/papaya/%u.d ")
    assert effective["maxsessions"] == "0"
    assert effective["clientaliveinterval"] == "5"
    # What follows the drop-in is not swallowed by its Match.
    assert effective["permitrootlogin"] == "no"
    others = subprocess.run(
        [str(SSHD), "-T", "-C", "user=alice,host=h,addr=10.0.0.1", "-f", str(configuration)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "maxsessions 10\n" in others
    assert "forcecommand none\n" in others


def test_the_keys_of_a_user_are_this_text_whatever_the_order() -> None:
    web = device("PM-0001", remote_port=20001, forward_ports={"web": 20002})
    lines: list[Line] = [
        line("PM-0002", remote_port=20007),
        *lines_of(fleet_of([web], forwards={"web": 80}), web, Ports()),
    ]
    keys = {
        "PM-0001": read_keys(f"{LINE_KEY} root@pm\n", "keys/PM-0001.pub"),
        "PM-0002": read_keys(f"# x\n\n{OTHER_KEY}\n", "keys/PM-0002.pub"),
    }
    head = "# Devices and the ports that they may listen on: "
    nothing_else = 'permitopen="127.0.0.1:1",command="/bin/false"'
    assert authorized_keys(lines[::-1], keys) == authorized_keys(lines, keys)
    assert authorized_keys(lines, keys).splitlines() == [
        f"{head}written by papaya tunnel bastion, which writes it again.",
        'restrict,port-forwarding,permitlisten="127.0.0.1:20001",permitlisten="127.0.0.1:20002",'
        f"{nothing_else} {LINE_KEY} PM-0001",
        f'restrict,port-forwarding,permitlisten="127.0.0.1:20007",{nothing_else} {OTHER_KEY} PM-0002',
    ]


def test_while_a_key_is_replaced_both_are_let_in() -> None:
    keys = {"PM-0001": read_keys(f"{LINE_KEY}\n{OTHER_KEY}\n{LINE_KEY} again\n", "keys/PM-0001.pub")}
    written = authorized_keys([line()], keys).splitlines()[1:]
    assert [row.split()[2] for row in written] == [LINE_KEY.split()[1], OTHER_KEY.split()[1]]


def test_a_key_that_two_devices_share_is_refused() -> None:
    keys = dict.fromkeys(("A", "B"), read_keys(LINE_KEY, "x"))
    with pytest.raises(PapayaError, match="A and B have the same key"):
        authorized_keys([line("A"), line("B", remote_port=20002)], keys)


def test_a_device_without_a_key_is_not_let_in() -> None:
    keys: dict[str, tuple[PublicKey, ...]] = {}
    assert authorized_keys([line()], keys).count("\n") == 1


def test_known_hosts_name_the_port_where_it_is_not_22() -> None:
    plain = device(host_keys=(f"{LINE_KEY} root@bastion",))
    assert known_hosts_of(plain).splitlines()[1:] == [f"{HOST} {LINE_KEY}"]
    other = device(host_keys=(LINE_KEY,), port=2222, host="[2001:db8::1]")
    assert known_hosts_of(other).splitlines()[1:] == [f"[2001:db8::1]:2222 {LINE_KEY}"]
    assert known_hosts_of(device()) == ""


def test_a_fingerprint_is_the_one_that_ssh_shows(tmp_path: Path) -> None:
    path = tmp_path / "key.pub"
    path.write_text(f"{LINE_KEY}\n", encoding="utf-8")
    shown = subprocess.run(
        ["ssh-keygen", "-lf", str(path)], capture_output=True, text=True, check=True
    ).stdout
    assert fingerprint(LINE_KEY) == shown.split()[1]


def test_the_operators_configuration_is_read_by_ssh(tmp_path: Path) -> None:
    path = tmp_path / "config"
    lines = [line("PM 1"), line("PM-0002", remote_port=20002, port=2222, host="::1")]
    path.write_text(ssh_config(lines, jump_user="operator", device_user="pi"), encoding="utf-8")
    told = subprocess.run(
        ["ssh", "-G", "-F", str(path), "PM-0002"], capture_output=True, text=True, check=True
    ).stdout
    settings = dict(row.split(" ", 1) for row in told.splitlines() if " " in row)
    assert settings["hostname"] == "127.0.0.1"
    assert settings["port"] == "20002"
    assert settings["user"] == "pi"
    assert settings["hostkeyalias"] == "pm-0002"
    assert settings["proxyjump"] == "operator@[::1]:2222"
