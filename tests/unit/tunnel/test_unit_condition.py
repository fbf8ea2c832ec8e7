"""How a line is doing, from what systemctl and journalctl print."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from papaya.errors import PapayaError
from papaya.tunnel.condition import Condition, Standing
from papaya.tunnel.event import Event
from papaya.tunnel.here import condition_here
from papaya.tunnel.keeping import keep
from papaya.tunnel.line import Forward, Line
from papaya.tunnel.record import Record
from papaya.tunnel.stopping import Stop
from papaya.tunnel.supervisor import Pace
from papaya.tunnel.unit_condition import Clocks, ask, is_connected, unit_condition
from tests.tunnel.bastion import make_key

LINE = Line("PM-0001", "127.0.0.1", "papaya", 22, "/k", "/etc/papaya/known_hosts", Forward("ssh", 20001, 22))
CLOCKS = Clocks(now=lambda: 1_000_000.0, monotonic=lambda: 500.0)


class Machine:
    """What a machine's systemctl and journalctl print."""

    def __init__(
        self, active: str, sub: str, *, pid: int = 0, restarts: int = 0, load: str = "loaded"
    ) -> None:
        self._properties = {
            "MainPID": pid,
            "NRestarts": restarts,
            "LoadState": load,
            "ActiveState": active,
            "SubState": sub,
            "ActiveEnterTimestampMonotonic": 400_000_000,
            "ActiveExitTimestampMonotonic": 300_000_000,
        }
        self.journal: list[tuple[str, str]] = []
        self.by_systemd: list[tuple[str, str]] = []
        self.written_at = 450

    def ask(self, arguments: Sequence[str]) -> str:
        """Answer as the program does."""
        if arguments[0] == "systemctl":
            assert arguments[-1] == "papaya-ssh.service"
            return "".join(f"{name}={value}\n" for name, value in self._properties.items())
        assert "--unit=papaya-ssh.service" in arguments
        entries: list[dict[str, str]] = []
        for pid, text in self.journal:
            entries.append({"_PID": "1", "MESSAGE": "Starting ssh", "SYSLOG_IDENTIFIER": "systemd"})
            entries.append({"_PID": pid, "MESSAGE": text, "SYSLOG_IDENTIFIER": "/usr/bin/ssh"})
        for name, text in self.by_systemd:
            entries.append({"_PID": "1", "MESSAGE": text, "SYSLOG_IDENTIFIER": name})
        at = {"__MONOTONIC_TIMESTAMP": str(self.written_at * 1_000_000)}
        return "".join(json.dumps(entry | at) + "\n" for entry in entries)


def condition(machine: Machine) -> Condition:
    """Return how the line is doing on a machine."""
    found = unit_condition(LINE, ask=machine.ask, clocks=CLOCKS, processes=Path("/nowhere"))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("active", "sub", "standing"),
    [
        ("active", "running", "up"),
        ("activating", "start", "connecting"),
        ("activating", "auto-restart", "waiting"),
        ("activating", "auto-restart-queued", "waiting"),
        ("activating", "start-pre", "waiting"),
        ("failed", "failed", "failed"),
        ("inactive", "dead", "stopped"),
        ("deactivating", "stop-sigterm", "stopped"),
    ],
)
def test_what_systemd_says_is_told_in_our_words(active: str, sub: str, standing: Standing) -> None:
    assert condition(Machine(active, sub)).standing == standing


def test_since_when_and_how_often() -> None:
    up = condition(Machine("active", "running", pid=7))
    assert (up.since, up.retries, up.pid) == (999_900.0, 0, 7)
    waiting = condition(Machine("activating", "auto-restart", restarts=4))
    assert (waiting.since, waiting.retries, waiting.pid) == (999_800.0, 4, None)


def test_a_service_that_is_not_installed_says_nothing() -> None:
    assert unit_condition(LINE, ask=Machine("inactive", "dead", load="not-found").ask) is None


def test_a_machine_without_systemd_says_nothing() -> None:
    assert unit_condition(LINE, ask=lambda arguments: "") is None
    assert ask(["/nowhere/systemctl"]) == ask(["false"]) == ""
    assert ask(["echo", "yes"]) == "yes\n"


def test_the_last_error_is_that_of_the_last_ssh_that_complained() -> None:
    machine = Machine("activating", "auto-restart")
    machine.journal = [
        ("10", "fatal: papaya@127.0.0.1: Permission denied (publickey)."),
        ("11", "Error: remote port forwarding failed for listen port 20001"),
        ("12", ""),
    ]
    complaint = condition(machine).complaint
    assert complaint is not None
    assert complaint.kind == "portTaken"


def test_lines_of_one_ssh_are_one_complaint_and_name_the_file_that_a_person_knows() -> None:
    machine = Machine("activating", "auto-restart")
    machine.journal = [
        ("12", "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!"),
        (
            "12",
            "error: The fingerprint for the ED25519 key sent by the remote host is\\nSHA256:abc.\\nPlease",
        ),
        ("12", "Offending ED25519 key in /run/credentials/papaya-ssh.service/known_hosts:1"),
        ("12", "Host key verification failed."),
    ]
    complaint = condition(machine).complaint
    assert complaint is not None
    assert complaint.kind == "hostKeyChanged"
    assert "another host key (SHA256:abc)" in complaint.summary
    assert "/etc/papaya/known_hosts, line 1" in complaint.summary


def test_what_went_wrong_before_the_last_connection_is_history() -> None:
    for active, sub, known in (
        ("active", "running", True),
        ("inactive", "dead", False),
        ("activating", "auto-restart", False),
    ):
        machine = Machine(active, sub)
        machine.journal = [("10", "fatal: papaya@127.0.0.1: Permission denied (publickey).")]
        machine.written_at = 350
        found = condition(machine)
        assert (found.complaint is not None) is known, "the line was up at 400 s"
        assert found.complained_at == (999_850.0 if known else None)
        assert found.as_attribute()["error"] is None


@pytest.mark.parametrize(
    ("text", "kind", "told"),
    [
        ("Failed at step CREDENTIALS spawning /usr/bin/ssh: Protocol error", "keyMissing", "no key /k"),
        ("Failed at step EXEC spawning /usr/bin/ssh: No such file", "notStarted", "/usr/bin/ssh cannot be"),
        ("start operation timed out. Terminating.", "silent", "did not forward in time"),
    ],
)
def test_what_keeps_systemd_from_starting_ssh_is_the_last_error(text: str, kind: str, told: str) -> None:
    machine = Machine("activating", "auto-restart")
    machine.journal = [("10", "Error: remote port forwarding failed for listen port 20001")]
    machine.by_systemd = [("(ssh)", f"papaya-ssh.service: {text}"), ("systemd", "Failed to start")]
    complaint = condition(machine).complaint
    assert complaint is not None
    assert complaint.kind == kind
    assert told in complaint.summary


def test_a_key_that_ssh_had_none_to_show_of_is_not_the_bastions_refusal(tmp_path: Path) -> None:
    line = replace(LINE, identity_file=str(tmp_path / "key"))
    machine = Machine("activating", "auto-restart")
    machine.journal = [("10", "papaya@127.0.0.1: Permission denied (publickey).")]

    def told() -> tuple[str, str]:
        found = unit_condition(line, ask=machine.ask, clocks=CLOCKS)
        assert found is not None and found.complaint is not None
        return found.complaint.kind, found.complaint.summary

    assert told() == ("keyMissing", f"there is no key {line.identity_file}")
    make_key(Path(line.identity_file), passphrase="secret")
    assert told() == ("keyUnusable", f"{line.identity_file} has a passphrase")
    make_key(Path(line.identity_file))
    assert told() == ("keyRefused", "the bastion does not let the device's key in")


def test_an_ssh_whose_connection_is_gone_is_not_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            assert is_connected(Path("/proc"), os.getpid(), port) is True
        assert is_connected(Path("/proc"), os.getpid(), port) is False
    assert is_connected(tmp_path, os.getpid(), port) is None
    line = Line("PM-0001", "127.0.0.1", "papaya", port, "/k", "/h", LINE.forward)
    found = unit_condition(line, ask=Machine("active", "running", pid=os.getpid()).ask)
    assert found is not None
    assert (found.standing, found.is_up) == ("waiting", False)


def test_whoever_has_the_line_up_counts(tmp_path: Path) -> None:
    environment = {"RUNTIME_DIRECTORY": str(tmp_path)}
    nobody = condition_here(LINE, environment, ask=lambda arguments: "")
    assert (nobody.standing, nobody.keeper) == ("absent", "nobody")
    stopped, running = Machine("inactive", "dead"), Machine("active", "running")
    assert condition_here(LINE, environment, ask=stopped.ask).standing == "stopped"
    assert condition_here(LINE, environment, ask=running.ask).keeper == "systemd"


@pytest.mark.parametrize(("active", "sub"), [("active", "running"), ("activating", "auto-restart")])
def test_nobody_keeps_a_line_beside_its_service(tmp_path: Path, active: str, sub: str) -> None:
    told: list[Event] = []
    with pytest.raises(PapayaError, match=r"papaya-ssh\.service keeps this tunnel already"):
        keep([LINE], tmp_path, stop=Stop(), tell=told.append, pace=Pace(), ask=Machine(active, sub).ask)
    assert not told


def test_a_record_counts_as_long_as_somebody_keeps_it(tmp_path: Path) -> None:
    record = Record(tmp_path, LINE)
    written = Condition("papaya-ssh.service", "PM-0001", 20001, "up", "run", since=5.0)
    with record.held():
        record.write(written)
        read = record.read()
        assert read is not None
        assert (read.standing, read.since, read.pid) == ("up", 5.0, os.getpid())
    assert record.read() is None
