"""Telemetry of devices as a server has it: latest, of the past, and live over one connection for all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self
from urllib.parse import urlsplit
from uuid import UUID

from papaya.api.alarm_feed import AlarmFeed
from papaya.api.listeners import Listen, Listeners
from papaya.api.malformed import malformed
from papaya.api.stream import Pace, Stream, condition_of
from papaya.api.websocket import check_installed, tls_context
from papaya.errors import PapayaError
from papaya.foreign import moment
from papaya.manifest.model import Json
from papaya.sensors.condition import Condition
from papaya.sensors.reading import Value

if TYPE_CHECKING:
    from papaya.api.session import Session

__all__ = ["DeviceFeed", "Pace", "ServerFeed", "condition_of"]

Aggregation = Literal["MIN", "MAX", "AVG", "SUM", "COUNT"]

# Proxies and servers take addresses of some 8,000 bytes, and a key is up to 12 bytes for each character.
_LONGEST_LIST = 3_000


class ServerFeed:
    """The devices of one server; what is listened to shares one connection, made when the first one listens.

    `on_condition` is called from the connection's thread with every change: of the server's condition,
    and of a device that falls silent or is heard again. The session stays its owner's to close.
    """

    def __init__(
        self,
        session: Session,
        *,
        ca_file: Path | None = None,
        insecure: bool = False,
        proxies: Mapping[str, str] | None = None,
        pace: Pace | None = None,
        on_condition: Callable[[Condition], None] | None = None,
    ) -> None:
        self._session = session
        self._listeners = Listeners()
        proxy = (proxies or {}).get(urlsplit(session.url).scheme)
        connection = tls_context(session.url, ca_file, insecure), proxy
        self._stream = Stream(session, self._listeners, connection, pace or Pace(), on_condition)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def device(self, device_id: str) -> DeviceFeed:
        """Return the feed of one device by its id."""
        return DeviceFeed(self._session, str(UUID(device_id)), self._listen, self._stream.condition)

    def listen_to_alarms(self, alarms: AlarmFeed) -> None:
        """Let the server tell of the alarms of all devices, beside what else is listened to."""
        check_installed()
        self._stream.alarms = alarms
        self._stream.start()

    def condition(self) -> Condition:
        """Return how the server is to be heard."""
        return self._stream.condition()

    def close(self, patience: float = 5.0) -> None:
        """End the connection and everything that is listened to, and wait so many seconds for it at most."""
        self._stream.close(patience)

    def _listen(
        self, device: str, keys: Sequence[str], listener: Listen, silent_after: float | None
    ) -> Callable[[], None]:
        check_installed()
        stop = self._listeners.add(device, keys, listener, silent_after)
        self._stream.start()
        return stop


class DeviceFeed:
    """One device: what `papaya.sensors.thingsboard` needs of a server."""

    def __init__(
        self,
        session: Session,
        device: str,
        listen: Callable[[str, Sequence[str], Listen, float | None], Callable[[], None]],
        condition: Callable[[str], Condition],
    ) -> None:
        self._session, self._device = session, device
        self._listen, self._condition = listen, condition
        self._path = f"/api/plugins/telemetry/DEVICE/{device}"
        self._stops: list[Callable[[], None]] = []

    def known_keys(self) -> Sequence[str]:
        """Return the keys of the device's telemetry."""
        path = f"{self._path}/keys/timeseries"
        answer = self._session.get(path)
        if not isinstance(answer, list):
            raise malformed(self._session, "GET", path, "the answer is no list of keys")
        return sorted(str(key) for key in answer)

    def latest(self, keys: Sequence[str]) -> Mapping[str, tuple[int, Value]]:
        """Return time and value of the last telemetry of each key that has any."""
        if not keys:
            return {}
        parameters: dict[str, str | int | bool] = {"useStrictDataTypes": True}
        listed = ",".join(keys)
        # The server splits the list at every comma; without a list it answers all keys.
        if len(listed) <= _LONGEST_LIST and not any("," in key for key in keys):
            parameters["keys"] = listed
        series = self._series(parameters)
        return {key: series[key][0] for key in keys if series.get(key)}

    def history(
        self, key: str, start: int, end: int, limit: int, *, newest: bool = False
    ) -> Sequence[tuple[int, Value]]:
        """Return `limit` times and values from `start` up to and without `end`, oldest first.

        Where there are more, the oldest are taken, or the `newest`.
        """
        bounds = _bounds(key, start, end)
        bounds.update({"limit": limit, "agg": "NONE", "orderBy": "DESC" if newest else "ASC"})
        found = self._series(bounds).get(key, [])
        return found[::-1] if newest else found

    def condensed(
        self, key: str, start: int, end: int, interval: int, how: Aggregation
    ) -> Sequence[tuple[int, Value]]:
        """Return a value for each interval of so many milliseconds that has any, at its middle.

        The server takes 700 intervals of a second or more at once.
        """
        bounds = _bounds(key, start, end)
        bounds.update({"interval": interval, "agg": how, "orderBy": "ASC"})
        return self._series(bounds).get(key, [])

    def listen(
        self,
        keys: Sequence[str],
        listener: Callable[[str, int, Value], None],
        *,
        silent_after: float | None = None,
    ) -> Callable[[], None]:
        """Call `listener` with the present value of each key and every newer one, from another thread.

        Only latest values are told: of several that a device sends in one message the newest, after an
        interruption the present one. `history` has the others. `silent_after` is for how many seconds this
        device may say nothing, where it is not as long as for others. What is returned ends it.
        """
        stop = self._listen(self._device, keys, listener, silent_after)
        self._stops.append(stop)
        return stop

    def condition(self) -> Condition:
        """Return how the device is to be heard."""
        return self._condition(self._device)

    def close(self) -> None:
        """End everything that is listened to here; the connection is the server's feed's."""
        while self._stops:
            self._stops.pop()()

    def _series(self, parameters: Mapping[str, str | int | bool]) -> dict[str, list[tuple[int, Value]]]:
        path = f"{self._path}/values/timeseries"
        answer = self._session.get(path, params=parameters)
        if not isinstance(answer, dict):
            raise malformed(self._session, "GET", path, "the answer is no telemetry")
        return {
            key: [point for one in points if (point := _point(one)) is not None]
            for key, points in answer.items()
            if isinstance(points, list)
        }


def _bounds(key: str, start: int, end: int) -> dict[str, str | int | bool]:
    if "," in key:
        raise PapayaError(f"the server cannot be asked for the past of a key with a comma, {key!r}")
    return {"keys": key, "startTs": start, "endTs": end, "useStrictDataTypes": True}


def _point(point: Json) -> tuple[int, Value] | None:
    match point:
        case {"ts": ts, "value": bool() | int() | float() | str() as value} if (at := moment(ts)) is not None:
            return at, value
        case {"ts": ts, "value": dict() | list() as value} if (at := moment(ts)) is not None:
            # The form that live values have.
            return at, json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # A named key without a value is answered with a null.
    return None
