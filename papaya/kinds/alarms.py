"""Alarm sets: the alarms that the sensors of a device profile's devices describe (`alarms: fromSensors`).

An alarm set is a part of a device profile. Its alarms are profile alarms or alarm rules, depending on what
the server evaluates for the profile's rule chain. If that changes, an apply moves them from one engine to the
other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

from papaya.errors import PapayaError
from papaya.kinds.address import Address
from papaya.kinds.alarm_engine import Choice, choose, followed, has_rules
from papaya.kinds.alarm_facts import Facts, read_facts
from papaya.kinds.alarm_saving import deleted_rules, own_rules, rules_of, saved_profile, saved_rules
from papaya.kinds.alarm_terms import alarm_in, terms_of, terms_of_profile_alarm, terms_of_rule
from papaya.kinds.kind import (
    Exported,
    Fault,
    IdOf,
    Kind,
    NameOf,
)
from papaya.kinds.limits import LIMIT_PREFIX
from papaya.kinds.origin import Origin
from papaya.kinds.profile_alarms import is_own, normal_alarm, profile_alarm
from papaya.kinds.request import Conversation, Listing, Request
from papaya.kinds.resource import Desired, Fields, Live
from papaya.kinds.sensor_alarms import SensorAlarm, SensorAlarms, sensor_alarms
from papaya.manifest.model import Fleet, Json, Resource

_FIELD: Final = "alarm "
_ENGINE: Final = "engine"
_WORDS: Final = {"profileAlarms": "profile alarms", "alarmRules": "alarm rules"}


class AlarmSets(Kind):
    """The kind of alarm sets, one for each device profile with `alarms`."""

    key = "alarmSet"
    section = "alarmSets"
    word = "alarm set"
    plural = "alarm sets"
    entity_type = "DEVICE_PROFILE"
    level = 140
    path = "/api/deviceProfile"
    listing = Listing("/api/deviceProfiles")
    is_part = True
    device_prefix = LIMIT_PREFIX
    goes_with_it = "the alarms made from sensors; the profile and its devices stay"

    def desired(self, declared: Resource, fleet: Fleet) -> Desired:
        """Return the alarms of the devices of a profile."""
        return Desired(
            self.address(declared.name),
            {_FIELD + alarm.type: terms_of(alarm) for alarm in _made(declared, fleet).alarms},
            references=(Address("deviceProfile", declared.name),),
            formerly=declared.formerly,
            mark=declared.mark,
        )

    def is_there(self, live: Live) -> bool:
        """Return whether a profile has alarms that papaya made, though its mark is gone."""
        return any(key.startswith(_FIELD) for key in live.fields or {})

    def facts(self, rows: Sequence[Fields]) -> Conversation[Json]:
        """Read the server's version, the rule chains of these profiles and the alarm rules."""
        facts = yield from read_facts(rows)
        return facts.as_json()

    def fields(self, row: Fields, details: tuple[Json, ...], name_of: NameOf) -> Fields:
        """Return the alarms that papaya keeps on a profile, whichever engine they are for."""
        facts = Facts.of(details)
        told: dict[str, Json] = {}
        stored: dict[str, Json] = {}
        for one in _own_alarms(row):
            stored["profileAlarms"] = None
            told[_FIELD + str(one.get("alarmType"))] = terms_of_profile_alarm(one)
        for rule in own_rules(row, facts):
            stored["alarmRules"] = None
            name = str(rule.get("name"))
            told[_FIELD + name] = terms_of_rule(name, rule.get("configuration"))
        wanted = choice_for(row, facts).engine
        wrong = [_WORDS[engine] for engine in stored if engine != wanted]
        if wrong:
            told[_ENGINE] = f"{wrong[0]}; this server evaluates {_WORDS[wanted]}"
        return told

    def create(self, desired: Desired, origin: Origin, id_of: IdOf) -> Conversation[Fields]:
        """Put the alarms on a profile that this run has created."""
        id_ = id_of(Address("deviceProfile", desired.address.name))
        row = yield from self._applied(desired, id_, None)
        return row

    def update(self, desired: Desired, live: Live, id_of: IdOf) -> Conversation[Fields]:
        """Bring the alarms of a profile to their desired form, in the engine that the server evaluates."""
        row = yield from self._applied(desired, live.id, live)
        return row

    def delete(self, live: Live) -> Conversation[None]:
        """Delete the alarms that papaya made; the profile stays."""
        row = yield from self._profile(live.id)
        facts = yield from read_facts([row])
        yield from deleted_rules(own_rules(row, facts), facts)
        yield from saved_profile(row, [])

    def version(self, row: Fields) -> int | None:
        """Return None: alarm rules do not move the version of their profile."""
        return None

    def faults(self, declared: Resource, fleet: Fleet) -> Iterator[Fault]:
        """Yield limits that make no alarm that works, and a profile whose sensors make none."""
        made = _made(declared, fleet)
        yield from (Fault(fault.summary, fault.remedy, fault.mark) for fault in made.faults)

    def device_attributes(self, fleet: Fleet) -> Mapping[str, Mapping[str, Json]]:
        """Return the limits of devices that have their own."""
        own: dict[str, Mapping[str, Json]] = {}
        for declared in fleet.resources:
            if declared.kind == self.key:
                own.update(_made(declared, fleet).attributes)
        return own

    def notes(self, desired: Desired, live: Live | None) -> Iterator[str]:
        """Yield that nothing would be evaluated, or that there is nothing to evaluate."""
        if not desired.fields:
            yield "no sensor of the profile's devices has a threshold, so that there is no alarm"
        if live is not None and live.details and desired.fields:
            choice = choice_for(live.row, Facts.of(live.details))
            if choice.warning:
                yield f"{choice.warning}; {choice.remedy}"

    def question(self, desired: Desired, live: Live | None) -> str:
        """Return which alarms of somebody else would be replaced: a profile has each type once."""
        if live is None:
            return ""
        types = {name.removeprefix(_FIELD) for name in desired.fields}
        facts = Facts.of(live.details)
        own = {str(rule.get("name")) for rule in own_rules(live.row, facts)}
        names = [str(rule.get("name")) for rule in rules_of(live.row, facts)]
        others = {name for name in names if name not in own}
        others |= {str(one.get("alarmType")) for one in _alarms(live.row) if not is_own(one)}
        replaced = sorted(types & others)
        if not replaced:
            return ""
        return f"replaces alarms that papaya did not make: {', '.join(replaced)}"

    def writes(self, desired: Desired, live: Live | None) -> int:
        """Return about how many requests an apply sends: it reads the profile, its chain and rules before."""
        facts = Facts.of(live.details) if live is not None else Facts()
        reads = 2 + len(facts.chains or {"": None}) + has_rules(facts.version)
        is_rules = live is None or choice_for(live.row, facts).engine == "alarmRules"
        return 1 + 2 * reads + (len(desired.fields) if is_rules else 1)

    def exported(self, live: Live, folder: str, name_of: NameOf) -> Exported:
        """Return which profile has an alarm set; nothing where papaya keeps no alarm on it."""
        has_alarms = any(key != _ENGINE for key in live.fields or {})
        return Exported({"profile": live.address.name} if has_alarms else {}, {})

    def written_into(self, document: Fields, entries: Sequence[Fields]) -> dict[str, Json]:
        """Return a manifest whose profiles say that they have alarm sets."""
        names = [str(entry["profile"]) for entry in entries if "profile" in entry]
        if not names:
            return dict(document)
        profiles = document.get("profiles")
        told: dict[str, Json] = dict(profiles) if isinstance(profiles, dict) else {}
        devices = told.get("devices")
        kept: dict[str, Json] = dict(devices) if isinstance(devices, dict) else {}
        for name in names:
            before = kept.get(name)
            kept[name] = {**(before if isinstance(before, dict) else {}), "alarms": "fromSensors"}
        return {**document, "profiles": {**told, "devices": kept}}

    def _applied(self, desired: Desired, id_: str, live: Live | None) -> Conversation[Fields]:
        row = yield from self._profile(id_)
        facts = yield from read_facts([row])
        wanted = [*_wanted(desired.fields)]
        types = {alarm.type for alarm in wanted}
        if live is not None:
            _refuse_if_changed(live, row, facts, types)
        if choice_for(row, facts).engine == "alarmRules":
            # Both engines with one alarm type would share the alarm and fight for it (seen on 4.3.1.3).
            row = yield from saved_profile(row, [], types)
            yield from saved_rules(row, facts, wanted)
        else:
            own = own_rules(row, facts)
            rivals = [rule for rule in rules_of(row, facts) if rule in own or rule.get("name") in types]
            yield from deleted_rules(rivals, facts)
            row = yield from saved_profile(row, [profile_alarm(alarm) for alarm in wanted])
        return row

    def _profile(self, id_: str) -> Conversation[Fields]:
        answer = yield Request("GET", f"{self.path}/{id_}")
        return answer if isinstance(answer, dict) else {}


def choice_for(row: Fields, facts: Facts) -> Choice:
    """Return the engine that evaluates the alarms of a profile."""
    chain = _chain_id(row) or facts.root
    return choose(facts.version, followed(chain, facts.chains), facts.names.get(chain, chain))


def _chain_id(row: Fields) -> str:
    chain = row.get("defaultRuleChainId")
    return str(chain.get("id")) if isinstance(chain, dict) and chain.get("id") else ""


def _made(declared: Resource, fleet: Fleet) -> SensorAlarms:
    return sensor_alarms(device for device in fleet.devices() if device.profile == declared.name)


def _wanted(fields: Fields) -> Iterator[SensorAlarm]:
    for name, terms in fields.items():
        if name.startswith(_FIELD) and isinstance(terms, dict):
            yield alarm_in(name.removeprefix(_FIELD), terms)


def _alarms(row: Fields) -> list[dict[str, Json]]:
    data = row.get("profileData")
    alarms = data.get("alarms") if isinstance(data, dict) else None
    return [one for one in alarms if isinstance(one, dict)] if isinstance(alarms, list) else []


def _own_alarms(row: Fields) -> list[dict[str, Json]]:
    return [one for one in _alarms(row) if is_own(one)]


def _refuse_if_changed(live: Live, row: Fields, facts: Facts, types: Collection[str]) -> None:
    """Raise where somebody changed the alarms since the plan was made: their versions say nothing of it.

    The same run may have saved other rules of the profile before, those of `alarmRules`.
    """
    planned = Facts.of(live.details)
    before = [normal_alarm(one) for one in _alarms(live.row)]
    now = [normal_alarm(one) for one in _alarms(row)]
    if before != now or _versions(live.row, planned, types) != _versions(row, facts, types):
        raise PapayaError(
            f"somebody else changed the alarms of device profile {live.address.name} since the plan was made",
            remedy="plan again: papaya plan",
        )


def _versions(row: Fields, facts: Facts, types: Collection[str]) -> Mapping[str, Json]:
    own = {str(rule.get("name")) for rule in own_rules(row, facts)} | {*types}
    rules = rules_of(row, facts)
    return {str(rule.get("name")): rule.get("version") for rule in rules if rule.get("name") in own}
