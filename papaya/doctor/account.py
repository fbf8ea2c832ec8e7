"""What the server lets us do: who we are there, and whether it has what the manifest needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from papaya.api.fetch import profile_names
from papaya.api.session import Session
from papaya.counting import are
from papaya.doctor.finding import Finding, doubtful, fine, of_fault, wrong
from papaya.engine.address import Kind
from papaya.manifest.model import Fleet, Json
from papaya.remedies import (
    TENANT_ADMIN,
    profile_not_found,
    untried_version,
    wrong_authority,
)
from papaya.server_version import what_is_known_of
from papaya.settings import Settings

_NEARLY_FULL = 0.9


def check_sign_in(session: Session, settings: Settings) -> Iterator[Finding]:
    """Yield whether the credentials hold; raises where they do not."""
    session.authenticate()
    renewed = f", {session.renewal} just now" if session.renewal else ""
    yield fine("authentication", f"{session.user().email}, by {settings.origin('credentials')}{renewed}")


def check_authority(session: Session, settings: Settings) -> Iterator[Finding]:
    """Yield whether this user may do what plan, apply and provision do, in the tenant that is meant."""
    user = session.user()
    if user.authority != TENANT_ADMIN:
        yield of_fault("authority", wrong_authority(str(user), settings.url))
        return
    if settings.tenant is not None and settings.tenant.lower() != user.tenant_id.lower():
        yield wrong(
            "authority",
            f"{user.email} belongs to tenant {user.tenant_id}, and {settings.origin('tenant')} wants tenant "
            f"{settings.tenant}",
            "Log in as an administrator of that tenant, or correct server.tenant.",
        )
        return
    yield fine("authority", f"{user.authority} of tenant {user.tenant_id}")


def check_version(session: Session) -> Iterator[Finding]:
    """Yield which server this is."""
    info = session.info()
    fault = untried_version(session.url, info.version)
    if fault is not None:
        yield of_fault("version", fault, "warning")
    else:
        edition = f"ThingsBoard {info.version} {info.type}".rstrip()
        yield fine("version", f"{edition} ({what_is_known_of(info.version)})")


def check_profiles(session: Session, fleet: Fleet) -> Iterator[Finding]:
    """Yield which profiles of the manifest the server lacks."""
    wanted: dict[Kind, list[str]] = {
        "assetProfile": [fleet.profiles.country, fleet.profiles.state],
        "deviceProfile": sorted({device.profile for device in fleet.devices()} or {fleet.profiles.device}),
    }
    missing = False
    for kind, names in wanted.items():
        known = {address.name for address in profile_names(session, kind)}
        words = "asset profile" if kind == "assetProfile" else "device profile"
        for name in dict.fromkeys(names):
            if name in known:
                continue
            missing = True
            if fleet.profiles.create:
                yield doubtful("profiles", f"{words} {name} is missing; apply creates it")
            else:
                yield of_fault("profiles", profile_not_found(words, name, known))
    if not missing:
        every = [name for names in wanted.values() for name in names]
        names = list(dict.fromkeys(every))
        yield fine("profiles", f"{', '.join(names) or 'no profiles'} {are(len(names))} there")


def check_limits(session: Session) -> Iterator[Finding]:
    """Yield whether the tenant profile leaves room for devices and assets."""
    usage = session.get("/api/usage")
    told = []
    for word, key, limit in (("devices", "devices", "maxDevices"), ("assets", "assets", "maxAssets")):
        count, most = _number(usage, key), _number(usage, limit)
        if not most:
            told.append(f"{count:,} {word}, no limit")
            continue
        remedy = f"Raise {limit} in the tenant profile (as a system administrator), or remove some."
        if count >= most:
            yield wrong(
                "limits", f"the tenant has {count:,} of {most:,} {word}: no more can be created", remedy
            )
        elif count >= _NEARLY_FULL * most:
            yield doubtful("limits", f"the tenant has {count:,} of {most:,} {word}", remedy)
        else:
            told.append(f"{count:,} of {most:,} {word}")
    if told:
        yield fine("limits", ", ".join(told))


def _number(usage: Json, key: str) -> int:
    value = usage.get(key) if isinstance(usage, Mapping) else None
    return value if isinstance(value, int) else 0
