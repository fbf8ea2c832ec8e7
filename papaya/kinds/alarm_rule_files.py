"""Alarm rules from files: calculated fields of the type ALARM (4.3 on).

Those that papaya makes from sensors (`alarms: fromSensors`) belong to their alarm sets: this kind neither
adopts nor deletes them. `/api/calculatedField` takes the type ALARM on every version that has it (tried on
4.3.1.3); `/api/alarm/rule` is there from 4.3.1.2 on only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from papaya.kinds.alarm_engine import has_rules
from papaya.kinds.alarm_saving import is_from_sensors
from papaya.kinds.attached_fields import AttachedFields
from papaya.kinds.field_parts import ALARM, entity_of
from papaya.kinds.kind import Fault
from papaya.kinds.resource import Desired, Fields, Live, LiveObjects
from papaya.kinds.sensor_alarms import sensor_alarms
from papaya.manifest.model import Fleet, Resource
from papaya.server_version import version_of


class AlarmRules(AttachedFields):
    """The kind of alarm rules from files."""

    key = "alarmRule"
    section = "alarmRules"
    word = "alarm rule"
    plural = "alarm rules"
    types = (ALARM,)
    called_key = "alarmType"
    optional = frozenset((called_key,))
    goes_with_it = "the rule; its alarms stay as they are"

    def is_managed(self, row: Fields) -> bool:
        """Return whether a rule is none of those that papaya makes from sensors."""
        return not is_from_sensors(row)

    def objections(self, desired: Desired, live: Live | None, server: LiveObjects) -> Iterator[str]:
        """Yield that the server's version has no alarm rules, or that an alarm set has one of the type."""
        if version_of(server.version) and not has_rules(server.version):
            yield (
                f"ThingsBoard has alarm rules from 4.3 on; this server is {server.version}. Alarms from "
                "thresholds work on every version (alarms: fromSensors)"
            )
            return
        if live is not None:
            return
        for one in server.of(self.key):
            same = one.address.name == desired.live_name and self.may_be(desired, one, server.ids)
            if same and not self.is_managed(one.row):
                entity = entity_of(desired.fields)
                where = f" of {entity}" if entity is not None else ""
                yield f"papaya makes an alarm of this type from the sensors{where}; give one another name"

    def _more_faults(self, declared: Resource, fleet: Fleet) -> Iterator[Fault]:
        """Yield that the sensors of the profile make an alarm of the same type."""
        profile = declared.values.get("profile")
        if not any(one.kind == "alarmSet" and one.name == profile for one in fleet.resources):
            return
        made = sensor_alarms(device for device in fleet.devices() if device.profile == profile)
        type_ = declared.values.get(self.called_key) or declared.name
        if any(alarm.type == type_ for alarm in made.alarms):
            yield Fault(
                f"alarms: fromSensors of {profile} makes an alarm of the type {type_}, too",
                "give the rule another name: a device has one alarm of a type, and they fight for it",
            )


ALARM_RULES: Final = AlarmRules()
