"""Rules over a whole fleet, which no single entry can break alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

from papaya.diagnostics import Mark
from papaya.manifest import device_credentials
from papaya.manifest.model import AUTO, Country, Device, Fleet, Location, Sensor, State
from papaya.manifest.ports import check_tunnels
from papaya.manifest.report import Report

_OF_FIELDS = {
    "latitude": "location",
    "longitude": "location",
    "serial": "serial",
    "tunnel.remotePort": "tunnel.remotePort",
}


def check(fleet: Fleet, renamed: Mapping[str, tuple[str, Mark]], report: Report) -> None:
    """Note every rule that a fleet breaks as a whole."""
    devices = tuple(fleet.devices())
    if fleet.bundle is not None and [device.name for device in devices] != [fleet.bundle]:
        report.add_at(
            fleet.mark,
            f"the device bundle of {fleet.bundle} holds only that device, this one holds {len(devices):,}",
            "write it with `papaya render --device NAME`, or remove metadata.bundle",
        )
    _check_devices(devices, report)
    _check_assets(fleet, report)
    device_credentials.check_devices(devices, report)
    check_tunnels(fleet, devices, report)
    _check_sensors(fleet, devices, report)
    _check_renamed(fleet, devices, renamed, report)
    for device in devices:
        _check_own_fields(device, report)
    for country in fleet.countries:
        _check_own_fields(country, report)
        for state in country.states:
            _check_own_fields(state, report)


def _check_devices(devices: Iterable[Device], report: Report) -> None:
    names: dict[str, Device] = {}
    folded: dict[str, Device] = {}
    serials: dict[str, Device] = {}
    for device in devices:
        first = names.setdefault(device.name, device)
        if first is not device:
            report.add_at(
                device.mark,
                f"the device {device.name} is already there ({first.mark}), in {first.country}/{first.state}",
                "give each device a name of its own",
            )
            continue
        like = folded.setdefault(device.name.casefold(), device)
        if like is not device:
            _warn_of_case("device", device.name, like.name, device.mark, like.mark, report)
        if device.serial is not None:
            same = serials.setdefault(device.serial, device)
            if same is not device:
                report.add_at(
                    device.mark,
                    f"{device.name} has the serial of {same.name}: {device.serial}",
                    f"check both ({same.mark})",
                    severity="warning",
                )


def _check_assets(fleet: Fleet, report: Report) -> None:
    names: dict[str, tuple[str, Country | State]] = {}
    folded: dict[str, Country | State] = {}
    places: list[tuple[str, Country | State]] = []
    for country in fleet.countries:
        places.append(("Country", country))
        places.extend(("State", state) for state in country.states)
    for kind, place in places:
        _check_shared(place, report)
        first_kind, first = names.setdefault(place.asset_name, (kind, place))
        if first is not place:
            report.add_at(
                place.mark,
                f"the {kind} {place.name} would be the same asset as the {first_kind} {first.name} "
                f"({first.mark}): assets of all kinds share one namespace on the server",
                f'{_where_to_say(place, report)} `assetName: "{place.asset_name} ({kind})"`',
            )
            continue
        like = folded.setdefault(place.asset_name.casefold(), place)
        if like is not place:
            _warn_of_case("asset", place.asset_name, like.asset_name, place.mark, like.mark, report)


def _where_to_say(place: Country | State, report: Report) -> str:
    """Return how to give a place another asset name: one that rows name has no entry yet."""
    source = report.texts.get(place.mark.file) if place.mark is not None else None
    is_derived = source is not None and source.kind == "csv"
    return f"write {place.name} under `countries`, with" if is_derived else "give one of them"


def _check_shared(place: Country | State, report: Report) -> None:
    if place.shared and place.formerly is not None:
        report.add_at(
            place.mark,
            f"{place.name} is shared, and so not this fleet's to rename from {place.formerly}",
            "remove `formerly`, or `shared`",
        )


def _warn_of_case(
    kind: str, name: str, other: str, mark: Mark | None, first: Mark | None, report: Report
) -> None:
    report.add_at(
        mark,
        f"the {kind}s {name} and {other} ({first}) differ by case only",
        "if both are the same, remove one; a live name that differs by case is adopted as one of them",
        severity="warning",
    )


def _check_sensors(fleet: Fleet, devices: Iterable[Device], report: Report) -> None:
    checked: set[int] = set()
    for device in devices:
        if id(device.sensors) in checked:
            continue
        checked.add(id(device.sensors))
        # Keys within one list are told where the list is written.
        lists = [fleet.sensor_sets.get(name, ()) for name in device.sensor_sets]
        if not lists or device.sensors in lists:
            continue
        seen: dict[str, Sensor] = {}
        for sensor in device.sensors:
            first = seen.setdefault(sensor.key, sensor)
            if first is not sensor:
                report.add_at(
                    device.mark,
                    f"two sensors of {device.name} have the key {sensor.key}: "
                    f"{first.name or first.key} and {sensor.name or sensor.key}",
                    "give each sensor of a device a key of its own",
                )


def _check_renamed(
    fleet: Fleet, devices: tuple[Device, ...], renamed: Mapping[str, tuple[str, Mark]], report: Report
) -> None:
    places = chain(fleet.countries, (state for _, state in fleet.states()))
    assets = {place.asset_name: place for place in places}
    names = {device.name: device for device in devices}
    for left, (new, stands) in renamed.items():
        if new not in names and "countries" not in report.unsure:
            report.add_at(
                stands,
                f"{left} is renamed to {new}, which is no device here",
                "remove it",
                severity="warning",
            )
    for kind, entities in (("asset", assets), ("device", names)):
        former: dict[str, str] = {}
        for name, entity in entities.items():
            old = entity.formerly
            if old is None:
                continue
            mark = renamed[old][1] if kind == "device" and old in renamed else entity.mark
            other = former.setdefault(old, name)
            if old == name:
                report.add_at(
                    mark, f"{name} is said to have been {old}, which is the same", "remove the old name"
                )
            elif old in entities and entities[old].formerly is None:
                report.add_at(
                    mark,
                    f"{name} is said to have been {old}, which is still here ({entities[old].mark})",
                    "remove one of them",
                )
            elif other != name:
                report.add_at(
                    mark, f"both {other} and {name} are said to have been {old}", "keep one of them"
                )


def _check_own_fields(entity: Device | Country | State, report: Report) -> None:
    """Refuse attributes that a field in use is kept under: two values would fight for one key."""
    attributes = entity.attributes
    for key, field in _OF_FIELDS.items():
        if key not in attributes:
            continue
        if field == "location":
            used = isinstance(entity.location, Location) or entity.location == AUTO
        elif not isinstance(entity, Device):
            used = False
        elif field == "serial":
            used = entity.serial is not None
        else:
            used = entity.tunnel is not None
        if used:
            report.add_at(
                entity.mark,
                f'{entity.name} has the attribute "{key}" and the field `{field}`, which is kept there',
                f"remove the attribute, or the field `{field}`",
            )
