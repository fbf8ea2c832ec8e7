"""What a PEM file may hold that is no certificate of a device."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from papaya.certificates import UnusableCertificate, certificate_in, read_certificate
from tests.unit.certificates import made, write_certificate


def test_the_certificate_is_read_as_the_server_hashes_it(tmp_path: Path) -> None:
    _, pem = made("PM-1")
    (tmp_path / "one.pem").write_bytes(pem)
    inside = "".join(pem.decode().splitlines()[1:-1])
    facts = read_certificate(tmp_path / "one.pem")
    assert facts.text == inside
    assert facts.subject == "CN=PM-1"
    assert facts.days_left(datetime.now(UTC)) == 364


def test_text_around_a_certificate_does_not_count() -> None:
    _, pem = made("PM-1")
    noisy = "Subject: CN=PM-1\r\n" + pem.decode().replace("\n", "\r\n") + "\r\nend\r\n"
    assert certificate_in(noisy).text == certificate_in(pem.decode()).text


def test_of_a_chain_the_first_certificate_is_the_devices() -> None:
    (_, own), (_, issuer) = made("PM-1"), made("Plant CA")
    assert certificate_in((own + issuer).decode()).subject == "CN=PM-1"


def test_a_file_with_a_private_key_is_refused() -> None:
    key, pem = made("PM-1")
    with pytest.raises(UnusableCertificate, match="private key"):
        certificate_in((pem + key).decode())


def test_openssl_agrees_about_key_and_certificate(tmp_path: Path) -> None:
    key, pem = made("PM-1")
    (tmp_path / "key.pem").write_bytes(key)
    (tmp_path / "one.pem").write_bytes(pem)
    public = [
        subprocess.run(command, capture_output=True, check=True).stdout
        for command in (
            ["openssl", "pkey", "-in", str(tmp_path / "key.pem"), "-pubout"],
            ["openssl", "x509", "-in", str(tmp_path / "one.pem"), "-noout", "-pubkey"],
        )
    ]
    assert public[0] == public[1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no PEM certificate"),
        ("hello\n", "no PEM certificate"),
        ("-----BEGIN CERTIFICATE-----\nMIIB\n", "no PEM certificate"),
        ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "cannot be read"),
        ("-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n", "cannot be read"),
        ("-----BEGIN CERTIFICATE-----\n" + "ä" * 90 + "\n-----END CERTIFICATE-----\n", "cannot be read"),
        (
            "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n",
            "certificate request",
        ),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIB\n", "private key"),
        ("-----BEGIN CERTIFICATE-----" * 5_000, "no PEM certificate"),
    ],
)
def test_what_is_no_certificate_is_told_as_such(text: str, reason: str) -> None:
    with pytest.raises(UnusableCertificate, match=reason):
        certificate_in(text)


def test_files_that_are_none_are_told_as_such(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pem")
    (tmp_path / "der.pem").write_bytes(b"\x30\x82\x01\xff\xfe")
    (tmp_path / "large.pem").write_bytes(b"-" * 400_000)
    for name, reason in (
        ("absent.pem", "there is no such file"),
        (".", "folder"),
        ("pipe.pem", "named pipe"),
        ("der.pem", "not text in UTF-8"),
        ("large.pem", "larger than"),
    ):
        with pytest.raises(UnusableCertificate, match=reason):
            read_certificate(tmp_path / name)


def test_an_expired_certificate_has_negative_days_left(tmp_path: Path) -> None:
    write_certificate(tmp_path / "old.pem", "PM-1", days=10, ago=20)
    facts = read_certificate(tmp_path / "old.pem")
    assert facts.days_left(datetime.now(UTC)) < 0
    assert facts.days_left(datetime.now(UTC) - timedelta(days=15)) == 4
