"""The certificates that a manifest names: read, checked, and told with their places."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from papaya.certificates import UnusableCertificate, read_certificate
from papaya.diagnostics import Diagnostic, Mark, has_errors, in_order
from papaya.engine.expiry import expiry_text
from papaya.manifest.load import Loaded
from papaya.manifest.model import Certificate, Device, Fleet


def with_certificates(fleet: Fleet, *, now: datetime | None = None) -> tuple[Fleet, tuple[Diagnostic, ...]]:
    """Return the fleet with the certificates that its devices name, and what is wrong with them.

    A certificate that has expired, or is not valid yet, is a warning: one device must not stand in the way of
    all. That an apply registers it is refused by the plan. Raises `MissingExtra` where the package that reads
    certificates is missing.
    """
    if all(device.x509 is None for device in fleet.devices()):
        return fleet, ()
    reading = _Reading(Path(fleet.folder), now or datetime.now(UTC))
    countries = tuple(
        replace(
            country,
            states=tuple(
                replace(state, devices=tuple(reading.read(device) for device in state.devices))
                for state in country.states
            ),
        )
        for country in fleet.countries
    )
    return replace(fleet, countries=countries), in_order(reading.diagnostics)


class _Reading:
    """Reads one certificate after the other and notes what is wrong with them."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self.diagnostics: list[Diagnostic] = []
        self._folder, self._now = folder, now
        self._holders: dict[str, Device] = {}

    def read(self, device: Device) -> Device:
        declared = device.x509
        if declared is None:
            return device
        try:
            facts = read_certificate(self._folder / Path(declared.file).expanduser())
        except UnusableCertificate as fault:
            self._tell(device, declared, fault.reason, fault.remedy)
            return device
        first = self._holders.setdefault(facts.text, device)
        if first is not device:
            self._tell(
                device,
                declared,
                f"it is also the certificate of {first.name} ({first.x509}), which the server refuses",
                "make one for each device",
            )
        left = facts.days_left(self._now)
        if left < 0:
            reason = f"it {expiry_text(int(facts.expires.timestamp()), left)}"
            self._tell(device, declared, reason, "replace it by a new one", is_error=False)
        elif facts.begins > self._now:
            reason = f"it is not valid before {facts.begins:%Y-%m-%d %H:%M} UTC"
            self._tell(device, declared, reason, "check the clock of this machine", is_error=False)
        read = replace(declared, text=facts.text, expires=int(facts.expires.timestamp()), days_left=left)
        return replace(device, x509=read)

    def _tell(
        self, device: Device, declared: Certificate, reason: str, remedy: str, *, is_error: bool = True
    ) -> None:
        self.diagnostics.append(
            Diagnostic(
                f"{declared.file}, the certificate of {device.name}: {reason}",
                declared.mark or device.mark or Mark(declared.file),
                "error" if is_error else "warning",
                remedy,
            )
        )


def with_checked_certificates(loaded: Loaded) -> Loaded:
    """Return a manifest together with what is wrong with the certificates that it names."""
    if loaded.fleet is None:
        return loaded
    fleet, told = with_certificates(loaded.fleet)
    return Loaded(None if has_errors(told) else fleet, in_order((*loaded.diagnostics, *told)))
