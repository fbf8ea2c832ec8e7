"""The server's checks of names and texts, with its messages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from papaya.sandbox.dialect import Dialect
from papaya.sandbox.refusal import Refusal, invalid

MAX_LENGTH = 255
_MAX_SCANNED = 100_000
_MARKUP = re.compile(r"<[A-Za-z]|<!\[CDATA\[")
_TEMPLATE = re.compile(r"\{\{.*\}\}", re.DOTALL)
_EMAIL = re.compile(r"[A-Z0-9._%+\-'&]+@(?:[A-Z0-9-]+\.)+[A-Z]{2,}", re.IGNORECASE)


def utf16_length(text: str) -> int:
    """Return the length as Java counts it."""
    return len(text) + sum(1 for letter in text if ord(letter) > 0xFFFF)


def is_malformed(text: str, dialect: Dialect) -> bool:
    """Tell whether the server's script filter refuses the text (measured: `<` before a letter)."""
    if dialect.refuses_templates and "{{" in text and _TEMPLATE.search(text):
        return True
    if len(text) > _MAX_SCANNED:
        return True
    return "<" in text and _MARKUP.search(text) is not None


def refuse_nul(dialect: Dialect, *texts: object) -> None:
    """Refuse a text with the character 0, which PostgreSQL cannot take."""
    if any(isinstance(text, str) and "\0" in text for text in texts):
        raise Refusal(500, dialect.database_error, "Database error")


def check_fields(
    dialect: Dialect,
    short: Mapping[str, str | None],
    scanned: Mapping[str, str | None] | None = None,
    unlimited: Iterable[str] = (),
) -> None:
    """Refuse long or malformed fields; several faults come sorted in one message."""
    faults = []
    for name, text in {**short, **(scanned or {})}.items():
        if text is None:
            continue
        if name in short and name not in unlimited and utf16_length(text) > MAX_LENGTH:
            faults.append(f"{name} length must be equal or less than {MAX_LENGTH}")
        if is_malformed(text, dialect):
            faults.append(f"{name} is malformed")
    if faults:
        raise invalid("Validation error: " + ", ".join(sorted(faults)))


def check_name(what: str, name: object) -> str:
    """Return a name that is there and has no NUL; blank counts as missing."""
    if not isinstance(name, str) or not name.strip():
        raise invalid(f"{what} should be specified!")
    if "\0" in name:
        raise invalid(f"{what} should not contain 0x00 symbol!")
    return name


def check_email(text: str) -> None:
    """Refuse what the server does not take for an e-mail address."""
    if _EMAIL.fullmatch(text) is None:
        raise invalid(f"Invalid email address format '{text}'!")


def text_or_none(value: object) -> str | None:
    """Return a JSON scalar as Jackson reads it into a string."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
