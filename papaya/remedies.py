"""What papaya says about the faults that people meet most: the same words in commands and in the doctor."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

TENANT_ADMIN = "TENANT_ADMIN"
HOW_TO_LOG_IN = "Log in with papaya login, or set PAPAYA_USERNAME and PAPAYA_PASSWORD, or PAPAYA_API_KEY."
LOG_IN_AGAIN = "Log in again with: papaya login"
API_KEY_REFUSED = (
    "Is the API key complete, still there, enabled and not expired? ThingsBoard's web interface lists the "
    "keys of a user."
)
SERVER_UNREACHABLE = "Is the server running, is the port right, and does a firewall let it through?"
SERVER_TROUBLED = "The server is there and has trouble of its own: its log says more."
BROKER_UNREACHABLE = "Is the broker running, are host and port right, and does a firewall let it through?"
BROKER_REFUSES = (
    "Is the user in the address right, mqtt://USER@HOST, and the password in PAPAYA_MQTT_PASSWORD or in the "
    "file that PAPAYA_MQTT_PASSWORD_FILE names? The broker's log says more."
)
DEVICE_SILENT = (
    "Does it have power and a network, and does its agent run? On the device: systemctl status papaya-agent, "
    "and papaya doctor."
)
DEVICE_MISSING = "Create it with: papaya apply, or log in as somebody who may see it."
OLDEST_TRIED, NEWEST_TRIED = "4.0.1", "4.3.1.3"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, in one sentence, and what to do about it."""

    summary: str
    remedy: str


def wrong_authority(user: str) -> Fault:
    """Return what to say where the server answers, or would answer, 403 Forbidden."""
    return Fault(
        f"this needs a {TENANT_ADMIN}; this is {user}",
        "Log in as an administrator of the tenant: papaya login --username EMAIL",
    )


def rights_needed(user: str) -> str:
    """Return the remedy of a 403 that the server has answered."""
    return f"This needs a {TENANT_ADMIN}; this is {user}." if user else f"This needs a {TENANT_ADMIN}."


def token_refresh_failed() -> Fault:
    """Return what to say where a token has ended and nothing is at hand to get another one."""
    return Fault(
        "token refresh failed: the token is no longer valid, and there is no password to get another one",
        "Log in again with: papaya login, or give the password beside it (PAPAYA_PASSWORD, or password in "
        "config.properties).",
    )


def profile_not_found(kind: str, name: str, known: Iterable[str], *, may_create: bool = True) -> Fault:
    """Return what to say where a manifest or a config.properties names a profile that nobody has made.

    `kind` is `asset profile` or `device profile`; only a manifest can let papaya create one.
    """
    names = sorted(known)
    near = nearest(name, names)
    remedy = f"Did you mean {near}? " if near else ""
    way = "let papaya create it with profiles.create: true" if may_create else "create it in ThingsBoard"
    remedy += f"Write its exact name under profiles, or {way}."
    return Fault(f"{kind} not found: {name}; the server has {', '.join(names) or 'none'}", remedy)


def location_detection_failed(reason: str) -> Fault:
    """Return what to say where the geolocation service gave no position."""
    return Fault(
        f"location detection failed: {reason}",
        "Give --latitude and --longitude, or write the coordinates into the manifest or config.properties.",
    )


def token_refused(where: str) -> Fault:
    """Return what to say where the server does not know a device's own token."""
    return Fault(
        f"the server does not know the access token in {where}",
        "It was replaced or the device was deleted. Fetch the present one: papaya provision",
    )


def mqtt_unreachable(where: str, reason: str) -> Fault:
    """Return what to say where nothing takes connections for MQTT."""
    return Fault(
        f"{where} takes no connection: {reason}",
        "Does the server speak MQTT there (--mqtt-host, --mqtt-port), and does a firewall let it through? "
        "Where it speaks HTTP alone: --transport http",
    )


def mqtt_closed(where: str) -> Fault:
    """Return what to say where something hangs up on an MQTT client."""
    return Fault(
        f"{where} closed the connection without an answer",
        "Is that its port for MQTT? A port that wants TLS needs --mqtt-tls.",
    )


def mqtt_untrusted(where: str, reason: str) -> Fault:
    """Return what to say where the certificate of a server's MQTT does not hold."""
    return Fault(
        f"{where}: {reason}", "If a private authority signed it, name its certificate with --ca-file."
    )


def mqtt_no_tls(where: str) -> Fault:
    """Return what to say where TLS cannot be agreed on."""
    return Fault(
        f"{where} does not speak TLS",
        "Name its port for MQTT over TLS with --mqtt-port, or send the token in the clear: --no-mqtt-tls",
    )


def mqtt_busy(where: str, reason: str) -> Fault:
    """Return what to say where a server refuses every client, whatever its token."""
    return Fault(
        f"{where}: {reason}",
        "Try again later: it has trouble of its own, or the tenant profile limits connections.",
    )


def mqtt_unacknowledged(where: str, reason: str) -> Fault:
    """Return what to say where a server accepted a device and does not acknowledge its messages."""
    return Fault(
        f"{where} did not acknowledge what was sent: {reason}",
        "Does another program use the device's token? One connection for each device may last. Over a rate "
        "limit nothing is acknowledged, either: try again later.",
    )


def nearest(wrong: str, known: Iterable[str]) -> str:
    """Return the known name that is most like a wrong one, or nothing."""
    folded = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(wrong.strip().casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else ""


def untried_version(url: str, version: str) -> Fault | None:
    """Return what to say where nobody has tried papaya with this version of the server."""
    if _parts(OLDEST_TRIED) <= _parts(version) <= _parts(NEWEST_TRIED):
        return None
    return Fault(
        f"{url} is ThingsBoard {version}; papaya is tried with {OLDEST_TRIED} to {NEWEST_TRIED}",
        "Try a plan first, and look at it closely.",
    )


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:4])
