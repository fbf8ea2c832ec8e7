"""A client for tests of the sandbox, without any of papaya's own."""

from __future__ import annotations

from types import TracebackType
from typing import Any

import requests

from papaya.sandbox import Sandbox


class Client:
    """A logged-in session."""

    def __init__(self, sandbox: Sandbox, email: str | None = None, password: str | None = None) -> None:
        self.url = sandbox.url
        self.session = requests.Session()
        self.log_in(email or sandbox.username, password or sandbox.password)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()

    def log_in(self, email: str, password: str) -> dict[str, str]:
        """Get a token pair and use it from now on."""
        pair = self.session.post(
            f"{self.url}/api/auth/login", json={"username": email, "password": password}, timeout=60
        ).json()
        self.session.headers["X-Authorization"] = f"Bearer {pair['token']}"
        return dict(pair)

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        """Send a request and return the answer as it is."""
        return self.session.request(
            method, self.url + path, json=body, params=query, timeout=60, allow_redirects=False
        )

    def get(self, path: str, **query: Any) -> Any:
        """Return the JSON of an answer that must be 200."""
        return _good(self.ask("GET", path, **query))

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        """Return the JSON of an answer that must be 200."""
        return _good(self.ask("POST", path, body, **query))

    def device(self, name: str, **fields: Any) -> dict[str, Any]:
        """Create a device."""
        return dict(self.post("/api/device", {"name": name, **fields}))

    def asset(self, name: str, kind: str = "State", **fields: Any) -> dict[str, Any]:
        """Create an asset of a profile."""
        return dict(self.post("/api/asset", {"name": name, "type": kind, **fields}))

    def contain(self, outer: dict[str, Any], inner: dict[str, Any]) -> None:
        """Relate two entities by Contains."""
        relation = {"from": outer["id"], "to": inner["id"], "type": "Contains", "typeGroup": "COMMON"}
        self.post("/api/relation", relation)

    def set_attributes(self, entity: dict[str, Any], values: dict[str, Any], scope: str = "SERVER") -> None:
        """Write attributes."""
        kind, identifier = entity["id"]["entityType"], entity["id"]["id"]
        self.post(f"/api/plugins/telemetry/{kind}/{identifier}/attributes/{scope}_SCOPE", values)

    def attributes(self, entity: dict[str, Any], scope: str = "SERVER") -> dict[str, Any]:
        """Read attributes, typed."""
        kind, identifier = entity["id"]["entityType"], entity["id"]["id"]
        rows = self.get(f"/api/plugins/telemetry/{kind}/{identifier}/values/attributes/{scope}_SCOPE")
        return {row["key"]: row["value"] for row in rows}

    def token_of(self, device: dict[str, Any]) -> str:
        """Return a device's access token."""
        return str(self.get(f"/api/device/{device['id']['id']}/credentials")["credentialsId"])

    def query(
        self,
        entity_filter: dict[str, Any],
        fields: tuple[str, ...] = ("name",),
        latest: tuple[tuple[str, str], ...] = (),
        key_filters: tuple[dict[str, Any], ...] = (),
        **link: Any,
    ) -> dict[str, Any]:
        """Run an entity query sorted by name."""
        order = {"key": {"type": "ENTITY_FIELD", "key": "name"}, "direction": "ASC"}
        body = {
            "entityFilter": entity_filter,
            "pageLink": {"pageSize": 100, "page": 0, "sortOrder": order, **link},
            "entityFields": [{"type": "ENTITY_FIELD", "key": field} for field in fields],
            "latestValues": [{"type": kind, "key": key} for kind, key in latest],
            "keyFilters": list(key_filters),
        }
        return dict(self.post("/api/entitiesQuery/find", body))


def names(page: dict[str, Any]) -> list[str]:
    """Return the names that a query found."""
    return [row["latest"]["ENTITY_FIELD"]["name"]["value"] for row in page["data"]]


def _good(answer: requests.Response) -> Any:
    assert answer.status_code == 200, (answer.status_code, answer.text)
    return answer.json() if answer.content else None
