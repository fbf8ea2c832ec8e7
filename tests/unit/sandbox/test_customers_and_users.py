"""Customers and users: invitations, what never changes, and what goes with whom."""

from __future__ import annotations

from typing import Any

import pytest

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client


@pytest.fixture
def customer(client: Client) -> dict[str, Any]:
    """A customer."""
    return dict(client.post("/api/customer", {"title": "City"}))


def _user(client: Client, customer: dict[str, Any], email: str = "asha@city.test", **fields: Any) -> Any:
    body = {"email": email, "authority": "CUSTOMER_USER", "customerId": customer["id"], **fields}
    return client.ask("POST", "/api/user", body, sendActivationMail="false")


def _link(client: Client, user: dict[str, Any]) -> str:
    return client.ask("GET", f"/api/user/{user['id']['id']}/activationLink").text


def _activate(client: Client, link: str, password: str = "papaya-secret") -> Any:
    body = {"activateToken": link.rpartition("=")[2], "password": password}
    return client.ask("POST", "/api/noauth/activate", body, sendActivationMail="false")


def test_an_invited_user_logs_in_once_activated(
    sandbox: Sandbox, client: Client, customer: dict[str, Any]
) -> None:
    """The link works once; before it nobody gets in."""
    user = _user(client, customer).json()
    link = _link(client, user)
    assert link.startswith(f"{sandbox.url}/api/noauth/activate?activateToken=")
    assert _activate(client, link, "short").json()["message"].startswith("Password must be 6 or more")
    assert client.get(f"/api/user/{user['id']['id']}")["additionalInfo"]["userActivated"] is False
    assert set(_activate(client, link).json()) == {"token", "refreshToken"}
    with Client(sandbox, "asha@city.test", "papaya-secret") as asha:
        assert asha.get("/api/auth/user")["customerId"] == customer["id"]
    again = client.ask("GET", f"/api/user/{user['id']['id']}/activationLinkInfo")
    assert again.json()["message"] == "User is already activated!"


def test_an_activation_link_survives_a_restart(tmp_path: Any) -> None:
    """It is kept with the user."""
    with Sandbox(tmp_path) as sandbox, Client(sandbox) as client:
        customer = client.post("/api/customer", {"title": "City"})
        user = _user(client, customer).json()
        token = _link(client, user).rpartition("=")[2]
    with Sandbox(tmp_path) as sandbox, Client(sandbox) as client:
        assert _link(client, user).endswith(token)
        assert _activate(client, token).status_code == 200


def test_without_a_mail_service_nobody_is_invited_by_mail(client: Client, customer: dict[str, Any]) -> None:
    """The user is not kept, so that the same invitation can be tried again."""
    body = {"email": "asha@city.test", "authority": "CUSTOMER_USER", "customerId": customer["id"]}
    failed = client.ask("POST", "/api/user", body)
    assert (failed.status_code, failed.json()["message"]) == (500, "Couldn't send user activation email")
    assert _user(client, customer).status_code == 200


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"email": ""}, "User email should be specified!"),
        ({"email": "x"}, "Invalid email address format 'x'!"),
        ({"authority": None}, "User authority isn't defined!"),
        ({"authority": "TENANT_ADMIN"}, "Tenant administrator can't be assigned to customer!"),
        ({"customerId": None}, "Customer user should be assigned to customer!"),
    ],
)
def test_a_user_that_cannot_be_is_refused(
    client: Client, customer: dict[str, Any], fields: dict[str, Any], message: str
) -> None:
    """In the server's words."""
    assert _user(client, customer, **{"email": "a@city.test", **fields}).json()["message"] == message


def test_authority_and_customer_are_for_life(client: Client, customer: dict[str, Any]) -> None:
    """Everything else may change."""
    user, other = _user(client, customer).json(), client.post("/api/customer", {"title": "Town"})
    moved = client.ask("POST", "/api/user", {**user, "customerId": other["id"]})
    assert moved.json()["message"] == "Can't update user customer id!"
    raised = client.ask("POST", "/api/user", {**user, "authority": "TENANT_ADMIN", "customerId": None})
    assert raised.json()["message"] == "Can't update user authority!"
    assert client.post("/api/user", {**user, "lastName": "Rao"})["version"] == 2


def test_e_mails_that_differ_in_case_are_two_users(client: Client, customer: dict[str, Any]) -> None:
    """The same spelling is taken."""
    assert _user(client, customer, "asha@city.test").status_code == 200
    assert _user(client, customer, "Asha@city.test").status_code == 200
    taken = _user(client, customer, "asha@city.test").json()["message"]
    assert taken == "User with email 'asha@city.test' already present in database!"


def test_users_go_with_their_customer(client: Client, customer: dict[str, Any]) -> None:
    """And nobody logs in as one of them any more."""
    user = _user(client, customer).json()
    _activate(client, _link(client, user))
    client.ask("DELETE", f"/api/customer/{customer['id']['id']}")
    assert client.ask("GET", f"/api/user/{user['id']['id']}").status_code == 404
    login = {"username": "asha@city.test", "password": "papaya-secret"}
    assert client.ask("POST", "/api/auth/login", login).status_code == 401


def test_the_last_administrator_stays_from_4_3_on(client: Client) -> None:
    """Older servers let a tenant delete itself out of its own house."""
    myself = client.get("/api/auth/user")["id"]["id"]
    refused = client.ask("DELETE", f"/api/user/{myself}")
    assert refused.json()["message"] == "At least one tenant administrator must remain!"


def test_a_customer_needs_an_address_that_is_one_and_a_title_of_its_own(client: Client) -> None:
    """Public is the server's own."""
    faults = [{"title": "a", "email": "x"}, {"title": "Public"}, {"title": ""}]
    messages = [client.ask("POST", "/api/customer", body).json()["message"] for body in faults]
    assert messages == [
        "Invalid email address format 'x'!",
        "'Public' title for customer is system reserved!",
        "Customer title should be specified!",
    ]
    policy = client.ask("POST", "/api/customer", {"title": "a"}, nameConflictPolicy="WHAT")
    assert policy.status_code == 400
