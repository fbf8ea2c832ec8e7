"""Resolves references to secrets where their values are needed, and nowhere earlier."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from papaya.errors import SecretUnavailable
from papaya.manifest.model import SecretReference

log = logging.getLogger(__name__)


def resolve(reference: SecretReference, folder: Path, *, environment: Mapping[str, str] | None = None) -> str:
    """Return the secret that a reference names; relative files are relative to `folder`.

    One newline at the end does not count: editors and `echo` leave it there.
    """
    if reference.env is not None:
        value = (os.environ if environment is None else environment).get(reference.env, "")
        if not value:
            raise _unavailable(
                reference, "the variable is not set", f"Set {reference.env} where papaya runs."
            )
        return value
    if reference.file is None:
        raise _unavailable(
            reference, "it names neither a variable nor a file", "Write {env: …} or {file: …}."
        )
    path = folder / Path(reference.file).expanduser()
    try:
        mode = path.stat().st_mode
        value = path.read_text(encoding="utf-8", errors="strict")
    except OSError as error:
        raise _unavailable(
            reference, (error.strerror or "unreadable").lower(), f"Looked for {path}."
        ) from None
    except UnicodeDecodeError:
        raise _unavailable(reference, "it is not text in UTF-8", f"Looked at {path}.") from None
    if mode & stat.S_IROTH:
        log.warning("%s can be read by every user of this machine: chmod 600 %s", path, path)
    value = value.removesuffix("\n")
    if not value:
        raise _unavailable(reference, "the file is empty", f"Looked at {path}.")
    return value


def _unavailable(reference: SecretReference, reason: str, remedy: str) -> SecretUnavailable:
    where = f"{reference.mark}: " if reference.mark is not None else ""
    return SecretUnavailable(f"{where}the secret in {reference} is not available: {reason}", remedy=remedy)
