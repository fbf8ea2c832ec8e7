"""What a gateway publishes, read as the server's transport reads it (`AbstractGatewaySessionHandler`)."""

from __future__ import annotations

from typing import Any

from papaya.sandbox.lenient import device_json
from papaya.sandbox.mqtt.values import NotCarriedOut, UnreadablePayload
from papaya.sandbox.wire import Numeral, whole_number

_INTS = 2**32


def members_of(payload: bytes) -> dict[str, Any]:
    """Return the object of a message; raise UnreadablePayload for no JSON, NotCarriedOut for other JSON."""
    try:
        body = device_json(payload) if payload.strip() else None
    except ValueError as error:
        raise UnreadablePayload(str(error)) from error
    if not isinstance(body, dict):
        raise NotCarriedOut("the message is no object")
    return body


def text_of(body: dict[str, Any], name: str) -> str:
    """Return a member as text; raise NotCarriedOut where it has none."""
    value = body.get(name)
    if isinstance(value, list) and len(value) == 1:
        return text_of({name: value[0]}, name)
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value.text if isinstance(value, Numeral) else str(value)
    raise NotCarriedOut(f"{name} is no text")


def int_of(body: dict[str, Any], name: str) -> int:
    """Return a member as Java's int, which drops what is above 32 bits; raise NotCarriedOut for all else."""
    value = body.get(name)
    try:
        number = whole_number(value) if isinstance(value, str) else int(value or 0)
    except (TypeError, ValueError, OverflowError) as error:
        raise NotCarriedOut(f"{name} is no number") from error
    if value is None:
        raise NotCarriedOut(f"{name} is missing")
    return (number + _INTS // 2) % _INTS - _INTS // 2


def flag_of(body: dict[str, Any], name: str) -> bool:
    """Return a member that must be there as true or false."""
    return text_of(body, name).lower() == "true"


def keys_of(body: dict[str, Any]) -> list[str]:
    """Return the keys that a message asks for, each once."""
    if "key" in body:
        return [text_of(body, "key")]
    keys = body.get("keys")
    if not isinstance(keys, list):
        raise NotCarriedOut("keys is no list")
    return list(dict.fromkeys(text_of({"key": key}, "key") for key in keys))
