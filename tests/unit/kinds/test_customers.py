"""Customers as a kind: requests as values, without any server."""

from __future__ import annotations

import pytest

from papaya.kinds.address import Address
from papaya.kinds.customers import CUSTOMERS
from papaya.kinds.origin import Origin
from papaya.kinds.resource import Desired, Live
from papaya.manifest.model import Fleet, Json, Resource

ORIGIN = Origin("meters", "r1")
ROW: dict[str, Json] = {
    "id": {"entityType": "CUSTOMER", "id": "c1"},
    "title": "Metro",
    "email": "a@x.example",
    "phone": None,
    "zip": "560001",
    "additionalInfo": {"description": "old", "color": "red"},
    "version": 4,
}


def _no_id(address: Address) -> str:
    raise AssertionError(address)


def _desired(**fields: Json) -> Desired:
    return CUSTOMERS.desired(Resource("customer", "customers", "Metro", fields), Fleet("meters"))


def test_a_customer_is_created_with_what_is_declared_and_its_origin() -> None:
    conversation = CUSTOMERS.create(_desired(email="a@x.example", description="d"), ORIGIN, _no_id)
    request = next(conversation)

    assert (request.method, request.path, request.step) == ("POST", "/api/customer", "create")
    info = {"description": "d", "papaya": {"fleet": "meters", "run": "r1"}}
    assert request.body == {"title": "Metro", "email": "a@x.example", "additionalInfo": info}
    with pytest.raises(StopIteration) as end:
        conversation.send(ROW)
    assert end.value.value == ROW


def test_a_lost_answer_of_a_creation_is_found_by_its_origin_alone() -> None:
    request = next(CUSTOMERS.create(_desired(), ORIGIN, _no_id))
    assert request.look is not None
    ours: Json = {**ROW, "additionalInfo": {"papaya": {"fleet": "meters", "run": "r1"}}}
    assert request.look.found({"data": [ROW, ours]}) == ours
    assert request.look.found({"data": [ROW]}) is None


def test_a_save_keeps_what_is_not_declared_and_sends_the_version() -> None:
    live = Live(Address("customer", "Metro"), "c1", 4, ROW)
    request = next(CUSTOMERS.update(_desired(email="b@x.example", description=None), live, _no_id))

    assert request.body == {**ROW, "email": "b@x.example", "additionalInfo": {"color": "red"}}
    assert request.look is not None
    assert request.look.found(request.body) is None
    after: Json = {**request.body, "version": 5}
    assert request.look.found(after) == after


def test_the_normal_form_has_the_words_of_the_manifest() -> None:
    fields = CUSTOMERS.fields(ROW, (), lambda entity_type, id_: None)
    assert fields["email"] == "a@x.example"
    assert fields["description"] == "old"
    assert set(fields) == CUSTOMERS.optional


def test_the_customer_of_the_public_is_left_to_the_server() -> None:
    assert not CUSTOMERS.is_managed({"title": "Public", "additionalInfo": {"isPublic": True}})
    assert [
        fault.summary
        for fault in CUSTOMERS.faults(Resource("customer", "customers", "Public"), Fleet("meters"))
    ]
