"""One MQTT connection of a device: made, used and thrown away."""

from __future__ import annotations

import logging
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from papaya.bounded_file import LARGEST_SETTINGS, read_bytes
from papaya.errors import MissingExtra, SettingsError
from papaya.foreign import shown
from papaya.mqtt_client import GARBLED, make_client
from papaya.settings.device_login import DeviceLogin, login_of

log = logging.getLogger(__name__)

TELEMETRY = "v1/devices/me/telemetry"
ATTRIBUTES = "v1/devices/me/attributes"
# ThingsBoard takes JSON from devices of every profile under these topics. Where a profile has its own topics,
# it acknowledges what comes under the usual ones and loses it (MqttTransportHandler.processDevicePublish;
# measured on 4.0.1 and 4.3.1.3).
IN_EVERY_PROFILE = {TELEMETRY: "v2/t/j", ATTRIBUTES: "v2/a/j"}
ATTRIBUTES_REQUEST = "v1/devices/me/attributes/request/"
ATTRIBUTES_RESPONSE = "v1/devices/me/attributes/response/"
RPC_REQUEST = "v1/devices/me/rpc/request/"
RPC_RESPONSE = "v1/devices/me/rpc/response/"
_SUBSCRIPTIONS = (ATTRIBUTES, f"{ATTRIBUTES_RESPONSE}+", f"{RPC_REQUEST}+", f"{RPC_RESPONSE}+")

KEEP_ALIVE = 30
_CONNECT_SECONDS = 15.0
# What paho makes of the CONNACK codes 2, 4 and 5.
_UNAUTHORIZED = (0x85, 0x86, 0x87)
# What paho returns where something does not keep to MQTT.
_PROTOCOL_ERROR = 2


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server takes MQTT, and whether in TLS."""

    host: str
    port: int
    tls: bool = False
    ca_file: Path | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"


EndingKind = Literal["closed", "silent", "untrusted", "no-tls", "unreachable", "refused", "garbled"]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a connection ended or why it never came to be; `code` is OpenSSL's reason to distrust."""

    kind: EndingKind
    reason: str
    code: int = 0

    @property
    def by_server(self) -> bool:
        """Whether the other side closed the connection without a word."""
        return self.kind == "closed"


class Listener(Protocol):
    """What happens on a connection; called from its thread."""

    def connected(self, link: Link) -> None:
        """The server accepts the device, and subscriptions are on their way."""

    def refused(self, link: Link, reason: str, *, unauthorized: bool) -> None:
        """The server refuses the device."""

    def acknowledged(self, link: Link, number: int) -> None:
        """The server has the message with this number."""

    def received(self, link: Link, topic: str, payload: bytes, *, retained: bool) -> None:
        """The server sent something; `retained` is what a broker kept from before, ThingsBoard nothing."""

    def ended(self, link: Link, ending: Ending) -> None:
        """The connection is over, or never came to be."""


class Link:
    """A connection in a thread of its own; a new one is made for every attempt, so nothing old is in it."""

    def __init__(
        self, address: Address, login: str | DeviceLogin, client_id: str, listener: Listener
    ) -> None:
        login = login_of(login)
        check_login(address, login)
        try:
            self._client = client = make_client(login.client_id or client_id)
        except ModuleNotFoundError as error:
            raise MissingExtra("papaya agent", "agent") from error
        self._listener = listener
        self._address = address
        self._ending: Ending | None = None
        self._is_closing = False
        if login.user is not None:
            client.username_pw_set(login.user, login.password)
        client.connect_timeout = _CONNECT_SECONDS
        # The window of messages under way is the agent's own, and smaller.
        client.max_inflight_messages_set(0)
        if address.tls:
            client.tls_set_context(tls_context(address.ca_file, login))
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_subscribe = self._on_subscribe
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    def start(self) -> None:
        """Connect; what comes of it the listener learns."""
        self._thread.start()

    def publish(self, topic: str, payload: bytes) -> int:
        """Send a message at QoS 1 and return its number."""
        return int(self._client.publish(topic, payload, qos=1).mid)

    def close(self, *, patience: float = 0.0) -> None:
        """End the connection, politely where the server reads within `patience` seconds."""
        self._is_closing = True
        self._client.disconnect()
        if self._thread.ident is not None:
            self._thread.join(patience)
            # A frozen server never reads the farewell: cut the line, so that the thread wakes up and ends.
            self._client.cut()

    def _run(self) -> None:
        try:
            ending = self._ending_of_connection()
        finally:
            self._client.release()
        self._listener.ended(self, ending)

    def _ending_of_connection(self) -> Ending:
        client = self._client
        try:
            client.connect(self._address.host, self._address.port, KEEP_ALIVE)
            if self._is_closing:
                client.cut()
            result = 0
            while result == 0:
                result = client.loop()
            if result == _PROTOCOL_ERROR:
                return Ending("garbled", GARBLED)
        except ssl.SSLCertVerificationError as error:
            reason = f"its certificate is not trusted ({error.verify_message})"
            return Ending("untrusted", reason, error.verify_code)
        except ssl.SSLError as error:
            words = (error.reason or words_of(error)).replace("_", " ").lower()
            return Ending("no-tls", f"it does not speak TLS ({words})")
        except (OSError, ValueError) as error:
            if self._address.tls and client.has_line and self._ending is None:
                return Ending("no-tls", f"it does not speak TLS ({words_of(error)})")
            return self._ending or Ending("unreachable", words_of(error))
        except Exception as error:
            # The library raises whatever a malformed message makes it stumble over.
            log.debug("the MQTT library failed", exc_info=error)
            return Ending("garbled", f"{GARBLED} ({type(error).__name__})")
        if client.objection:
            return Ending("garbled", client.objection)
        return self._ending or Ending("closed", "the server closed the connection")

    def _on_connect(self, client: Any, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.is_failure:
            failure = f"the server refuses the device: {str(reason).lower()}"
            self._ending = Ending("refused", failure)
            self._listener.refused(self, failure, unauthorized=reason.value in _UNAUTHORIZED)
            return
        client.subscribe([(topic, 1) for topic in _SUBSCRIPTIONS])
        self._listener.connected(self)

    def _on_disconnect(self, client: Any, userdata: Any, flags: Any, reason: Any, properties: Any) -> None:
        if reason.getName() == "Keep alive timeout":
            self._ending = Ending("silent", "the server fell silent")

    def _on_subscribe(self, client: Any, userdata: Any, number: int, reasons: Any, properties: Any) -> None:
        refused = [topic for topic, reason in zip(_SUBSCRIPTIONS, reasons, strict=False) if reason.is_failure]
        if refused:
            log.warning("the server refuses subscriptions: %s", ", ".join(refused))

    def _on_publish(self, client: Any, userdata: Any, number: int, reason: Any, properties: Any) -> None:
        self._listener.acknowledged(self, number)

    def _on_message(self, client: Any, userdata: Any, message: Any) -> None:
        self._listener.received(self, str(message.topic), message.payload, retained=bool(message.retain))


def check_login(address: Address, login: DeviceLogin) -> None:
    """Refuse a certificate where it would not be shown."""
    if login.kind == "x509" and not address.tls:
        raise SettingsError(
            f"the device signs in with a certificate, and {address} is not in TLS",
            remedy="Name the server's port for MQTT in TLS, as mqtts://HOST:8883 or with --mqtt-tls.",
        )


def check_authority(address: Address) -> None:
    """Refuse a file of certificates that cannot be read, before anything is started."""
    if address.tls:
        tls_context(address.ca_file)


def tls_context(ca_file: Path | None, login: DeviceLogin | None = None) -> ssl.SSLContext:
    """Return what is trusted: the authorities in a file, else those of this machine.

    With a login it shows the certificate of that, if it has one.
    """
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file is not None else None)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"the certificates in {ca_file} cannot be used: {words_of(error)}",
            remedy="Name a file of PEM certificates with --ca-file.",
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if login is not None:
        show_certificate(context, login)
    return context


def show_certificate(context: ssl.SSLContext, login: DeviceLogin) -> None:
    """Let a context show the certificate of a login; raises `SettingsError` where it cannot be used."""
    if login.certificate is None or login.key is None:
        return

    def no_passphrase() -> str:
        # Without this, OpenSSL asks at the terminal, for ever where there is none.
        raise SettingsError(
            f"the private key {login.key} is encrypted",
            remedy=f"Store it without a passphrase: openssl pkey -in {login.key} -out KEY",
        )

    for file, called in ((login.certificate, "certificate"), (login.key, "private key")):
        try:
            read_bytes(file, most=LARGEST_SETTINGS)
        except OSError as error:
            raise SettingsError(
                f"the device's {called} {file} cannot be read: {(error.strerror or 'unreadable').lower()}",
                remedy="Make both with papaya provision --with-certificate, or name them with --certificate "
                "and --key.",
            ) from None
    try:
        context.load_cert_chain(login.certificate, login.key, password=no_passphrase)
    except (OSError, ssl.SSLError, ValueError) as error:
        raise SettingsError(
            f"the certificate {login.certificate} and the key {login.key} cannot be used: {words_of(error)}",
            remedy="Both are PEM files, and the key is that of the certificate.",
        ) from error


def words_of(error: Exception) -> str:
    """Return what kept a connection from being made, without a capital letter."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return shown(str(reason).lower(), 200)
