"""A stand-in for the geolocation service on this machine, which answers in the shapes of the cassettes."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

SHAPES = Path(__file__).parents[2] / "cassettes" / "geolocation"
FULL = "full"
TIME_OUT = "time-out"


def answer_of(shape: str) -> tuple[int, str, bytes]:
    """Return status, content type and body of a hand-written cassette."""
    (interaction,) = yaml.safe_load((SHAPES / f"{shape}.yaml").read_text(encoding="utf-8"))["interactions"]
    response: dict[str, Any] = interaction["response"]
    (content_type,) = response["headers"]["Content-Type"]
    return response["status"]["code"], content_type, response["body"]["string"].encode()


class StandIn:
    """The service; `shape` says how it answers from now on, `requests` what it was asked."""

    def __init__(self, shape: str = FULL, *, body: bytes | None = None) -> None:
        self.shape = shape
        self.body = body
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.patience = 30.0
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stand_in.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
                if stand_in.shape == TIME_OUT:
                    time.sleep(stand_in.patience)
                    return
                status, content_type, body = answer_of(stand_in.shape)
                body = body if stand_in.body is None else stand_in.body
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/json/"

    def __enter__(self) -> StandIn:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
