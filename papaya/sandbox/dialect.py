"""What differs between the server versions that the sandbox can pretend to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

_COMMON_PARAMETERS: Mapping[str, object] = MappingProxyType(
    {
        "userTokenAccessEnabled": True,
        "allowedDashboardIds": [],
        "edgesSupportEnabled": False,
        "hasRepository": False,
        "tbelEnabled": True,
        "persistDeviceStateToTelemetry": False,
        "userSettings": {"openedMenuSections": []},
        "maxDatapointsLimit": 50000,
        "maxResourceSize": 0,
        "mobileQrEnabled": True,
        "maxDebugModeDurationMinutes": 15,
        "ruleChainDebugPerTenantLimitsConfiguration": "50000:3600",
        "calculatedFieldDebugPerTenantLimitsConfiguration": "50000:3600",
        "maxArgumentsPerCF": 10,
        "maxDataPointsPerRollingArg": 1000,
    }
)


_PARAMETERS_OF_4_3: Mapping[str, object] = MappingProxyType(
    {
        **_COMMON_PARAMETERS,
        "minAllowedScheduledUpdateIntervalInSecForCF": 10,
        "maxRelationLevelPerCfArgument": 2,
        "maxRelatedEntitiesToReturnPerCfArgument": 100,
        "minAllowedDeduplicationIntervalInSecForCF": 10,
        "minAllowedAggregationIntervalInSecForCF": 60,
        "intermediateAggregationIntervalInSecForCF": 300,
        "trendzSettings": {"enabled": False, "baseUrl": None, "apiKey": None},
        "nullsOrderStrategy": "default",
        "edqsEnabled": False,
        "iotHubBaseUrl": "http://127.0.0.1:9",
    }
)
# Status and error code of a refusal.
Code = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One emulated version; each field is a difference seen in its recording or in its source.

    The defaults are what the newest version does, so that an older one lists only what it does otherwise.
    """

    version: str
    system_parameters: Mapping[str, object]
    # 4.3 has API keys and requires a known scheme in the header; 4.0 cuts seven characters unseen.
    api_keys: bool = True
    # 4.0 answers an update with the createdTime it was sent, 0 when there was none.
    echoes_created_time: bool = False
    # From 4.2 on REST attributes go through the converter of device data: "1.50" becomes 1.5.
    casts_attributes: bool = True
    # From 4.2 on `{{…}}` counts as script in every name and text.
    refuses_templates: bool = True
    name_conflict_policy: bool = True
    # 4.3 writes the discriminator of deviceData.configuration twice.
    doubles_configuration_type: bool = True
    limit: Code = (403, 41)
    bad_enum: Code = (400, 31)
    missing_page: Code = (500, 2)
    missing_page_message: str = (
        "Required request parameter 'pageSize' for method parameter type int is not present"
    )
    missing_page_by_advice: bool = True
    refresh_scope_message: str = "Invalid Refresh Token scope"
    refresh_scope_by_advice: bool = True
    missing_relation_type: str = "Validation error: type must not be blank"
    # The error for a relation without an end; empty if the message names the end.
    missing_end: str = ""
    # Short paths such as /api/tenant/device and /api/relations/from/{type}/{id}.
    short_paths: bool = True
    repeatable_key: bool = True
    # From 4.2.2 on a pre-provisioned device registers once, until its `provisionState` is deleted.
    registers_once: bool = True
    display_name: bool = True
    # Up to 4.2.2 an entity without the attribute is sorted as if it were 0, then as null.
    sorts_missing_as_zero: bool = False
    # Up to 4.2.1 saving credentials closes the device's sessions even when nothing changed.
    closes_on_equal_credentials: bool = False
    keeps_one_administrator: bool = True
    # Chains of a new tenant up to 4.2 have the device profile node, which evaluates profile alarms.
    evaluates_profile_alarms: bool = False
    mqtt_node_version: int = 2
    # From 4.2 on a gateway's message without a usable part ends the connection; before, nothing comes of it.
    refuses_empty_gateway_messages: bool = True
    # Whether a profile's chain for edges is looked for, or left to the database's foreign keys.
    checks_edge_chain: bool = True
    # From 4.2 on packages tell their name and externalId, and an upload is answered without the data.
    names_packages: bool = True
    # 4.0 sends the device nothing of a package by URL without a checksum algorithm, and never the algorithm.
    rolls_out_bare_urls: bool = True
    alarm_rules: bool = True
    # From 4.2 on SIMPLE fields say `useLatestTs`, lists of fields search by text, and a field that is not
    # there is a fault of the server.
    fields_of_4_2: bool = True
    # From 4.2 on tenant profiles limit reads and writes of the time series database apart.
    splits_query_limits: bool = True
    # From 4.2.2.3 on a comment of the system cannot be edited, and one that is not there is named.
    guards_comments: bool = True
    # From 4.2 on there are notifications of scarce resources.
    has_new_notifications: bool = True
    # From 4.2.2.3 on credentials have no control characters.
    refuses_control_characters: bool = True
    # From 4.3 on comments of the system have subtypes of their own, and name users instead of their ids.
    types_comments: bool = True
    # The branch of the help pages; by default the first two numbers of the version.
    help_release: str = ""
    database_error: int = 46
    needs_node_types: bool = True
    # From 4.4 on: sticky notes in the metadata of rule chains, `keyFiltersOperation` in entity queries, and
    # API keys in the first frame of a WebSocket.
    keeps_notes: bool = True
    joins_key_filters: bool = True
    api_keys_on_websocket: bool = True


_V401 = Dialect(
    version="4.0.1",
    system_parameters=_COMMON_PARAMETERS,
    api_keys=False,
    echoes_created_time=True,
    casts_attributes=False,
    refuses_templates=False,
    name_conflict_policy=False,
    doubles_configuration_type=False,
    limit=(400, 31),
    bad_enum=(500, 2),
    missing_page=(400, 31),
    missing_page_message='Parameter conditions "pageSize, page" not met for actual request parameters: ',
    missing_page_by_advice=False,
    refresh_scope_message="IllegalArgumentException: Invalid Refresh Token scope",
    refresh_scope_by_advice=False,
    missing_relation_type="Relation type should be specified!",
    missing_end="Parameter entityId can't be empty!",
    short_paths=False,
    repeatable_key=False,
    registers_once=False,
    display_name=False,
    sorts_missing_as_zero=True,
    closes_on_equal_credentials=True,
    keeps_one_administrator=False,
    evaluates_profile_alarms=True,
    mqtt_node_version=1,
    refuses_empty_gateway_messages=False,
    checks_edge_chain=False,
    names_packages=False,
    rolls_out_bare_urls=False,
    alarm_rules=False,
    fields_of_4_2=False,
    guards_comments=False,
    types_comments=False,
    refuses_control_characters=False,
    splits_query_limits=False,
    has_new_notifications=False,
    database_error=2,
    needs_node_types=False,
    keeps_notes=False,
    joins_key_filters=False,
    api_keys_on_websocket=False,
)

_V4313 = Dialect(
    version="4.3.1.3",
    system_parameters=_PARAMETERS_OF_4_3,
    keeps_notes=False,
    joins_key_filters=False,
    api_keys_on_websocket=False,
)

# What it shares with 4.3, and what is still as in 4.0. Recorded with 4.2.2.3, and compared with the source at
# the tag v4.2.2.
_V422 = replace(
    _V4313,
    version="4.2.2",
    system_parameters={**_COMMON_PARAMETERS, "trendzSettings": _PARAMETERS_OF_4_3["trendzSettings"]},
    api_keys=False,
    name_conflict_policy=False,
    doubles_configuration_type=False,
    limit=(400, 31),
    missing_page=_V401.missing_page,
    missing_page_message=_V401.missing_page_message,
    missing_page_by_advice=False,
    missing_relation_type=_V401.missing_relation_type,
    missing_end=_V401.missing_end,
    short_paths=False,
    repeatable_key=False,
    display_name=False,
    sorts_missing_as_zero=True,
    evaluates_profile_alarms=True,
    alarm_rules=False,
    guards_comments=False,
    types_comments=False,
    refuses_control_characters=False,
    help_release="4.2.2",
)

# What the long-term line got since, recorded.
_V4223 = replace(
    _V422,
    version="4.2.2.3",
    system_parameters={
        **_V422.system_parameters,
        **{key: _PARAMETERS_OF_4_3[key] for key in ("nullsOrderStrategy", "edqsEnabled", "iotHubBaseUrl")},
    },
    sorts_missing_as_zero=False,
    guards_comments=True,
    refuses_control_characters=True,
)

# Read in the source of the development branch on its way to 4.4, of July 2026, and not recorded.
_V440 = Dialect(
    version="4.4.0", system_parameters={**_PARAMETERS_OF_4_3, "allowKeyFiltersOrConditions": True}
)

DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {each.version: each for each in (_V401, _V422, _V4223, _V4313, _V440)}
)
DEFAULT_VERSION = _V4313.version
