"""Connections that end in time, leave before the server closes them, and say whether a request was sent.

Every read and write waits only as long as the thread's `Exchange` allows (`papaya.api.bounds`).

A request on a connection that the server has just closed is lost without a trace of whether it was carried
out. Tomcat closes a connection after 100 requests (its answer then says `Connection: close`, which is
honoured) and after a minute of idleness; proxies do so sooner, Apache after 5 seconds. So a connection
retires before that.
"""

from __future__ import annotations

import http.client
import io
import logging
import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import requests.adapters
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError

from papaya.api.bounds import Exchange, current
from papaya.api.requested import hide_query_secrets

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MOST_REQUESTS = 99
LONGEST_IDLE = 4.0
# A record of TLS has no more.
_PIECE = 16 * 1024


class _Bounded(io.RawIOBase):
    """The bytes that a server sends, each read no longer than its exchange allows."""

    def __init__(self, raw: io.RawIOBase, connection: socket.socket, exchange: Exchange) -> None:
        super().__init__()
        self._raw, self._socket, self._exchange = raw, connection, exchange

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        self._socket.settimeout(self._exchange.remaining())
        count: int | None = self._raw.readinto(buffer)
        self._exchange.received(count or 0)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """An answer, also a proxy's to CONNECT, that is read within the bounds of the thread's exchange."""

    def __init__(self, connection: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(connection, *arguments, **options)
        exchange = current()
        if exchange is not None:
            self.fp = io.BufferedReader(_Bounded(self.fp.detach(), connection, exchange))


class _Retiring(HTTPConnection):
    """What both kinds of connections have in common."""

    response_class = _Response
    _requests = 0
    _used_at = 0.0

    @property
    def is_connected(self) -> bool:
        """Return whether the next request may use this connection; the pool opens another if not."""
        is_fresh = self._requests < MOST_REQUESTS and time.monotonic() - self._used_at < LONGEST_IDLE
        return is_fresh and super().is_connected

    def connect(self) -> None:
        """Connect; whatever fails before the connection stands is a `NewConnectionError`."""
        self._requests = 0
        self._used_at = time.monotonic()
        try:
            super().connect()
        except (ssl.SSLError, SSLError) as error:
            raise NewConnectionError(self, "the TLS handshake failed") from error
        except (NewConnectionError, ConnectTimeoutError):
            raise
        except OSError as error:
            raise NewConnectionError(self, "the connection broke while it was made") from error
        exchange = current()
        if exchange is not None:
            exchange.begin()

    def send(self, data: Any) -> None:
        """Send the bytes of a request, each piece no longer than the exchange allows."""
        exchange = current()
        if exchange is None or not isinstance(data, bytes):
            super().send(data)
            return
        if self.sock is None:
            self.connect()
        for start in range(0, len(data), _PIECE):
            # Without a socket the connection was lost; http.client says so.
            if self.sock is not None:
                self.sock.settimeout(exchange.remaining())
            super().send(data[start : start + _PIECE])

    def request(self, *arguments: Any, **options: Any) -> None:
        """Send a request."""
        self._used_at = time.monotonic()
        super().request(*arguments, **options)
        # Afterwards, because the first request of a connection makes it, and that starts the count.
        self._requests += 1


class RetiringConnection(_Retiring):
    """An HTTP connection that retires in time."""


class RetiringTlsConnection(_Retiring, HTTPSConnection):
    """An HTTPS connection that retires in time."""


class _OpensAhead(HTTPConnectionPool):
    """A pool that can make connections before there are requests for them."""

    def open_ahead(self, count: int, seconds: float) -> None:
        """Begin to make connections until so many stand that no request uses; give up on each in time.

        What fails is told by the request that needs the connection.
        """
        # All are taken out before one is put back: the pool would give out the same one again.
        with suppress(HTTPError):
            for one in [self._get_conn() for _ in range(count)]:
                if isinstance(one, _Retiring) and not one.is_connected:
                    one.timeout = seconds
                    threading.Thread(target=self._open, args=(one,), daemon=True).start()
                else:
                    self._put_conn(one)

    def _open(self, connection: _Retiring) -> None:
        with suppress(OSError, HTTPError):
            connection.connect()
        self._put_conn(connection)


class _Pool(_OpensAhead):
    ConnectionCls = RetiringConnection


class _TlsPool(_OpensAhead, HTTPSConnectionPool):
    ConnectionCls = RetiringTlsConnection


class RetiringAdapter(requests.adapters.HTTPAdapter):
    """The adapter that requests uses for every connection, proxied ones included."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the pools of direct connections."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}

    def open_ahead(self, url: str, count: int, seconds: float, verify: bool | str) -> None:
        """Begin to make direct connections to a server, for which requests to come need not wait then."""
        prepared = requests.Request("GET", url).prepare()
        with suppress(OSError, requests.RequestException):
            pool = self.get_connection_with_tls_context(prepared, verify)
            self.cert_verify(pool, url, verify, None)  # type: ignore[no-untyped-call]
            if isinstance(pool, _OpensAhead):
                pool.open_ahead(count, seconds)

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
        """Make the pools of connections through a proxy."""
        manager = super().proxy_manager_for(*arguments, **options)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
        return manager


def hide_secrets_in_logs() -> None:
    """Keep urllib3's log of requests from quoting tokens; calling it again changes nothing."""
    logging.getLogger("urllib3.connectionpool").addFilter(_hide_secrets)


def _hide_secrets(record: logging.LogRecord) -> bool:
    record.msg = hide_query_secrets(record.getMessage())
    record.args = ()
    return True
