"""Tenant profiles: what the tenants that have one may use. `allowances` reads those that count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from papaya.sandbox.refusal import invalid
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import find, id_in
from papaya.sandbox.store.forms import flag
from papaya.sandbox.store.plain_objects import (
    delete_plain,
    plain_objects,
    put_plain,
    require_plain,
)
from papaya.sandbox.store.validation import check_fields, check_name, text_or_none

TENANT_PROFILE = "TENANT_PROFILE"
DEFAULT_NAME = "Default"
_COUNTS = """
maxDevices maxAssets maxCustomers maxUsers maxDashboards maxRuleChains maxEdges maxResourcesInBytes
maxOtaPackagesInBytes maxResourceSize maxTransportMessages maxTransportDataPoints maxREExecutions
maxJSExecutions maxTbelExecutions maxDPStorageDays maxRuleNodeExecutionsPerMessage
maxDebugModeDurationMinutes maxEmails maxSms maxCreatedAlarms maxWsSessionsPerTenant
maxWsSessionsPerCustomer maxWsSessionsPerRegularUser maxWsSessionsPerPublicUser
wsMsgQueueLimitPerSession maxWsSubscriptionsPerTenant maxWsSubscriptionsPerCustomer
maxWsSubscriptionsPerRegularUser maxWsSubscriptionsPerPublicUser defaultStorageTtlDays alarmsTtlDays
rpcTtlDays queueStatsTtlDays ruleEngineExceptionsTtlDays
"""
_RATES = """
transportTenantMsgRateLimit transportTenantTelemetryMsgRateLimit
transportTenantTelemetryDataPointsRateLimit transportDeviceMsgRateLimit
transportDeviceTelemetryMsgRateLimit transportDeviceTelemetryDataPointsRateLimit
transportGatewayMsgRateLimit transportGatewayTelemetryMsgRateLimit
transportGatewayTelemetryDataPointsRateLimit transportGatewayDeviceMsgRateLimit
transportGatewayDeviceTelemetryMsgRateLimit transportGatewayDeviceTelemetryDataPointsRateLimit
tenantEntityExportRateLimit tenantEntityImportRateLimit tenantNotificationRequestsRateLimit
tenantNotificationRequestsPerRuleRateLimit smsEnabled tenantServerRestLimitsConfiguration
customerServerRestLimitsConfiguration wsUpdatesPerSessionRateLimit edgeEventRateLimits
edgeEventRateLimitsPerEdge edgeUplinkMessagesRateLimits edgeUplinkMessagesRateLimitsPerEdge
"""
_FIELDS: Mapping[str, int] = {
    "maxCalculatedFieldsPerEntity": 5,
    "maxArgumentsPerCF": 10,
    "maxDataPointsPerRollingArg": 1000,
    "maxStateSizeInKBytes": 32,
    "maxSingleValueArgumentSizeInKBytes": 2,
}
_FIELDS_OF_4_3: Mapping[str, int] = {
    "minAllowedScheduledUpdateIntervalInSecForCF": 10,
    "maxRelationLevelPerCfArgument": 2,
    "maxRelatedEntitiesToReturnPerCfArgument": 100,
    "minAllowedDeduplicationIntervalInSecForCF": 10,
    "minAllowedAggregationIntervalInSecForCF": 60,
    "intermediateAggregationIntervalInSecForCF": 300,
    "cfReevaluationCheckInterval": 60,
    "alarmsReevaluationInterval": 60,
}


_NEVER_0 = (
    "intermediateAggregationIntervalInSecForCF",
    "cfReevaluationCheckInterval",
    "alarmsReevaluationInterval",
)
_AT_LEAST_ONE = (
    "maxDataPointsPerRollingArg",
    "maxRelatedEntitiesToReturnPerCfArgument",
    "maxRelationLevelPerCfArgument",
)


def _limits(core: Core, given: object) -> dict[str, Any]:
    """Return the limits that a body names; a body that names some says 0 of the others."""
    limits = _defaults(core)
    if not isinstance(given, dict):
        return limits
    unsaid = {key: 0 for key, value in limits.items() if isinstance(value, int) and key not in _NEVER_0}
    named = {key: given.get(key, unsaid.get(key, value)) for key, value in limits.items()}
    bound = "must be greater than 0" if core.dialect.alarm_rules else "must be at least 1"
    faults = [f"{name} {bound}" for name in _AT_LEAST_ONE if named.get(name) == 0]
    if faults:
        raise invalid(f"Validation error: {', '.join(faults)}")
    return named


def _defaults(core: Core) -> dict[str, Any]:
    """Return the limits of a profile that says nothing, as the emulated version writes them."""
    limits: dict[str, Any] = {"type": "DEFAULT", "warnThreshold": 0.0}
    limits.update(dict.fromkeys(_COUNTS.split(), 0))
    limits.update(dict.fromkeys(_RATES.split()))
    limits.update(_FIELDS)
    if core.dialect.splits_query_limits:
        ways = [f"{way}QueryTenant{where}" for way in ("Read", "Write") for where in ("Core", "RuleEngine")]
        limits.update(dict.fromkeys(f"cassandra{way}RateLimits" for way in ways))
    else:
        limits["cassandraQueryTenantRateLimitsConfiguration"] = None
    if core.dialect.alarm_rules:
        limits.update(_FIELDS_OF_4_3)
    return limits


def tenant_profiles(core: Core) -> list[dict[str, Any]]:
    """Return the JSON of every tenant profile; the first one is made when it is first asked for."""
    return plain_objects(core, TENANT_PROFILE) or [_plant(core)]


def _plant(core: Core) -> dict[str, Any]:
    tenant = find(core, "TENANT", core.tenant_id)
    content = {
        "name": DEFAULT_NAME,
        "description": "Default tenant profile",
        "isolatedTbRuleEngine": False,
        "default": True,
        "profileData": {
            "configuration": {**_defaults(core), "maxDebugModeDurationMinutes": 15},
            "queueConfiguration": None,
        },
    }
    # The tenant names the profile's ID from before the profile existed.
    identifier = None if tenant is None else tenant.json["tenantProfileId"]["id"]
    return put_plain(core, TENANT_PROFILE, content, None, identifier)


def require_tenant_profile(core: Core, identifier: str) -> dict[str, Any]:
    """Return the JSON of one tenant profile."""
    tenant_profiles(core)
    return require_plain(core, TENANT_PROFILE, identifier)


def default_tenant_profile(core: Core) -> dict[str, Any]:
    """Return the default profile, for a tenant that does not name one."""
    return next(each for each in tenant_profiles(core) if each["default"])


def save_tenant_profile(core: Core, body: dict[str, Any]) -> dict[str, Any]:
    """Create or replace a tenant profile."""
    identifier = id_in(body, "id", TENANT_PROFILE)
    old = None if identifier is None else require_tenant_profile(core, identifier)
    name, description = text_or_none(body.get("name")), text_or_none(body.get("description"))
    check_fields(core.dialect, {"name": name, "description": description}, unlimited=("description",))
    name = check_name("Tenant profile name", name)
    others = [each for each in tenant_profiles(core) if each["id"]["id"] != identifier]
    if flag(body.get("default")) and any(each["default"] for each in others):
        raise invalid("Another default tenant profile is present!")
    data = body.get("profileData")
    data = data if isinstance(data, dict) else {}
    limits = _limits(core, data.get("configuration"))
    isolated, queues = flag(body.get("isolatedTbRuleEngine")), data.get("queueConfiguration")
    if isolated and queues is None:
        raise invalid("Tenant profile data queue configuration should be specified!")
    if any(each["name"] == name for each in others):
        raise invalid("Tenant profile with such name already exists!")
    content = {
        "name": name,
        "description": description,
        "isolatedTbRuleEngine": isolated,
        "default": flag(body.get("default")),
        "profileData": {"configuration": limits, "queueConfiguration": queues},
    }
    return put_plain(core, TENANT_PROFILE, content, old)


def make_default(core: Core, identifier: str) -> dict[str, Any]:
    """Make a tenant profile the default one."""
    chosen = require_tenant_profile(core, identifier)
    for each in tenant_profiles(core):
        if each["default"] != (each["id"] == chosen["id"]):
            content = {key: value for key, value in each.items() if key not in ("id", "createdTime")}
            put_plain(core, TENANT_PROFILE, {**content, "default": not each["default"]}, each)
    return require_tenant_profile(core, identifier)


def delete_tenant_profile(core: Core, identifier: str) -> None:
    """Delete a tenant profile that is not the default one and that no tenant has."""
    if require_tenant_profile(core, identifier)["default"]:
        raise invalid("Deletion of Default Tenant Profile is prohibited!")
    own = find(core, "TENANT", core.tenant_id)
    tenants = [*plain_objects(core, "TENANT"), *([] if own is None else [own.json])]
    if any(each["tenantProfileId"]["id"] == identifier for each in tenants):
        raise invalid("The tenant profile referenced by the tenants cannot be deleted!")
    delete_plain(core, identifier)
