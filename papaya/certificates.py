"""X.509 certificates and keys of devices in PEM files: what one holds, and making new ones.

Reading and making them takes the package `cryptography` (the extra `certificates`).
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from papaya.bounded_file import read_text
from papaya.errors import MissingExtra

# A chain of certificates has a few kilobytes.
_LARGEST = 256 * 1024
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_PRIVATE = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----")
_DAYS_BEFORE = 1


class UnusableCertificate(Exception):
    """A file holds no certificate that a device could be known by; `remedy` says what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Facts:
    """A certificate: `text` is its DER in base64, as ThingsBoard hashes it; `begins` and `expires` in UTC."""

    text: str = field(repr=False)
    subject: str
    begins: datetime
    expires: datetime

    def days_left(self, now: datetime) -> int:
        """Return the whole days until it expires; negative once it has."""
        return (self.expires - now) // timedelta(days=1)


def read_certificate(path: Path) -> Facts:
    """Return the first certificate of a PEM file: in a chain that is the device's own.

    Raises `UnusableCertificate` where the file is missing, is not PEM or holds a private key: a file that is
    handed around must not. Raises `MissingExtra` where `cryptography` is not installed.
    """
    try:
        text = read_text(path, most=_LARGEST)
    except FileNotFoundError:
        raise UnusableCertificate("there is no such file", f"looked for {path}") from None
    except OSError as error:
        reason = error.strerror or "unreadable"
        remedy = "save the certificate as PEM: openssl x509 -inform der -in FILE -out FILE.pem"
        raise UnusableCertificate(
            reason if "UTF" in reason else f"it cannot be read: {reason}",
            remedy if "UTF" in reason else f"check {path}",
        ) from None
    return certificate_in(text)


def certificate_in(text: str) -> Facts:
    """Return the first certificate in a PEM text. Faults as in `read_certificate`."""
    if _PRIVATE.search(text):
        raise UnusableCertificate(
            "it holds a private key, which belongs on the device alone",
            "name a file that holds the certificate only: openssl x509 -in FILE -out CERTIFICATE.pem",
        )
    blocks = {match[1]: match[0] for match in reversed(list(_BLOCK.finditer(text)))}
    block = blocks.get("CERTIFICATE") or blocks.get("X509 CERTIFICATE")
    if block is None:
        other = next(iter(blocks), None)
        held = f"it holds a {other.lower()}, not a certificate" if other else "it holds no PEM certificate"
        raise UnusableCertificate(held, "a certificate begins with -----BEGIN CERTIFICATE-----")
    _need_cryptography()
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        found = x509.load_pem_x509_certificate(
            block.replace("X509 CERTIFICATE", "CERTIFICATE").encode("ascii", errors="replace")
        )
        der = found.public_bytes(Encoding.DER)
        subject = found.subject.rfc4514_string()
        begins, expires = found.not_valid_before_utc, found.not_valid_after_utc
    except ValueError as error:
        reason = str(error).splitlines()[0][:120] or "damaged"
        raise UnusableCertificate(
            f"its certificate cannot be read: {reason}", "write the certificate again"
        ) from None
    return Facts(base64.b64encode(der).decode(), subject, begins, expires)


def make_key_and_certificate(name: str, *, days: int, now: datetime) -> tuple[bytes, bytes]:
    """Return a new private key (PKCS #8) and its self-signed certificate for TLS clients, both as PEM.

    The key is on the curve P-256, which ThingsBoard's TLS takes. The certificate's common name is `name`, cut
    to the 64 characters that X.509 allows.
    """
    _need_cryptography()
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    # A device's clock may be behind the server's, or the reverse.
    begins = now - timedelta(days=_DAYS_BEFORE)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return (
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        certificate.public_bytes(Encoding.PEM),
    )


def _need_cryptography() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError as error:
        raise MissingExtra("reading and making certificates", "certificates") from error
