"""A sandbox with one device, of which everything that it logs is seen."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from papaya.sandbox import Sandbox

PATIENCE = 60
_JSON = {"Content-Type": "application/json"}


class Watched:
    """A sandbox with one device, and everything that it logs."""

    def __init__(self, sandbox: Sandbox, records: list[logging.LogRecord]) -> None:
        self.sandbox, self.records = sandbox, records
        self.http = requests.Session()
        login = {"username": sandbox.username, "password": sandbox.password}
        token = self.http.post(f"{sandbox.url}/api/auth/login", json=login, timeout=PATIENCE).json()["token"]
        self.headers = {"X-Authorization": f"Bearer {token}"}
        made = self.http.post(
            f"{sandbox.url}/api/device", json={"name": "PM-1"}, headers=self.headers, timeout=PATIENCE
        ).json()
        self.device: str = made["id"]["id"]
        found = self.http.get(
            f"{sandbox.url}/api/device/{self.device}/credentials", headers=self.headers, timeout=PATIENCE
        ).json()
        self.token: str = found["credentialsId"]

    def send(self, method: str, path: str, **more: Any) -> requests.Response:
        path = path.format(device=self.device, token=self.token)
        return self.http.request(
            method, self.sandbox.url + path, headers={**_JSON, **self.headers}, timeout=PATIENCE, **more
        )

    def check(self) -> None:
        """Insist that nothing was logged with a traceback, and that the server still answers."""
        told = [f"{one.getMessage()}: {one.exc_info[1]!r}" for one in self.records if one.exc_info]
        self.records.clear()
        assert told == []
        assert self.send("GET", "/api/auth/user").status_code == 200


@contextmanager
def watching() -> Iterator[Watched]:
    """Run such a sandbox."""
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign,assignment]
    loggers = [logging.getLogger(name) for name in ("papaya.sandbox", "asyncio", "aiohttp")]
    for logger in loggers:
        logger.addHandler(handler)
    with Sandbox() as sandbox:
        yield Watched(sandbox, records)
    for logger in loggers:
        logger.removeHandler(handler)
