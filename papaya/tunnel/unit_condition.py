"""How a line that systemd keeps is doing: what systemd says of its service, and ssh in the journal."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from papaya.bounded_file import LARGEST, read_beginning
from papaya.child_environment import child_environment
from papaya.foreign import ForeignValue, whole_in
from papaya.tunnel.complaints import Complaint
from papaya.tunnel.condition import Condition, Standing
from papaya.tunnel.device_key import truly
from papaya.tunnel.journal import Ask, last_complaint
from papaya.tunnel.line import Line

_PROPERTIES: Final = (
    "LoadState",
    "ActiveState",
    "SubState",
    "MainPID",
    "NRestarts",
    "ActiveEnterTimestampMonotonic",
    "ActiveExitTimestampMonotonic",
)
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
            env=child_environment(),
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
    clocks = clocks or Clocks()
    complaint, complained_at = _complaint(line, properties, standing, ask)
    if standing == "up" and pid is not None and is_connected(processes, pid, line.port) is False:
        # ssh is there and its connection is not: it will notice, and nobody comes through until then.
        standing = "waiting"
        complaint = Complaint("lost", "ssh has no connection to the bastion any more")
        complained_at = clocks.monotonic()
    since = "ActiveEnterTimestampMonotonic" if standing == "up" else "ActiveExitTimestampMonotonic"
    return Condition(
        unit=line.unit,
        device=line.device,
        remote_port=line.forward.remote_port,
        standing=standing,
        keeper="systemd",
        since=_moment(_seconds(properties, since), clocks),
        retries=int(properties.get("NRestarts") or 0),
        complaint=complaint,
        complained_at=_moment(complained_at, clocks),
        pid=pid,
    )


def _complaint(
    line: Line, properties: dict[str, str], standing: Standing, ask: Ask
) -> tuple[Complaint, float] | tuple[None, None]:
    """Return what went wrong last, and when; what was before the last connection keeps nothing down."""
    last = last_complaint(line, ask)
    if last is None:
        return None, None
    if standing != "up" and last.at < (_seconds(properties, "ActiveEnterTimestampMonotonic") or 0.0):
        return None, None
    if standing not in {"connecting", "waiting", "failed"}:
        return last.complaint, last.at
    found = truly(last.complaint, line)
    # Whoever asks may be somebody else than who starts the service.
    return (last.complaint if found.kind == "keyUnreadable" else found), last.at


def is_connected(processes: Path, pid: int, port: int) -> bool | None:
    """Return whether a process holds an established connection to a port; None where that cannot be seen."""
    folder = processes / str(pid)
    try:
        held = {_target(descriptor) for descriptor in (folder / "fd").iterdir()}
        tables = [folder / "net" / name for name in ("tcp", "tcp6")]
        rows = [
            row.split()
            for table in tables
            if table.exists()
            for row in read_beginning(table, most=LARGEST).splitlines()[1:]
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


def _seconds(properties: dict[str, str], name: str) -> float | None:
    """Return a moment that systemd dates from the start of the machine; 0 is never."""
    try:
        return whole_in(properties.get(name, ""), least=1) / 1_000_000
    except ForeignValue:
        return None


def _moment(at: float | None, clocks: Clocks) -> float | None:
    return None if at is None else clocks.now() - (clocks.monotonic() - at)
