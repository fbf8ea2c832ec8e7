"""What a supervisor tells: one line for each thing that happens, for people and for programs."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from papaya.manifest.model import Json

What = Literal["connecting", "up", "down", "failed", "complaint", "stopped"]
Level = Literal["info", "warning"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a line at `at`, in seconds since 1970; `details` are in order."""

    what: What
    at: float
    unit: str
    device: str
    remote_port: int
    details: dict[str, Json] = field(default_factory=dict)
    level: Level = "info"

    def as_json(self) -> dict[str, Json]:
        """Return the event as a document of one line."""
        return {
            "at": timestamp(self.at),
            "level": self.level,
            "event": self.what,
            "unit": self.unit,
            "device": self.device,
            "remotePort": self.remote_port,
            **self.details,
        }

    def as_text(self) -> str:
        """Return the event as `name=value` pairs, which people read and programs split at blanks."""
        at, level, *rest = self.as_json().items()
        pairs = (f"{name}={_text(value)}" for name, value in rest if value is not None)
        return f"{at[1]} {str(level[1]).upper():<7} {' '.join(pairs)}"


def timestamp(at: float) -> str:
    """Return a moment as ISO 8601 has it, in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _text(value: Json) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    text = value if isinstance(value, str) else json.dumps(value)
    is_plain = text and not any(character in '"=\\' or not character.isprintable() for character in text)
    return text if is_plain and " " not in text else json.dumps(text, ensure_ascii=not text.isprintable())
