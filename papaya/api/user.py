"""Who the server says we are."""

from __future__ import annotations

from dataclasses import dataclass

from papaya.api.malformed import malformed
from papaya.manifest.model import Json

WHOAMI = "/api/auth/user"
# EntityId.NULL_UUID: what the server writes where there is no customer or tenant.
NOBODY = "13814000-1dd2-11b2-8080-808080808080"

# The server's own columns have no more.
_LONGEST = 255


@dataclass(frozen=True, slots=True)
class User:
    """The user that the server sees."""

    id: str
    email: str
    authority: str
    tenant_id: str
    customer_id: str | None = None

    def __str__(self) -> str:
        return f"{self.authority} {self.email}"


def user_in(body: Json, server: object = None) -> User:
    """Read the answer of `/api/auth/user`."""
    match body:
        case {
            "id": {"id": str(user_id)},
            "tenantId": {"id": str(tenant_id)},
            "email": str(email),
            "authority": str(authority),
            **others,
        } if max(map(len, (user_id, tenant_id, email, authority))) <= _LONGEST:
            customer = others.get("customerId")
            customer_id = customer.get("id") if isinstance(customer, dict) else None
            belongs = isinstance(customer_id, str) and customer_id != NOBODY
            return User(user_id, email, authority, tenant_id, str(customer_id) if belongs else None)
    raise malformed(server, "GET", WHOAMI, "the answer is not a user")
