"""Users of customers: who signs in to see what is assigned to a customer (`UserController`, 4.0.1 to 4.4).

`/api/users` holds full objects, those of tenant administrators too, which no manifest declares. E-mail
addresses are unique on the whole server and case-sensitive. Tenant, authority and customer of a user never
change. Users are created without an e-mail from the server, and papaya never knows a password.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from papaya.errors import Rejected
from papaya.kinds.address import Address
from papaya.kinds.kind import (
    Exported,
    Fault,
    IdOf,
    Kind,
    NameOf,
    created,
    id_in,
)
from papaya.kinds.origin import Origin, origin_in, with_origin
from papaya.kinds.request import Conversation, Listing, Look, Request
from papaya.kinds.resource import Desired, Fields, Live
from papaya.manifest.model import Fleet, Json, Resource

_CUSTOMER: Final = "customer"
_CUSTOMERS: Final = "customers"
_USERS: Final = "users"
_TITLE: Final = "title"
_OWN: Final = ("firstName", "lastName", "phone")
_DASHBOARD: Final = "dashboard"
_FULLSCREEN: Final = "fullscreen"
_AUTHORITY: Final = "CUSTOMER_USER"
# What the server calls them in the additional information of a user.
_HOME: Final = "defaultDashboardId"
_HOME_FULLSCREEN: Final = "defaultDashboardFullscreen"
# What the server adds when it reads one user; posted back it would be stored (measured on 4.0.1, 4.3.1.3).
_ADDED: Final = frozenset({"userCredentialsEnabled", "userActivated", "lastLoginTs"})
_WITHOUT_MAIL: Final[Mapping[str, str | int | bool]] = {"sendActivationMail": False}


class Users(Kind):
    """The kind of users of customers."""

    key = "user"
    section = "customers.users"
    word = "user"
    plural = "users"
    entity_type = "USER"
    level = 120
    path = "/api/user"
    listing = Listing("/api/users")
    name_key = "email"
    live_name_key = "email"
    optional = frozenset((*_OWN, _DASHBOARD, _FULLSCREEN))
    refers_to = (_CUSTOMER, _DASHBOARD)

    def desired(self, declared: Resource, fleet: Fleet) -> Desired:
        """Return the user that an entry declares."""
        fields = {key: value for key, value in declared.values.items() if key in (_CUSTOMER, *self.optional)}
        needs = [Address(key, str(fields[key])) for key in (_CUSTOMER, _DASHBOARD) if key in fields]
        return Desired(
            self.address(declared.name),
            fields,
            tuple(needs),
            formerly=declared.formerly,
            protect=declared.protect,
            mark=declared.mark,
        )

    def fields(self, row: Fields, details: tuple[Json, ...], name_of: NameOf) -> Fields:
        """Return what a manifest may say of a live user."""
        info = _info(row)
        home, customer = info.get(_HOME), _customer_id(row)
        return {
            _CUSTOMER: name_of("CUSTOMER", customer) or customer,
            **{key: row.get(key) for key in _OWN},
            _DASHBOARD: (name_of("DASHBOARD", home) or home) if isinstance(home, str) and home else None,
            _FULLSCREEN: info.get(_HOME_FULLSCREEN),
        }

    def is_managed(self, row: Fields) -> bool:
        """Return whether this is the user of a customer."""
        return row.get("authority") == _AUTHORITY

    def create(self, desired: Desired, origin: Origin, id_of: IdOf) -> Conversation[Fields]:
        """Create a user, who cannot sign in before somebody opens the activation link."""
        name = desired.address.name
        customer = id_of(Address(_CUSTOMER, str(desired.fields[_CUSTOMER])))
        body: dict[str, Json] = {
            "email": name,
            "authority": _AUTHORITY,
            "customerId": {"entityType": "CUSTOMER", "id": customer},
            **{key: value for key, value in desired.fields.items() if key in _OWN},
            "additionalInfo": with_origin(_settled({}, desired.fields, id_of), origin),
        }
        look = created(self, name, origin)
        try:
            answer = yield Request("POST", self.path, body, _WITHOUT_MAIL, step="create", look=look)
        except Rejected as error:
            if "already present" not in error.message:
                raise
            raise Rejected(
                error.message,
                method=error.method,
                path=error.path,
                status=error.status,
                code=error.code,
                remedy="The server has one user for an e-mail address, in all its tenants together. "
                "Plan again. If the plan creates it again, another tenant has it: use another address.",
            ) from error
        return answer if isinstance(answer, dict) else {}

    def update(self, desired: Desired, live: Live, id_of: IdOf) -> Conversation[Fields]:
        """Save a user; what is not declared stays."""
        body: dict[str, Json] = {
            **live.row,
            "email": desired.address.name,
            **{key: value for key, value in desired.fields.items() if key in _OWN},
            "additionalInfo": _settled(_info(live.row), desired.fields, id_of),
        }
        look = _saved(self, live.id, body)
        answer = yield Request("POST", self.path, body, _WITHOUT_MAIL, step="save", look=look)
        return answer if isinstance(answer, dict) else {}

    def release(self, live: Live) -> Conversation[None]:
        """Take the origin off a user."""
        info = _info(live.row)
        if origin_in(info) is None:
            return
        rest = {key: value for key, value in info.items() if key != "papaya"}
        body: dict[str, Json] = {**live.row, "additionalInfo": rest}
        look = _saved(self, live.id, body)
        yield Request("POST", self.path, body, _WITHOUT_MAIL, step="take the origin off", look=look)

    def conflicts(self, desired: Desired, live: Live | None, everything: tuple[Live, ...]) -> Iterator[Fault]:
        """Yield why a user cannot become what the manifest says: customer and authority never change."""
        name = desired.address.name
        wanted, present = desired.fields.get(_CUSTOMER), (live.fields or {}) if live is not None else {}
        if live is not None and present and present.get(_CUSTOMER) != wanted:
            yield Fault(
                f"it belongs to the customer {present.get(_CUSTOMER)}, and ThingsBoard cannot move a user "
                f"to {wanted}",
                f"list it under {present.get(_CUSTOMER)}; or delete it there, then apply again",
            )
        others = (one for one in everything if one.address.kind == self.key)
        for one in others if live is None else ():
            if one.address.name == name and not self.is_managed(one.row):
                yield Fault(
                    "it is a tenant administrator, and papaya manages users of customers only",
                    "remove it from the manifest, or write another e-mail address",
                )
            elif one.address.name != name and one.address.name.casefold() == name.casefold():
                yield Fault(
                    f"the server has {one.address.name}, and would take this for another user",
                    f"write {one.address.name}; to change it there: formerly: {one.address.name}",
                )

    def before_deletion(self, id_: str) -> tuple[Request, ...]:
        """Return the request that tells as whom papaya is signed in."""
        return (Request("GET", "/api/auth/user"),)

    def obstacles(self, live: Live, everything: tuple[Live, ...], leaving: frozenset[str]) -> Iterator[str]:
        """Yield why a user stays: papaya is signed in as it, or it is an administrator."""
        if any(id_in(answer) == live.id for answer in live.before_deletion):
            yield "papaya is signed in as this user"
        elif not self.is_managed(live.row):
            yield "it is a tenant administrator"

    def faults(self, declared: Resource, fleet: Fleet) -> Iterator[Fault]:
        """Yield what the server would accept and a person would regret."""
        same = [
            one.name
            for one in fleet.resources
            if one.kind == self.key and one.name.casefold() == declared.name.casefold()
        ]
        if same[0] != declared.name:
            yield Fault(f"{same[0]} is listed, too; only case tells them apart", "remove one of them")
        title, customer = declared.values.get(_DASHBOARD), declared.values.get(_CUSTOMER)
        for one in fleet.resources:
            shown = one.values.get(_CUSTOMERS)
            if (one.kind, one.name) != (_DASHBOARD, title) or not isinstance(shown, list):
                continue
            if customer not in shown and not one.values.get("public"):
                yield Fault(
                    f"its dashboard {title} is not assigned to {customer}, so that it cannot open it",
                    f"add {customer} to the customers of the dashboard",
                )

    def exported(self, live: Live, folder: str, name_of: NameOf) -> Exported:
        """Return the entry of a live user, with the customer in whose entry it goes."""
        told = {key: value for key, value in (live.fields or {}).items() if value not in (None, "")}
        home = _info(live.row).get(_HOME)
        if isinstance(home, str) and name_of("DASHBOARD", home) is None:
            told.pop(_DASHBOARD, None)
        return Exported({"email": live.address.name, **told}, {})

    def written_into(self, document: Fields, entries: Sequence[Fields]) -> dict[str, Json]:
        """Return a manifest with users in the entries of their customers."""
        users: dict[Json, list[Json]] = {}
        for entry in entries:
            own: Json = {key: value for key, value in entry.items() if key != _CUSTOMER}
            users.setdefault(entry.get(_CUSTOMER), []).append(own)
        present = document.get(_CUSTOMERS)
        customers: list[Json] = present if isinstance(present, list) else [{_TITLE: title} for title in users]
        told: list[Json] = [
            {**one, _USERS: users[one.get(_TITLE)]}
            if isinstance(one, dict) and one.get(_TITLE) in users
            else one
            for one in customers
        ]
        return {**document, _CUSTOMERS: told} if told else dict(document)


def _info(row: Fields) -> dict[str, Json]:
    info = row.get("additionalInfo")
    return {key: value for key, value in info.items() if key not in _ADDED} if isinstance(info, dict) else {}


def _customer_id(row: Fields) -> str:
    customer = row.get("customerId")
    return str(customer.get("id")) if isinstance(customer, dict) else ""


def _settled(info: dict[str, Json], fields: Fields, id_of: IdOf) -> dict[str, Json]:
    """Return additional information with the declared dashboard, if one is declared."""
    told = dict(info)
    for key, own in ((_DASHBOARD, _HOME), (_FULLSCREEN, _HOME_FULLSCREEN)):
        if key not in fields:
            continue
        told.pop(own, None)
        value = fields[key]
        if value is not None:
            told[own] = id_of(Address(_DASHBOARD, str(value))) if key == _DASHBOARD else value
    return told


def _saved(kind: Kind, id_: str, body: Mapping[str, Json]) -> Look:
    """Return how to find out whether a save was carried out; what the server adds on reading is left out."""

    def found(answer: Json) -> Json:
        if not isinstance(answer, dict) or answer.get("version") == body.get("version"):
            return None
        present: dict[str, Json] = {**answer, "additionalInfo": _info(answer)}
        is_there = all(present.get(key) == value for key, value in body.items() if key != "version")
        return present if is_there else None

    return Look(kind.one(id_), found)


USERS: Final = Users()
