"""Resolves references to secrets where their values are needed, and nowhere earlier."""

from __future__ import annotations

import logging
import os
import re
import stat
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from papaya.bounded_file import UnusableFile, as_stored, read_with_status, text_in
from papaya.errors import SecretUnavailable
from papaya.manifest.model import SecretReference

log = logging.getLogger(__name__)

LONGEST_TOKEN: Final = 4096
_LARGEST = 64 * 1024
# What str.strip removes, and what editors write unseen: a byte-order mark and zero-width characters.
_AROUND = (
    " \t\r\n\v\f\x1c\x1d\x1e\x1f\x85\xa0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff\u200b\u2060"
)
_LINE_BREAK = re.compile("\r\n|[\r\n\v\f\x85\u2028\u2029]")
# Control and format characters, surrogates, and lines and paragraphs of Unicode.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def resolve(reference: SecretReference, folder: Path, *, environment: Mapping[str, str] | None = None) -> str:
    """Return the secret that a reference names; relative files are relative to `folder`.

    A file holds one line. A byte-order mark and the blanks around the secret do not count: editors and
    `echo` leave them there. Raises `SecretUnavailable`, which never repeats the secret, where there is
    none or where the file holds more than one line or an invisible character.
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
    path = as_stored(folder / Path(reference.file).expanduser())
    try:
        data, status = read_with_status(path, most=_LARGEST)
        text = text_in(data, path)
    except OSError as error:
        reason = error.strerror or "unreadable"
        raise _unavailable(
            reference,
            reason if isinstance(error, UnusableFile) else reason.lower(),
            "Save the file as text in UTF-8 with the secret in one line."
            if getattr(error, "line", 0) or "UTF" in reason
            else f"Looked for {path}.",
            is_missing=isinstance(error, FileNotFoundError | PermissionError),
        ) from None
    if status.st_mode & stat.S_IROTH:
        _warn_of_readers(path)
    value = text.strip(_AROUND)
    if not value:
        raise _unavailable(reference, "the file is empty", f"Looked at {path}.")
    fault = fault_in_secret(value, first_line=text[: text.index(value)].count("\n") + 1)
    if fault is not None:
        raise _unavailable(reference, fault, f"Write nothing but the secret into {path}, in one line.")
    return value


def resolver(folder: Path) -> Callable[[SecretReference], str | None]:
    """Return what resolves a reference to its secret, or to None where it has no value here."""

    def value_of(reference: SecretReference) -> str | None:
        try:
            return resolve(reference, folder)
        except SecretUnavailable:
            return None

    return value_of


@cache
def _warn_of_readers(path: Path) -> None:
    """Warn once: a run resolves its secrets several times."""
    log.warning("%s can be read by every user of this machine: chmod 600 %s", path, path)


def fault_in_secret(secret: str, *, first_line: int = 1) -> str | None:
    """Return why a text is no secret of one line, without repeating it, or None."""
    lines = _LINE_BREAK.split(secret)
    for number, line in enumerate(lines, first_line):
        for character in line:
            if unicodedata.category(character) in _INVISIBLE:
                name = unicodedata.name(character, "a control character")
                return f"line {number} holds the invisible character U+{ord(character):04X} ({name})"
    if len(lines) > 1:
        second = next((number for number, line in enumerate(lines[1:], first_line + 1) if line.strip()), 2)
        return f"line {second} holds more text; a secret is one line"
    return None


def fault_in_token(token: str) -> str | None:
    """Return why a device cannot have this access token, without repeating it, or None.

    MQTT and HTTP carry it as a user name and in a path, so that it has printable ASCII characters only.
    """
    fault = fault_in_secret(token)
    if fault is not None:
        return fault
    wrong = next((character for character in token if not "!" <= character <= "~"), None)
    if wrong is not None:
        what = "a blank" if wrong == " " else f"the character U+{ord(wrong):04X}"
        return f"it holds {what}, which no access token has"
    if len(token) > LONGEST_TOKEN:
        return f"it has {len(token):,} characters, more than {LONGEST_TOKEN:,}"
    return None


def _unavailable(
    reference: SecretReference, reason: str, remedy: str, *, is_missing: bool = False
) -> SecretUnavailable:
    where = f"{reference.mark}: " if reference.mark is not None else ""
    message = f"{where}the secret in {reference} is not available: {reason}"
    return SecretUnavailable(message, remedy=remedy, reason=reason, is_missing=is_missing)
