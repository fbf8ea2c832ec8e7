"""Claiming: what a device says, and who gets the device."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.device import Device

CLAIM = "v1/devices/me/claim"
PATH = "/api/customer/device/PM-1/claim"


@pytest.fixture
def customer(sandbox: Sandbox) -> Iterator[Client]:
    """A customer's user."""
    with Client(sandbox, "customer@thingsboard.org", "customer") as logged_in:
        yield logged_in


def _say(client: Client, meter: dict[str, Any], body: Any) -> requests.Response:
    return client.session.post(f"{client.url}/api/v1/{client.token_of(meter)}/claim", json=body, timeout=60)


def test_who_knows_the_secret_becomes_the_owner(
    client: Client, customer: Client, meter: dict[str, Any]
) -> None:
    assert customer.ask("POST", PATH, {"secretKey": "s"}).json() == "FAILURE"
    assert _say(client, meter, {"secretKey": "s", "durationMs": 60000}).status_code == 200
    assert _say(client, meter, {"secretKey": "later", "durationMs": 60000}).status_code == 200
    answer = customer.post(PATH, {"secretKey": "s"})
    assert answer["response"] == "SUCCESS"
    assert answer["device"]["customerId"] != meter["customerId"]
    assert customer.get(f"/api/device/{meter['id']['id']}")["name"] == "PM-1"
    again = customer.ask("POST", PATH, {"secretKey": "s"})
    assert (again.status_code, again.json()) == (400, "CLAIMED")


def test_a_wrong_secret_uses_the_claim_up(client: Client, customer: Client, meter: dict[str, Any]) -> None:
    _say(client, meter, {"secretKey": "s"})
    for secret in ("wrong", "s"):
        answer = customer.ask("POST", PATH, {"secretKey": secret})
        assert (answer.status_code, answer.json()) == (400, "FAILURE")


def test_a_claim_ends(client: Client, customer: Client, meter: dict[str, Any]) -> None:
    _say(client, meter, {"secretKey": "s", "durationMs": 1})
    time.sleep(0.01)
    assert customer.ask("POST", PATH, {"secretKey": "s"}).json() == "FAILURE"


def test_a_device_claims_by_mqtt_and_through_its_gateway(
    sandbox: Sandbox, client: Client, customer: Client, meter: dict[str, Any]
) -> None:
    with Device(sandbox, client.token_of(meter)) as device:
        assert device.publish(CLAIM, "")
    assert customer.post(PATH, {})["response"] == "SUCCESS"
    made = client.device("GW-1", additionalInfo={"gateway": True})
    with Device(sandbox, client.token_of(made)) as gateway:
        assert gateway.publish("v1/gateway/claim", {"S-1": {"secretKey": 5, "durationMs": "60000"}})
    answer = customer.post("/api/customer/device/S-1/claim", {"secretKey": "5"})
    assert answer["device"]["name"] == "S-1"


def test_what_an_administrator_wrote_counts_too(
    client: Client, customer: Client, meter: dict[str, Any]
) -> None:
    client.set_attributes(
        meter, {"claimingData": {"secretKey": "s", "expirationTime": 2**42}, "claimingAllowed": True}
    )
    assert customer.post(PATH, {"secretKey": "s"})["response"] == "SUCCESS"
    assert not {"claimingData", "claimingAllowed"} & client.attributes(meter).keys()


def test_a_device_is_taken_back(client: Client, customer: Client, meter: dict[str, Any]) -> None:
    _say(client, meter, {})
    customer.post(PATH, {})
    for taker in (client, client, customer):
        assert taker.ask("DELETE", PATH).status_code == 200
    assert client.get(f"/api/device/{meter['id']['id']}")["customerId"] == meter["customerId"]
    assert client.ask("DELETE", "/api/customer/device/none/claim").status_code == 404


def test_claims_that_make_no_sense_are_refused(
    sandbox: Sandbox, client: Client, customer: Client, meter: dict[str, Any]
) -> None:
    answer = _say(client, meter, [])
    assert (answer.status_code, answer.text) == (500, "Can't parse value: []")
    senseless: list[dict[str, Any]] = [{"secretKey": {}}, {"durationMs": "x"}, {"secretKey": None}]
    for body in senseless:
        answer = _say(client, meter, body)
        assert (answer.status_code, answer.text) == (500, "")
        with Device(sandbox, client.token_of(meter)) as device:
            assert not device.publish(CLAIM, body)
    assert client.ask("POST", PATH, {}).status_code == 403
    assert customer.ask("POST", PATH).status_code == 500
    assert customer.ask("POST", "/api/customer/device/none/claim", {}).status_code == 404
