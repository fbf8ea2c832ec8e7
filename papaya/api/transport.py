"""Sends one request and returns its reply: no credentials, no repetition, no redirects."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3

from papaya import __version__
from papaya.api.breakages import failure_of_exception
from papaya.api.connection import RetiringAdapter, hide_secrets_in_logs
from papaya.api.replies import Reply
from papaya.api.requested import Requested
from papaya.errors import SettingsError

_LONGEST_CONNECT = 10.0
# A read timeout only bounds the silence between two pieces: an answer that drips would never end.
_TIMEOUTS_PER_ANSWER = 10
_PIECE = 256 * 1024


class Transport:
    """A pool of connections to one server; safe to share between threads."""

    def __init__(
        self,
        url: str,
        *,
        ca_file: Path | None,
        insecure: bool,
        timeout: float,
        pool_size: int,
        proxies: Mapping[str, str] | None = None,
    ) -> None:
        hide_secrets_in_logs()
        if insecure:
            # Said once, by the command, in papaya's words; urllib3 would say it for every request.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._url = url
        self._verify = _trusted(ca_file, insecure)
        self._timeout = timeout
        self._proxies = dict(proxies or {})
        self._adapter = RetiringAdapter(pool_connections=2, pool_maxsize=pool_size, max_retries=0)
        self._headers = {"User-Agent": f"papaya/{__version__}", "Accept": "application/json, text/plain, */*"}

    def send(self, requested: Requested, authorization: str | None = None) -> Reply:
        """Send the request once and return its reply, whatever the status."""
        content = requested.content()
        headers = dict(self._headers)
        if content is not None:
            headers["Content-Type"] = "application/json"
        if authorization is not None:
            # Not `Authorization`, which a proxy in front of the server may want for itself.
            headers["X-Authorization"] = authorization
        try:
            return self._exchange(requested, content, headers)
        except requests.RequestException as error:
            failure, cause = failure_of_exception(requested, error)
        # Outside of the handler, so that the exception that quotes the URL is not even the failure's context.
        raise failure from cause

    def close(self) -> None:
        """Close every connection."""
        self._adapter.close()

    def _exchange(self, requested: Requested, content: bytes | None, headers: dict[str, str]) -> Reply:
        request = requests.Request(
            requested.method, self._url + requested.target, headers=headers, data=content
        )
        # Not through `requests.Session`, which would read .netrc, keep cookies and follow redirects.
        prepared = request.prepare()
        proxy = self._proxies.get(urlsplit(self._url).scheme)
        try:
            response = self._adapter.send(
                prepared,
                stream=True,
                timeout=(min(self._timeout, _LONGEST_CONNECT), self._timeout),
                verify=self._verify,
                proxies={urlsplit(self._url).scheme: proxy} if proxy else None,
            )
        except OSError as error:
            if isinstance(error, requests.RequestException):
                raise
            # The adapter's plain OSError for a --ca-file that has gone since it was checked.
            raise requests.exceptions.InvalidURL(error) from error
        with response:
            body = self._read(response)
        return Reply(
            status=response.status_code,
            content_type=response.headers.get("Content-Type", "").lower(),
            body=body,
            location=response.headers.get("Location", ""),
            date=response.headers.get("Date", ""),
        )

    def _read(self, response: requests.Response) -> bytes:
        deadline = time.monotonic() + self._timeout * _TIMEOUTS_PER_ANSWER
        pieces = []
        for piece in response.iter_content(_PIECE):
            pieces.append(piece)
            if time.monotonic() > deadline:
                raise requests.ReadTimeout("the answer does not end")
        return b"".join(pieces)


def _trusted(ca_file: Path | None, insecure: bool) -> bool | str:
    """Return what requests calls `verify`, after a look at the file."""
    if insecure:
        return False
    if ca_file is None:
        return True
    try:
        ssl.create_default_context(cafile=str(ca_file))
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"the certificates in {ca_file} cannot be used: {error.strerror or error}",
            remedy="--ca-file names a file of certificates in PEM form.",
        ) from error
    return str(ca_file)
