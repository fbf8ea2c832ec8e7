"""A proxy that cuts the connection at a write, and at every request after it, as if the run was killed."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_SECONDS = 120.0
_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive"}


@dataclass(slots=True)
class Cut:
    """`after` writes pass; of the next one the request is lost, or with `handled` its answer."""

    url: str
    after: int
    handled: bool
    writes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def has_cut(self) -> bool:
        """Whether there was a write too many."""
        return self.writes > self.after

    def passes(self, method: str, path: str) -> tuple[bool, bool]:
        """Return whether a request goes to the server, and whether its answer comes back."""
        with self.lock:
            if method == "GET" or path.startswith(("/api/entitiesQuery", "/api/auth")):
                return not self.has_cut, not self.has_cut
            self.writes += 1
            if self.writes <= self.after:
                return True, True
            return self.handled and self.writes == self.after + 1, False


@contextmanager
def cutting(upstream: str, after: int, *, handled: bool) -> Iterator[Cut]:
    """Stand before a server."""
    cut = Cut("", after, handled)
    netloc = urlsplit(upstream).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _relay(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            goes, comes = cut.passes(self.command, self.path)
            if goes:
                there = http.client.HTTPConnection(netloc, timeout=_SECONDS)
                there.request(self.command, self.path, body or None, dict(self.headers))
                answer = there.getresponse()
                content = answer.read()
                there.close()
            if not goes or not comes:
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_DELETE = do_PUT = _relay  # noqa: N815 - names of the library

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            # A connection that was cut on purpose.
            return

    with Server(("127.0.0.1", 0), Handler) as server:
        cut.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        try:
            yield cut
        finally:
            server.shutdown()
