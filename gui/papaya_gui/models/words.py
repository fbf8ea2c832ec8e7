"""How ages and conditions are said; a view gives the words of its language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from papaya_gui.models.board import NOTHING, STALE
from papaya_gui.models.levels import ABOVE, ALARM, CLEAR
from papaya_gui.models.texts import shortened
from papaya_gui.sources.remote import Alarm

_LONGEST_KIND = 60
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class Words:
    """Sentences with places in braces, and plain words; they are English unless a view says otherwise."""

    seconds: str = "{seconds} s"
    minutes: str = "{minutes} min"
    hours: str = "{hours} h {minutes} min"
    days: str = "{days} d {hours} h"
    live: str = "live"
    simulated: str = "simulated"
    recorded: str = "recorded"
    no_data: str = "no data"
    stale: str = "stale {age}"
    ahead: str = "clock {age} ahead"
    warn_high: str = "warn high"
    warn_low: str = "warn low"
    alarm_high: str = "alarm high"
    alarm_low: str = "alarm low"
    online: str = "online"
    offline: str = "stale"
    silent: str = "silent"
    missing: str = "not on the server"
    alarm: str = "1 alarm"
    alarms: str = "{count} alarms"
    warning: str = "1 warning"
    warnings: str = "{count} warnings"
    silents: str = "{count} silent"
    stales: str = "{count} stale"
    nothings: str = "{count} no data"
    onlines: str = "{count} online"
    simulateds: str = "{count} simulated"
    recordeds: str = "{count} recorded"
    raised: str = "{kind} ({severity} on server)"
    raised_more: str = "{kind} ({severity} on server) and {count} more"
    server_alarm: str = "1 server alarm"
    server_alarms: str = "{count} server alarms"
    unlike_manifest: str = "{count} not in sync"
    of: str = "{parts} of {total}"
    no_devices: str = "no devices"
    no_sensors: str = "no sensors"

    def age(self, seconds: float) -> str:
        """Return an age in its two greatest units, the smallest of them begun; empty for not a number."""
        if seconds != seconds:
            return ""
        whole = max(int(seconds), 0)
        if whole < _MINUTE:
            return self.seconds.format(seconds=whole)
        if whole < _HOUR:
            return self.minutes.format(minutes=whole // _MINUTE)
        if whole < _DAY:
            return self.hours.format(hours=whole // _HOUR, minutes=whole % _HOUR // _MINUTE)
        return self.days.format(days=whole // _DAY, hours=whole % _DAY // _HOUR)

    def condition(self, freshness: int, level: int, side: int, seconds: float, ahead: float = 0.0) -> str:
        """Return how a value is to be read: its threshold first, then how fresh it is unless it is live.

        It is so many seconds old, by a clock that was so many `ahead`.
        """
        if freshness == NOTHING:
            return self.no_data
        parts = []
        if level != CLEAR:
            parts.append(self._level(level, side))
        if freshness == STALE:
            parts.append(self.stale.format(age=self.age(seconds)))
        if told := self.ahead_by(ahead):
            parts.append(told)
        return ", ".join(parts) or self.live

    def raised_by(self, alarms: Sequence[Alarm]) -> str:
        """Return the gravest of the server's alarms about a row, and how many more there are."""
        gravest = alarms[0]
        told = self.raised if len(alarms) == 1 else self.raised_more
        kind, severity = shortened(gravest.kind, _LONGEST_KIND), gravest.severity.lower()
        return told.format(kind=kind, severity=severity, count=len(alarms) - 1)

    def count_raised(self, count: int) -> str:
        """Return how many alarms of the server a device has."""
        return self.server_alarm if count == 1 else self.server_alarms.format(count=f"{count:,}")

    def ahead_by(self, seconds: float) -> str:
        """Return words about a clock that is so much ahead; empty where it is nearly right."""
        return self.ahead.format(age=self.age(seconds)) if seconds >= _MINUTE else ""

    def _level(self, level: int, side: int) -> str:
        if level == ALARM:
            return self.alarm_high if side == ABOVE else self.alarm_low
        return self.warn_high if side == ABOVE else self.warn_low
