"""Two fleets on one bastion, a real sshd: neither's files replace the other's, and shared ports are told."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from papaya.cli import main
from papaya.tunnel.bastion import KEYS_FOLDER
from tests.tunnel.bastion import PATIENCE, Sshd, free_port, make_key, public_key

OLD_SETTINGS = """\
MaxStartups 10:30:100

Match User {user}
    AuthorizedKeysFile {keys}/%u
    AllowTcpForwarding remote
    MaxSessions 0
    ForceCommand /bin/false
Match all
"""
MANIFEST = """\
apiVersion: papaya/v1
kind: Fleet
metadata: {{name: {fleet}}}
tunnel: {{host: bastion.example.com, user: {user}}}
countries:
- {{name: INDIA, states: [{{name: Goa, devices: [{{name: {device}, tunnel: {{remotePort: {port}}}}}]}}]}}
"""


@dataclass(frozen=True, slots=True)
class OneFleet:
    """A fleet of one device: its manifest, the device's key and its port."""

    name: str
    folder: Path
    key: Path
    port: int

    @classmethod
    def make(cls, name: str, folder: Path, user: str, port: int) -> OneFleet:
        """Return a fleet whose manifest and keys are in a folder."""
        folder.mkdir()
        text = MANIFEST.format(fleet=name, user=user, device=f"{name}-1", port=port)
        (folder / "fleet.yaml").write_text(text, encoding="utf-8")
        (folder / "keys").mkdir()
        made = cls(name, folder, folder / "key", port)
        make_key(made.key)
        shutil.copy(f"{made.key}.pub", folder / "keys" / f"{name}-1.pub")
        return made

    def render(self, out: Path) -> int:
        """Render the bastion's files; return the exit code."""
        return main(["tunnel", "bastion", "-f", str(self.folder / "fleet.yaml"), "-o", str(out)])


class SharedBastion:
    """A bastion whose /etc/ssh is a folder below a place that everybody may read, as sshd's reader must."""

    def __init__(self, root: Path, work: Path) -> None:
        self.rendered = work / "out"
        self.etc = root / "ssh"
        for folder in ("papaya", "sshd_config.d"):
            (self.etc / folder).mkdir(parents=True)
        self.sshd = Sshd(work / "sshd", [f"Include {self.etc}/sshd_config.d/*.conf"])

    @property
    def user(self) -> str:
        """The user that devices sign in as."""
        return self.sshd.user

    def copy(self) -> None:
        """Copy what was rendered, as rsync does: what is there already stays."""
        source = self.rendered / "bastion.example.com/etc/ssh"
        for path in source.rglob("*"):
            target = self.etc / path.relative_to(source)
            if path.is_dir():
                target.mkdir(exist_ok=True)
            else:
                text = path.read_text(encoding="utf-8").replace(KEYS_FOLDER, f"{self.etc}/papaya")
                # Only root can become somebody else.
                reader = "nobody" if os.geteuid() == 0 else self.user
                target.write_text(
                    text.replace("CommandUser nobody", f"CommandUser {reader}"), encoding="utf-8"
                )

    def lets_in(self, key: Path, port: int) -> bool:
        """Return whether the owner of a key may listen on a port."""
        hosts = self.etc.parent / "known_hosts"
        hosts.write_text(self.sshd.known_hosts_line, encoding="utf-8")
        options = (
            "BatchMode=yes",
            "IdentitiesOnly=yes",
            "ExitOnForwardFailure=yes",
            f"UserKnownHostsFile={hosts}",
        )
        command = [
            "ssh",
            "-F",
            "none",
            "-i",
            str(key),
            "-p",
            str(self.sshd.port),
            "-l",
            self.user,
            "-f",
            "-N",
        ]
        command += [word for option in options for word in ("-o", option)]
        command += [
            "-S",
            str(self.etc.parent / "control"),
            "-M",
            "-R",
            f"127.0.0.1:{port}:127.0.0.1:9",
            "127.0.0.1",
        ]
        done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, timeout=PATIENCE)  # fmt: skip
        if done.returncode == 0:
            leave = ["ssh", "-F", "none", "-S", str(self.etc.parent / "control"), "-O", "exit", "127.0.0.1"]
            subprocess.run(leave, check=True, capture_output=True, timeout=PATIENCE)
        return done.returncode == 0


@contextmanager
def readable_folder() -> Iterator[Path]:
    """Yield a new folder that every user may read."""
    with tempfile.TemporaryDirectory(prefix="papaya-bastion-", dir="/tmp") as made:
        Path(made).chmod(0o755)
        yield Path(made)


@pytest.fixture
def bastion(tmp_path: Path) -> Iterator[SharedBastion]:
    with readable_folder() as root:
        yield SharedBastion(root, tmp_path)


def test_two_fleets_with_the_same_user_share_a_bastion(bastion: SharedBastion, tmp_path: Path) -> None:
    fleets = [
        OneFleet.make(name, tmp_path / name, bastion.user, free_port()) for name in ("garage", "meters")
    ]
    for fleet in fleets:
        assert fleet.render(bastion.rendered) == 0
    bastion.copy()
    with bastion.sshd:
        for fleet in fleets:
            assert bastion.lets_in(fleet.key, fleet.port), bastion.sshd.log
        first, second = fleets
        # Each has its own port alone.
        assert not bastion.lets_in(first.key, second.port)
        # sshd drops all keys of a command that fails: a file that cannot be read costs its own fleet alone.
        (bastion.etc / f"papaya/{bastion.user}.d/closed.keys").touch(mode=0o000)
        assert all(bastion.lets_in(fleet.key, fleet.port) for fleet in fleets), bastion.sshd.log
        # Who is locked out stays out, though an editor kept a copy.
        keys = next(bastion.etc.glob(f"papaya/{bastion.user}.d/meters.keys"))
        keys.rename(keys.with_name("meters.keys~"))
        assert not bastion.lets_in(second.key, second.port)
        assert bastion.lets_in(first.key, first.port)


def test_what_an_earlier_edition_set_up_goes_on_working_beside_the_new_files(
    bastion: SharedBastion, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old_key, old_port = tmp_path / "old", free_port()
    make_key(old_key)
    keys = bastion.etc / "papaya"
    (bastion.etc / "sshd_config.d/20-papaya.conf").write_text(
        OLD_SETTINGS.format(user=bastion.user, keys=keys), encoding="utf-8"
    )
    options = f'restrict,port-forwarding,permitlisten="127.0.0.1:{old_port}"'
    (keys / bastion.user).write_text(f"{options} {public_key(old_key)}\n", encoding="utf-8")
    old = bastion.rendered / "bastion.example.com/etc/ssh/sshd_config.d/20-papaya.conf"
    old.parent.mkdir(parents=True)
    shutil.copy(bastion.etc / "sshd_config.d/20-papaya.conf", old)
    fleet = OneFleet.make("meters", tmp_path / "meters", bastion.user, free_port())
    assert fleet.render(bastion.rendered) == 0
    assert f"{old} is of an earlier edition." in capsys.readouterr().err
    bastion.copy()
    with bastion.sshd:
        assert bastion.lets_in(old_key, old_port), bastion.sshd.log
        assert bastion.lets_in(fleet.key, fleet.port), bastion.sshd.log


def test_a_port_that_two_fleets_have_is_refused_before_anything_is_written(
    bastion: SharedBastion, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    first = OneFleet.make("garage", tmp_path / "garage", bastion.user, port)
    second = OneFleet.make("meters", tmp_path / "meters", bastion.user, port)
    assert first.render(bastion.rendered) == 0
    before = sorted(bastion.rendered.rglob("*"))
    assert second.render(bastion.rendered) == 1
    said = capsys.readouterr().err
    told = f"port {port} of bastion.example.com is allotted to meters-1, and to garage-1 of the fleet garage"
    assert f"{told}: nothing was written" in said
    assert "papaya tunnel ports --write" in said
    assert sorted(bastion.rendered.rglob("*")) == before
    # The first fleet has nothing to say against itself.
    assert first.render(bastion.rendered) == 0


def test_on_the_bastion_the_status_names_ports_that_two_fleets_have(
    bastion: SharedBastion,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = free_port()
    for name in ("garage", "meters"):
        assert OneFleet.make(name, tmp_path / name, bastion.user, port).render(tmp_path / f"out-{name}") == 0
        bastion.rendered = tmp_path / f"out-{name}"
        bastion.copy()
    capsys.readouterr()
    monkeypatch.setattr("papaya.tunnel.bastion.KEYS_FOLDER", str(bastion.etc / "papaya"))
    assert main(["tunnel", "status", "--on-bastion", "-f", str(tmp_path / "meters/fleet.yaml")]) == 1
    said = capsys.readouterr().err
    assert (
        f"warning: port {port} of bastion.example.com is allotted to meters-1, and to garage-1 of the" in said
    )
