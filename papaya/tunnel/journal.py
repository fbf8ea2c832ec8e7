"""What ssh and systemd wrote to the journal about a line's service."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from papaya.foreign import ForeignValue, json_in, whole_in
from papaya.tunnel.complaints import Complaint, complaint_of
from papaya.tunnel.line import Line

# Runs a program and returns what it printed; empty where there is no such program, or it failed.
Ask = Callable[[Sequence[str]], str]

_LINES: Final = 200
# What systemd says when it does not get as far as ssh, or ends it.
_NOT_STARTED = re.compile(r"Failed at step (?P<step>[A-Z_]+) spawning (?P<program>\S+): (?P<why>.+)")
_TOO_SLOW = re.compile(r"start operation timed out")


@dataclass(frozen=True, slots=True)
class LastComplaint:
    """What was complained of last, `at` in seconds since the start of the machine."""

    complaint: Complaint
    at: float


@dataclass(frozen=True, slots=True)
class _Entry:
    process: str
    at: float
    text: str
    is_of_ssh: bool


def last_complaint(line: Line, ask: Ask) -> LastComplaint | None:
    """Return what the last ssh that complained complained of, or systemd where it could not start one."""
    # Entries of earlier boots are dated from another start of the machine.
    arguments = ["journalctl", "--no-pager", "--boot", "--output=json", f"--lines={_LINES}"]
    entries = list(_entries(ask([*arguments, f"--unit={line.unit}"])))
    # One ssh a process: what it says belongs together.
    attempts = [list(group) for _, group in groupby(entries, key=lambda entry: entry.process)]
    for attempt in reversed(attempts):
        said = "\n".join(entry.text for entry in attempt)
        found = _of_ssh(said, line) if attempt[0].is_of_ssh else _of_systemd(said, line)
        if found is not None:
            return LastComplaint(found, attempt[-1].at)
    return None


def _of_ssh(said: str, line: Line) -> Complaint | None:
    # The service has the files from systemd: a person knows them by their own names.
    for name, path in (("known_hosts", line.known_hosts), ("identity", line.identity_file)):
        said = said.replace(f"/run/credentials/{line.unit}/{name}", path)
    return complaint_of(said, line.device)


def _of_systemd(said: str, line: Line) -> Complaint | None:
    if _TOO_SLOW.search(said):
        return Complaint(
            "silent",
            "the bastion did not forward in time",
            "Its sshd hangs or has too much to do, or the network swallows packets.",
        )
    failed = _NOT_STARTED.search(said)
    if failed is None:
        return None
    if failed["step"] != "CREDENTIALS":
        return complaint_of(f"{failed['program']} cannot be started: {failed['why']}", line.device)
    missing = [path for path in (line.identity_file, line.known_hosts) if not Path(path).exists()]
    if missing == [line.known_hosts]:
        return Complaint(
            "hostKeyUnknown",
            f"there is no {line.known_hosts}, so the bastion's host key is not known",
            "Write `hostKeys` at the manifest's tunnel; papaya tunnel check shows the key to compare.",
            "person",
        )
    return Complaint(
        "keyMissing",
        f"systemd cannot hand the key {line.identity_file} over"
        + (": there is no such file" if missing else f" or the known hosts {line.known_hosts}"),
        "What is missing, and how to make it: papaya tunnel check",
        "person",
    )


def _entries(text: str) -> Iterator[_Entry]:
    """Yield what ssh wrote to the journal, and systemd about it, each with the id of the process."""
    for written in text.splitlines():
        try:
            entry: Any = json_in(written)
        except ForeignValue:
            continue
        if not isinstance(entry, dict):
            continue
        message = _message(entry.get("MESSAGE"))
        if message is None:
            continue
        # To the system's log ssh signs with the path that it was started by.
        is_of_ssh = str(entry.get("SYSLOG_IDENTIFIER")).rpartition("/")[2] == "ssh"
        if is_of_ssh or _NOT_STARTED.search(message) or _TOO_SLOW.search(message):
            at = _seconds(entry.get("__MONOTONIC_TIMESTAMP"))
            # And it writes the line breaks within what it says as C does.
            yield _Entry(str(entry.get("_PID")), at, message.replace("\\n", "\n"), is_of_ssh)


def _message(written: object) -> str | None:
    """Return what an entry says, None for an entry that says nothing; a list has bytes that are no text."""
    if isinstance(written, list):
        try:
            return bytes(written).decode(errors="replace")
        except (TypeError, ValueError):
            return None
    return written if isinstance(written, str) else None


def _seconds(written: object) -> float:
    """Return a moment of the journal, which has microseconds since the machine started; 0 for none."""
    try:
        return whole_in(str(written), least=0) / 1_000_000
    except ForeignValue:
        return 0.0
