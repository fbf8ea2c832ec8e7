"""The initial data of a new database: users and profiles of the server's demo installation."""

from __future__ import annotations

import secrets

from papaya.sandbox.store.core import Core
from papaya.sandbox.store.customers import save_customer
from papaya.sandbox.store.database import Store
from papaya.sandbox.store.device_profiles import DEVICE_PROFILE
from papaya.sandbox.store.entities import Entity, insert
from papaya.sandbox.store.profiles import ASSET_PROFILE, DEFAULT_PROFILE_DATA, save_profile
from papaya.sandbox.store.rule_chains import plant_chains
from papaya.sandbox.store.users import CUSTOMER_USER, SYS_ADMIN, TENANT_ADMIN, add_user
from papaya.sandbox.wire import dumps, new_id, reference

TENANT_EMAIL = "tenant@thingsboard.org"
TENANT_PASSWORD = "tenant"  # noqa: S105 - published by the server's installer
SYS_ADMIN_EMAIL = "sysadmin@thingsboard.org"
SYS_ADMIN_PASSWORD = "sysadmin"  # noqa: S105 - published by the server's installer
CUSTOMER_EMAIL = "customer@thingsboard.org"
CUSTOMER_PASSWORD = "customer"  # noqa: S105 - published by the server's installer
# E-mail, password, authority.
USERS = (
    (TENANT_EMAIL, TENANT_PASSWORD, TENANT_ADMIN),
    (SYS_ADMIN_EMAIL, SYS_ADMIN_PASSWORD, SYS_ADMIN),
    (CUSTOMER_EMAIL, CUSTOMER_PASSWORD, CUSTOMER_USER),
)

_TENANT_ID = "tenant id"
_KEY = "token signing key"


def prepare_identity(store: Store) -> tuple[str, bytes]:
    """Return tenant id and signing key, made at the first start: tokens outlive a restart."""
    for name, fresh in ((_TENANT_ID, new_id()), (_KEY, secrets.token_hex(64))):
        if store.setting(name) is None:
            store.set_setting(name, fresh)
    return str(store.setting(_TENANT_ID)), bytes.fromhex(str(store.setting(_KEY)))


def plant(core: Core, *, bare: bool) -> None:
    """Fill a database that has no tenant yet; one transaction, so that no half of it is ever seen."""
    if core.store.rows("SELECT 1 FROM entity WHERE kind = 'TENANT'"):
        plant_chains(core)
        return
    _add_tenant(core)
    plant_chains(core)
    add_user(core, SYS_ADMIN_EMAIL, SYS_ADMIN_PASSWORD, SYS_ADMIN)
    add_user(core, TENANT_EMAIL, TENANT_PASSWORD, TENANT_ADMIN)
    save_profile(
        core, ASSET_PROFILE, {"name": "default", "description": "Default asset profile", "default": True}
    )
    _add_device_profile(core, "default", "Default device profile", default=True)
    if bare:
        return
    for name in ("Country", "State"):
        save_profile(core, ASSET_PROFILE, {"name": name})
    _add_device_profile(core, "IoT-Gateway", None, default=False)
    customer = save_customer(core, {"title": "Customer A"})[0]
    add_user(core, CUSTOMER_EMAIL, CUSTOMER_PASSWORD, CUSTOMER_USER, customer_id=customer.id)


def _add_device_profile(core: Core, name: str, description: str | None, *, default: bool) -> None:
    save_profile(
        core,
        DEVICE_PROFILE,
        {
            "name": name,
            "description": description,
            "type": "DEFAULT",
            "transportType": "DEFAULT",
            "provisionType": "DISABLED",
            "profileData": DEFAULT_PROFILE_DATA,
            "default": default,
        },
    )


def _add_tenant(core: Core) -> None:
    now = core.now()
    contact = dict.fromkeys(("country", "state", "city", "address", "address2", "zip", "phone", "email"))
    body: dict[str, object] = {
        "id": reference("TENANT", core.tenant_id),
        "createdTime": now,
        **contact,
        "title": "Tenant",
        "region": "Global",
        "tenantProfileId": reference("TENANT_PROFILE", new_id()),
        "version": 1,
        "name": "Tenant",
        "additionalInfo": None,
    }
    insert(
        core,
        Entity(0, core.tenant_id, "TENANT", "Tenant", "TENANT", None, None, None, now, 1, None, dumps(body)),
    )
