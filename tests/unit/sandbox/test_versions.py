"""Versions that are known by their source: what they do as their neighbours do, and what otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from papaya.sandbox import DIALECTS, Sandbox
from tests.unit.apply.run import Operator
from tests.unit.engine.fleets import device, karnataka
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.watcher import Watcher, play


@pytest.mark.parametrize("version", sorted(DIALECTS))
def test_a_fleet_converges_on_every_version(version: str) -> None:
    meters = (device(f"PM-{number}", attributes={"bays": number}, serial="0042") for number in range(3))
    with Sandbox(emulate=version) as sandbox:
        operator = Operator(sandbox)
        assert operator.session.info().version == version
        operator.converge(karnataka(*meters))


@pytest.mark.parametrize("version", sorted(DIALECTS))
def test_notes_of_a_rule_chain_are_kept_from_4_4_on(version: str) -> None:
    note = {"id": "1", "x": 10, "y": 20, "width": 200, "height": 80, "content": "**look**"}
    with Sandbox(emulate=version) as sandbox, Client(sandbox) as client:
        chain = client.post("/api/ruleChain", {"name": "Noted", "type": "CORE"})
        body = {"ruleChainId": chain["id"], "nodes": [], "connections": [], "notes": [note]}
        client.post("/api/ruleChain/metadata", body)
        read = client.get(f"/api/ruleChain/{chain['id']['id']}/metadata")
        assert read.get("notes") == ([note] if version == "4.4.0" else None)
        body["version"], body["notes"] = read["version"], [{"x": 1.5, "foo": 1, "content": None}]
        read = client.post("/api/ruleChain/metadata", body)
        made = [{"x": 1, "y": 0, "width": 0, "height": 0}]
        assert read.get("notes") == (made if version == "4.4.0" else None)
        body["version"], body["notes"] = read["version"], []
        client.post("/api/ruleChain/metadata", body)
        assert "notes" not in client.get(f"/api/ruleChain/{chain['id']['id']}/metadata")


def _named(name: str) -> dict[str, Any]:
    predicate = {"type": "STRING", "operation": "EQUAL", "value": {"defaultValue": name}}
    return {"key": {"type": "ENTITY_FIELD", "key": "name"}, "valueType": "STRING", "predicate": predicate}


@pytest.mark.parametrize(("version", "found"), [("4.3.1.3", 0), ("4.4.0", 2)])
def test_key_filters_are_joined_by_or_from_4_4_on(version: str, found: int) -> None:
    with Sandbox(emulate=version) as sandbox, Client(sandbox) as client:
        for name in ("A", "B", "C"):
            client.device(name)
        query = {
            "entityFilter": {"type": "entityType", "entityType": "DEVICE"},
            "keyFilters": [_named("A"), _named("B")],
        }
        assert client.post("/api/entitiesQuery/count", {**query, "keyFiltersOperation": "OR"}) == found
        assert client.post("/api/entitiesQuery/count", query) == 0
        unknown = client.ask("POST", "/api/entitiesQuery/count", {**query, "keyFiltersOperation": "XOR"})
        assert unknown.status_code == (500 if found else 200)


@pytest.mark.parametrize("version", ["4.3.1.3", "4.4.0"])
def test_a_websocket_takes_an_api_key_from_4_4_on(version: str) -> None:
    with Sandbox(emulate=version) as sandbox, Client(sandbox) as client:
        user = client.get("/api/auth/user")["id"]
        key = client.post("/api/apiKey", {"userId": user, "description": "wall", "enabled": True})["value"]

        def command(value: str) -> dict[str, Any]:
            counting = {"query": {"entityFilter": {"type": "entityType", "entityType": "DEVICE"}}}
            return {
                "authCmd": {"cmdId": 0, "apiKey": value},
                "cmds": [{"cmdId": 1, "type": "ENTITY_COUNT", **counting}],
            }

        async def scene(watcher: Watcher) -> None:
            await watcher.socket.send_json(command(key))
            if version == "4.4.0":
                assert (await watcher.next())["count"] == 0
            else:
                assert (await watcher.closing())[0] == 1007

        async def refused(watcher: Watcher) -> None:
            await watcher.socket.send_json(command("tb_nobody"))
            assert (await watcher.closing())[0] == 1007

        play(sandbox, scene)
        play(sandbox, refused)
