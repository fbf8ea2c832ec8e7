"""Resources: modules, key stores and files, by upload or as JSON."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client


@pytest.fixture(scope="module")
def server() -> Iterator[Sandbox]:
    """One server for all tests of this module."""
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def hand(server: Sandbox) -> Iterator[Client]:
    """Its tenant administrator."""
    with Client(server) as logged_in:
        yield logged_in


def _module(name: str, data: bytes = b"export const a=1;", **fields: Any) -> dict[str, Any]:
    text = base64.b64encode(data).decode()
    return {"resourceType": "JS_MODULE", "title": name, "fileName": f"{name}.js", "data": text, **fields}


def _upload(hand: Client, method: str, path: str, data: bytes, **fields: str) -> requests.Response:
    files = {"file": ("notes.txt", data, "text/plain")}
    return hand.session.request(method, hand.url + path, data=fields, files=files, timeout=60)


def test_a_module_is_served_by_its_link_until_it_is_replaced(hand: Client) -> None:
    made = hand.post("/api/resource", _module("page"))
    assert "data" not in made
    first = hand.ask("GET", made["link"])
    assert (first.content, first.headers["Content-Type"]) == (b"export const a=1;", "application/javascript")
    same = {"If-None-Match": first.headers["ETag"]}
    assert hand.session.get(hand.url + made["link"], headers=same, timeout=60).status_code == 304
    hand.post("/api/resource", _module("page", b"export const a=2;", id=made["id"]))
    assert hand.session.get(hand.url + made["link"], headers=same, timeout=60).content == b"export const a=2;"


def test_equal_names_get_keys_of_their_own(hand: Client) -> None:
    keys = [hand.post("/api/resource", _module("twin"))["resourceKey"] for _ in range(3)]
    assert keys == ["twin.js", "twin_(1).js", "twin_(2).js"]


def test_a_file_is_uploaded_replaced_and_renamed(hand: Client) -> None:
    made = _upload(hand, "POST", "/api/resource/upload", b"one", resourceType="GENERAL", title="Notes").json()
    path = f"/api/resource/{made['id']['id']}"
    assert made["descriptor"] == {"mediaType": "text/plain"}
    assert _upload(hand, "PUT", f"{path}/data", b"two").json()["title"] == "Notes"
    body = {"title": "Renamed", "resourceType": "GENERAL", "fileName": "other.txt"}
    assert hand.ask("PUT", f"{path}/info", body).json()["resourceKey"] == "notes.txt"
    downloaded = hand.ask("GET", f"{path}/download")
    assert (downloaded.content, downloaded.headers["x-filename"]) == (b"two", "other.txt")


def test_lists_leave_modules_out_unless_they_are_asked_for(hand: Client) -> None:
    hand.post("/api/resource", _module("listed"))
    _upload(hand, "POST", "/api/resource/upload", b"one", resourceType="GENERAL", title="listed")
    page = {"pageSize": 100, "page": 0, "textSearch": "LISTED"}

    def kinds(path: str = "/api/resource", **query: str) -> list[str]:
        return sorted(each["resourceType"] for each in hand.get(path, **page, **query)["data"])

    assert kinds() == ["GENERAL"]
    assert kinds(resourceType="JS_MODULE") == ["JS_MODULE"]
    assert kinds("/api/resource/tenant") == ["GENERAL", "JS_MODULE"]


def test_a_resource_that_a_dashboard_uses_is_deleted_only_by_force(hand: Client) -> None:
    made = hand.post("/api/resource", _module("used"))
    board = hand.post("/api/dashboard", {"title": "Board", "configuration": {"module": made["link"]}})
    path = f"/api/resource/{made['id']['id']}"
    refused = hand.ask("DELETE", path)
    assert refused.status_code == 400
    assert refused.json()["references"]["DASHBOARD"][0]["id"] == board["id"]
    assert hand.ask("DELETE", path, force="true").json() == {"success": True, "references": None}
    assert hand.ask("GET", f"{path}/download").status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 400, "is null"),
        ({"resourceType": "X"}, 500, "not one of"),
        ({"resourceType": "JKS"}, 400, "Resource title should be specified!"),
        ({"resourceType": "JKS", "title": "t"}, 400, "Resource file name should be specified!"),
        ({"resourceType": "JKS", "title": "t", "fileName": "f"}, 400, "Resource data should be specified"),
        (_module("t", title="<b>"), 400, "title is malformed"),
        ({**_module("t"), "data": "%"}, 500, "JSON parse error: Illegal base64 character 25"),
        ({**_module("t"), "resourceType": "LWM2M_MODEL"}, 501, "papaya's sandbox does not have"),
    ],
)
def test_what_is_no_resource_is_refused(hand: Client, body: Any, status: int, message: str) -> None:
    answer = hand.ask("POST", "/api/resource", body)
    assert (answer.status_code, message in answer.json()["message"]) == (status, True)


def test_key_stores_stay_as_they_are_and_customers_see_none(server: Sandbox, hand: Client) -> None:
    store = hand.post("/api/resource", _module("store", resourceType="JKS"))
    again = hand.ask("POST", "/api/resource", _module("store", resourceType="JKS", id=store["id"]))
    assert again.json()["message"] == "This type of resource can't be updated"
    module = hand.post("/api/resource", _module("seen"))
    with Client(server, "customer@thingsboard.org", "customer") as customer:
        assert customer.ask("GET", module["link"]).status_code == 200
        assert customer.ask("GET", store["link"]).status_code == 403
