"""Which warnings about manifests a person has seen today: the same ones are not repeated at every command."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from papaya.bounded_file import read_text
from papaya.diagnostics import Diagnostic
from papaya.foreign import ForeignValue, quick_json_in
from papaya.whole_file import replaced

_DAY: Final = 86_400.0
_MOST: Final = 2_000


def not_shown_today(
    diagnostics: Sequence[Diagnostic], *, now: Callable[[], float] = time.time
) -> list[Diagnostic]:
    """Return the warnings that were not shown within a day, and note that they are shown now.

    The same warning is one about the same file in the same words. All are returned where none can be kept.
    """
    path = _state_file()
    known = _known(path, now())
    news = [one for one in diagnostics if one.severity == "error" or _mark_of(one) not in known]
    if news:
        known.update({_mark_of(one): now() for one in news})
        with contextlib.suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with replaced(path, created_as=0o600) as file:
                file.write(json.dumps(dict(list(known.items())[-_MOST:])).encode())
    return news


def _known(path: Path, now: float) -> dict[str, float]:
    try:
        document = quick_json_in(read_text(path))
    except (OSError, ValueError, ForeignValue):
        return {}
    if not isinstance(document, dict):
        return {}
    return {mark: at for mark, at in document.items() if isinstance(at, int | float) and 0 <= now - at < _DAY}


def _mark_of(one: Diagnostic) -> str:
    text = json.dumps([os.path.realpath(one.mark.file), one.path, one.summary])
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _state_file() -> Path:
    """Return where it is kept: below XDG_STATE_HOME, else ~/.local/state."""
    said = Path(os.environ.get("XDG_STATE_HOME", ""))
    folder = said if said.is_absolute() else Path.home() / ".local" / "state"
    return folder / "papaya" / "warnings.json"
