"""What devices may send that is no JSON, and what of their keys is dropped, as ThingsBoard does."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from papaya.sandbox import Sandbox
from papaya.sandbox.lenient import device_json, lenient
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.device import ATTRIBUTES, TELEMETRY, Device


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("{temperature:25}", {"temperature": 25}),
        ("{'a':'b'}", {"a": "b"}),
        ("{a:hello}", {"a": "hello"}),
        ("{a:NaN, b: Infinity}", {"a": "NaN", "b": "Infinity"}),
        ("{a=1;b=>2}", {"a": 1, "b": 2}),
        ("// start\n{a:1,/* so */ b:2} \n", {"a": 1, "b": 2}),
        ("# head\n{a:TRUE,b:Null}", {"a": True, "b": None}),
        ("[1,,2,]", [1, None, 2, None]),
        ("{a:01}", {"a": "01"}),
        ("{a:-1.50e3}", {"a": -1500.0}),
        ('{"a":"line\nbreak"}', {"a": "line\nbreak"}),
        ('{"a":"\\ud83d\\ude00\\ud83d"}', {"a": "\U0001f600?"}),
        ("\ufeff{a:1}", {"a": 1}),
        ("", None),
        ("  // nothing\n", None),
        ("text", "text"),
        ("{a:25°C}", {"a": "25°C"}),
    ],
)
def test_what_a_lenient_reader_lets_pass(text: str, read: Any) -> None:
    assert lenient(text) == read


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[",
        "{a",
        "{a:",
        "{a:1,}",
        "{a:1 b:2}",
        "[1 2]",
        "{a:1}}",
        "{:1}",
        '{"a',
        "{'a':'\\x'}",
        "{,}",
        "}",
    ]
    + ["[" * 300 + "]" * 300, "{a:" * 300 + "1" + "}" * 300],
)
def test_what_even_a_lenient_reader_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        lenient(text)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(_JSON)
def test_strict_json_means_the_same(value: Any) -> None:
    assert lenient(json.dumps(value)) == value
    assert lenient(json.dumps(value, ensure_ascii=False, indent=1)) == value


@given(st.binary(max_size=60) | st.text(alphabet="{}[]:;,='\"\\/#*\n ua01", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(payload: bytes) -> None:
    try:
        device_json(payload)
    except ValueError as error:
        assert str(error)


def test_a_long_text_takes_a_time_that_grows_with_its_length() -> None:
    chance = random.Random(1)
    for pieces in ("{", "a", "'", '"', "/*", "//", "\\", ",", ":", "1"):
        payload = "".join(chance.choice([pieces, pieces, "x", " "]) for _ in range(60_000)).encode()
        try:
            device_json(payload)
        except ValueError as error:
            assert str(error)


def test_the_servers_own_command_to_copy_works(sandbox: Sandbox, client: Client) -> None:
    made = client.device("PM-1")
    token = client.token_of(made)
    answer = requests.post(f"{sandbox.url}/api/v1/{token}/telemetry", data="{temperature:25}", timeout=60)
    assert answer.status_code == 200
    with Device(sandbox, token) as device:
        assert device.publish(TELEMETRY, "{humidity:40}")
        assert device.publish(TELEMETRY, b'{"street":"MG \xff Road"}')
    path = f"/api/plugins/telemetry/DEVICE/{made['id']['id']}/values/timeseries"
    found = client.get(path, keys="temperature,humidity,street")
    assert {key: cells[0]["value"] for key, cells in found.items()} == {
        "temperature": "25",
        "humidity": "40",
        "street": "MG \ufffd Road",
    }


@pytest.mark.parametrize("key", ["a<b>c", "", "  ", "x" * 300])
def test_a_message_with_a_key_that_storage_refuses_is_acknowledged_and_lost(
    sandbox: Sandbox, client: Client, key: str
) -> None:
    made = client.device("PM-2")
    with Device(sandbox, client.token_of(made)) as device:
        assert device.publish(TELEMETRY, {"good": 1, key: 2})
        assert device.publish(ATTRIBUTES, {"good": 1, key: 2})
        assert device.publish(TELEMETRY, {"after": 1})
    assert client.get(f"/api/plugins/telemetry/DEVICE/{made['id']['id']}/keys/timeseries") == ["after"]
    assert "good" not in client.attributes(made, "CLIENT")
