"""What a sandbox really holds, read from its store: no API, and nothing of papaya's, stands in between."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import requests

from papaya.sandbox import Sandbox
from papaya.sandbox.store.core import Core
from tests.faults.server import PASSWORD, USERNAME

Named = tuple[str, str]
Result = TypeVar("Result")
_SCOPES = {1: "client", 2: "server", 3: "shared"}
# What papaya itself and the server keep in the server scope of an entity.
NOT_OF_THE_MANIFEST = {
    "papaya.fleet",
    "papaya.applied",
    "papaya.protect",
    "active",
    "lastActivityTime",
    "inactivityAlarmTime",
}


@dataclass(frozen=True)
class Held:
    """Everything in a tenant, by kind and name (`("DEVICE", "PM-1")`)."""

    bodies: Mapping[Named, dict[str, Any]] = field(default_factory=dict)
    attributes: Mapping[Named, dict[tuple[str, str], Any]] = field(default_factory=dict)
    parents: Mapping[Named, list[str]] = field(default_factory=dict)
    tokens: Mapping[str, str] = field(default_factory=dict)

    def names(self, kind: str) -> set[str]:
        """Return the names of all entities of a kind."""
        return {name for found, name in self.bodies if found == kind}

    def id(self, kind: str, name: str) -> str:
        """Return the UUID of an entity."""
        return str(self.bodies[kind, name]["id"]["id"])

    def of(self, *entities: Named) -> dict[str, Any]:
        """Return everything about these entities, to compare before with after."""
        return {
            str(entity): (
                self.bodies.get(entity),
                self.attributes.get(entity),
                self.parents.get(entity),
                self.tokens.get(entity[1]) if entity[0] == "DEVICE" else None,
            )
            for entity in entities
        }

    @property
    def leases(self) -> list[dict[str, Any]]:
        """Return the leases that stand on places."""
        infos = [body.get("additionalInfo") or {} for body in self.bodies.values()]
        own = [info["papaya"] for info in infos if isinstance(info.get("papaya"), dict)]
        return [mark["lease"] for mark in own if "lease" in mark]


def held(sandbox: Sandbox) -> Held:
    """Return what the sandbox holds now."""
    return inside(sandbox, _read)


def inside(sandbox: Sandbox, action: Callable[[Core], Result]) -> Result:
    """Run something in the thread that owns the sandbox's store."""
    return sandbox._inside(action)  # noqa: SLF001


def _read(core: Core) -> Held:
    rows = core.store.rows("SELECT number, kind, name, body FROM entity WHERE kind IN ('ASSET', 'DEVICE')")
    by_number: dict[int, Named] = {number: (kind, name) for number, kind, name, _ in rows}
    attributes: dict[Named, dict[tuple[str, str], Any]] = {named: {} for named in by_number.values()}
    for number, scope, key, value in core.store.rows("SELECT number, scope, key, value FROM attribute"):
        if number in by_number:
            attributes[by_number[number]][_SCOPES[scope], key] = value
    parents: dict[Named, list[str]] = {named: [] for named in by_number.values()}
    for source, target in core.store.rows("SELECT source, target FROM relation WHERE type = 'Contains'"):
        if source in by_number and target in by_number:
            parents[by_number[target]].append(by_number[source][1])
    tokens = {
        by_number[device][1]: token
        for device, token in core.store.rows("SELECT device, credentials_id FROM credentials")
        if device in by_number
    }
    bodies = {(kind, name): json.loads(body) for _, kind, name, body in rows}
    return Held(bodies, attributes, {named: sorted(names) for named, names in parents.items()}, tokens)


class Person:
    """Somebody who works in the server's own interface, without papaya."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        tokens = self.ask("POST", "/auth/login", {"username": USERNAME, "password": PASSWORD})
        self._session.headers["X-Authorization"] = f"Bearer {tokens['token']}"

    def close(self) -> None:
        """Leave."""
        self._session.close()

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Send one request and insist on success."""
        answer = self._session.request(method, f"{self._url}/api{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def device(self, name: str) -> dict[str, Any]:
        """Return a device."""
        found: dict[str, Any] = self.ask("GET", f"/tenant/devices?deviceName={name}")
        return found

    def asset(self, name: str) -> dict[str, Any]:
        """Return an asset."""
        found: dict[str, Any] = self.ask("GET", f"/tenant/assets?assetName={name}")
        return found

    def save_device(self, name: str, **fields: Any) -> dict[str, Any]:
        """Change fields of a device as it is now."""
        saved: dict[str, Any] = self.ask("POST", "/device", {**self.device(name), **fields})
        return saved

    def set_attributes(self, kind: str, name: str, scope: str, **values: Any) -> None:
        """Write attributes of an entity."""
        found = self.device(name) if kind == "DEVICE" else self.asset(name)
        self.ask("POST", f"/plugins/telemetry/{kind}/{found['id']['id']}/attributes/{scope}", values)

    def relate(self, parent: str, device: str) -> None:
        """Let an asset contain a device."""
        self.ask(
            "POST",
            "/relation",
            {
                "from": {"entityType": "ASSET", "id": self.asset(parent)["id"]["id"]},
                "to": {"entityType": "DEVICE", "id": self.device(device)["id"]["id"]},
                "type": "Contains",
                "typeGroup": "COMMON",
            },
        )

    def plant_foreigners(self) -> tuple[Named, ...]:
        """Create entities that are nobody's business but their owner's."""
        asset = self.ask("POST", "/asset", {"name": "Their Yard", "label": "theirs"})
        device = self.ask("POST", "/device?accessToken=their-token-1", {"name": "THEIR-1", "label": "theirs"})
        for kind, one in (("ASSET", asset), ("DEVICE", device)):
            path = f"/plugins/telemetry/{kind}/{one['id']['id']}/attributes/SERVER_SCOPE"
            self.ask("POST", path, {"region": "theirs", "papaya.fleet": "another-fleet"})
        self.relate("Their Yard", "THEIR-1")
        return ("ASSET", "Their Yard"), ("DEVICE", "THEIR-1")


@contextmanager
def person(url: str) -> Iterator[Person]:
    """Let somebody work at the server for a while."""
    somebody = Person(url)
    try:
        yield somebody
    finally:
        somebody.close()
