"""Certificates for tests: made when they are needed, so that none of them ever expires."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from papaya.certificates import make_key_and_certificate


def made(name: str, *, days: int = 365, ago: int = 0) -> tuple[bytes, bytes]:
    """Return a key and a certificate that was made `ago` days ago and lasts for `days` from then."""
    now = datetime.now(UTC) - timedelta(days=ago)
    return make_key_and_certificate(name, days=days, now=now)


def write_certificate(path: Path, name: str, *, days: int = 365, ago: int = 0) -> bytes:
    """Write a certificate and return its private key."""
    key, certificate = made(name, days=days, ago=ago)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(certificate)
    return key
