"""Whatever is sent to the sandbox, it answers, logs no traceback, and goes on serving."""

from __future__ import annotations

import json
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hostile.server import answer_of
from tests.hostile.watched import PATIENCE, Watched

ODD_NUMBERS = [
    "1e400", "-1e999999", "1" * 400, "1" * 5000, "1e100000", "1e9999999999999999999", "NaN", "-0.0", "1E-400"
]  # fmt: skip
ODD_TEXTS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["", "\x00", "\ud800", "a%a%a%b", "<b>", "{{x}}", "٣", "²", "x" * 3_000, "../..", "'"]),
)
JSON_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), ODD_TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(ODD_TEXTS, inner, max_size=4)),
    max_leaves=12,
)
DEEP = "[" * 100_000 + "]" * 100_000
SENT = [
    ("POST", "/api/auth/login"),
    ("POST", "/api/auth/token"),
    ("POST", "/api/device"),
    ("POST", "/api/asset"),
    ("POST", "/api/deviceProfile"),
    ("POST", "/api/customer"),
    ("POST", "/api/relation"),
    ("POST", "/api/relations"),
    ("POST", "/api/alarm"),
    ("POST", "/api/entitiesQuery/find"),
    ("POST", "/api/entitiesQuery/count"),
    ("POST", "/api/alarmsQuery/find"),
    ("POST", "/api/device/credentials"),
    ("POST", "/api/device/bulk_import"),
    ("POST", "/api/plugins/telemetry/DEVICE/{device}/attributes/SERVER_SCOPE"),
    ("POST", "/api/plugins/telemetry/DEVICE/{device}/timeseries/ANY"),
    ("POST", "/api/rpc/oneway/{device}"),
    ("POST", "/api/v1/{token}/telemetry"),
    ("POST", "/api/v1/{token}/attributes"),
    ("POST", "/api/v1/provision"),
]
ASKED = [
    "/api/tenant/devices",
    "/api/tenant/assets",
    "/api/tenant/deviceInfos",
    "/api/deviceProfiles",
    "/api/users",
    "/api/customers",
    "/api/alarms",
    "/api/plugins/telemetry/DEVICE/{device}/values/timeseries",
    "/api/plugins/telemetry/DEVICE/{device}/values/attributes",
    "/api/relations/info",
    "/api/v1/{token}/attributes",
]
QUERY_NAMES = st.sampled_from(
    ["pageSize", "page", "textSearch", "sortProperty", "sortOrder", "keys", "startTs", "endTs", "limit",
     "agg", "interval", "fromId", "fromType", "clientKeys", "deviceName", "type"]
)  # fmt: skip


quick = settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(st.sampled_from(SENT), JSON_VALUES)
def test_any_json_is_answered(watched: Watched, where: tuple[str, str], value: object) -> None:
    body = json.dumps(value, ensure_ascii=True).encode()
    answer = watched.send(*where, data=body, stream=False)
    assert answer.status_code < 600
    watched.check()


@quick
@given(st.sampled_from(SENT), st.binary(max_size=200))
def test_any_bytes_are_answered(watched: Watched, where: tuple[str, str], body: bytes) -> None:
    assert watched.send(*where, data=body).status_code < 600
    watched.check()


@pytest.mark.parametrize("path", [path for _, path in SENT])
@pytest.mark.parametrize("number", ODD_NUMBERS)
def test_odd_numbers_are_answered(watched: Watched, path: str, number: str) -> None:
    for body in (number, f'{{"ts":{number},"values":{{"a":{number}}}}}', f'{{"a":{number},"name":{number}}}'):
        assert watched.send("POST", path, data=body.encode()).status_code < 600
    watched.check()


@pytest.mark.parametrize("path", [path for _, path in SENT])
def test_deep_json_is_answered(watched: Watched, path: str) -> None:
    for body in (DEEP, f'{{"a":{DEEP}}}'):
        assert watched.send("POST", path, data=body.encode()).status_code < 600
    watched.check()


@quick
@given(st.sampled_from(ASKED), st.dictionaries(QUERY_NAMES, ODD_TEXTS, max_size=5))
def test_any_query_is_answered(watched: Watched, path: str, query: dict[str, str]) -> None:
    shown = {name: value.encode("utf-8", "replace").decode()[:2000] for name, value in query.items()}
    assert watched.send("GET", path, params={"pageSize": "10", "page": "0", **shown}).status_code < 600
    watched.check()


def connect_packet(client: bytes, user: bytes) -> bytes:
    body = b"\x00\x04MQTT\x04\x82\x00\x3c"
    for part in (client, user):
        body += len(part).to_bytes(2, "big") + part
    return b"\x10" + bytes([len(body)]) + body


@quick
@given(st.booleans(), st.binary(max_size=120), st.integers(1, 15))
def test_any_mqtt_packets_are_closed_on_or_answered(
    watched: Watched, logged_in: bool, rest: bytes, kind: int
) -> None:
    packet = bytes([kind << 4 | 2, len(rest)]) + rest
    with socket.create_connection(("127.0.0.1", watched.sandbox.mqtt_port), timeout=PATIENCE) as connection:
        if logged_in:
            connection.sendall(connect_packet(b"c", watched.token.encode()))
            assert connection.recv(4)[0] == 0x20
        connection.sendall(packet + b"\xe0\x00")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    watched.check()


@quick
@given(st.binary(max_size=200))
def test_bytes_that_are_no_mqtt_are_closed_on(watched: Watched, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", watched.sandbox.mqtt_port), timeout=PATIENCE) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer_of(connection)
    watched.check()


@quick
@given(st.binary(max_size=200))
def test_bytes_that_are_no_http_are_answered_or_closed_on(watched: Watched, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", watched.sandbox.port), timeout=PATIENCE) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer_of(connection)
    watched.check()


@pytest.mark.parametrize(
    "number", ["1e400", "1" * 400, "1e100", '"²"', '"1e3"', "[1]", "9223372036854775808"]
)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/alarmsQuery/find", '{"pageLink":{"pageSize":#}}'),
        ("/api/alarmsQuery/find", '{"pageLink":{"pageSize":1,"timeWindow":#}}'),
        ("/api/alarmsQuery/find", '{"pageLink":{"pageSize":1,"endTs":#}}'),
        ("/api/alarm", '{"originator":{"entityType":"DEVICE","id":"%s"},"type":"a","severity":"MAJOR",'
            '"startTs":#}'),
    ],
)  # fmt: skip
def test_odd_numbers_in_a_body_are_refused_without_a_traceback(
    watched: Watched, path: str, body: str, number: str
) -> None:
    body = body.replace("%s", watched.device).replace("#", number)
    answer = watched.send("POST", path, data=body.encode())
    assert answer.status_code >= 400 and "JSON parse error" in answer.text
    watched.check()


@pytest.mark.parametrize("number", ["²", "1" * 400, "٣", "1.5"])
def test_a_device_answers_calls_by_whole_numbers_only(watched: Watched, number: str) -> None:
    assert watched.send("POST", f"/api/v1/{{token}}/rpc/{number}", data="{}").status_code == 400
    watched.check()
