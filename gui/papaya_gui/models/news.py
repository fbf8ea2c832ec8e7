"""Which alarms of the server are new and grave: each is told of once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from papaya_gui.models.alarms import ordered, severity_text
from papaya_gui.models.condition import GRAVE, of_alarm
from papaya_gui.models.texts import shortened
from papaya_gui.sources.remote import Alarm

_LONGEST = 80
_TOLD = 3


class AlarmNews:
    """Knows which alarms have been told of, also while nobody wants to hear of them."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def take(self, alarms: Iterable[Alarm]) -> Sequence[Alarm]:
        """Return CRITICAL and MAJOR alarms, active and not acknowledged, that are new; the gravest first."""
        new = [
            alarm
            for alarm in alarms
            if alarm.is_active
            and not alarm.is_acknowledged
            and of_alarm(alarm) >= GRAVE
            and alarm.id not in self._told
        ]
        self._told.update(alarm.id for alarm in new)
        return ordered(new)


def grave_count(alarms: Iterable[Alarm]) -> int:
    """Return how many CRITICAL and MAJOR alarms are active."""
    return sum(alarm.is_active and of_alarm(alarm) >= GRAVE for alarm in alarms)


def news_title(alarms: Sequence[Alarm]) -> str:
    """Return the heading of a notification about new alarms."""
    if len(alarms) == 1:
        return f"{severity_text(alarms[0])}: {alarms[0].device}"
    return f"{len(alarms):,} new alarms"


def news_text(alarms: Sequence[Alarm]) -> str:
    """Return what is said below it: the gravest of them, and how many more there are."""
    if len(alarms) == 1:
        return shortened(alarms[0].kind, _LONGEST)
    lines = [
        f"{severity_text(alarm)}: {alarm.device}, {shortened(alarm.kind, _LONGEST)}"
        for alarm in alarms[:_TOLD]
    ]
    return "\n".join([*lines, f"and {len(alarms) - _TOLD:,} more"] if len(alarms) > _TOLD else lines)
