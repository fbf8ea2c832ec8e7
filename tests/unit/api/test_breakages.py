"""Every exception that requests has becomes one of papaya's, without what it quotes."""

from __future__ import annotations

import socket
import ssl

import pytest
import requests
import urllib3.exceptions

from papaya.api.breakages import Untrusted, failure_of_exception
from papaya.api.requested import Requested
from papaya.errors import AnswerLost, ServerError, Unreachable

SECRET = "s3cret-token"
REQUESTED = Requested("POST", "/api/device", {"accessToken": SECRET})
QUOTING = f"HTTPConnectionPool(host='x', port=1): failed with url: /api/device?accessToken={SECRET}"


def subclasses_of(kind: type[requests.RequestException]) -> set[type[requests.RequestException]]:
    found = {kind}
    for subclass in kind.__subclasses__():
        found |= subclasses_of(subclass)
    return found


def made(kind: type[requests.RequestException]) -> requests.RequestException:
    if kind is requests.exceptions.JSONDecodeError:
        return kind(QUOTING, "{", 0)
    return kind(QUOTING)


EVERY = sorted(subclasses_of(requests.RequestException), key=str)


@pytest.mark.parametrize("kind", EVERY)
def test_every_exception_of_requests_is_mapped_and_quotes_no_secret(
    kind: type[requests.RequestException],
) -> None:
    failure, cause = failure_of_exception(REQUESTED, made(kind))
    assert isinstance(failure, Unreachable)
    assert failure.message.startswith("POST /api/device?accessToken=…: ")
    assert SECRET not in f"{failure!r} {failure} {cause!r}"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (requests.ConnectTimeout(QUOTING), Unreachable),
        (requests.exceptions.ProxyError(QUOTING), Unreachable),
        (requests.ReadTimeout(QUOTING), AnswerLost),
        (requests.ConnectionError(ConnectionResetError(104, "Connection reset by peer")), AnswerLost),
        (requests.exceptions.ChunkedEncodingError(QUOTING), AnswerLost),
        (requests.exceptions.ContentDecodingError(QUOTING), AnswerLost),
        (requests.exceptions.SSLError(ssl.SSLError("bad record mac")), AnswerLost),
        (requests.exceptions.InvalidURL(QUOTING), Untrusted),
        (requests.exceptions.MissingSchema(QUOTING), Untrusted),
        (requests.exceptions.InvalidHeader(QUOTING), Untrusted),
    ],
)
def test_what_may_have_been_sent_is_told_from_what_was_not(
    error: requests.RequestException, expected: type[ServerError]
) -> None:
    assert type(failure_of_exception(REQUESTED, error)[0]) is expected


def test_a_refused_connection_was_never_sent() -> None:
    refused = ConnectionRefusedError(111, "Connection refused")
    failed = urllib3.exceptions.NewConnectionError(None, "failed")  # type: ignore[arg-type]
    failed.__cause__ = refused
    error = requests.ConnectionError(urllib3.exceptions.MaxRetryError(None, "/x", failed))  # type: ignore[arg-type]
    failure, cause = failure_of_exception(REQUESTED, error)
    assert type(failure) is Unreachable
    assert "connection refused" in failure.message
    assert cause is refused


def test_a_certificate_that_does_not_hold_is_final() -> None:
    untrusted = ssl.SSLCertVerificationError("no")
    untrusted.verify_message = "self-signed certificate"
    failed = urllib3.exceptions.NewConnectionError(None, "failed")  # type: ignore[arg-type]
    failed.__cause__ = untrusted
    failure, _ = failure_of_exception(REQUESTED, requests.ConnectionError(failed))
    assert type(failure) is Untrusted
    assert "self-signed certificate" in failure.message
    assert "--ca-file" in failure.remedy


def test_an_unknown_host_is_named_by_its_reason() -> None:
    unknown = socket.gaierror(-2, "Name or service not known")
    failed = urllib3.exceptions.NameResolutionError("nowhere.example", None, unknown)  # type: ignore[arg-type]
    failed.__cause__ = unknown
    failure, _ = failure_of_exception(REQUESTED, requests.ConnectionError(failed))
    assert type(failure) is Unreachable
    assert "name or service not known" in failure.message
