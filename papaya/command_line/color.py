"""Whether colors are written: as a person chose, else as the environment says, else as the stream is."""

from __future__ import annotations

import os
from typing import Literal

Choice = Literal["always", "auto", "never"]
VARIABLES = ("NO_COLOR", "FORCE_COLOR")


def is_plain() -> bool:
    """Return whether the terminal only takes lines: TERM is `dumb`, or not set."""
    return os.environ.get("TERM", "") in ("", "dumb", "unknown")


def color_of_environment() -> bool | None:
    """Return what NO_COLOR, FORCE_COLOR and TERM say of colors; None leaves it to the stream."""
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_COLOR")
    if forced:
        return forced != "0"
    return False if is_plain() else None


def choose(choice: Choice) -> bool | None:
    """Tell every library that writes to the terminal what was chosen, and return what it means."""
    for variable in VARIABLES:
        os.environ.pop(variable, None)
    if choice == "auto":
        return False if is_plain() else None
    os.environ["FORCE_COLOR" if choice == "always" else "NO_COLOR"] = "1"
    return choice == "always"
