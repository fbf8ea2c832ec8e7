"""Whether ssh can use a device's key with nobody there to ask."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from pathlib import Path
from typing import Final

from papaya.child_environment import child_environment
from papaya.tunnel.complaints import Complaint, complaint_of
from papaya.tunnel.host_keys import HostKey
from papaya.tunnel.line import Line

_KEYGEN_SECONDS: Final = 20.0


def usable_key(file: str, device: str) -> HostKey | Complaint:
    """Return the public half of a private key, or why it is of no use to the tunnel of `device`.

    ssh itself tells of a missing key, and of one with a passphrase, as of a key that the bastion refuses.
    """
    fault = _fault_of_file(file, device)
    if fault is not None:
        return fault
    try:
        done = subprocess.run(  # noqa: S603 - a list of checked arguments
            ["ssh-keygen", "-y", "-P", "", "-f", file],  # noqa: S607
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=child_environment(),
            timeout=_KEYGEN_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        why = getattr(error, "strerror", None) or "it does not end"
        return Complaint("notStarted", f"ssh-keygen cannot be started: {why}", "Is OpenSSH installed?")
    words = done.stdout.decode(errors="replace").split()
    if done.returncode == 0 and len(words) >= 2:
        return HostKey(words[0], words[1])
    said = done.stderr.decode(errors="replace")
    if "passphrase" in said:
        remedy = f"A service cannot enter it. Remove it: ssh-keygen -p -N '' -f {shlex.quote(file)}"
        return Complaint("keyUnusable", f"{file} has a passphrase", remedy, "person")
    return complaint_of(said, device) or Complaint("keyUnusable", f"{file} is no private key", "", "person")


def truly(complaint: Complaint, line: Line) -> Complaint:
    """Return what is really wrong where ssh complained: of the bastion, say, when it had no key to show."""
    if complaint.kind not in {"keyRefused", "keyUnusable", "keyMissing"}:
        return complaint
    found = usable_key(line.identity_file, line.device)
    return found if isinstance(found, Complaint) else complaint


def _fault_of_file(file: str, device: str) -> Complaint | None:
    try:
        is_file = stat.S_ISREG(Path(file).stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        remedy = f"Make it: papaya tunnel keygen {shlex.quote(device)}"
        return Complaint("keyMissing", f"there is no key {file}", remedy, "person")
    except OSError as error:
        return Complaint("keyUnreadable", f"{file} cannot be read: {error.strerror}", "", "person")
    if not is_file:
        return Complaint("keyUnusable", f"{file} is no file, so it is no key", "", "person")
    if not os.access(file, os.R_OK):
        return Complaint(
            "keyUnreadable", f"{file} cannot be read by this user", "Run this as root.", "person"
        )
    return None
