"""MQTT sessions of devices, packet by packet: what clients send, and what they get wrong.

A step is a method of `RawClient` with its arguments, or one of these: `again` (a new connection), `rest` (an
attribute is written), `unrest` (one is deleted), `rpc` (a command is sent).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.contract.packets import packet, text

TELEMETRY, ATTRIBUTES = "v1/devices/me/telemetry", "v1/devices/me/attributes"
_CALLS, _CALL = "v1/devices/me/rpc/request/+", "v1/devices/me/rpc/request/1"
_VALUE = '{"a":1}'


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens in a session; `TOKEN` in its arguments is the device's."""

    what: str
    given: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)


def _connect(**named: Any) -> Step:
    return Step("connect", (named.pop("user", "TOKEN"),), named)


def _publish(topic: str, payload: str = _VALUE, **named: Any) -> Step:
    return Step("publish", (topic, payload), named)


def _subscribe(*filters: str, **named: Any) -> Step:
    return Step("subscribe", filters, named)


def _unsubscribe(*filters: str) -> Step:
    return Step("unsubscribe", filters)


def _raw(data: bytes) -> Step:
    return Step("send", (data,))


def _shared(**values: Any) -> Step:
    return Step("rest", ("SHARED_SCOPE", values))


def _rpc(**body: Any) -> Step:
    return Step("rpc", (body,))


PING, _LEAVE = _raw(b"\xc0\0"), _raw(b"\xe0\0")
Sessions = dict[str, tuple[Step, ...]]


def sessions() -> Sessions:
    """Return the sessions by name; a name that ends with `in MQTT 5` says how the client speaks."""
    return {
        **_topics(),
        **_filters(),
        **_qualities(),
        **_connections(),
        **_requests(),
        **_provisioning(),
        **_commands(),
    }


def _both(name: str, *steps: Step) -> Sessions:
    return {name: steps, f"{name} in MQTT 5": steps}


def _topics() -> Sessions:
    found: Sessions = {}
    wrong = (
        *(f"{TELEMETRY}/", f"/{TELEMETRY}", f"{TELEMETRY} ", f"{TELEMETRY}/extra", TELEMETRY.upper()),
        *(
            "v1/devices/+/telemetry",
            "v1/devices/me/#",
            "v1/devices/me",
            "v1/devices/me/",
            "$SYS/x",
            "sensors/1",
        ),
        *("homeassistant/sensor/x/config", "téstø", "a" * 300, f"{TELEMETRY}\0", "v1/devices/me/claim/"),
        *("v2/t", "v2/t/", "v2/t/j", "v2/t/x", "v2/a", "v1/gateway", "v1/gateway/telemetry", "v1/gatewayx"),
        *("v1/gateway/connect", "/provision/request", "/provision/response", f"{ATTRIBUTES}/", ""),
        *(f"{ATTRIBUTES}/{end}" for end in ("updates", "response/1", "request/", "request/1/", "request/x")),
        *(f"{ATTRIBUTES}/request/{end}" for end in ("-1", "+1", "1 ", "2147483648")),
        *(f"v1/devices/me/rpc/{end}" for end in ("response/", "response/1/2", "response/-1", "request/")),
        *(_CALL, "v1/devices/me/rpc/request/-1"),
        *(f"v2/fw/request/{end}" for end in ("1/chunk/0", "1/chunk/", "/chunk/0", "a/chunk/0")),
    )
    for topic in wrong:
        steps = (_connect(), _publish(topic), _publish(TELEMETRY, '{"after":1}'), PING)
        found |= _both(f"publish on {topic[:40]!r}", *steps)
    return found


def _filters() -> Sessions:
    found: Sessions = {}
    filters = (
        *("#", "+", "v1/devices/me/#", "v1/devices/me/+", "$SYS/#", "homeassistant/#", "", "a/#/b"),
        *("v1/devices/me/rpc/request/#", _CALL, "v1/devices/me/rpc/request/", "v1/devices/me/rpc/+"),
        *(f"{ATTRIBUTES}/{end}" for end in ("response/1", "response/#", "", "+")),
        *(TELEMETRY, f" {ATTRIBUTES}", ATTRIBUTES.upper(), f"/{ATTRIBUTES}", f"$share/g/{ATTRIBUTES}"),
        *("v2/r/req/+", "v2/r/req/j/+", "v2/r/res/+", "v2/a", "v2/a/res/+", "v2/sw/error"),
        *("v2/fw/response/+/chunk/+", "v2/fw/response/+/chunk/1", "v2/fw/response/1/chunk/+"),
        *("v1/gateway/attributes", "v1/gateway/rpc", "v1/gateway/#", "v1/gateway/attributes/response/+"),
        *("/provision/response", "v1/devices/me/claim", "v1/devices/me/rpc/response/+"),
    )
    for one in filters:
        found |= _both(f"subscribe to {one!r}", _connect(), _subscribe(one), PING)
    told, again = _shared(s=1), _shared(s=2)
    return {
        **found,
        "subscribe to nothing": (_connect(), _raw(packet(8, 2, b"\0\1"))),
        "subscribe to nothing in MQTT 5": (_connect(), _raw(packet(8, 2, b"\0\1\0"))),
        "subscribe at QoS 2": (_connect(), _subscribe(ATTRIBUTES, _CALLS, qos=2), PING),
        "subscribe at QoS 3": (_connect(), _subscribe(ATTRIBUTES, qos=3), PING),
        "subscribe at QoS 0": (_connect(), _subscribe(ATTRIBUTES, qos=0), told, PING),
        "subscribe with the flags of others": (
            _connect(),
            _raw(packet(8, 0, b"\0\5" + text(ATTRIBUTES) + b"\1")),
        ),
        "subscribe to four": (_connect(), _subscribe("x", ATTRIBUTES, "#", _CALLS)),
        "subscribe twice": (
            *(_connect(), _subscribe(ATTRIBUTES), _subscribe(ATTRIBUTES), told),
            *(_unsubscribe(ATTRIBUTES), again, PING),
        ),
        "subscribe to both forms": (
            *(_connect(), _subscribe(ATTRIBUTES, "v2/a"), told, _unsubscribe("v2/a"), again, PING),
        ),
        "subscribe with an id in MQTT 5": (
            _connect(),
            _subscribe(ATTRIBUTES, properties=b"\x0b\5"),
            told,
            PING,
        ),
        "subscribe with options in MQTT 5": (_connect(), _subscribe(ATTRIBUTES, qos=0x2D), PING),
        **_both("unsubscribe from what was not asked for", _connect(), _unsubscribe("x/y", ATTRIBUTES), PING),
    }


def _qualities() -> Sessions:
    found: Sessions = {}
    for qos in range(4):
        found |= _both(f"publish at QoS {qos}", _connect(), _publish(TELEMETRY, qos=qos), PING)
    for what, flags in {"retained": 1, "repeated": 8}.items():
        found |= _both(f"publish {what}", _connect(), _publish(TELEMETRY, flags=flags), PING)
    release = _raw(packet(6, 2, b"\0\1"))
    of_servers = {
        "CONNACK": b"\x20\2\0\0",
        "PINGRESP": b"\xd0\0",
        "SUBACK": b"\x90\3\0\1\0",
        "UNSUBACK": b"\xb0\2\0\1",
    }
    of_quality_2 = {
        "PUBREC": packet(5, 0, b"\0\1"),
        "PUBCOMP": packet(7, 0, b"\0\1"),
        "PUBREL": packet(6, 2, b"\0\1"),
    }
    for name, data in of_servers.items():
        found[f"send {name}"] = (_connect(), _raw(data), PING)
    for name, data in {**of_quality_2, "PUBACK": packet(4, 0, b"\0\7")}.items():
        found |= _both(f"send {name}", _connect(), _raw(data), PING)
    alias, properties = b"\x23\0\1", b"\1\1\2\0\0\0\5\x26\0\1k\0\1v\x08\0\1r\x09\0\1c"
    return {
        **found,
        "all of QoS 2": (_connect(), _publish(TELEMETRY, qos=2), release, PING),
        "publish with the number 0": (_connect(), _raw(packet(3, 2, text(TELEMETRY) + b"\0\0{}")), PING),
        "publish with properties in MQTT 5": (_connect(), _publish(TELEMETRY, properties=properties), PING),
        "publish by an alias in MQTT 5": (
            *(
                _connect(),
                _publish(TELEMETRY, properties=alias),
                _publish("", '{"b":2}', properties=alias),
                PING,
            ),
        ),
        "publish 65,530 bytes": (_connect(), _publish(TELEMETRY, f'{{"a":"{"x" * 65_497}"}}'), PING),
        "publish 66,000 bytes": (_connect(), _publish(TELEMETRY, f'{{"a":"{"x" * 66_000}"}}'), PING),
    }


def _connections() -> Sessions:
    will = TELEMETRY, '{"will":1}'
    keeps: dict[str, Any] = {"clean": False, "client": "c1"}
    old: dict[str, Any] = {"name": "MQIsdp", "level": 3}
    found: Sessions = {
        "a will": (_connect(will=will), _publish(TELEMETRY), Step("again"), _connect(), PING),
        "leave with a will in MQTT 5": (_connect(will=will), _publish(TELEMETRY), _raw(b"\xe0\1\4")),
        "a session that is kept": (
            *(_connect(**keeps), _subscribe(ATTRIBUTES), Step("again")),
            *(_connect(**keeps), _shared(s=1), PING),
        ),
        "a session that is kept in MQTT 5": (
            *(_connect(**keeps, properties=b"\x11\0\0\1\0"), _subscribe(ATTRIBUTES), Step("again")),
            *(_connect(**keeps, properties=b"\x11\0\0\1\0"), PING),
        ),
        "a kept session without a client id": (_connect(clean=False), PING),
        "a client id of 500 characters": (_connect(client="x" * 500), PING),
        "a password beside the token": (_connect(password="anything"), _publish(TELEMETRY)),
        "MQTT 3.1": (_connect(**old, client="c"), _publish(TELEMETRY)),
        "MQTT 3.1 with a long client id": (_connect(**old, client="c" * 30), _publish(TELEMETRY)),
        "MQTT 3.1 without a client id": (_connect(**old), _publish(TELEMETRY)),
        "an unknown level": (_connect(level=6),),
        "the level of a bridge": (_connect(level=0x84),),
        "the level of MQTT 3.1": (_connect(level=3),),
        "the name of MQTT 3.1": (_connect(name="MQIsdp"),),
        "an unknown name": (_connect(name="HTTP"),),
        "properties in MQTT 5": (
            *(_connect(properties=b"\x11\0\0\0\x1e\x21\0\x0a\x22\0\5\x17\1\x19\1\x26\0\1a\0\1b"), PING),
        ),
        "an authentication method in MQTT 5": (_connect(properties=b"\x15\0\5SCRAM"), PING),
        "small packets only in MQTT 5": (
            *(_connect(properties=b"\x27\0\0\0\x40"), _subscribe(ATTRIBUTES), _shared(s="y" * 200), PING),
        ),
        "ping before all": (PING,),
        "publish before all": (_publish(TELEMETRY),),
        "leave before all": (_LEAVE,),
        "speak HTTP": (_raw(b"GET / HTTP/1.1\r\n\r\n"),),
        "send a packet of type 0": (_connect(), _raw(b"\0\0"), PING),
        **_both("send a packet of type 15", _connect(), _raw(b"\xf0\0"), PING),
        **_both("connect twice", _connect(), _connect(), PING),
        **_both("leave and ping", _connect(), _LEAVE, PING),
    }
    wrong: dict[str, dict[str, Any]] = {
        "a wrong token": {"user": "wrong"},
        "a wrong token and a password": {"user": "wrong", "password": "x", "client": "z"},
        "an empty token": {"user": ""},
        "no token": {"user": None},
        "no token and a client id": {"user": None, "client": "cc"},
        "the token as the client id": {"user": None, "client": "TOKEN"},
        "the token as the password": {"user": "x", "password": "TOKEN"},
        "a space before the token": {"user": " TOKEN"},
        "an end of line after the token": {"user": "TOKEN\n"},
    }
    for what, named in wrong.items():
        found |= _both(f"connect with {what}", _connect(**named))
    return found


def _requests() -> Sessions:
    found: Sessions = {}
    answers = _subscribe(f"{ATTRIBUTES}/response/+")
    for body in (
        *("", "{}", "[]", '"x"', '{"clientKeys":["a"]}', '{"clientKeys":["a","b"]}', '{"clientKeys":5}'),
        *('{"clientKeys":null}', '{"sharedKeys":true}', '{"sharedKeys":{}}', '{"sharedKeys":"s1, s2"}'),
        *(
            '{"sharedKeys":"zz"}',
            '{"clientKeys":"a","sharedKeys":"s1"}',
            '{"keys":"a"}',
            '{"sharedKeys":"*"}',
        ),
        *('{"clientKeys":"","sharedKeys":""}', '{"sharedKeys":"s1,s1"}', '{"sharedKeys":",s1"}'),
    ):
        asked = _publish(f"{ATTRIBUTES}/request/1", body)
        has = Step("rest", ("SHARED_SCOPE", {"s1": 1, "s2": {"x": [1.5]}}))
        found |= _both(
            f"ask for {body}", has, _connect(), answers, _publish(ATTRIBUTES, '{"a":"v"}'), asked, PING
        )
    for body in (
        *(
            '{"method":5,"params":{}}',
            '{"method":"x"}',
            '{"method":"x","params":null}',
            "[]",
            '{"params":{}}',
        ),
        *('{"method":"getSessionLimits","params":{}}', '{"method":{},"params":{}}'),
    ):
        hears = _subscribe("v1/devices/me/rpc/response/+")
        found |= _both(f"call {body}", _connect(), hears, _publish(_CALL, body), PING)
    for body in (
        *("", " ", "{}", '{"secretKey":"x"}', '{"secretKey":null}', '{"secretKey":5}', '{"secretKey":{}}'),
        *(f'{{"durationMs":{value}}}' for value in ('"5"', '"x"', "-5", "null", "5.5", "{}")),
    ):
        found |= _both(f"claim with {body!r}", _connect(), _publish("v1/devices/me/claim", body), PING)
    return found


def _provisioning() -> Sessions:
    found: Sessions = {}
    hears = _subscribe("/provision/response")
    for body in (
        *("", "{}", "[]", "{", '{"provisionDeviceKey":"k"}'),
        '{"provisionDeviceKey":null,"provisionDeviceSecret":"s"}',
        '{"deviceName":"x","provisionDeviceKey":"k","provisionDeviceSecret":"s"}',
    ):
        asked = _publish("/provision/request", body)
        found |= _both(f"provision with {body}", _connect(user="provision"), hears, asked, PING)
        found[f"provision by the client id with {body}"] = (
            _connect(user=None, client="provision"),
            asked,
            PING,
        )
    as_another = _connect(user="provision", password="x", client="y")
    return {
        **found,
        **_both("publish while provisioning", _connect(user="provision"), _publish(TELEMETRY), PING),
        "provision on another topic": (as_another, _publish("provision/request", "{}"), PING),
        "provision and subscribe": (as_another, _subscribe("#", ATTRIBUTES), _unsubscribe(ATTRIBUTES), PING),
    }


def _commands() -> Sessions:
    every = {"i": 1, "d": 1.0, "e": 1e20, "b": True, "t": "x", "j": {"a": [None]}, "q": "5"}
    listens, one = (_connect(), _subscribe(ATTRIBUTES)), _shared(s1=1)
    return {
        "a command": (_connect(), _subscribe(_CALLS), _rpc(method="m", params={"a": 1.5, "b": None}), PING),
        "a command without parameters": (_connect(), _subscribe(_CALLS), _rpc(method="m"), PING),
        "a command with a text": (_connect(), _subscribe(_CALLS), _rpc(method="m", params='é"x'), PING),
        "a command at QoS 0": (_connect(), _subscribe(_CALLS, qos=0), _rpc(method="m", params=5), PING),
        "a command in the short form": (
            _connect(),
            _subscribe("v2/r/req/+"),
            _rpc(method="m", params=[1]),
            PING,
        ),
        "a command in both forms": (
            *(_connect(), _subscribe(_CALLS, "v2/r/req/+"), _rpc(method="m", params=[1]), PING),
        ),
        "a shared attribute is deleted": (one, *listens, Step("unrest", ("s1",)), PING),
        "what is not there is deleted": (*listens, Step("unrest", ("zz",)), PING),
        "an attribute of the server": (*listens, Step("rest", ("SERVER_SCOPE", {"s1": 1})), PING),
        "the same shared attribute again": (one, *listens, one, PING),
        "shared attributes of every type": (*listens, _shared(**every), PING),
    }
