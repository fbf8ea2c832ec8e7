"""`papaya tunnel check` against real sshds: each step, and what to do where the way ends."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from papaya.cli import main
from papaya.doctor.tunnel import check_host_key
from papaya.manifest.model import Device
from papaya.tunnel.known_hosts import fingerprint
from papaya.tunnel.line import Forward, Line
from tests.tunnel.bastion import Sshd, make_key
from tests.tunnel.rig import DEVICE, Rig

EVERY_STEP = ["ssh", "dns", "port", "host-key", "key", "authentication", "remote-port", "local-port"]


class Bench(Rig):
    """A rig on which check runs in this process."""

    capture: pytest.CaptureFixture[str]

    def check(self, *, code: int) -> dict[str, dict[str, Any]]:
        """Return the lines that check prints, by what they are about."""
        said = main(["tunnel", "check", DEVICE, "-f", str(self.manifest), "--json"])
        printed = self.capture.readouterr()
        assert said == code, printed.out + printed.err
        document = json.loads(printed.out)
        assert document["failed"] == (code == 1)
        found = {line["check"]: line for line in document["checks"]}
        # Nothing is left out without a word, and nothing of the trial stays.
        assert {*found, *document["notChecked"]} == set(EVERY_STEP)
        assert not self.ssh_processes()
        return found

    def failure(self) -> dict[str, Any]:
        """Return the one line that failed."""
        (failure,) = [line for line in self.check(code=1).values() if line["status"] == "failed"]
        return failure


@pytest.fixture
def rig(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    """Return a bastion, a device and a manifest that joins them."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    with Sshd(tmp_path / "bastion") as bastion, Sshd(tmp_path / "device") as device:
        bench = Bench(tmp_path, bastion=bastion, device=device)
        bench.capture = capsys
        yield bench


@contextlib.contextmanager
def speaking(text: bytes, port: int) -> Iterator[None]:
    """Say something at a port of loopback to whoever comes, and hang up."""
    with socket.create_server(("127.0.0.1", port)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        connection.sendall(text)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(30)


def test_a_way_without_faults_is_walked_to_its_end(rig: Bench) -> None:
    found = rig.check(code=0)
    assert list(found) == EVERY_STEP
    assert {line["status"] for line in found.values()} == {"ok"}
    assert fingerprint(rig.bastion.public_host_key) in found["host-key"]["text"]
    assert "is free" in found["remote-port"]["text"]


def test_a_port_that_leads_here_already_is_no_fault(rig: Bench) -> None:
    with rig.run() as run:
        run.told("up")
        assert main(["tunnel", "check", DEVICE, "-f", str(rig.manifest)]) == 0
        said = rig.capture.readouterr().out
        assert f"{rig.remote_port} leads to this device: its tunnel is up" in said


def test_an_unknown_host_key_comes_with_its_fingerprint_and_the_line_that_pins_it(rig: Bench) -> None:
    rig.known_hosts.write_text("", encoding="utf-8")
    failure = rig.failure()
    assert failure["check"] == "host-key"
    assert fingerprint(rig.bastion.public_host_key) in failure["text"]
    line = next(text for text in failure["remedy"].splitlines() if text.startswith("    [127.0.0.1]"))
    rig.known_hosts.write_text(line.strip() + "\n", encoding="utf-8")
    rig.check(code=0)
    keys = next(text for text in failure["remedy"].splitlines() if text.startswith("    hostKeys: "))
    rig.known_hosts.unlink()
    rig.write_manifest(hostKeys=json.loads(keys.partition(": ")[2]))
    rig.check(code=0)


def test_another_host_key_is_told_with_both_fingerprints(rig: Bench) -> None:
    pinned = fingerprint(rig.bastion.public_host_key)
    rig.bastion.change_host_key()
    failure = rig.failure()
    assert failure["check"] == "host-key"
    assert pinned in failure["text"]
    assert fingerprint(rig.bastion.public_host_key) in failure["text"]
    assert "another machine answers in its place" in failure["remedy"]


def test_a_line_of_known_hosts_that_is_no_key_pins_nothing(rig: Bench) -> None:
    whole = rig.known_hosts.read_text(encoding="utf-8")
    rig.known_hosts.write_text(
        f"{whole.rstrip()[:-9]}\n{whole.split()[0]} ssh-ed25519 AAAA\n", encoding="utf-8"
    )
    assert "no key of the bastion is pinned" in rig.failure()["text"]


def test_pinned_names_may_be_hashed(rig: Bench) -> None:
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(rig.known_hosts)], check=True, capture_output=True)
    assert "127.0.0.1" not in rig.known_hosts.read_text(encoding="utf-8")
    rig.check(code=0)


def test_a_bastion_that_is_away_ends_the_walk_there(rig: Bench) -> None:
    rig.bastion.kill()
    assert rig.failure()["check"] == "port"


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "ends the connection before it says what it is"),
        (b"Not allowed at this time\r\n", "turns this address away for now"),
        (b"SSH-1.5-old\r\n", "does not speak SSH"),
    ],
)
def test_something_else_than_sshd_is_told(rig: Bench, answer: bytes, told: str) -> None:
    rig.bastion.kill()
    with speaking(answer, rig.bastion.port):
        failure = rig.failure()
        assert failure["check"] == "host-key"
        assert "shows no host key" in failure["text"] and told in failure["text"]
        assert failure["remedy"]


def test_a_bastion_that_says_nothing_is_not_waited_for_longer_than_the_finding_says() -> None:
    device = Device(DEVICE, country="INDIA", state="Goa", profile="default")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        line = Line(
            DEVICE, "127.0.0.1", "papaya", silent.getsockname()[1], "/k", "/h", Forward("ssh", 20001, 22)
        )
        began = time.monotonic()
        (finding,) = check_host_key(line, device, greets_within=0.2)
    assert finding.status == "failed"
    assert "sends nothing for 0.2 s" in finding.text
    assert "systemctl status ssh" in finding.remedy
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("absent", "there is no key"),
        ("leads nowhere", "there is no key"),
        ("folder", "is no file"),
        ("junk", "ssh cannot use the key"),
        ("passphrase", "has a passphrase"),
        ("open", "others can read it"),
    ],
)
def test_a_key_that_nobody_can_use_unattended_is_told(rig: Bench, fault: str, told: str) -> None:
    rig.key.unlink()
    if fault == "junk":
        rig.key.write_text("junk\n", encoding="utf-8")
        rig.key.chmod(0o600)
    elif fault == "passphrase":
        make_key(rig.key, passphrase="secret")
    elif fault == "leads nowhere":
        rig.key.symlink_to("nowhere")
    elif fault == "folder":
        rig.key.mkdir()
    elif fault == "open":
        make_key(rig.key)
        rig.key.chmod(0o644)
    failure = rig.failure()
    assert (failure["check"], told in failure["text"]) == ("key", True), failure


def test_a_key_that_the_bastion_does_not_know_is_told(rig: Bench) -> None:
    rig.bastion.forget_keys()
    failure = rig.failure()
    assert failure["check"] == "authentication"
    assert f"papaya tunnel authorized-key {DEVICE}" in failure["remedy"]


def test_a_held_port_is_told_from_one_that_is_not_allowed(rig: Bench) -> None:
    with socket.create_server(("127.0.0.1", rig.remote_port)):
        failure = rig.failure()
        assert failure["check"] == "remote-port"
        assert "held by another session" in failure["text"]
    rig.bastion.forget_keys()
    rig.bastion.authorize(rig.key, 'restrict,port-forwarding,permitlisten="127.0.0.1:20001"')
    assert "does not allow port" in rig.failure()["text"]
    rig.bastion.forget_keys()
    rig.bastion.authorize(rig.key, "restrict")
    assert "opens no ports" in rig.failure()["text"]


def test_a_device_without_a_server_is_only_warned_of(rig: Bench) -> None:
    rig.device.kill()
    found = rig.check(code=0)
    assert found["local-port"]["status"] == "warning"
    assert "systemctl enable --now ssh" in found["local-port"]["remedy"]
