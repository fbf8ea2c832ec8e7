"""Certificates that end soon, told in plans and by doctor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from papaya.counting import counted
from papaya.engine.plan import Note
from papaya.manifest.model import Certificate, Device

# So long before its end a certificate is told.
EXPIRES_SOON_DAYS: Final = 30
_MOST_TOLD = 5


def ending(devices: Iterable[Device]) -> tuple[tuple[Device, Certificate], ...]:
    """Return the devices whose certificates have ended or will soon, the soonest first."""
    found = [
        (device, device.x509)
        for device in devices
        if device.x509 is not None
        and device.x509.days_left is not None
        and device.x509.days_left <= EXPIRES_SOON_DAYS
    ]
    return tuple(sorted(found, key=lambda pair: (pair[1].expires or 0, pair[0].name)))


def expiry_notes(devices: Iterable[Device]) -> Iterator[Note]:
    """Yield a note for each certificate that has ended or will soon; many are counted."""
    found = ending(devices)
    for device, certificate in found[:_MOST_TOLD]:
        told = expiry_text(certificate.expires or 0, certificate.days_left or 0)
        yield Note(f"the certificate {told}; replace {certificate.file}", device.name)
    rest = len(found) - _MOST_TOLD
    if rest > 0:
        yield Note(f"{counted(rest, 'more certificate')} of devices end within {EXPIRES_SOON_DAYS} days")


def expiry_text(expires: int, days_left: int) -> str:
    """Return `expires in 12 days (2026-12-11)`, or `expired on 2026-11-01`; `expires` is in Unix seconds."""
    day = f"{datetime.fromtimestamp(expires, UTC):%Y-%m-%d}"
    if days_left < 0:
        return f"expired on {day}"
    if days_left == 0:
        return f"expires within a day ({day})"
    return f"expires in {counted(days_left, 'day')} ({day})"
