"""A server whose lists look like a tenant's: of so many entities, or with new ones on every page for ever."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.hostile.server import USER, Asked, json_of, whole

PROFILES = {"assetProfile": ("Country", "State"), "deviceProfile": ("IoT-Gateway",)}
RECORD = {"form": 1, "server": {"bays": 5, "serial": "SN"}, "shared": {"interval": 5}}


def _id(kind: str, number: int) -> dict[str, str]:
    return {"entityType": kind, "id": f"{len(kind):08x}-1c0d-11f0-8d4b-{number:012x}"}


def _object(kind: str, number: int) -> dict[str, Any]:
    profile = "IoT-Gateway" if kind == "DEVICE" else "State"
    return {
        "id": _id(kind, number),
        "createdTime": 1_700_000_000_000 + number,
        "additionalInfo": {"description": "", "papaya": {"fleet": "meters", "run": "5b2d1a"}},
        "tenantId": USER["tenantId"],
        "customerId": USER["customerId"],
        "name": f"{profile}-{number:06}",
        "type": profile,
        "label": None,
        "deviceProfileId": _id("DEVICE_PROFILE", 7),
        "deviceData": {"configuration": {"type": "DEFAULT"}, "transportConfiguration": {"type": "DEFAULT"}},
        "version": 3,
    }


def _row(kind: str, number: int, query: dict[str, Any]) -> dict[str, Any]:
    values = {"papaya.fleet": "meters", "papaya.applied": json.dumps(RECORD), "papaya.protect": "false"}
    fields = {"name": f"PM-{number:06}", "type": "IoT-Gateway", "parentId": _id("ASSET", number % 200)["id"]}
    latest: dict[str, dict[str, Any]] = {}
    for key in query["latestValues"]:
        cell = {"ts": 1_700_000_000_000, "value": values.get(key["key"], "12345")}
        latest.setdefault(key["type"], {})[key["key"]] = cell
    for key in query["entityFields"]:
        latest.setdefault("ENTITY_FIELD", {})[key["key"]] = {"ts": 0, "value": fields.get(key["key"], "")}
    return {"entityId": _id(kind, number), "latest": latest}


class Tenant:
    """Plays a tenant of so many devices, one State for 500 of them; None for lists that never end."""

    def __init__(self, devices: int | None) -> None:
        self._devices = devices

    def __call__(self, asked: Asked) -> Iterator[bytes]:
        url = urlsplit(asked.target)
        path, parameters = url.path, {key: values[0] for key, values in parse_qs(url.query).items()}
        fixed = {
            "/api/auth/login": {"token": "the-token", "refreshToken": "the-refresh-token"},
            "/api/auth/user": USER,
            "/api/system/info": {"version": "4.3.1.3", "type": "CE"},
            "/api/entitiesQuery/count": 2 if self._devices is None else self._total(b"DEVICE" in asked.body),
        }
        if path in fixed:
            return json_of(fixed[path])
        if path.endswith("/names"):
            return json_of([{"id": _id("X", 7), "name": name} for name in PROFILES[path.split("/")[2]]])
        kind = "DEVICE" if "evice" in path else "ASSET"
        if path != "/api/entitiesQuery/find":
            size, page = int(parameters.get("pageSize", 10)), int(parameters.get("page", 0))
            return self._page(kind, size, page, lambda number: _object(kind, number))
        query = json.loads(asked.body)
        is_edge = query["entityFilter"]["type"] == "relationsQuery"
        kind = "DEVICE" if is_edge else query["entityFilter"]["entityType"]
        link = query["pageLink"]
        return self._page(kind, link["pageSize"], link["page"], lambda number: _row(kind, number, query))

    def _total(self, are_devices: bool) -> int | None:
        return self._devices if are_devices or self._devices is None else self._devices // 500 + 1

    def _page(self, kind: str, size: int, page: int, make: Callable[[int], Any]) -> Iterator[bytes]:
        total = self._total(kind == "DEVICE")
        until = (page + 1) * size if total is None else min((page + 1) * size, total)
        rows = [make(number) for number in range(page * size, until)]
        answer = {"data": rows, "hasNext": total is None or until < total}
        return whole(json.dumps(answer if total is None else {**answer, "totalElements": total}).encode())
