"""What papaya says about the faults that people meet most: the same words in commands and in the doctor."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from papaya.server_version import TRIED, what_is_known_of

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
DEVICE_MISSING = "Create it with: papaya apply, or sign in as a user who may see it."
DEVICES_MISSING = (
    "Preview their creation with: papaya plan. Create them with: papaya apply. Or sign in as a user who may "
    "see them."
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, in one sentence, and what to do about it."""

    summary: str
    remedy: str


def wrong_authority(user: str, url: str) -> Fault:
    """Return what to say where the server answers, or would answer, 403 Forbidden."""
    return Fault(
        f"this needs a {TENANT_ADMIN}; this is {user} on {url}",
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


@dataclass(frozen=True, slots=True)
class MqttOptions:
    """How a command is told where the server speaks MQTT: its place, with TLS, without it, another way."""

    place: str
    tls: str
    plain: str
    otherwise: str = ""


DEVICE_MQTT = MqttOptions(
    "--mqtt-host, --mqtt-port",
    "--mqtt-tls",
    "--no-mqtt-tls",
    " Where it speaks HTTP alone: --transport http",
)
AGENT_MQTT = MqttOptions("--mqtt-url", "--mqtt-url mqtts://HOST:PORT", "--mqtt-url mqtt://HOST:PORT")
# OpenSSL's reasons to distrust a certificate: X509_V_ERR_CERT_NOT_YET_VALID, …_HAS_EXPIRED, …_MISMATCH.
_WRONG_TIME, _WRONG_NAME = (9, 10), (62, 64)


def mqtt_unreachable(where: str, reason: str, options: MqttOptions = DEVICE_MQTT) -> Fault:
    """Return what to say where nothing takes connections for MQTT."""
    return Fault(
        f"{where} takes no connection: {reason}",
        f"Does the server speak MQTT there ({options.place}), and does a firewall let it through?"
        f"{options.otherwise}",
    )


def mqtt_closed(where: str, options: MqttOptions = DEVICE_MQTT) -> Fault:
    """Return what to say where something hangs up on an MQTT client."""
    return Fault(
        f"{where} closed the connection without an answer",
        f"Is that its port for MQTT ({options.place})? A port that wants TLS needs {options.tls}.",
    )


def mqtt_garbled(where: str, reason: str, options: MqttOptions = DEVICE_MQTT) -> Fault:
    """Return what to say where something answers that does not speak MQTT."""
    return Fault(
        f"{where} did not answer in MQTT: {reason}",
        f"Is that its port for MQTT ({options.place})? A port that wants TLS needs {options.tls}.",
    )


def mqtt_untrusted(where: str, reason: str, code: int = 0) -> Fault:
    """Return what to say where a certificate for MQTT does not hold; `code` is OpenSSL's reason."""
    remedy = "If a private authority signed it, name its certificate with --ca-file."
    if code in _WRONG_NAME:
        remedy = "Connect by a name that the certificate has, or renew it with this one."
    elif code in _WRONG_TIME:
        remedy = "Is this machine's clock right (timedatectl)? Otherwise renew the server's certificate."
    return Fault(f"{where}: {reason}", remedy)


def mqtt_no_tls(where: str, reason: str, options: MqttOptions = DEVICE_MQTT) -> Fault:
    """Return what to say where TLS cannot be agreed on."""
    return Fault(
        f"{where}: {reason}",
        f"Name its port for MQTT over TLS with {options.place}, or send the token in the clear: "
        f"{options.plain}",
    )


def mqtt_not_thingsboard(where: str, met: str, options: MqttOptions = DEVICE_MQTT) -> Fault:
    """Return what to say where a broker takes everything and is not ThingsBoard, or a wrong one."""
    return Fault(
        f"{where}: {met}",
        f"Name the host and port of ThingsBoard's own MQTT transport ({options.place}), and look at what "
        "stands between: a proxy, a bridge, DNS.",
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
    """Return what to say of a server that is older or newer than every version that is known."""
    if what_is_known_of(version) != "unknown":
        return None
    return Fault(
        f"{url} is ThingsBoard {version}, which is unknown; papaya is tried with {' and '.join(TRIED)}",
        "Try a plan first, and look at it closely.",
    )
