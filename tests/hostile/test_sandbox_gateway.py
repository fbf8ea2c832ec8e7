"""Whatever a gateway sends to the sandbox, in any version of MQTT, no traceback comes of it."""

from __future__ import annotations

import json
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hostile.server import answer_of
from tests.hostile.watched import PATIENCE, Watched

TOPICS = [
    *(f"v1/gateway/{name}" for name in ("connect", "disconnect", "telemetry", "attributes", "claim", "rpc")),
    "v1/gateway/attributes/request",
    "v1/devices/me/claim",
    "v2/t/j",
    "v2/a/req/j/1",
    "v2/fw/request/1/chunk/0",
]
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["", "\x00", "<b>", "{{x}}", "n" * 300]),
)
MEMBERS = st.sampled_from(
    ["device", "type", "id", "client", "key", "keys", "data", "secretKey", "durationMs"]
)
VALUES = st.recursive(
    ODD,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(MEMBERS, st.text(max_size=5)), inner, max_size=4),
    ),
    max_leaves=8,
)
PAYLOADS = st.one_of(VALUES.map(lambda value: json.dumps(value).encode()), st.binary(max_size=40))


@pytest.fixture(scope="module")
def token(watched: Watched) -> str:
    """The access token of a gateway."""
    body = {"name": "GW-1", "additionalInfo": {"gateway": True}}
    assert watched.send("POST", "/api/device?accessToken=gateway", json=body).status_code == 200
    return "gateway"


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


def _packet(head: int, body: bytes) -> bytes:
    length = len(body)
    encoded = bytes([length]) if length < 128 else bytes([length % 128 | 0x80, length // 128])
    return bytes([head]) + encoded + body


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([3, 4, 5]), st.sampled_from(TOPICS), PAYLOADS)
def test_any_message_of_a_gateway_is_taken_or_refused(
    watched: Watched, token: str, version: int, topic: str, payload: bytes
) -> None:
    none = b"\x00" if version == 5 else b""
    protocol = _text("MQIsdp" if version == 3 else "MQTT") + bytes([version, 0x82]) + b"\x00\x3c"
    connect = _packet(0x10, protocol + none + _text("c") + _text(token))
    publish = _packet(0x32, _text(topic) + b"\x00\x01" + none + payload)
    with socket.create_connection(("127.0.0.1", watched.sandbox.mqtt_port), timeout=PATIENCE) as connection:
        connection.sendall(connect + publish + b"\xe0\x00")
        connection.shutdown(socket.SHUT_WR)
        answer_of(connection)
    watched.check()
