"""The JSON types that the server's parser accepts for the members of a body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from papaya.sandbox.refusal import broken
from papaya.sandbox.rest.call import Call
from papaya.sandbox.store.entities import reference_in
from papaya.sandbox.store.forms import DATA
from papaya.sandbox.wire import whole_number

_TOKENS = {
    dict: "Object value (token `JsonToken.START_OBJECT`)",
    list: "Array value (token `JsonToken.START_ARRAY`)",
}
_WHOLE = frozenset({"version", "createdTime"})


@dataclass(frozen=True, slots=True)
class Shape:
    """A class of the server: its name, and its members that are texts or truth values."""

    name: str
    texts: frozenset[str]
    flags: frozenset[str] = frozenset()


_CONTACT = ("country", "state", "city", "address", "address2", "zip", "phone", "email")
SHAPES: Mapping[str, Shape] = {
    "CUSTOMER": Shape("Customer", frozenset({"title", *_CONTACT})),
    "DEVICE_PROFILE": Shape(
        "DeviceProfile",
        frozenset({"name", "description", "image", "defaultQueueName", "provisionDeviceKey"}),
        frozenset({"default"}),
    ),
    "ASSET_PROFILE": Shape(
        "asset.AssetProfile",
        frozenset({"name", "description", "image", "defaultQueueName"}),
        frozenset({"default"}),
    ),
    "DASHBOARD": Shape("Dashboard", frozenset({"title", "image"}), frozenset({"mobileHide"})),
    "RULE_CHAIN": Shape("rule.RuleChain", frozenset({"name"}), frozenset({"root", "debugMode"})),
    "USER": Shape("User", frozenset({"email", "firstName", "lastName", "phone"})),
    "OTA_PACKAGE": Shape(
        "SaveOtaPackageInfoRequest",
        frozenset({"title", "version", "tag", "url", "fileName", "contentType", "checksum"}),
        frozenset({"usesUrl"}),
    ),
    "CALCULATED_FIELD": Shape("cf.CalculatedField", frozenset({"name"})),
    "ALARM_RULE": Shape("cf.AlarmRuleDefinition", frozenset({"name"})),
    "ENTITY_VIEW": Shape("EntityView", frozenset({"name", "type"})),
    "DEVICE": Shape("Device", frozenset({"name", "type", "label"})),
    "ASSET": Shape("asset.Asset", frozenset({"name", "type", "label"})),
}


def body_of(call: Call, kind: str) -> dict[str, Any]:
    """Return the body as the parser of a class reads it, or refuse it in the parser's words."""
    shape = SHAPES[kind]
    body = call.json()
    if isinstance(body, list):
        raise _mistaken(f"{DATA}.{shape.name}", _TOKENS[list])
    if not isinstance(body, dict):
        raise broken("Required request body is missing")
    for name, value in body.items():
        if name in shape.texts:
            _refuse_structure(value, "java.lang.String")
        elif name in shape.flags:
            _refuse_structure(value, "boolean")
        elif name in _WHOLE and name not in shape.texts:
            _refuse_text(value)
        elif name == "id":
            reference_in(value, kind if kind != "ALARM_RULE" else "CALCULATED_FIELD")
    return body


def _refuse_structure(value: object, target: str) -> None:
    for kind, token in _TOKENS.items():
        if isinstance(value, kind):
            raise _mistaken(target, token)


def _refuse_text(value: object) -> None:
    _refuse_structure(value, "java.lang.Long")
    if not isinstance(value, str):
        return
    try:
        whole_number(value.strip())
    except ValueError as error:
        raise broken(
            f'JSON parse error: Cannot deserialize value of type `java.lang.Long` from String "{value}": '
            "not a valid `java.lang.Long` value"
        ) from error


def _mistaken(target: str, token: str) -> Exception:
    return broken(f"JSON parse error: Cannot deserialize value of type `{target}` from {token}")
