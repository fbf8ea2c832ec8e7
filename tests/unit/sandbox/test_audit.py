"""The audit log of the sandbox: what stays out of it, and that it does not grow for ever."""

from __future__ import annotations

import json
from typing import Any

from papaya.sandbox import DIALECTS, Sandbox
from papaya.sandbox.store.audit import Subject, add_entry, entries, entry_text
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.database import Store
from papaya.sandbox.wire import new_id
from tests.unit.sandbox.client import Client


def _log(client: Client, **query: Any) -> list[dict[str, Any]]:
    return list(client.get("/api/audit/logs", pageSize=1000, page=0, **query)["data"])


def test_what_is_refused_is_not_logged(client: Client) -> None:
    client.device("PM-1")
    before = len(_log(client))
    assert client.ask("POST", "/api/device", {"name": "PM-1"}).status_code == 400
    assert client.ask("DELETE", "/api/device/11111111-2222-4333-8444-555555555555").status_code == 404
    assert client.ask("DELETE", "/api/device/no-id").status_code == 400
    assert len(_log(client)) == before


def test_secrets_stay_out_of_the_log(client: Client) -> None:
    credentials = {"credentialsType": "ACCESS_TOKEN", "credentialsId": "very-secret"}
    body = {"device": {"name": "PM-2"}, "credentials": credentials}
    device = client.post("/api/device-with-credentials", body)
    stored = client.get(f"/api/device/{device['id']['id']}/credentials")
    client.post("/api/device/credentials", {**stored, "credentialsId": "more-secret"})
    assert "PM-2" in str(_log(client))
    assert "secret" not in str(_log(client))


def test_the_oldest_entries_give_way() -> None:
    with Store() as store:
        core = Core(store, DIALECTS["4.3.1.3"], new_id(), b"")
        for number in range(5):
            subject = Subject("DEVICE", new_id(), f"PM-{number}")
            add_entry(core, (new_id(), "anna@papaya.test"), "ADDED", subject, {}, kept=3)
        rows = entries(core, "1", (), "ORDER BY number")
        names = [json.loads(entry_text(core, row))["entityName"] for row in rows]
    assert names == ["PM-2", "PM-3", "PM-4"]


def test_a_dashboard_is_logged_without_its_configuration(client: Client) -> None:
    client.post("/api/dashboard", {"title": "Board", "configuration": {"big": "x" * 1000}})
    entry = _log(client, actionTypes="ADDED", textSearch="board")[0]
    assert entry["actionData"]["entity"]["configuration"] == ""


def test_the_system_administrator_s_deeds_are_not_the_tenant_s(sandbox: Sandbox, client: Client) -> None:
    with Client(sandbox, "sysadmin@thingsboard.org", "sysadmin") as system:
        system.post("/api/tenant", {"title": "Other"})
    assert "Other" not in str(_log(client))
