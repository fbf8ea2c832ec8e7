"""A fleet cut down to one device, so that its run can touch nothing else."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from papaya.counting import counted, first_of
from papaya.diagnostics import Mark
from papaya.engine.meaning import device_named, devices_like
from papaya.errors import PapayaError
from papaya.manifest.explain import did_you_mean
from papaya.manifest.model import AUTO, Country, Device, Fleet, Location, State
from papaya.provision.hardware import is_same_serial

Origin = Literal["manifest", "config.properties"]


class WhichDevice(PapayaError):
    """Nothing says which of several devices is meant."""


@dataclass(frozen=True, slots=True)
class OneDevice:
    """The device that a run is about, with its places and what of its fleet it needs.

    `serial` is what the manifest says, else what the hardware or a person says.
    """

    fleet: Fleet
    country: Country
    state: State
    device: Device
    origin: Origin
    serial: str | None = None

    @property
    def path(self) -> tuple[str, str, str]:
        """Country, State and device."""
        return self.country.name, self.state.name, self.device.name

    @property
    def finds_itself(self) -> bool:
        """Whether the device finds out where it stands."""
        return self.device.location == AUTO

    @property
    def surveyed(self) -> Location | None:
        """The position that the manifest says."""
        return self.device.location if isinstance(self.device.location, Location) else None


def one_of(fleet: Fleet, name: str | None, serial: str | None, *, origin: Origin = "manifest") -> OneDevice:
    """Return the device that is meant: by name, by serial number, or as the only one that there is.

    A serial number that belongs to another device than the named one is refused: the wrong bundle was copied
    to this machine, or the wrong machine mounted.
    """
    device = _device(fleet, name or fleet.bundle, serial)
    if serial is not None and device.serial is not None and not is_same_serial(serial, device.serial):
        raise PapayaError(
            f"{_at(device.mark)}{device.name} has the serial number {device.serial}, this machine {serial}",
            remedy="Correct serial in the manifest, or provision the device that has this number.",
        )
    country, state = next(
        (country, state) for country, state in fleet.states() if any(one is device for one in state.devices)
    )
    state = replace(state, devices=(device,))
    country = replace(country, states=(state,))
    alone = replace(
        fleet,
        countries=(country,),
        bundle=device.name,
        missing_cells=(),
        # What papaya keeps on profiles concerns the fleet; its secrets are not for a device.
        profiles=replace(fleet.profiles, devices=()),
    )
    return OneDevice(alone, country, state, device, origin, device.serial or serial)


def beside_the_fleet(fleet: Fleet, present: Collection[str]) -> Fleet:
    """Return the fleet with those of its places shared that are on the server: linked under, never touched.

    `present` are the names that the manifest has for them. A place that is absent keeps its owner: it is
    created as the manifest says.
    """
    return replace(
        fleet,
        countries=tuple(
            replace(
                country,
                shared=country.shared or country.asset_name in present,
                states=tuple(
                    replace(state, shared=state.shared or state.asset_name in present)
                    for state in country.states
                ),
            )
            for country in fleet.countries
        ),
    )


def moved_to(one: OneDevice, location: Location) -> OneDevice:
    """Return the device with another surveyed position."""
    device = replace(one.device, location=location)
    state = replace(one.state, devices=(device,))
    country = replace(one.country, states=(state,))
    fleet = replace(one.fleet, countries=(country,))
    return replace(one, fleet=fleet, country=country, state=state, device=device)


def _device(fleet: Fleet, name: str | None, serial: str | None) -> Device:
    devices = list(fleet.devices())
    if name is not None:
        found = device_named(fleet, name)
        if found is not None:
            return found
        if several := devices_like(fleet, name):
            raise PapayaError(
                f"{name} matches {counted(len(several), 'device')}, and this command is about one: "
                f"{first_of([device.name for device in several])}",
                remedy="Name one of them.",
            )
        hint = did_you_mean(name, (device.name for device in devices))
        raise PapayaError(f"the fleet {fleet.name} has no device {name}", remedy=hint[:1].upper() + hint[1:])
    if serial is not None:
        having = [
            device
            for device in devices
            if device.serial is not None and is_same_serial(device.serial, serial)
        ]
        if len(having) == 1:
            return having[0]
        if having:
            names = ", ".join(device.name for device in having[:5])
            raise PapayaError(
                f"several devices have the serial number {serial}: {names}", remedy="Name the device."
            )
        raise PapayaError(
            f"no device of the fleet {fleet.name} has the serial number {serial}",
            remedy="Write serial at its entry in the manifest, or name the device.",
        )
    if len(devices) == 1:
        return devices[0]
    if not devices:
        raise WhichDevice(
            f"the fleet {fleet.name} has no devices", remedy="Write this device into the manifest first."
        )
    raise WhichDevice(
        f"which of the {counted(len(devices), 'device')} of the fleet {fleet.name} is this?",
        remedy="Name it; commands that take --serial find it by this machine's number: --serial auto",
    )


def _at(mark: Mark | None) -> str:
    return f"{mark}: " if mark is not None else ""
