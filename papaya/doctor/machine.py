"""What can be seen on this machine alone: files and who may read them, libraries, programs."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from papaya.doctor.finding import Finding, doubtful, fine, wrong
from papaya.settings.private_file import is_readable_by_others

GUI_LIBRARIES = ("PyQt6", "pyqtgraph", "numpy")


def check_permissions(files: Sequence[Path]) -> Iterator[Finding]:
    """Yield which files with secrets others can read."""
    present = [path for path in dict.fromkeys(files) if path.is_file()]
    open_ones = [path for path in present if is_readable_by_others(path)]
    for path in open_ones:
        yield wrong(
            "permissions", f"other users of this machine can read the secrets in {path}", f"chmod 600 {path}"
        )
    if not open_ones:
        names = ", ".join(str(path) for path in present)
        yield fine("permissions", f"only you can read {names}" if names else "there is no file with secrets")


def check_libraries(
    has: Callable[[str], bool] = lambda name: importlib.util.find_spec(name) is not None,
) -> Iterator[Finding]:
    """Yield whether the window has what it needs."""
    missing = [name for name in GUI_LIBRARIES if not has(name)]
    if missing:
        yield doubtful(
            "gui",
            f"papaya gui lacks {', '.join(missing)}",
            "pip install 'papayameter[gui]'; nothing else needs it.",
        )
    else:
        yield fine("gui", f"{', '.join(GUI_LIBRARIES)} are installed")


def check_ssh(
    needed: bool, *, key: Path | None = None, which: Callable[[str], str | None] = shutil.which
) -> Iterator[Finding]:
    """Yield whether the tunnel has its program and its key."""
    program = which("ssh")
    if program is None:
        remedy = "Install an OpenSSH client: apt install openssh-client"
        text = "there is no ssh on this machine"
        yield (
            wrong("ssh", f"{text}, and the tunnel needs it", remedy)
            if needed
            else doubtful("ssh", f"{text}; no tunnel is configured", remedy)
        )
        return
    if needed and key is not None and not key.expanduser().exists():
        yield doubtful("ssh", f"there is no key {key} for the tunnel", "Make one with: ssh-keygen -t ed25519")
        return
    yield fine("ssh", f"{program}{'' if needed else '; no tunnel is configured'}")
