"""Sends one request and returns its reply: no credentials, no repetition, no redirects."""

from __future__ import annotations

import io
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import requests
import urllib3

from papaya import __version__
from papaya.api.bounds import MEGABYTE, Bounds, Exchange, TooLarge, carrying_out
from papaya.api.breakages import failure_of_exception
from papaya.api.connection import RetiringAdapter, hide_secrets_in_logs
from papaya.api.replies import Reply
from papaya.api.requested import Requested
from papaya.errors import SettingsError

_LONGEST_CONNECT = 10.0
_TIMEOUTS_PER_ANSWER = 10
_PIECE = 64 * 1024
# A page of 10,000 devices has 4 to 15 MB; a larger one is read in smaller pages (`papaya.api.paging`).
MOST_BYTES = 32 * MEGABYTE
# Tokens, versions, what a device asks for: all that is answered before the server knows who asks.
MOST_BYTES_UNKNOWN = MEGABYTE


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
        timeouts_per_answer: float = _TIMEOUTS_PER_ANSWER,
    ) -> None:
        hide_secrets_in_logs()
        if insecure:
            # Said once, by the command, in papaya's words; urllib3 would say it for every request.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self._url = url
        self._verify = _trusted(ca_file, insecure)
        self._timeout = timeout
        self._longest = timeout * timeouts_per_answer
        self._proxies = dict(proxies or {})
        self._adapter = RetiringAdapter(pool_connections=2, pool_maxsize=pool_size, max_retries=0)
        self._headers = {"User-Agent": f"papaya/{__version__}", "Accept": "application/json, text/plain, */*"}

    def send(self, requested: Requested, authorization: str | None = None) -> Reply:
        """Send the request once and return its reply, whatever the status."""
        content = requested.content()
        headers = dict(self._headers)
        form = requested.form
        if form is not None:
            headers["Content-Type"] = form.content_type
            # With a length, requests sends the pieces as they are, without chunks.
            headers["Content-Length"] = str(form.length)
        elif content is not None:
            headers["Content-Type"] = "application/json"
        if authorization is not None:
            # Not `Authorization`, which a proxy in front of the server may want for itself.
            headers["X-Authorization"] = authorization
        most = MOST_BYTES_UNKNOWN if authorization is None else MOST_BYTES
        bounds = Bounds(self._timeout, self._longest, most, form.length if form is not None else 0)
        try:
            return self._exchange(requested, content, headers, bounds)
        except (requests.RequestException, TooLarge) as error:
            failure, cause = failure_of_exception(requested, error, self._url, most)
        # Outside of the handler, so that the exception that quotes the URL is not even the failure's context.
        raise failure from cause

    def connect_ahead(self, count: int) -> None:
        """Begin to make connections until so many are idle; through a proxy none is made ahead."""
        if urlsplit(self._url).scheme not in self._proxies:
            longest = min(self._timeout, _LONGEST_CONNECT)
            self._adapter.open_ahead(self._url, count, longest, self._verify)

    def close(self) -> None:
        """Close every connection."""
        self._adapter.close()

    def _exchange(
        self, requested: Requested, content: bytes | None, headers: dict[str, str], bounds: Bounds
    ) -> Reply:
        form = requested.form
        request = requests.Request(
            requested.method,
            self._url + requested.target,
            headers={key: value for key, value in headers.items() if key != "Content-Length"},
            data=content if form is None else form.pieces(),
        )
        # Not through `requests.Session`, which would read .netrc, keep cookies and follow redirects.
        prepared = request.prepare()
        if form is not None:
            del prepared.headers["Transfer-Encoding"]
            prepared.headers["Content-Length"] = headers["Content-Length"]
        scheme = urlsplit(self._url).scheme
        proxy = self._proxies.get(scheme)
        exchange = Exchange(bounds)
        with carrying_out(exchange):
            try:
                response = self._adapter.send(
                    prepared,
                    stream=True,
                    timeout=(min(self._timeout, _LONGEST_CONNECT), self._timeout),
                    verify=self._verify,
                    proxies={scheme: proxy} if proxy else None,
                )
            except requests.exceptions.InvalidHeader as error:
                # What is sent has been prepared by now, so that it is the answer's.
                raise requests.exceptions.ChunkedEncodingError(error) from error
            except OSError as error:
                if isinstance(error, requests.RequestException):
                    raise
                # The adapter's plain OSError for a --ca-file that has gone since it was checked.
                raise requests.exceptions.InvalidURL(error) from error
            with response:
                exchange.head_is_here()
                body = _body(response, bounds.most_bytes)
        return Reply(
            status=response.status_code,
            content_type=response.headers.get("Content-Type", "").lower(),
            body=body,
            location=response.headers.get("Location", ""),
            date=response.headers.get("Date", ""),
            had_to_connect=exchange.had_to_connect,
            source=f"{requested.method} {self._url}{requested.shown}",
        )


def _body(response: requests.Response, most: int) -> bytes:
    """Return the body after decompression; raise TooLarge as soon as it has more than `most` bytes."""
    # `getvalue` of it copies nothing, where joining pieces takes the memory twice.
    body = io.BytesIO()
    try:
        for piece in response.iter_content(_PIECE):
            if body.tell() + len(piece) > most:
                raise TooLarge("the answer is too large")
            body.write(piece)
    except ValueError as error:
        # The standard library's, for a chunk of -5 bytes.
        raise requests.exceptions.ChunkedEncodingError(error) from error
    return body.getvalue()


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
