"""What users and everybody may do for themselves: sign in, change a password, keep settings."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client


def test_everybody_reads_what_is_public_and_nothing_else(sandbox: Sandbox, client: Client) -> None:
    """Web pages that show one public device sign in by the id of the public customer."""
    seen, hidden = client.device("seen"), client.device("hidden")
    published = client.post(f"/api/customer/public/device/{seen['id']['id']}", {})
    pair = client.post("/api/auth/login/public", {"publicId": published["customerId"]["id"]})
    with Client(sandbox) as everybody:
        everybody.session.headers["X-Authorization"] = f"Bearer {pair['token']}"
        assert everybody.get(f"/api/device/{seen['id']['id']}")["name"] == "seen"
        assert everybody.ask("GET", f"/api/device/{hidden['id']['id']}").status_code == 403
        refused = everybody.ask("POST", "/api/user/settings", {"a": 1})
        assert (refused.status_code, refused.json()["message"]) == (400, "Constraint violation: fk_user_id")
        own = everybody.ask("POST", "/api/auth/changePassword", {"currentPassword": "a", "newPassword": "b"})
        assert own.status_code == 500
        assert everybody.ask("GET", "/api/auth/user").status_code == 404


def test_a_new_password_ends_the_sessions_of_the_old_one(
    sandbox: Sandbox, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the session's tokens have not expired: whoever knows the old password is out."""
    with monkeypatch.context() as earlier:
        begun = time.time() - 10
        earlier.setattr("papaya.sandbox.store.tokens.time.time", lambda: begun)
        old = client.log_in(sandbox.username, sandbox.password)
    change = {"currentPassword": sandbox.password, "newPassword": "another-password"}
    new = client.post("/api/auth/changePassword", change)
    assert client.ask("GET", "/api/auth/user").json()["message"] == "Token has expired"
    assert client.ask("POST", "/api/auth/token", {"refreshToken": old["refreshToken"]}).status_code == 401
    client.session.headers["X-Authorization"] = f"Bearer {new['token']}"
    assert client.get("/api/auth/user")["email"] == sandbox.username


def test_settings_survive_a_restart_and_go_with_the_user(tmp_path: Path) -> None:
    with Sandbox(data=tmp_path) as first, Client(first) as client:
        client.post("/api/user/settings", {"openedMenuSections": ["devices"]})
        customer = client.post("/api/customer", {"title": "City"})
        body = {"email": "a@b.cd", "authority": "CUSTOMER_USER", "customerId": customer["id"]}
        user = client.post("/api/user", body, sendActivationMail="false")
        pair = client.get(f"/api/user/{user['id']['id']}/token")
        with Client(first) as hers:
            hers.session.headers["X-Authorization"] = f"Bearer {pair['token']}"
            hers.post("/api/user/settings", {"a": 1})
            client.ask("DELETE", f"/api/user/{user['id']['id']}")
            answer = hers.ask("GET", "/api/user/settings")
            # A token that was made in an earlier second than the deletion has ended.
            assert answer.status_code == 401 or answer.json() == {}
    with Sandbox(data=tmp_path) as second, Client(second) as client:
        assert client.get("/api/user/settings") == {"openedMenuSections": ["devices"]}


@pytest.mark.parametrize("body", [{"a.b": 1}, {"a..b": 1}, {"": {}}, {".": 1}, {" . ": 1}, {"x": {"y": {}}}])
def test_paths_of_settings_that_lead_nowhere_change_nothing_else(client: Client, body: Any) -> None:
    client.post("/api/user/settings", {"a": 5, "kept": True})
    client.ask("PUT", "/api/user/settings", body)
    assert client.get("/api/user/settings")["kept"] is True


def test_a_user_gets_no_notifications_that_it_does_not_want(client: Client) -> None:
    template = {
        "name": "Hello",
        "notificationType": "GENERAL",
        "configuration": {
            "deliveryMethodsTemplates": {"WEB": {"method": "WEB", "enabled": True, "body": "x"}}
        },
    }
    target = {
        "name": "All",
        "configuration": {"type": "PLATFORM_USERS", "usersFilter": {"type": "ALL_USERS"}},
    }
    chosen = client.post("/api/notification/target", target)["id"]["id"]
    request = {"targets": [chosen], "template": template}
    off = {"enabled": True, "enabledDeliveryMethods": {"WEB": False}}
    told = client.post("/api/notification/settings/user", {"prefs": {"GENERAL": off}})
    assert told["prefs"]["GENERAL"]["enabledDeliveryMethods"]["MOBILE_APP"] is True
    client.post("/api/notification/request", request)
    assert client.get("/api/notifications/unread/count", deliveryMethod="WEB") == 0
    client.post("/api/notification/settings/user", {"prefs": {}})
    client.post("/api/notification/request", request)
    assert client.get("/api/notifications/unread/count", deliveryMethod="WEB") == 1
