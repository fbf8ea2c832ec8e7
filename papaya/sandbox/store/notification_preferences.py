"""Which notifications a user wants, and by which methods."""

from __future__ import annotations

from typing import Any

from papaya.sandbox.dialect import Dialect
from papaya.sandbox.refusal import broken
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.user_settings import NOTIFICATIONS, save_settings, settings_of

_METHODS = ("WEB", "MOBILE_APP", "SMS", "EMAIL")
_TYPES = (
    "GENERAL",
    "ALARM",
    "DEVICE_ACTIVITY",
    "ENTITY_ACTION",
    "ALARM_COMMENT",
    "RULE_ENGINE_COMPONENT_LIFECYCLE_EVENT",
    "ALARM_ASSIGNMENT",
    "NEW_PLATFORM_VERSION",
    "ENTITIES_LIMIT",
    "API_USAGE_LIMIT",
    "RULE_NODE",
    "RATE_LIMITS",
    "EDGE_CONNECTION",
    "EDGE_COMMUNICATION_FAILURE",
    "TASK_PROCESSING_FAILURE",
)
_SHORTAGE, _INCREASE = "RESOURCES_SHORTAGE", "ENTITIES_LIMIT_INCREASE_REQUEST"
_Json = dict[str, Any]


def _types(dialect: Dialect) -> tuple[str, ...]:
    if not dialect.has_new_notifications:
        return _TYPES
    # The second one came with alarm rules.
    return (*_TYPES, _SHORTAGE, _INCREASE) if dialect.alarm_rules else (*_TYPES, _SHORTAGE)


def preferences_of(core: Core, user_id: str) -> _Json:
    """Return what a user wants of every type; what was never set is wanted by every method."""
    stored = settings_of(core, user_id, NOTIFICATIONS).get("prefs", {})
    return {"prefs": {name: _whole(stored.get(name)) for name in _types(core.dialect)}}


def _whole(preference: _Json | None) -> _Json:
    given = preference or {"enabled": True, "enabledDeliveryMethods": {}}
    methods = {**dict.fromkeys(_METHODS, True), **given["enabledDeliveryMethods"]}
    return {"enabled": given["enabled"], "enabledDeliveryMethods": methods}


def save_preferences(core: Core, user_id: str, body: _Json) -> _Json:
    """Store what a user wants and return the whole of it."""
    given = body.get("prefs")
    if not isinstance(given, dict):
        raise broken("Validation error: prefs must not be null")
    stored: _Json = {}
    for name, preference in given.items():
        if name not in _types(core.dialect) or not isinstance(preference, dict):
            raise broken(f"JSON parse error: Cannot deserialize a notification preference of type {name}")
        methods = preference.get("enabledDeliveryMethods")
        if not isinstance(methods, dict):
            raise broken("HV000090: Unable to access isValid.")
        if not all(method in _METHODS and isinstance(on, bool) for method, on in methods.items()):
            raise broken("Validation error: Only email, Web and SMS delivery methods are allowed")
        stored[name] = {"enabled": preference.get("enabled") is True, "enabledDeliveryMethods": methods}
    save_settings(core, user_id, NOTIFICATIONS, {"prefs": stored})
    return preferences_of(core, user_id)


def wants(core: Core, user_id: str, kind: str, method: str) -> bool:
    """Tell whether a user wants notifications of a type by a method."""
    preference = preferences_of(core, user_id)["prefs"].get(kind)
    return preference is None or (preference["enabled"] and preference["enabledDeliveryMethods"][method])
