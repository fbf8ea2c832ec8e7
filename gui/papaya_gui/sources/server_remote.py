"""A ThingsBoard server's alarms, and calls to its devices, by the names of the catalog."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import get_args

from papaya.api.alarm_feed import AlarmFeed
from papaya.api.alarms import ServerAlarm, acknowledge_alarm, alarms_of, clear_alarm
from papaya.api.calls import call_device
from papaya.api.feed import ServerFeed
from papaya.api.session import Session
from papaya.errors import PapayaError
from papaya.manifest.model import Json
from papaya.remedies import DEVICE_MISSING
from papaya_gui.models.texts import bounded
from papaya_gui.sources.remote import Alarm, Remote, Severity

_LONGEST_KIND = 255
_SEVERITIES: tuple[Severity, ...] = get_args(Severity)


class ServerRemote(Remote):
    """`ids` and `names` tell which device has which id; both may grow while this is used."""

    def __init__(
        self,
        session: Session,
        ids: Mapping[str, str],
        names: Mapping[str, str],
        feed: ServerFeed | None = None,
    ) -> None:
        self._session, self._ids, self._names, self._feed = session, ids, names, feed
        self._alarms: AlarmFeed | None = None

    def listen(self, on_change: Callable[[], None]) -> None:
        """Subscribe to the alarms of all devices, over the connection that values come on."""
        if self._feed is not None:
            self._alarms = AlarmFeed(on_change)
            self._feed.listen_to_alarms(self._alarms)

    def renew(self) -> None:
        """Take note of devices that were found since: their alarms are told of, too."""
        if self._alarms is not None:
            self._alarms.renew()

    @property
    def is_told(self) -> bool:
        """Whether the server tells of its alarms by itself at present."""
        return self._alarms is not None and self._alarms.is_live

    def told(self) -> Sequence[Alarm]:
        """Return the alarms that are known by what was read and told, newest first."""
        return self._named(self._alarms.known() if self._alarms is not None else ())

    def alarms(self) -> Sequence[Alarm]:
        """Return the alarms of the fleet's devices that are active or not acknowledged, newest first."""
        if self._alarms is not None:
            self._alarms.begin_reset()
        found = alarms_of(self._session, self._names.keys())
        if self._alarms is not None:
            self._alarms.reset(found)
        return self._named(found)

    def _named(self, alarms: Sequence[ServerAlarm]) -> Sequence[Alarm]:
        names = self._names
        return [_shown(alarm, name) for alarm in alarms if (name := names.get(alarm.device)) is not None]

    def acknowledge(self, alarm: Alarm) -> None:
        """Take note of an alarm, for everybody who looks at the server."""
        acknowledge_alarm(self._session, alarm.id)

    def clear(self, alarm: Alarm) -> None:
        """End an alarm."""
        clear_alarm(self._session, alarm.id)

    def call(self, device: str, method: str, parameters: Json, seconds: float = 10.0) -> Json:
        """Call a method of a device and return its answer."""
        identifier = self._ids.get(device)
        if identifier is None:
            raise PapayaError(
                f"the server has no device {device} that could be called", remedy=DEVICE_MISSING
            )
        return call_device(self._session, identifier, method, parameters, seconds)


def _shown(alarm: ServerAlarm, device: str) -> Alarm:
    severity: Severity = next((one for one in _SEVERITIES if one == alarm.severity), "INDETERMINATE")
    details = alarm.details
    text = (
        details
        if isinstance(details, str)
        else ""
        if not details
        else json.dumps(details, ensure_ascii=False)
    )
    return Alarm(
        alarm.id,
        device,
        bounded(alarm.kind, _LONGEST_KIND),
        severity,
        alarm.created / 1000,
        is_active=not alarm.is_cleared,
        is_acknowledged=alarm.is_acknowledged,
        details=bounded(text),
    )
