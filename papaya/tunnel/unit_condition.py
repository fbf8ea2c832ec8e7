"""How a line that systemd keeps is doing: what systemd says of its service, and ssh in the journal."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from papaya.tunnel.complaints import Complaint, complaint_of
from papaya.tunnel.condition import Condition, Standing
from papaya.tunnel.line import Line

# Runs a program and returns what it printed; empty where there is no such program, or it failed.
Ask = Callable[[Sequence[str]], str]

_PROPERTIES: Final = (
    "LoadState",
    "ActiveState",
    "SubState",
    "MainPID",
    "NRestarts",
    "ActiveEnterTimestampMonotonic",
    "ActiveExitTimestampMonotonic",
)
_JOURNAL_LINES: Final = 200
_ASK_SECONDS: Final = 20.0
_ESTABLISHED: Final = "01"


@dataclass(frozen=True, slots=True)
class Clocks:
    """The time of day and the time since the machine started, both in seconds."""

    now: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic


def ask(arguments: Sequence[str]) -> str:
    """Return what a program of this machine prints."""
    try:
        done = subprocess.run(  # noqa: S603 - a list of arguments that papaya makes
            list(arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ASK_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""


def unit_condition(
    line: Line, *, ask: Ask = ask, clocks: Clocks | None = None, processes: Path = Path("/proc")
) -> Condition | None:
    """Return how a line's service is doing; None where systemd knows no such service."""
    properties = _properties(ask(["systemctl", "show", f"--property={','.join(_PROPERTIES)}", line.unit]))
    if properties.get("LoadState") not in {"loaded", "masked", "error", "bad-setting"}:
        return None
    pid = int(properties.get("MainPID") or 0) or None
    standing = _standing(properties)
    complaint = _last_complaint(line, ask)
    if standing == "up" and pid is not None and is_connected(processes, pid, line.port) is False:
        # ssh is there and its connection is not: it will notice, and nobody comes through until then.
        standing = "waiting"
        complaint = Complaint("lost", "ssh has no connection to the bastion any more")
    since = "ActiveEnterTimestampMonotonic" if standing == "up" else "ActiveExitTimestampMonotonic"
    return Condition(
        unit=line.unit,
        device=line.device,
        remote_port=line.forward.remote_port,
        standing=standing,
        keeper="systemd",
        since=_moment(properties.get(since, ""), clocks or Clocks()),
        retries=int(properties.get("NRestarts") or 0),
        complaint=complaint,
        pid=pid,
    )


def is_connected(processes: Path, pid: int, port: int) -> bool | None:
    """Return whether a process holds an established connection to a port; None where that cannot be seen."""
    folder = processes / str(pid)
    try:
        held = {_target(descriptor) for descriptor in (folder / "fd").iterdir()}
        tables = [folder / "net" / name for name in ("tcp", "tcp6")]
        rows = [
            row.split() for table in tables if table.exists() for row in table.read_text().splitlines()[1:]
        ]
    except OSError:
        return None
    return any(
        row[3] == _ESTABLISHED and int(row[2].rpartition(":")[2], 16) == port and f"socket:[{row[9]}]" in held
        for row in rows
    )


def _target(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except FileNotFoundError:
        # It was closed in the meantime.
        return ""


def _standing(properties: dict[str, str]) -> Standing:
    match properties.get("ActiveState"), properties.get("SubState"):
        # Ready means that the bastion forwards: the unit is made so.
        case "active", _:
            return "up"
        # Where systemd knows one pause only, the unit makes it longer before it starts ssh.
        case "activating", "auto-restart" | "auto-restart-queued" | "start-pre":
            return "waiting"
        case "activating" | "reloading", _:
            return "connecting"
        case "failed", _:
            return "failed"
        case _:
            return "stopped"


def _properties(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def _moment(microseconds: str, clocks: Clocks) -> float | None:
    """Return when something was that systemd dates from the start of the machine; 0 is never."""
    if not microseconds.isdigit() or int(microseconds) == 0:
        return None
    return clocks.now() - (clocks.monotonic() - int(microseconds) / 1_000_000)


def _last_complaint(line: Line, ask: Ask) -> Complaint | None:
    """Return what the last ssh that complained complained of."""
    arguments = ["journalctl", "--no-pager", "--output=json", f"--lines={_JOURNAL_LINES}"]
    entries = list(_entries(ask([*arguments, f"--unit={line.unit}"])))
    # One ssh a process: what it says belongs together.
    attempts = [list(group) for _, group in groupby(entries, key=lambda entry: entry[0])]
    for attempt in reversed(attempts):
        said = "\n".join(message for _, message in attempt)
        # The service has the files from systemd: a person knows them by their own names.
        for name, path in (("known_hosts", line.known_hosts), ("identity", line.identity_file)):
            said = said.replace(f"/run/credentials/{line.unit}/{name}", path)
        found = complaint_of(said, line.device)
        if found is not None:
            return found
    return None


def _entries(text: str) -> Iterator[tuple[str, str]]:
    """Yield what ssh wrote to the journal, each with the id of the process."""
    for written in text.splitlines():
        try:
            entry: Any = json.loads(written)
        except ValueError:
            continue
        # To the system's log ssh signs with the path that it was started by.
        if str(entry.get("SYSLOG_IDENTIFIER")).rpartition("/")[2] != "ssh":
            continue
        message = entry.get("MESSAGE")
        if isinstance(message, list):
            # So the journal writes bytes that are no text.
            message = bytes(message).decode(errors="replace")
        if isinstance(message, str):
            # And it writes the line breaks within what it says as C does.
            yield str(entry.get("_PID")), message.replace("\\n", "\n")
