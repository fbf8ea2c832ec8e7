"""The limits that the tenant's profile sets, read when the profile or the tenant is saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import find
from papaya.sandbox.store.limits import Limits, RateLimit
from papaya.sandbox.store.plain_objects import find_plain

_COUNTED: Mapping[str, str] = {
    "DEVICE": "maxDevices",
    "ASSET": "maxAssets",
    "CUSTOMER": "maxCustomers",
    "USER": "maxUsers",
    "DASHBOARD": "maxDashboards",
    "RULE_CHAIN": "maxRuleChains",
}
_WEIGHED: Mapping[str, str] = {"TB_RESOURCE": "maxResourcesInBytes", "OTA_PACKAGE": "maxOtaPackagesInBytes"}
_RATES = "tenantServerRestLimitsConfiguration"
_USUAL = Limits()


def read_allowances(core: Core) -> None:
    """Let the limits of the tenant's profile count from now on."""
    tenant = find(core, "TENANT", core.tenant_id)
    named = None if tenant is None else (tenant.json.get("tenantProfileId") or {}).get("id")
    profile = None if named is None else find_plain(core, "TENANT_PROFILE", named)
    given: dict[str, Any] = {} if profile is None else profile["profileData"]["configuration"]
    core.allowances = Limits(
        {kind: _number(given, name) for kind, name in _COUNTED.items()},
        {kind: _number(given, name) for kind, name in _WEIGHED.items()},
        _number(given, "maxCalculatedFieldsPerEntity", _USUAL.calculated_fields_per_entity),
        _number(given, "maxArgumentsPerCF", _USUAL.arguments_per_calculated_field),
    )
    text = given.get(_RATES)
    if text != core.profile_rates_text:
        core.profile_rates_text, core.profile_rates = text, _rates(text)


def _number(given: dict[str, Any], name: str, usual: int = 0) -> int:
    value = given.get(name, usual)
    return int(value) if isinstance(value, int | float) else usual


def _rates(text: object) -> tuple[RateLimit, ...]:
    """Return the buckets of `requests:seconds`, several with commas between them."""
    found = []
    for part in str(text or "").split(","):
        capacity, _, seconds = part.partition(":")
        if capacity.isdecimal() and seconds.isdecimal() and int(capacity) and int(seconds):
            limit = RateLimit()
            limit.set(int(capacity), float(seconds))
            found.append(limit)
    return tuple(found)
