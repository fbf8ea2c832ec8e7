"""A ThingsBoard server's alarms, and calls to its devices, by the names of the catalog."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import get_args

from papaya.api.alarm_feed import AlarmFeed
from papaya.api.alarms import ServerAlarm, acknowledge_alarm, alarms_of, clear_alarm
from papaya.api.attributes import attributes_of
from papaya.api.calls import call_device
from papaya.api.feed import ServerFeed
from papaya.api.session import Session
from papaya.errors import PapayaError
from papaya.foreign import ForeignValue, json_in, moment
from papaya.manifest.model import Json
from papaya.remedies import DEVICE_MISSING
from papaya.sensors.reading import Value
from papaya_gui.models.texts import bounded
from papaya_gui.sources.remote import About, Alarm, Attribute, Remote, Severity

_LONGEST_KIND, _LONGEST_VALUE = 255, 2_000
_SEVERITIES: tuple[Severity, ...] = get_args(Severity)


class ServerRemote(Remote):
    """`ids` and `names` tell which device has which id; both may grow while this is used.

    Requests are made inside of `noticing`, which sees how they fail. `absent` says why a device has no id.
    """

    def __init__(
        self,
        session: Session,
        ids: Mapping[str, str],
        names: Mapping[str, str],
        feed: ServerFeed | None = None,
        noticing: Callable[[], AbstractContextManager[None]] = nullcontext,
        absent: Callable[[str], PapayaError] | None = None,
    ) -> None:
        self._absent = absent or _is_missing
        self._session, self._ids, self._names, self._feed = session, ids, names, feed
        self._noticing = noticing
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
        with self._noticing():
            found = alarms_of(self._session, self._names.keys())
        if self._alarms is not None:
            self._alarms.reset(found)
        return self._named(found)

    def _named(self, alarms: Sequence[ServerAlarm]) -> Sequence[Alarm]:
        names = self._names
        return [_shown(alarm, name) for alarm in alarms if (name := names.get(alarm.device)) is not None]

    def acknowledge(self, alarm: Alarm) -> None:
        """Take note of an alarm, for everybody who looks at the server."""
        with self._noticing():
            acknowledge_alarm(self._session, alarm.id)

    def clear(self, alarm: Alarm) -> None:
        """End an alarm."""
        with self._noticing():
            clear_alarm(self._session, alarm.id)

    def page(self, device: str) -> str:
        """Return the address of a device's page."""
        identifier = self._ids.get(device)
        return "" if identifier is None else f"{self._session.url}/entities/devices/{identifier}"

    def about(self, device: str) -> About:
        """Return what the server says of a device beside its readings."""
        identifier = self._identifier(device)
        with self._noticing():
            found = attributes_of(self._session, identifier)
        values = {(one.scope, one.key): one.value for one in found}
        newest: Mapping[str, tuple[int, Value]] = {}
        if self._feed is not None:
            newest = self._feed.device(identifier).latest(
                ("current_fw_title", "current_fw_version", "fw_state")
            )
        active, seen = (values.get(("SERVER_SCOPE", key)) for key in ("active", "lastActivityTime"))
        moment_seen = moment(seen)
        return About(
            is_active=active if isinstance(active, bool) else None,
            last_active=moment_seen / 1000 if moment_seen else None,
            firmware=_joined(
                newest[key][1] for key in ("current_fw_title", "current_fw_version") if key in newest
            ),
            target=_joined(values.get(("SHARED_SCOPE", key)) for key in ("fw_title", "fw_version")),
            firmware_state=_joined(newest[key][1] for key in ("fw_state",) if key in newest),
            tunnel=_tunnel(values.get(("CLIENT_SCOPE", "papaya.tunnel"))),
            attributes=tuple(
                Attribute(
                    one.scope.removesuffix("_SCOPE").lower(),
                    bounded(one.key, _LONGEST_KIND),
                    bounded(one.text, _LONGEST_VALUE),
                    one.changed / 1000 if one.changed is not None else None,
                )
                for one in found
            ),
        )

    def _identifier(self, device: str) -> str:
        identifier = self._ids.get(device)
        if identifier is None:
            raise self._absent(device)
        return identifier

    def call(self, device: str, method: str, parameters: Json, seconds: float = 10.0) -> Json:
        """Call a method of a device and return its answer."""
        identifier = self._identifier(device)
        with self._noticing():
            return call_device(self._session, identifier, method, parameters, seconds)


def _joined(parts: Iterable[object]) -> str:
    return " ".join(bounded(str(part), _LONGEST_KIND) for part in parts if part not in (None, ""))


def _tunnel(told: object) -> str:
    """Return how a tunnel is, as its agent told it: an attribute that is an object, or its text."""
    if isinstance(told, str):
        try:
            told = json_in(told)
        except ForeignValue:
            return ""
    if not isinstance(told, dict):
        return ""
    port, error = told.get("remotePort"), told.get("error")
    since = told.get("since")
    return _joined(
        (
            told.get("condition"),
            f"since {since}" if since else None,
            f"(port {port})" if isinstance(port, int) else None,
            f"error: {error}" if error else None,
        )
    )


def _shown(alarm: ServerAlarm, device: str) -> Alarm:
    severity: Severity = next((one for one in _SEVERITIES if one == alarm.severity), "INDETERMINATE")
    return Alarm(
        alarm.id,
        device,
        bounded(alarm.kind, _LONGEST_KIND),
        severity,
        alarm.created / 1000,
        is_active=not alarm.is_cleared,
        is_acknowledged=alarm.is_acknowledged,
        details=bounded(_told(alarm.details)),
    )


def _told(details: Json) -> str:
    """Return what an alarm says of itself as a person writes it, not as JSON, where that is possible."""
    if not details:
        return ""
    if isinstance(details, str):
        return details
    if isinstance(details, Mapping) and all(isinstance(one, str | int | float) for one in details.values()):
        if set(details) == {"data"}:
            # What the rules of device profiles write.
            return str(details["data"])
        return ", ".join(f"{key}: {_plain(value)}" for key, value in details.items())
    return json.dumps(details, ensure_ascii=False)


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _is_missing(device: str) -> PapayaError:
    return PapayaError(f"the server has no device {device}", remedy=DEVICE_MISSING)
