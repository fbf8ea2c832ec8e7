"""Certificates that a device and its fleet sign in with: usable, and how long they still last."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from datetime import UTC, datetime

from papaya.agent.link import tls_context
from papaya.certificates import UnusableCertificate, read_certificate
from papaya.counting import counted
from papaya.doctor.finding import Finding, doubtful, fine, of_diagnostic, wrong
from papaya.engine.expiry import EXPIRES_SOON_DAYS, ending, expiry_text
from papaya.manifest.model import Fleet
from papaya.settings.device_login import DeviceLogin
from papaya.settings.private_file import is_readable_by_others
from papaya.workspace.certificates import with_certificates

_MOST_TOLD = 5
_FLEET = "certificates"
_DEVICE = "device-certificate"


def check_fleet_certificates(fleet: Fleet) -> Iterator[Finding]:
    """Yield what is wrong with the certificates that a manifest names, and which of them end soon."""
    number = sum(device.x509 is not None for device in fleet.devices())
    if not number:
        return
    read, told = with_certificates(fleet)
    unread = [one for one in told if one.severity == "error"]
    for diagnostic in unread[:_MOST_TOLD]:
        yield of_diagnostic(_FLEET, diagnostic)
    soon = ending(read.devices())
    for device, certificate in soon[:_MOST_TOLD]:
        text = expiry_text(certificate.expires or 0, certificate.days_left or 0)
        yield doubtful(
            _FLEET,
            f"the certificate of {device.name} {text}",
            f"Replace {certificate.file}, then papaya apply.",
        )
    for rest in (len(unread) - _MOST_TOLD, len(soon) - _MOST_TOLD):
        if rest > 0:
            yield doubtful(
                _FLEET, f"{counted(rest, 'more certificate')} alike", "papaya validate; papaya plan"
            )
    if not unread and not soon:
        text = f"{counted(number, 'certificate')} of the manifest, none ends within {EXPIRES_SOON_DAYS} days"
        yield fine(_FLEET, text)


def check_own_certificate(device: str, login: DeviceLogin) -> Iterator[Finding]:
    """Yield whether a device can show its certificate, and for how long."""
    renew = f"Make a new one: papaya provision {shlex.quote(device)} --with-certificate"
    if login.certificate is None or login.key is None:
        return
    tls_context(None, login)
    if is_readable_by_others(login.key):
        yield wrong(
            _DEVICE, f"others on this machine can read the private key {login.key}", f"chmod 600 {login.key}"
        )
    try:
        facts = read_certificate(login.certificate)
    except UnusableCertificate as fault:
        yield wrong(_DEVICE, f"{login.certificate}: {fault.reason}", renew)
        return
    left = facts.days_left(datetime.now(UTC))
    text = f"the certificate {login.certificate} {expiry_text(int(facts.expires.timestamp()), left)}"
    if left < 0:
        yield wrong(_DEVICE, text, renew)
    elif left <= EXPIRES_SOON_DAYS:
        yield doubtful(_DEVICE, text, renew)
    else:
        yield fine(_DEVICE, text)
