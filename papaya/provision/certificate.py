"""A key and a certificate that a device makes for itself: the key never leaves it.

papaya writes both beside the file of the device's token before it sends the certificate. They have temporary
names until the server has it, so that a crash loses neither the old pair nor the new one.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from papaya.agent.link import Address, tls_context, words_of
from papaya.api.session import Session
from papaya.api.tokens import read_credentials
from papaya.api.write import ServerWriter
from papaya.bounded_file import read_text
from papaya.certificates import Facts, UnusableCertificate, make_key_and_certificate, read_certificate
from papaya.engine.credentials import Proof
from papaya.engine.expiry import EXPIRES_SOON_DAYS
from papaya.errors import PapayaError, SettingsError, Unreachable
from papaya.provision.credentials import Kept
from papaya.provision.device_line import Connect
from papaya.provision.with_key import Key, refused
from papaya.settings.device_login import DeviceLogin, certificate_paths, of_certificate, store_login
from papaya.settings.device_token import forget_pending, pending_path
from papaya.settings.private_file import replace_private

DAYS = 3650
_CONNECT_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Pair:
    """Where a certificate and its key are, and where they wait for the server to have the certificate."""

    certificate: Path
    key: Path

    @classmethod
    def beside(cls, path: Path) -> Pair:
        """Return the pair beside the file of a device's token."""
        return cls(*certificate_paths(path))

    @property
    def waiting(self) -> Pair:
        """The pair under its temporary names."""
        return Pair(pending_path(self.certificate), pending_path(self.key))

    @property
    def login(self) -> DeviceLogin:
        """The login with this pair."""
        return of_certificate(self.certificate, self.key)

    def facts(self) -> Facts | None:
        """Return the certificate, if it is there and can be used."""
        try:
            return read_certificate(self.certificate)
        except UnusableCertificate:
            return None


def register_certificate(
    session: Session, device: str, device_id: str, path: Path, *, days: int, address: Address
) -> Kept:
    """Make a key and a certificate, let the server know the certificate, and store both.

    What the server knows and does not end within 30 days stays. `address` is asked first whether it speaks
    TLS: the device could not sign in elsewhere with a certificate.
    """
    pair = Pair.beside(path)
    live = read_credentials(session, device_id).proof
    known = live.value if live is not None and live.kind == "X509_CERTIFICATE" else None
    _finish(pair, known)
    facts = pair.facts()
    if facts is not None and facts.text == known and pair.key.exists() and not _ends_soon(facts):
        return _keep(pair, path, changed=False)
    check_speaks_tls(address)
    facts = _waiting(pair, device, days)
    ServerWriter(session).set_proof(device_id, Proof("X509_CERTIFICATE", facts.text))
    _finish(pair, facts.text)
    return _keep(pair, path, changed=True)


def register_certificate_with_key(
    device: str, key: Key, path: Path, connect: Connect, *, days: int
) -> tuple[Kept, bool]:
    """Register a device with a provision key and a certificate of its own; return whether it was new."""
    pair = Pair.beside(path)
    facts = pair.facts()
    if facts is not None and pair.key.exists():
        with connect(pair.login) as line:
            if line.is_known():
                return _keep(pair, path, changed=False), False
    waiting = _waiting(pair, device, days)
    with connect("-") as line:
        answer = line.provision(
            {
                "deviceName": device,
                "provisionDeviceKey": key.key,
                "provisionDeviceSecret": key.secret,
                "credentialsType": "X509_CERTIFICATE",
                "hash": read_text(pair.waiting.certificate),
            }
        )
    status = str(answer.get("status")) if isinstance(answer, dict) else "FAILURE"
    if status == "FAILURE":
        # An earlier request may have got through while its answer did not.
        with connect(pair.waiting.login) as line:
            status = "SUCCESS" if line.is_known() else status
    if status != "SUCCESS":
        raise refused(device, status, key.strategy)
    _finish(pair, waiting.text)
    return _keep(pair, path, changed=True), True


def check_speaks_tls(address: Address) -> None:
    """Raise `PapayaError` where a server takes no MQTT in TLS, or shows what is not trusted."""
    context = tls_context(address.ca_file)
    try:
        with (
            socket.create_connection((address.host, address.port), _CONNECT_SECONDS) as line,
            context.wrap_socket(line, server_hostname=address.host),
        ):
            return
    except ssl.SSLCertVerificationError as error:
        raise SettingsError(
            f"the certificate of {address} is not trusted: {error.verify_message}; nothing was registered",
            remedy="Name the certificates of its authority with --ca-file.",
        ) from error
    except OSError as error:
        raise Unreachable(
            f"{address} does not take MQTT in TLS: {words_of(error)}; nothing was registered",
            remedy="A device with a certificate needs it: let the server speak MQTT in TLS, or name its port "
            "with --mqtt-port.",
        ) from error


def _ends_soon(facts: Facts) -> bool:
    return facts.days_left(datetime.now(UTC)) <= EXPIRES_SOON_DAYS


def _waiting(pair: Pair, device: str, days: int) -> Facts:
    """Return the certificate that waits, made and stored with its key where none does."""
    waiting = pair.waiting
    facts = waiting.facts()
    if facts is not None and waiting.key.exists() and not _ends_soon(facts):
        return facts
    key, certificate = make_key_and_certificate(device, days=days, now=datetime.now(UTC))
    try:
        pair.key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The key first: a certificate without its key is of no use.
        replace_private(waiting.key, key)
        replace_private(waiting.certificate, certificate)
    except OSError as error:
        raise SettingsError(
            f"key and certificate are not stored in {pair.key.parent}: {(error.strerror or '').lower()}",
            remedy="Name a file in a folder that you may write to with --credentials-file.",
        ) from None
    made = waiting.facts()
    if made is None:
        raise AssertionError("what was just made cannot be read")
    return made


def _finish(pair: Pair, known: str | None) -> None:
    """Give a pair that waits its final names, if the server knows its certificate."""
    facts = pair.waiting.facts()
    if facts is None or facts.text != known:
        return
    # The certificate last: while it waits, an interrupted move is gone on with.
    if pair.waiting.key.exists():
        pair.waiting.key.replace(pair.key)
    pair.waiting.certificate.replace(pair.certificate)


def _keep(pair: Pair, path: Path, *, changed: bool) -> Kept:
    written = store_login(path, pair.login)
    forget_pending(path)
    return Kept(pair.login, path, changed or written)


def refuse_declared(device: str, word: str) -> PapayaError:
    """Return the error that a manifest's credentials stand against a certificate of the device's own."""
    return PapayaError(
        f"the manifest declares the credentials of {device} ({word}), so the device cannot make its own",
        remedy=f"Remove credentials of {device} from the manifest, or leave out --with-certificate.",
    )
