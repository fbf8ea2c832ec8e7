"""Which of a fleet's devices a ThingsBoard server has, with which sensors, and listening to all of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from random import sample
from typing import cast

from papaya.agent.configuration import sensors_from
from papaya.api.feed import ServerFeed
from papaya.api.fetch import devices_by_name, identifier, objects_by_id
from papaya.api.listeners import NO_DEVICE
from papaya.api.query import Key
from papaya.api.session import Session
from papaya.api.telemetry_keys import keys_beside
from papaya.engine.inventory import SENSORS_KEY
from papaya.errors import PapayaError
from papaya.foreign import Unusable, json_in
from papaya.manifest.model import Json, Sensor
from papaya.remedies import DEVICE_MISSING, DEVICE_SILENT, DEVICES_MISSING
from papaya.sensors.condition import Condition, Health
from papaya.sensors.reading import Value
from papaya_gui.models.absent import none_there
from papaya_gui.models.catalog import MOST_FOUND, Catalog, is_key
from papaya_gui.sources.silence import patience_with
from papaya_gui.sources.supply import Tell

log = logging.getLogger(__name__)

# Silent devices at once, so that a fleet that is away costs its server little.
_MOST_ASKED = 600
_DECLARED = Key("SHARED_SCOPE", SENSORS_KEY)


class ServerDevices:
    """`ids` and `names` tell which device has which id; `take` gets the row, time and value of what comes.

    All methods are called from one thread.
    """

    def __init__(
        self,
        catalog: Catalog,
        session: Session,
        feed: ServerFeed,
        tell: Tell,
        take: Callable[[int, int, Value], None],
    ) -> None:
        self._catalog, self._session, self._feed = catalog, session, feed
        self._tell, self._take = tell, take
        self.ids: dict[str, str] = {}
        self.names: dict[str, str] = {}
        # Which keys of a device are listened to, and what ends that.
        self._heard: dict[str, dict[str, Callable[[], None]]] = {}
        # Devices whose sensors are what they send.
        self._undeclared: set[str] = set()
        self._absent: dict[str, str] = {}
        # Whether the last look found none of the fleet's devices, although it has some.
        self.are_all_missing = False

    @property
    def is_any_heard(self) -> bool:
        """Whether any device is listened to."""
        return bool(self._heard)

    def look(self) -> None:
        """Listen to the devices that are not listened to yet, as far as the server has them."""
        self._leave_deleted()
        wanted = [name for name in self._catalog.devices if name not in self._heard]
        if wanted:
            self._find(wanted)
        self._find_keys()

    def _find(self, wanted: Sequence[str]) -> None:
        # Of 100,000 devices the attribute takes 80 MB, and it counts only where the manifest has no sensors.
        keys = () if all(map(self._catalog.rows_of, wanted)) else (_DECLARED,)
        found = devices_by_name(self._session, wanted, self._catalog.fleet.name, keys)
        for name, device in found.items():
            self.names[device.id], self.ids[name] = name, device.id
            if not self._catalog.rows_of(name):
                for sensor in _declared(str(device.values.get(_DECLARED, ""))):
                    if is_key(sensor.key):
                        self._catalog.add(name, sensor)
            if self._catalog.rows_of(name):
                self._listen(name)
            else:
                self._undeclared.add(name)
        for name in wanted:
            if name not in found:
                self._misses(name, NO_DEVICE, DEVICE_MISSING)
        self.are_all_missing = not self.ids
        if self.are_all_missing:
            self._tell(Condition(Health.FAULT, none_there(len(wanted)), DEVICES_MISSING))

    def _leave_deleted(self) -> None:
        """Listen no more to devices that the server has deleted, which it does not tell: it falls silent."""
        silent = {
            self.ids[name]: name
            for name in self._heard
            if self._feed.device(self.ids[name]).condition().health is Health.SILENT
        }
        asked = sample(sorted(silent), min(len(silent), _MOST_ASKED))
        present = {identifier(one) for one in objects_by_id(self._session, "device", asked)}
        for gone in set(asked) - present:
            name = silent[gone]
            del self.names[gone], self.ids[name]
            for stop in set(self._heard.pop(name).values()):
                stop()
            # Of another device of this name something has to be told.
            self._absent[name] = ""

    def _find_keys(self) -> None:
        """Take as sensors what devices that declare none have sent, or have begun to send since."""
        devices = [name for name in self._catalog.devices if name in self._undeclared and name in self.ids]
        known = {self.ids[name]: [row.sensor.key for row in self._catalog.rows_of(name)] for name in devices}
        for device, keys in keys_beside(self._session, known).items():
            name = self.names[device]
            for key in sorted(filter(is_key, keys))[: MOST_FOUND - len(known[device])]:
                self._catalog.add(name, Sensor(key))
            self._listen(name)
        for name in devices:
            if name not in self._heard:
                self._misses(name, "the device has sent nothing yet", DEVICE_SILENT)
        if not self._heard and self.ids:
            self._tell(Condition(Health.LIVE))

    def _listen(self, name: str) -> None:
        """Listen to the sensors of a device that are not listened to yet."""
        heard = self._heard.setdefault(name, {})
        rows = self._catalog.rows_of(name)
        indices = {row.sensor.key: row.index for row in rows if row.sensor.key not in heard}
        if not indices:
            return
        take = self._take

        def hear(key: str, ts: int, value: Value) -> None:
            take(indices[key], ts, value)

        device = self._feed.device(self.ids[name])
        stop = device.listen(tuple(indices), hear, silent_after=patience_with(rows))
        heard.update(dict.fromkeys(indices, stop))
        if self._absent.pop(name, None) is not None:
            self._tell(Condition(Health.LIVE, device=name))

    def _misses(self, name: str, reason: str, remedy: str) -> None:
        if self._absent.get(name) != reason:
            self._absent[name] = reason
            self._tell(Condition(Health.SILENT, reason, remedy, name))


def _declared(text: str) -> tuple[Sensor, ...]:
    """Return the sensors that the attribute of a device declares; none where it is not readable."""
    try:
        return sensors_from(cast(Json, json_in(text, unusable=Unusable))) if text else ()
    except PapayaError:
        log.warning("an attribute %s is no list of sensors", SENSORS_KEY)
        return ()
