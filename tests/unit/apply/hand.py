"""What a person does on a server by hand, past papaya."""

from __future__ import annotations

from typing import Any

from papaya.api.session import Session
from papaya.manifest.model import Json

TYPES = {"asset": "ASSET", "device": "DEVICE"}


class Person:
    """Somebody in the server's own interface."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def create(self, kind: str, name: str, type_: str = "default", **fields: Json) -> str:
        """Create an asset or a device and return its id."""
        body = self.session.post(f"/api/{kind}", {"name": name, "type": type_, **fields})
        return self._id(body)

    def relate(self, parent: str, kind: str, id_: str, *, type_: str = "Contains") -> None:
        """Put something into an asset."""
        body: Json = {
            "from": {"entityType": "ASSET", "id": parent},
            "to": {"entityType": TYPES[kind], "id": id_},
            "type": type_,
            "typeGroup": "COMMON",
        }
        self.session.post("/api/relation", body, repeatable=True)

    def unrelate(self, parent: str, kind: str, id_: str) -> None:
        """Take something out of an asset."""
        self.session.delete(
            "/api/relation",
            params={
                "fromId": parent,
                "fromType": "ASSET",
                "relationType": "Contains",
                "toId": id_,
                "toType": TYPES[kind],
            },
        )

    def set(self, kind: str, id_: str, scope: str = "SERVER_SCOPE", **values: Json) -> None:
        """Write attributes; `__` in a key stands for a point."""
        told: Json = {key.replace("__", "."): value for key, value in values.items()}
        self.session.post(
            f"/api/plugins/telemetry/{TYPES[kind]}/{id_}/attributes/{scope}", told, repeatable=True
        )

    def unset(self, kind: str, id_: str, *keys: str, scope: str = "SERVER_SCOPE") -> None:
        """Delete attributes."""
        self.session.delete(
            f"/api/plugins/telemetry/{TYPES[kind]}/{id_}/{scope}", params={"keys": ",".join(keys)}
        )

    def attributes(self, kind: str, id_: str, scope: str = "SERVER_SCOPE") -> dict[str, Any]:
        """Return typed attributes without those that the server itself keeps."""
        rows = self.session.get(f"/api/plugins/telemetry/{TYPES[kind]}/{id_}/values/attributes/{scope}")
        assert isinstance(rows, list)
        return {row["key"]: row["value"] for row in rows if isinstance(row, dict)}  # type: ignore[misc]

    def by_name(self, kind: str, name: str) -> dict[str, Any]:
        """Return the object of that name."""
        body = self.session.get(f"/api/tenant/{kind}s", params={f"{kind}Name": name})
        assert isinstance(body, dict)
        return body

    def id(self, kind: str, name: str) -> str:
        """Return the id of an entity by name."""
        return self._id(self.by_name(kind, name))

    def edit(self, kind: str, name: str, /, **fields: Json) -> dict[str, Any]:
        """Change fields of an object, as its own dialog does."""
        body = self.by_name(kind, name)
        saved = self.session.post(f"/api/{kind}", {**body, **fields})
        assert isinstance(saved, dict)
        return saved

    def delete(self, kind: str, name: str) -> None:
        """Delete an entity."""
        self.session.delete(f"/api/{kind}/{self.id(kind, name)}")

    def names(self, kind: str) -> list[str]:
        """Return the names of all entities of a kind."""
        body = self.session.get(f"/api/tenant/{kind}s", params={"pageSize": 100_000, "page": 0})
        assert isinstance(body, dict) and isinstance(body["data"], list)
        return sorted(str(row["name"]) for row in body["data"] if isinstance(row, dict))

    def parents(self, kind: str, name: str) -> list[str]:
        """Return the names of the assets that contain something."""
        rows = self.session.get(
            "/api/relations/info",
            params={"toId": self.id(kind, name), "toType": TYPES[kind], "relationType": "Contains"},
        )
        assert isinstance(rows, list)
        return sorted(str(row["fromName"]) for row in rows if isinstance(row, dict))

    def customer(self, title: str) -> str:
        """Create a customer and return its id."""
        return self._id(self.session.post("/api/customer", {"title": title}))

    def token(self, name: str) -> str:
        """Return a device's access token."""
        body = self.session.get(f"/api/device/{self.id('device', name)}/credentials")
        assert isinstance(body, dict)
        return str(body["credentialsId"])

    @staticmethod
    def _id(body: Json) -> str:
        assert isinstance(body, dict) and isinstance(body["id"], dict)
        return str(body["id"]["id"])
