"""The way to the server: name, port, certificate, what answers there, and whose clock is right."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from papaya.api.clock import seconds_of
from papaya.api.failures import failure_of_reply, is_page, reason_of
from papaya.api.requested import Requested
from papaya.api.transport import Transport
from papaya.counting import counted
from papaya.doctor.finding import Finding, doubtful, fine, of_error, wrong
from papaya.errors import ServerError, system_reason
from papaya.remedies import SERVER_UNREACHABLE
from papaya.settings import Settings
from papaya.settings.url import travels_in_the_clear

MQTT_PORT, MQTT_TLS_PORT = 1883, 8883
_WAIT = 5.0
_SKEW_SEEN, _SKEW_TOO_MUCH = 5.0, 300.0
_DAYS_LEFT = 14
_INFO = "/api/system/info"


def check_name(host: str) -> Iterator[Finding]:
    """Yield which addresses the server's name has."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        reason = system_reason(error)
        yield wrong(
            "dns",
            f"{host} has no address: {reason}",
            "Is the name right, and does this machine have a network?",
        )
        return
    addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
    yield fine("dns", f"{host} is {', '.join(addresses)}")


def check_port(host: str, port: int) -> Iterator[Finding]:
    """Yield whether anything listens at the server's port."""
    try:
        with socket.create_connection((host, port), _WAIT):
            yield fine("port", f"{host}:{port} takes connections")
    except OSError as error:
        yield wrong(
            "port",
            f"{host}:{port} takes no connection: {_reason(error)}",
            SERVER_UNREACHABLE,
        )


def check_tls(settings: Settings) -> Iterator[Finding]:
    """Yield whether the server's certificate holds, and for how long."""
    parts = urlsplit(settings.url)
    host = parts.hostname or ""
    if parts.scheme != "https":
        if travels_in_the_clear(settings.url):
            yield doubtful(
                "tls",
                f"everybody on the way to {settings.url} can read passwords and tokens",
                "Use https://.",
            )
        else:
            yield fine("tls", "not used, the server is on this machine")
        return
    if settings.insecure:
        yield doubtful(
            "tls",
            "the certificate is not checked (--insecure): anybody on the way can take the credentials",
            "Name the certificate of a private authority with --ca-file instead.",
        )
        return
    context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    yield from _handshake("tls", host, parts.port or 443, context)


def check_server(settings: Settings, *, now: Callable[[], float] = time.time) -> Iterator[Finding]:
    """Yield whether ThingsBoard answers, without signing in, and how far the clocks are apart."""
    transport = Transport(
        settings.url,
        ca_file=settings.ca_file,
        insecure=settings.insecure,
        timeout=min(settings.timeout, 2 * _WAIT),
        pool_size=1,
        proxies=settings.proxies,
    )
    requested = Requested("GET", _INFO)
    try:
        reply = transport.send(requested)
    except ServerError as error:
        yield of_error("server", error)
        return
    finally:
        transport.close()
    if reply.status != 401 or is_page(reply) or not reason_of(reply).from_thingsboard:
        failure = failure_of_reply(requested, reply)
        remedy = failure.remedy or "Is the URL that of ThingsBoard itself?"
        yield wrong("server", f"what answers at {settings.url} is no ThingsBoard: {failure.message}", remedy)
        return
    yield fine("server", f"ThingsBoard answers at {settings.url}")
    yield from _clock(reply.date, now())


def check_mqtt(host: str, port: int, tls_port: int, settings: Settings) -> Iterator[Finding]:
    """Yield whether the ports of MQTT, which the agent speaks, are open; nothing else needs them."""
    try:
        with socket.create_connection((host, port), _WAIT):
            yield fine("mqtt", f"{host}:{port} takes connections")
    except OSError as error:
        yield doubtful(
            "mqtt",
            f"{host}:{port} takes no connection: {_reason(error)}",
            "The agent needs MQTT: open the port, or name another one with --mqtt-port.",
        )
    context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    if settings.insecure:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for found in _handshake("mqtt-tls", host, tls_port, context):
        if found.status != "failed":
            yield found
            continue
        remedy = "Without it the device's token travels in the clear: let the server speak MQTT over TLS."
        yield doubtful("mqtt-tls", found.text, remedy)


def _handshake(check: str, host: str, port: int, context: ssl.SSLContext) -> Iterator[Finding]:
    try:
        with (
            socket.create_connection((host, port), _WAIT) as plain,
            context.wrap_socket(plain, server_hostname=host) as secure,
        ):
            certificate, version = secure.getpeercert() or {}, secure.version()
    except ssl.SSLCertVerificationError as error:
        yield wrong(
            check,
            f"the certificate of {host}:{port} is not trusted: {error.verify_message}",
            "If a private authority signed it, name its certificate with --ca-file.",
        )
        return
    except ssl.SSLError as error:
        reason = (error.reason or "the handshake failed").replace("_", " ").lower()
        yield wrong(
            check, f"{host}:{port} does not speak TLS: {reason}", "Does the URL begin with http:// there?"
        )
        return
    except OSError as error:
        yield wrong(check, f"{host}:{port} takes no connection: {_reason(error)}", "Is the port right?")
        return
    end = certificate.get("notAfter")
    left = (ssl.cert_time_to_seconds(end) - time.time()) / 86400 if isinstance(end, str) else None
    if left is not None and left < _DAYS_LEFT:
        yield doubtful(
            check, f"the certificate of {host}:{port} ends in {counted(round(left), 'day')}", "Renew it."
        )
    else:
        yield fine(
            check,
            f"{host}:{port} speaks {version}" + (f", for {counted(round(left), 'day')}" if left else ""),
        )


def _clock(date: str, now: float) -> Iterator[Finding]:
    server = seconds_of(date)
    if server is None:
        return
    skew = now - server
    # The header counts whole seconds.
    told = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the server's"
    remedy = "Set the clock, best by itself: timedatectl set-ntp true"
    if abs(skew) > _SKEW_TOO_MUCH:
        here = datetime.fromtimestamp(now, UTC)
        yield wrong("clock", f"this machine's clock is {told} ({here:%Y-%m-%d %H:%M} UTC)", remedy)
    elif abs(skew) > _SKEW_SEEN:
        yield doubtful("clock", f"this machine's clock is {told}: telemetry carries its time", remedy)
    else:
        yield fine("clock", "this machine's clock and the server's agree")


def _reason(error: OSError) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else system_reason(error)
