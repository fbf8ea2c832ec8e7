"""The server's alarms in the order and the words in which people read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from papaya_gui.models.texts import shortened
from papaya_gui.sources.remote import Alarm, Severity

SEVERITIES: tuple[Severity, ...] = ("CRITICAL", "MAJOR", "MINOR", "WARNING", "INDETERMINATE")
_TOLD, _LONGEST = 3, 60


def ordered(alarms: Iterable[Alarm]) -> list[Alarm]:
    """Return active alarms first, of them the gravest, of these the newest."""
    return sorted(alarms, key=lambda alarm: (not alarm.is_active, rank(alarm), -alarm.created, alarm.id))


def rank(alarm: Alarm) -> int:
    """Return 0 for the gravest severity; one that no ThingsBoard gives comes last."""
    return SEVERITIES.index(alarm.severity) if alarm.severity in SEVERITIES else len(SEVERITIES)


def severity_text(alarm: Alarm) -> str:
    """Return the severity as a word; its shape is an icon beside it."""
    return alarm.severity.capitalize()


def raised_lines(alarms: Sequence[Alarm]) -> list[str]:
    """Return the gravest alarms of a device, a line each, for a tool tip."""
    lines = [f"{severity_text(alarm)}: {shortened(alarm.kind, _LONGEST)}" for alarm in alarms[:_TOLD]]
    return [*lines, f"and {len(alarms) - _TOLD} more on the server"] if len(alarms) > _TOLD else lines


def age_text(seconds: float) -> str:
    """Return a duration in its two largest units."""
    whole = max(round(seconds), 0)
    for size, unit, smaller, part in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // smaller} {part}"
    return f"{whole} s"


def status_text(alarm: Alarm) -> str:
    """Return whether an alarm lasts, and whether somebody has taken note of it."""
    lasting = "active" if alarm.is_active else "cleared"
    return f"{lasting}, {'acknowledged' if alarm.is_acknowledged else 'not acknowledged'}"


def summary(alarms: Sequence[Alarm]) -> str:
    """Return how many there are, by severity."""
    active = [alarm for alarm in alarms if alarm.is_active]
    if not active:
        return "no active alarms"
    counts = [
        (sum(alarm.severity == severity for alarm in active), severity.lower()) for severity in SEVERITIES
    ]
    return ", ".join(f"{count:,} {severity}" for count, severity in counts if count)
