"""The server's topics of devices: what they mean, in their long and their short forms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from papaya.sandbox.mqtt.values import Stumbled, UnreadablePayload
from papaya.sandbox.wire import MOST_INT, whole_number


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
    PROTOBUF = auto()


class Interest(Enum):
    """What a device is sent that subscribes to a topic filter; the rest comes without a subscription."""

    ATTRIBUTES = auto()
    RPC = auto()
    ANSWERS = auto()
    PROTOBUF = auto()


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


def _short(letter: str = "") -> Form:
    """Return the short form, with the letter of a payload type where the profile's does not count."""
    value, number = (f"/{letter}", f"{letter}/") if letter else ("", "")
    return Form(
        telemetry=f"v2/t{value}",
        attributes=f"v2/a{value}",
        attributes_request=f"v2/a/req/{number}",
        attributes_response=f"v2/a/res/{number}",
        rpc_to_device=f"v2/r/req/{number}",
        rpc_from_device=f"v2/r/req/{number}",
        rpc_answer_of_device=f"v2/r/res/{number}",
        rpc_answer_to_device=f"v2/r/res/{number}",
    )


SHORT, SHORT_JSON, SHORT_PROTOBUF = _short(), _short("j"), _short("p")
GATEWAY = "v1/gateway"
CLAIM = "v1/devices/me/claim"
PROVISION_REQUEST, PROVISION_RESPONSE = "/provision/request", "/provision/response"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a published message goes."""

    meaning: Meaning
    form: Form = LONG
    number: int = 0
    # Of a package: which, which request, and which part of it.
    package: str = ""
    request: str = ""
    chunk: int = 0


_PLAIN: dict[str, Target] = {CLAIM: Target(Meaning.CLAIM)}
_WITH_NUMBER: dict[str, tuple[Meaning, Form]] = {}
_INTERESTS: dict[str, tuple[Interest, Form]] = {}
for _form in (LONG, SHORT, SHORT_JSON, SHORT_PROTOBUF):
    _is_json = _form is not SHORT_PROTOBUF
    _PLAIN[_form.telemetry] = Target(Meaning.TELEMETRY if _is_json else Meaning.PROTOBUF, _form)
    _PLAIN[_form.attributes] = Target(Meaning.ATTRIBUTES if _is_json else Meaning.PROTOBUF, _form)
    for _prefix, _meaning in (
        (_form.attributes_request, Meaning.ATTRIBUTES_REQUEST),
        (_form.rpc_answer_of_device, Meaning.RPC_RESPONSE),
        (_form.rpc_from_device, Meaning.RPC_REQUEST),
    ):
        _WITH_NUMBER[_prefix] = (_meaning if _is_json else Meaning.PROTOBUF, _form)
    for _filter, _interest in (
        (_form.attributes, Interest.ATTRIBUTES),
        (f"{_form.rpc_to_device}+", Interest.RPC),
        (f"{_form.attributes_response}+", Interest.ANSWERS),
        (f"{_form.rpc_answer_to_device}+", Interest.ANSWERS),
    ):
        _INTERESTS[_filter] = (_interest if _is_json else Interest.PROTOBUF, _form)
GATEWAY_ATTRIBUTES, GATEWAY_RPC = "v1/gateway/attributes", "v1/gateway/rpc"
GATEWAY_ANSWERS = "v1/gateway/attributes/response"
PACKAGE_ERRORS = "v2/fw/error"
for _filter in (
    GATEWAY_ATTRIBUTES,
    GATEWAY_RPC,
    GATEWAY_ANSWERS,
    "v2/fw/response/+/chunk/+",
    PACKAGE_ERRORS,
    "v2/sw/response/+/chunk/+",
    "v2/sw/error",
):
    _INTERESTS[_filter] = (Interest.ANSWERS, LONG)
# The longest first: one form's prefix begins with that of another.
_PREFIXES = sorted(_WITH_NUMBER, key=len, reverse=True)
_PACKAGE = re.compile(r"v2/(fw|sw)/request/(\d+)/chunk/(\d+)", re.ASCII)


def target_of(topic: str) -> Target | None:
    """Return what publishing to the topic means, None for a topic that the server does not know.

    Raises UnreadablePayload or Stumbled where a number ought to be, as the server's adaptor does.
    """
    plain = _PLAIN.get(topic)
    if plain is not None:
        return plain
    if topic.startswith(GATEWAY):
        return Target(Meaning.GATEWAY)
    for prefix in _PREFIXES:
        if topic.startswith(prefix):
            meaning, form = _WITH_NUMBER[prefix]
            return Target(meaning, form, _number(topic, prefix, meaning))
    asked = _PACKAGE.search(topic)
    if asked is None:
        return None
    try:
        chunk = whole_number(asked[3], most=MOST_INT)
    except ValueError as error:
        raise Stumbled(f"{topic}: {error}") from error
    return Target(Meaning.PACKAGE, SHORT, package=asked[1], request=asked[2], chunk=chunk)


def _number(topic: str, prefix: str, meaning: Meaning) -> int:
    try:
        return whole_number(topic[len(prefix) :], most=MOST_INT)
    except ValueError as error:
        kind = Stumbled if meaning is Meaning.RPC_REQUEST else UnreadablePayload
        raise kind(f"{topic}: {error}") from error


def interest_of(topic_filter: str) -> tuple[Interest, Form] | None:
    """Return the purpose of a subscription; the server grants only its own filters."""
    return _INTERESTS.get(topic_filter)


def matches(topic_filter: str, topic: str) -> bool:
    """Match a topic with MQTT's wildcards: `+` is one level, `#` at the end every further one.

    No regular expression: a filter is what a client wrote, and several `#` would take for ever.
    """
    wanted, given = topic_filter.split("/"), topic.split("/")
    if wanted[-1] == "#":
        wanted.pop()
        given = given[: len(wanted)]
    pairs = zip(wanted, given, strict=False)
    return len(wanted) == len(given) and all(
        found if level == "+" else level == found for level, found in pairs
    )
