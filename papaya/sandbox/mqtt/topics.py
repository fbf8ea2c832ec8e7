"""The server's topics of devices: what they mean, in their long and their short form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto


class Meaning(Enum):
    """What a device does by publishing to a topic."""

    TELEMETRY = auto()
    ATTRIBUTES = auto()
    ATTRIBUTES_REQUEST = auto()
    RPC_RESPONSE = auto()
    RPC_REQUEST = auto()
    CLAIM = auto()
    GATEWAY = auto()
    PACKAGE = auto()


class Interest(Enum):
    """What a device is sent that subscribes to a topic filter."""

    ATTRIBUTES = auto()
    RPC = auto()
    RESPONSES = auto()
    GATEWAY_ATTRIBUTES = auto()
    GATEWAY_RPC = auto()
    GATEWAY_RESPONSES = auto()
    FIRMWARE = auto()
    FIRMWARE_ERRORS = auto()
    SOFTWARE = auto()
    SOFTWARE_ERRORS = auto()


@dataclass(frozen=True, slots=True)
class Form:
    """The topics of one form of the API; requests and responses end in a number."""

    telemetry: str
    attributes: str
    attributes_request: str
    attributes_response: str
    rpc_to_device: str
    rpc_from_device: str
    rpc_answer_of_device: str
    rpc_answer_to_device: str


LONG = Form(
    telemetry="v1/devices/me/telemetry",
    attributes="v1/devices/me/attributes",
    attributes_request="v1/devices/me/attributes/request/",
    attributes_response="v1/devices/me/attributes/response/",
    rpc_to_device="v1/devices/me/rpc/request/",
    rpc_from_device="v1/devices/me/rpc/request/",
    rpc_answer_of_device="v1/devices/me/rpc/response/",
    rpc_answer_to_device="v1/devices/me/rpc/response/",
)
SHORT = Form(
    telemetry="v2/t",
    attributes="v2/a",
    attributes_request="v2/a/req/",
    attributes_response="v2/a/res/",
    rpc_to_device="v2/r/req/",
    rpc_from_device="v2/r/req/",
    rpc_answer_of_device="v2/r/res/",
    rpc_answer_to_device="v2/r/res/",
)
GATEWAY = "v1/gateway/"
CLAIM = "v1/devices/me/claim"
PROVISION_REQUEST, PROVISION_RESPONSE = "/provision/request", "/provision/response"
_NUMBERED = re.compile(r"(.+/)([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a published message goes."""

    meaning: Meaning
    form: Form = LONG
    number: int = 0
    # Of a package: which, and which part of it.
    package: str = ""
    chunk: int = 0


_PLAIN: dict[str, Target] = {CLAIM: Target(Meaning.CLAIM)}
_WITH_NUMBER: dict[str, tuple[Meaning, Form]] = {}
_INTERESTS: dict[str, tuple[Interest, Form]] = {}
for _form in (LONG, SHORT):
    _PLAIN[_form.telemetry] = Target(Meaning.TELEMETRY, _form)
    _PLAIN[_form.attributes] = Target(Meaning.ATTRIBUTES, _form)
    _WITH_NUMBER[_form.attributes_request] = (Meaning.ATTRIBUTES_REQUEST, _form)
    _WITH_NUMBER[_form.rpc_answer_of_device] = (Meaning.RPC_RESPONSE, _form)
    _WITH_NUMBER[_form.rpc_from_device] = (Meaning.RPC_REQUEST, _form)
    _INTERESTS[_form.attributes] = (Interest.ATTRIBUTES, _form)
    _INTERESTS[f"{_form.rpc_to_device}+"] = (Interest.RPC, _form)
    _INTERESTS[f"{_form.attributes_response}+"] = (Interest.RESPONSES, _form)
    _INTERESTS[f"{_form.rpc_answer_to_device}+"] = (Interest.RESPONSES, _form)


GATEWAY_TOPICS = {
    Interest.GATEWAY_ATTRIBUTES: "v1/gateway/attributes",
    Interest.GATEWAY_RPC: "v1/gateway/rpc",
    Interest.GATEWAY_RESPONSES: "v1/gateway/attributes/response",
}
_INTERESTS |= {topic: (interest, LONG) for interest, topic in GATEWAY_TOPICS.items()}
_INTERESTS |= {
    "v2/fw/response/+/chunk/+": (Interest.FIRMWARE, SHORT),
    "v2/fw/error": (Interest.FIRMWARE_ERRORS, SHORT),
    "v2/sw/response/+/chunk/+": (Interest.SOFTWARE, SHORT),
    "v2/sw/error": (Interest.SOFTWARE_ERRORS, SHORT),
}
_PACKAGE = re.compile(r"v2/(fw|sw)/request/([0-9]{1,9})/chunk/([0-9]{1,9})")


def target_of(topic: str) -> Target | None:
    """Return what publishing to the topic means, None for a topic that the server does not know."""
    plain = _PLAIN.get(topic)
    if plain is not None:
        return plain
    numbered = _NUMBERED.fullmatch(topic)
    if numbered is not None and numbered[1] in _WITH_NUMBER:
        return Target(*_WITH_NUMBER[numbered[1]], int(numbered[2]))
    asked = _PACKAGE.fullmatch(topic)
    if asked is not None:
        return Target(Meaning.PACKAGE, SHORT, int(asked[2]), asked[1], int(asked[3]))
    return Target(Meaning.GATEWAY) if topic.startswith(GATEWAY) else None


def interest_of(topic_filter: str) -> tuple[Interest, Form] | None:
    """Return what a subscription is for; the server grants its own filters alone, no others."""
    return _INTERESTS.get(topic_filter)
