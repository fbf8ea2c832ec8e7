"""Customers: who devices, places and dashboards are assigned to (`CustomerController`, 4.0.1 to 4.4).

`/api/customers` holds full objects, so that no further request is needed. Titles are unique in a tenant; the
customer "Public" is the server's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

from papaya.kinds.description import DESCRIPTION, described, info_in
from papaya.kinds.kind import (
    Exported,
    Fault,
    IdOf,
    Kind,
    NameOf,
    created,
    saved,
)
from papaya.kinds.origin import Origin, with_origin
from papaya.kinds.request import Conversation, Listing, Request
from papaya.kinds.resource import Desired, Fields, Live
from papaya.manifest.model import Fleet, Json, Resource

_OWN: Final = ("email", "phone", "country", "state", "city", "address", "address2", "zip")
_PUBLIC: Final = "Public"


class Customers(Kind):
    """The kind of customers."""

    key = "customer"
    section = "customers"
    word = "customer"
    plural = "customers"
    entity_type = "CUSTOMER"
    level = 10
    path = "/api/customer"
    listing = Listing("/api/customers")
    name_key = "title"
    live_name_key = "title"
    optional = frozenset((*_OWN, DESCRIPTION))
    tree_field: ClassVar[str | None] = "customer"
    is_read_by_others = True
    goes_with_it = "its users; devices, places and dashboards stay, assigned to nobody"

    def desired(self, declared: Resource, fleet: Fleet) -> Desired:
        """Return the customer that an entry declares."""
        fields = {key: value for key, value in declared.values.items() if key in self.optional}
        return Desired(
            self.address(declared.name),
            fields,
            formerly=declared.formerly,
            protect=declared.protect,
            mark=declared.mark,
        )

    def fields(self, row: Fields, details: tuple[Json, ...], name_of: NameOf) -> Fields:
        """Return what a manifest may say of a live customer."""
        told = {key: row.get(key) for key in _OWN}
        return {**told, DESCRIPTION: info_in(row).get(DESCRIPTION)}

    def is_managed(self, row: Fields) -> bool:
        """Return whether this is not the customer that stands for the public."""
        return info_in(row).get("isPublic") is not True

    def create(self, desired: Desired, origin: Origin, id_of: IdOf) -> Conversation[Fields]:
        """Create a customer."""
        body: dict[str, Json] = {
            "title": desired.address.name,
            **{key: value for key, value in desired.fields.items() if key in _OWN},
            "additionalInfo": with_origin(described({}, desired.fields), origin),
        }
        look = created(self, desired.address.name, origin)
        answer = yield Request("POST", self.path, body, step="create", look=look)
        return answer if isinstance(answer, dict) else {}

    def update(self, desired: Desired, live: Live, id_of: IdOf) -> Conversation[Fields]:
        """Save a customer; what is not declared stays."""
        body: dict[str, Json] = {
            **live.row,
            "title": desired.address.name,
            **{key: value for key, value in desired.fields.items() if key in _OWN},
            "additionalInfo": described(info_in(live.row), desired.fields),
        }
        answer = yield Request("POST", self.path, body, step="save", look=saved(self, live.id, body))
        return answer if isinstance(answer, dict) else {}

    def faults(self, declared: Resource, fleet: Fleet) -> Iterator[Fault]:
        """Yield what the server would refuse."""
        if declared.name == _PUBLIC:
            yield Fault("the server keeps the customer Public itself", "remove it, or choose another title")

    def obstacles(self, live: Live, everything: tuple[Live, ...], leaving: frozenset[str]) -> Iterator[str]:
        """Yield the users that would go with it and must stay."""
        for one in everything:
            customer = one.row.get("customerId")
            if not isinstance(customer, dict) or customer.get("id") != live.id or one.id in leaving:
                continue
            if one.protect:
                yield f"its user {one.address.name} is protected"
            elif one.owner not in (None, live.owner):
                yield f"its user {one.address.name} is managed by the fleet {one.owner}"

    def exported(self, live: Live, folder: str, name_of: NameOf) -> Exported:
        """Return the entry of a live customer."""
        told = {key: value for key, value in (live.fields or {}).items() if value not in (None, "")}
        return Exported({"title": live.address.name, **told}, {})


CUSTOMERS: Final = Customers()
