"""The environment that papaya gives to the programs that it starts: what they need to run, and no secrets.

papaya's own environment holds `PAPAYA_PASSWORD`, and tokens that manifests refer to by `{env: …}` under names
that nobody can guess. A program that reads a sensor or blinks a lamp has no use for them, and may log its
environment or be somebody else's work. So a child gets variables that are known to be harmless, and those
that its configuration names; never all but some.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

# Where programs are and how they talk to people; locale, time zone, temporary files.
_KNOWN = (
    "PATH HOME USER LOGNAME SHELL TERM COLORTERM NO_COLOR LANG LANGUAGE TZ TZDIR TMPDIR TEMP TMP "
    "LD_LIBRARY_PATH PYTHONPATH PYTHONHOME VIRTUAL_ENV SYSTEMROOT "
    "PAGER LESS KRB5CCNAME GPG_TTY "
    "DISPLAY WAYLAND_DISPLAY XAUTHORITY DBUS_SESSION_BUS_ADDRESS "
    "RUNTIME_DIRECTORY STATE_DIRECTORY CACHE_DIRECTORY LOGS_DIRECTORY CONFIGURATION_DIRECTORY"
)
# Families of names are listed in full: `SSH_PRIVATE_KEY` and `SSH_PASSWORD` are usual names of secrets.
_FAMILIES = {
    "LC": "ALL ADDRESS COLLATE CTYPE IDENTIFICATION MEASUREMENT MESSAGES MONETARY NAME NUMERIC PAPER "
    "TELEPHONE TIME",
    "XDG": "CACHE_HOME CONFIG_DIRS CONFIG_HOME CURRENT_DESKTOP DATA_DIRS DATA_HOME RUNTIME_DIR SEAT "
    "SESSION_CLASS SESSION_DESKTOP SESSION_ID SESSION_TYPE STATE_HOME VTNR",
    "SYSTEMD": "COLORS EDITOR EXEC_PID LESS LESSCHARSET LOG_COLOR LOG_LEVEL LOG_LOCATION LOG_TARGET LOG_TIME "
    "PAGER PAGERSECURE URLIFY",
    "SSH": "AGENT_PID ASKPASS ASKPASS_REQUIRE AUTH_SOCK CLIENT CONNECTION SK_PROVIDER TTY",
}
_NAMES = frozenset(_KNOWN.split()) | {
    f"{family}_{name}" for family, names in _FAMILIES.items() for name in names.split()
}


def child_environment(
    environment: Mapping[str, str] | None = None, *, keep: Iterable[str] = ()
) -> dict[str, str]:
    """Return what a child gets of an environment (default: papaya's own); `keep` names further variables."""
    given = os.environ if environment is None else environment
    kept = _NAMES | {*keep}
    return {name: value for name, value in given.items() if name in kept}
