"""Dashboards: who sees them, what a save changes, and what stands against their deletion."""

from __future__ import annotations

import base64
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client

_PICTURE = "data:image/png;base64," + base64.b64encode(b"\x89PNG picture").decode()


def _dashboard(client: Client, title: str = "Fleet", **fields: Any) -> dict[str, Any]:
    return dict(client.post("/api/dashboard", {"title": title, **fields}))


def _customer(client: Client, title: str) -> dict[str, Any]:
    return dict(client.post("/api/customer", {"title": title}))


def _path(thing: dict[str, Any]) -> str:
    return f"{thing['id']['entityType'].lower()}/{thing['id']['id']}"


def test_titles_repeat_and_the_configuration_is_kept_as_it_is(client: Client) -> None:
    """What papaya or a person writes into a configuration comes back."""
    configuration = {"papaya": {"fleet": "f"}, "big": 12345678901234567890, "none": None}
    first, second = _dashboard(client), _dashboard(client, configuration=configuration)
    assert first["id"] != second["id"]
    assert client.get(f"/api/{_path(second)}")["configuration"] == configuration


def test_saving_a_customer_moves_the_versions_of_its_dashboards(client: Client) -> None:
    """The new title is written into each of them, which is a save of each."""
    customer, dashboard = _customer(client, "City"), _dashboard(client)
    assigned = client.post(f"/api/{_path(customer)}/{_path(dashboard)}")
    client.post("/api/customer", {**customer, "title": "Town"})
    after = client.get(f"/api/dashboard/info/{dashboard['id']['id']}")
    assert after["version"] == assigned["version"] + 1
    assert after["assignedCustomers"][0]["title"] == "Town"


def test_a_save_without_its_customers_leaves_the_customer_its_dashboard(client: Client) -> None:
    """The column is emptied and the relation stays, as on the server."""
    customer, dashboard = _customer(client, "City"), _dashboard(client)
    client.post(f"/api/{_path(customer)}/{_path(dashboard)}")
    saved = client.post("/api/dashboard", {"id": dashboard["id"], "title": "Fleet"})
    assert saved["assignedCustomers"] is None
    assert client.get(f"/api/{_path(customer)}/dashboards", pageSize=10, page=0)["totalElements"] == 1


def test_customers_are_set_one_save_each(client: Client) -> None:
    """Setting the list adds who is new and removes who is not in it."""
    one, two, dashboard = _customer(client, "One"), _customer(client, "Two"), _dashboard(client)
    client.post(f"/api/{_path(one)}/{_path(dashboard)}")
    after = client.post(f"/api/{_path(dashboard)}/customers", [two["id"]["id"]])
    assert [each["title"] for each in after["assignedCustomers"]] == ["Two"]
    assert after["version"] == 4
    again = client.post(f"/api/{_path(dashboard)}/customers/add", [two["id"]["id"]])
    assert again["version"] == 4
    none = client.post(f"/api/{_path(dashboard)}/customers/remove", [two["id"]["id"]])
    assert none["assignedCustomers"] == []
    unknown = client.ask(
        "POST", f"/api/{_path(dashboard)}/customers", ["00000000-0000-4000-8000-000000000001"]
    )
    assert unknown.json()["message"] == "Can't assign dashboard to non-existent customer!"


def test_a_public_dashboard_belongs_to_a_customer_made_for_that(client: Client) -> None:
    """The customer named Public comes with the first of them, and nobody may make it by hand."""
    dashboard = _dashboard(client)
    public = client.post(f"/api/customer/public/{_path(dashboard)}")["assignedCustomers"][0]
    assert (public["title"], public["public"]) == ("Public", True)
    client.ask("DELETE", f"/api/customer/public/{_path(dashboard)}")
    assert client.get(f"/api/{_path(dashboard)}")["assignedCustomers"] == []


def test_a_deleted_customer_leaves_its_dashboards(client: Client) -> None:
    """They are assigned to nobody then."""
    customer, dashboard = _customer(client, "City"), _dashboard(client)
    client.post(f"/api/{_path(customer)}/{_path(dashboard)}")
    assert client.ask("DELETE", f"/api/{_path(customer)}").status_code == 200
    assert client.get(f"/api/{_path(dashboard)}")["assignedCustomers"] == []


@pytest.mark.parametrize(
    ("path", "body", "kind"),
    [
        (
            "/api/deviceProfile",
            {
                "type": "DEFAULT",
                "transportType": "DEFAULT",
                "profileData": {"transportConfiguration": {"type": "DEFAULT"}},
            },
            "a device profile",
        ),
        ("/api/assetProfile", {}, "an asset profile"),
    ],
)
def test_a_dashboard_of_a_profile_cannot_be_deleted(
    client: Client, path: str, body: dict[str, Any], kind: str
) -> None:
    """The refusal says what refers to it."""
    dashboard = _dashboard(client)
    client.post(path, {**body, "name": "uses it", "defaultDashboardId": dashboard["id"]})
    refused = client.ask("DELETE", f"/api/{_path(dashboard)}")
    assert refused.status_code == 400
    assert refused.json()["message"] == f"The dashboard is referenced by {kind}"


def test_images_become_links_where_the_server_looks_for_them(client: Client) -> None:
    """An image is stored once; other places keep their text, and a link tells who uses it."""
    configuration = {"settings": {"dashboardLogoUrl": _PICTURE, "other": _PICTURE}}
    saved = _dashboard(client, 'The "big" one', image=_PICTURE, configuration=configuration)
    link = "tb-image;/api/images/tenant/the_big_one_dashboard_image.png"
    assert saved["image"] == link
    assert saved["configuration"]["settings"] == {"dashboardLogoUrl": link, "other": _PICTURE}
    path = "/api/images/tenant/the_big_one_dashboard_image.png"
    assert client.ask("GET", path).content == b"\x89PNG picture"
    refused = client.ask("DELETE", path)
    assert (refused.status_code, refused.json()["success"]) == (400, False)
    assert refused.json()["references"]["DASHBOARD"][0]["title"] == 'The "big" one'
    assert client.ask("DELETE", path, force="true").status_code == 200
    assert client.ask("GET", path).status_code == 404


def test_a_dashboard_takes_its_images_to_another_server(client: Client) -> None:
    """Read with its resources and saved elsewhere, it shows the same."""
    saved = _dashboard(client, image=_PICTURE)
    whole = client.get(f"/api/{_path(saved)}", includeResources="true")
    with Sandbox() as other, Client(other) as there:
        copy = there.post("/api/dashboard", {**whole, "id": None, "version": None})
        assert there.ask("GET", copy["image"].removeprefix("tb-image;")).content == b"\x89PNG picture"


def test_a_tenant_has_a_home_dashboard(client: Client) -> None:
    """None at first."""
    assert client.get("/api/tenant/dashboard/home/info")["dashboardId"] is None
    dashboard = _dashboard(client)
    home = {"dashboardId": dashboard["id"], "hideDashboardToolbar": False}
    client.post("/api/tenant/dashboard/home/info", home)
    assert client.get("/api/tenant/dashboard/home/info") == home


def test_a_customers_user_sees_what_names_the_customer(sandbox: Sandbox, client: Client) -> None:
    """Of other dashboards not even the title."""
    customer, mine, other = _customer(client, "City"), _dashboard(client), _dashboard(client)
    client.post(f"/api/{_path(customer)}/{_path(mine)}")
    sandbox.add_customer_user(customer["id"]["id"], "asha@city.test", "papaya-secret")
    with Client(sandbox, "asha@city.test", "papaya-secret") as asha:
        assert asha.get(f"/api/{_path(mine)}")["title"] == "Fleet"
        assert asha.ask("GET", f"/api/dashboard/info/{other['id']['id']}").status_code == 403
        assert asha.ask("POST", "/api/dashboard", {"title": "Own"}).status_code == 403


def test_a_tenants_limit_counts_dashboards(sandbox: Sandbox, client: Client) -> None:
    """The refusal names the kind and the limit."""
    sandbox.limit_entities(DASHBOARD=1)
    _dashboard(client)
    refused = client.ask("POST", "/api/dashboard", {"title": "Second"})
    assert (refused.status_code, refused.json()["message"]) == (403, "Dashboards limit reached")
    assert refused.json()["limit"] == 1


def test_a_folder_of_an_older_sandbox_keeps_what_it_has(tmp_path: Path) -> None:
    """Its names were unique whatever the kind, and it had no rule chains."""
    with Sandbox(tmp_path) as sandbox, Client(sandbox) as client:
        client.device("PM-1")
    with sqlite3.connect(tmp_path / "sandbox.sqlite") as database:
        database.execute("DELETE FROM entity WHERE kind = 'RULE_CHAIN'")
        database.execute("DROP INDEX entity_unique")
        database.execute("ALTER TABLE entity DROP COLUMN name_scope")
        database.execute("CREATE UNIQUE INDEX entity_name ON entity (kind, name)")
    database.close()
    with Sandbox(tmp_path) as sandbox, Client(sandbox) as client:
        assert client.get("/api/tenant/devices", deviceName="PM-1")["name"] == "PM-1"
        assert _dashboard(client)["id"] != _dashboard(client)["id"]
        assert client.ask("POST", "/api/device", {"name": "PM-1"}).status_code == 400
        assert client.get("/api/ruleChains", pageSize=10, page=0)["totalElements"] == 1
