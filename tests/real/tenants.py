"""Tenants of their own on a ThingsBoard server, made for a test and deleted after it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests

from papaya.sandbox import Sandbox

# As ThingsBoard installs it and as the sandbox has it.
SYSTEM_ADMINISTRATOR = ("sysadmin@thingsboard.org", "sysadmin")
PASSWORD = "password-of-the-tenant"  # noqa: S105 - of a tenant that is deleted
_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant without anything in it, and its administrator; `is_real` unless it is a sandbox."""

    url: str
    version: str
    id: str
    username: str
    password: str = PASSWORD
    title: str = "Tenant"
    is_real: bool = True


class Hand:
    """Somebody who works at a server without papaya."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False
        pair = self.post("/api/auth/login", {"username": username, "password": password})
        self.token = str(pair["token"])
        self._session.headers["X-Authorization"] = f"Bearer {self.token}"

    def __enter__(self) -> Hand:
        return self

    def __exit__(self, *fault: object) -> None:
        self._session.close()

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Send a request and return its answer, which must be a success."""
        answer = self._session.request(method, self.url + path, json=body, params=query, timeout=_SECONDS)
        if not answer.ok:
            raise AssertionError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        if answer.headers.get("Content-Type", "").startswith("application/json") and answer.content:
            return answer.json()
        return answer.text

    def get(self, path: str, **query: Any) -> Any:
        """Return the answer of a GET."""
        return self.ask("GET", path, **query)

    def post(self, path: str, body: Any = None) -> Any:
        """Return the answer of a POST."""
        return self.ask("POST", path, body)

    def delete(self, path: str) -> None:
        """Send a DELETE."""
        self.ask("DELETE", path)

    def rows(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Return everything of a paged list."""
        found: list[dict[str, Any]] = self.get(path, pageSize=1000, page=0, **query)["data"]
        return found


@contextmanager
def hand_of(tenant: Tenant) -> Iterator[Hand]:
    """Work as the tenant's administrator."""
    with Hand(tenant.url, tenant.username, tenant.password) as hand:
        yield hand


@contextmanager
def tenant_of(url: str, *, title: str | None = None) -> Iterator[Tenant]:
    """Have a tenant of one's own on a server."""
    word = title or f"papaya-test-{uuid.uuid4().hex[:12]}"
    with Hand(url, *SYSTEM_ADMINISTRATOR) as system:
        tenant = system.post("/api/tenant", {"title": word})
        try:
            body = {"email": f"{word}@papaya.test", "authority": "TENANT_ADMIN", "tenantId": tenant["id"]}
            user = system.post("/api/user?sendActivationMail=false", body)
            link = system.get(f"/api/user/{user['id']['id']}/activationLink")
            token = link.partition("activateToken=")[2]
            system.post("/api/noauth/activate", {"activateToken": token, "password": PASSWORD})
            with Hand(url, body["email"], PASSWORD) as hand:
                version = _version(hand)
            yield Tenant(url, version, tenant["id"]["id"], body["email"], title=word)
        finally:
            system.delete(f"/api/tenant/{tenant['id']['id']}")


def _version(hand: Hand) -> str:
    return str(hand.get("/api/system/info")["version"])


@contextmanager
def sandbox_tenant(version: str) -> Iterator[Tenant]:
    """Have a sandbox that is as a new tenant of a server of this version."""
    with Sandbox(emulate=version, bare=True) as sandbox:
        yield Tenant(
            sandbox.url, version, sandbox.tenant_id, sandbox.username, sandbox.password, is_real=False
        )
