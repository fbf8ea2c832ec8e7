"""MQTT in TLS, with client certificates as the server takes them: asked for, and checked by no authority.

Python's own `ssl` refuses a certificate that no known authority has signed: pyOpenSSL does not. The server
looks a certificate up by its hash (`MqttSslHandlerProvider`). One that is not valid now gets a connection and
no login (tried on 4.3.1.3).
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID
from OpenSSL import SSL

_AT_ONCE = 65_536
_HANDSHAKE_SECONDS = 10.0
_DAYS = 825
_NAMES = ("localhost", "127.0.0.1", "::1")


class TlsReader:
    """Decrypted data from a client; the part of a stream reader that reading packets needs."""

    def __init__(self, tls: SSL.Connection, reader: asyncio.StreamReader, writer: TlsWriter) -> None:
        self._tls, self._reader, self._writer = tls, reader, writer
        self._plain = bytearray()

    async def read(self, size: int) -> bytes:
        """Return up to so many bytes, or empty bytes at the end of the stream."""
        if not self._plain:
            await self._more()
        taken = bytes(self._plain[:size])
        del self._plain[:size]
        return taken

    async def readexactly(self, size: int) -> bytes:
        """Return exactly so many bytes; raises IncompleteReadError at the end of the stream."""
        while len(self._plain) < size:
            if not await self._more():
                raise asyncio.IncompleteReadError(bytes(self._plain), size)
        return await self.read(size) if size else b""

    async def _more(self) -> bool:
        while True:
            try:
                self._plain += self._tls.recv(_AT_ONCE)
            except SSL.WantReadError:
                self._writer.flush()
                data = await self._reader.read(_AT_ONCE)
                if not data:
                    return False
                self._tls.bio_write(data)
            except SSL.Error:
                return False
            else:
                return True


class TlsWriter:
    """Encrypts the data that a client is sent."""

    def __init__(self, tls: SSL.Connection, writer: asyncio.StreamWriter) -> None:
        self._tls, self._writer = tls, writer

    @property
    def transport(self) -> asyncio.WriteTransport:
        """The connection below."""
        return self._writer.transport

    def write(self, data: bytes) -> None:
        """Send soon."""
        with contextlib.suppress(SSL.Error):
            self._tls.sendall(data)
        self.flush()

    def flush(self) -> None:
        """Hand on what the encryption has ready."""
        with contextlib.suppress(SSL.WantReadError):
            while True:
                self._writer.write(self._tls.bio_read(_AT_ONCE))

    def close(self) -> None:
        """End the connection."""
        with contextlib.suppress(SSL.Error):
            self._tls.shutdown()
        self.flush()
        self._writer.close()

    async def wait_closed(self) -> None:
        """Wait until it has ended."""
        await self._writer.wait_closed()


async def open_tls(
    context: SSL.Context, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[TlsReader, TlsWriter, str | None] | None:
    """Return the streams of a client and its certificate (DER in base64); None where TLS fails.

    A certificate that is not valid now is an empty text.
    """
    tls = SSL.Connection(context, None)
    tls.set_accept_state()
    encrypted = TlsWriter(tls, writer)
    try:
        async with asyncio.timeout(_HANDSHAKE_SECONDS):
            while True:
                try:
                    tls.do_handshake()
                    break
                except SSL.WantReadError:
                    encrypted.flush()
                    data = await reader.read(_AT_ONCE)
                    if not data:
                        raise ConnectionError from None
                    tls.bio_write(data)
    except (SSL.Error, OSError):
        # An alert that says why is on its way.
        encrypted.flush()
        writer.close()
        return None
    encrypted.flush()
    shown = tls.get_peer_certificate(as_cryptography=True)
    return TlsReader(tls, reader, encrypted), encrypted, _text(shown) if shown is not None else None


def tls_context(certificate: Path) -> SSL.Context:
    """Return a context for the server's certificate and key, which stand in one file."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    text = certificate.read_bytes()
    context.use_certificate(x509.load_pem_x509_certificate(text))
    key = load_pem_private_key(text, None)
    context.use_privatekey(key)  # type: ignore[arg-type]
    context.set_verify(SSL.VERIFY_PEER, _takes)
    return context


def make_certificate(folder: Path, host: str) -> tuple[Path, Path]:
    """Return the file with the server's certificate and key, and the one that clients trust.

    Those that an earlier start has left in the folder stay.
    """
    own, trusted = folder / "mqtt-server.pem", folder / "mqtt-ca.pem"
    if own.exists() and trusted.exists():
        return own, trusted
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "papaya sandbox")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general_name(one) for one in {host, *_NAMES}]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate = made.public_bytes(Encoding.PEM)
    own.touch(mode=0o600)
    own.write_bytes(certificate + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    trusted.write_bytes(certificate)
    return own, trusted


def _general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _text(shown: x509.Certificate) -> str:
    """Return a certificate as the server compares it, or an empty text if it is not valid now."""
    is_valid = shown.not_valid_before_utc <= datetime.now(UTC) <= shown.not_valid_after_utc
    return base64.b64encode(shown.public_bytes(Encoding.DER)).decode() if is_valid else ""


def _takes(tls: SSL.Connection, shown: object, error: int, depth: int, ok: int) -> bool:
    return True
