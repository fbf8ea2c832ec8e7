"""Calculated fields: what they write, what is refused, and the part of TBEL that they may use."""

from __future__ import annotations

from typing import Any

import pytest

from papaya.sandbox import Sandbox
from papaya.sandbox.devices.tbel import ScriptFault, run
from tests.unit.sandbox.client import Client

_TEMPERATURE = {"refEntityKey": {"key": "celsius", "type": "TS_LATEST"}}


def _field(client: Client, target: dict[str, Any], name: str = "F", **configuration: Any) -> Any:
    whole = {
        "type": "SIMPLE",
        "arguments": {"t": _TEMPERATURE},
        "expression": "t * 9 / 5 + 32",
        "output": {"type": "TIME_SERIES", "name": "fahrenheit", "decimalsByDefault": 1},
        **configuration,
    }
    body = {"entityId": target["id"], "type": whole["type"], "name": name, "configuration": whole}
    return client.ask("POST", "/api/calculatedField", body)


def _report(client: Client, device: dict[str, Any], **values: Any) -> None:
    client.ask("POST", f"/api/v1/{client.token_of(device)}/telemetry", values)


def _latest(client: Client, device: dict[str, Any], key: str) -> Any:
    path = f"/api/plugins/telemetry/DEVICE/{device['id']['id']}/values/timeseries"
    return client.get(path, keys=key, useStrictDataTypes="true")[key][0]["value"]


def test_a_field_writes_what_it_calculates(client: Client, meter: dict[str, Any]) -> None:
    """Rounded as its output says, for every value that it looks at."""
    _field(client, meter)
    _report(client, meter, celsius=25)
    assert _latest(client, meter, "fahrenheit") == 77.0
    _report(client, meter, other=1)
    _report(client, meter, celsius=26.11)
    assert _latest(client, meter, "fahrenheit") == 79.0


def test_a_field_of_a_profile_is_one_of_all_its_devices(client: Client, meter: dict[str, Any]) -> None:
    """Also of those that come later, and no more once it is deleted."""
    made = _field(client, {"id": meter["deviceProfileId"]}).json()
    other = client.device("PM-2", deviceProfileId=meter["deviceProfileId"])
    _report(client, other, celsius=0)
    assert _latest(client, other, "fahrenheit") == 32.0
    client.ask("DELETE", f"/api/calculatedField/{made['id']['id']}")
    _report(client, other, celsius=100)
    assert _latest(client, other, "fahrenheit") == 32.0


def test_a_script_writes_several_values_from_attributes_too(client: Client, meter: dict[str, Any]) -> None:
    """A changed attribute evaluates it as well; its default stands in for a missing one."""
    limit = {
        "refEntityKey": {"key": "limit", "type": "ATTRIBUTE", "scope": "SERVER_SCOPE"},
        "defaultValue": "75",
    }
    script = 'return {"span": limit - t, "hot": t > limit};'
    arguments = {"t": _TEMPERATURE, "limit": limit}
    output = {"type": "TIME_SERIES"}
    _field(client, meter, type="SCRIPT", arguments=arguments, expression=script, output=output)
    _report(client, meter, celsius=25)
    assert (_latest(client, meter, "span"), _latest(client, meter, "hot")) == (50.0, False)
    client.set_attributes(meter, {"limit": 20})
    assert (_latest(client, meter, "span"), _latest(client, meter, "hot")) == (-5, True)


def test_fields_may_build_on_each_other_but_not_in_a_circle(client: Client, meter: dict[str, Any]) -> None:
    """Each is evaluated once for a value."""
    again = {"refEntityKey": {"key": "fahrenheit", "type": "TS_LATEST"}}
    _field(client, meter)
    _field(
        client,
        meter,
        "back",
        arguments={"t": again},
        expression="t + 1",
        output={"type": "TIME_SERIES", "name": "celsius", "decimalsByDefault": 0},
    )
    _report(client, meter, celsius=0)
    assert _latest(client, meter, "celsius") == 33


def test_a_broken_script_costs_its_result_alone(client: Client, meter: dict[str, Any]) -> None:
    """The value that it was evaluated for is stored."""
    _field(client, meter, type="SCRIPT", expression="return nosuch + 1;")
    _report(client, meter, celsius=1)
    assert _latest(client, meter, "celsius") == 1


def test_an_entity_has_five_fields_and_any_number_of_alarm_rules(
    client: Client, meter: dict[str, Any]
) -> None:
    """The limit is the tenant profile's default."""
    answers = [_field(client, meter, f"F{index}").status_code for index in range(6)]
    assert answers == [200] * 5 + [400]


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({"arguments": {}}, "Validation error: arguments must not be empty"),
        ({"output": None}, "Validation error: output must not be null"),
        ({"arguments": {"ctx": _TEMPERATURE}}, "Argument name 'ctx' is reserved and cannot be used."),
    ],
)
def test_a_field_that_cannot_work_is_refused(
    client: Client, meter: dict[str, Any], configuration: dict[str, Any], message: str
) -> None:
    """In the words of 4.3.1.3."""
    assert _field(client, meter, **configuration).json()["message"] == message


def test_what_a_field_refers_to_stays(client: Client, meter: dict[str, Any]) -> None:
    """A deletion is refused while another's argument needs the entity, and takes the entity's own along."""
    other = client.device("PM-2")
    made = _field(client, other, arguments={"t": {**_TEMPERATURE, "refEntityId": meter["id"]}}).json()
    refused = client.ask("DELETE", f"/api/device/{meter['id']['id']}")
    assert "referenced in calculated fields" in refused.json()["message"]
    client.ask("DELETE", f"/api/device/{other['id']['id']}")
    assert client.ask("GET", f"/api/calculatedField/{made['id']['id']}").status_code == 404
    assert client.ask("DELETE", f"/api/device/{meter['id']['id']}").status_code == 200


def test_older_servers_have_no_alarm_rules() -> None:
    """Neither under their own path nor as a type."""
    with Sandbox(emulate="4.0.1") as sandbox, Client(sandbox) as client:
        meter = client.device("PM-1")
        assert client.ask("POST", "/api/alarm/rule", {}).status_code == 405
        assert _field(client, meter, type="ALARM").status_code == 500
        assert client.ask("GET", "/api/calculatedFields").status_code == 404


@pytest.mark.parametrize(
    ("script", "result"),
    [
        ("return a + 1;", 6),
        ("a + 1", 6),
        ("return a / 2;", 2.5),
        ("return 10 / 5;", 2.0),
        ("return a % 2;", 1),
        ("return -a * (2 - 3);", 5),
        ("return a > 3 && !(a == 4) || nosuch;", True),
        ("return a > 3 ? 'hi' : nosuch;", "hi"),
        ("var b = a * 2; if (b > 9) { return 'big'; } else { return 'small'; }", "big"),
        ("return {x: a, 'y z': [1, 2.5, null, true]};", {"x": 5, "y z": [1, 2.5, None, True]}),
        ("return Math.max(a, 7.5) + toFixed(1 / 3, 2);", 7.83),
        ("return 'v' + a; // said so", "v5"),
        ("return o.name.toUpperCase();", "METER"),
        ("return 2 ^ 3;", 8.0),
    ],
)
def test_scripts_say_what_they_say_on_the_server(script: str, result: Any) -> None:
    """Expressions, variables, branches, objects, and some functions."""
    assert run(script, {"a": 5, "o": {"name": "meter"}}) == result


@pytest.mark.parametrize(
    "script",
    [
        "return b;",
        "return (;",
        "return 1 +;",
        "{",
        "return a.b;",
        "return a(1);",
        "while (true) {}",
        "return 9 ^ 9 ^ 9 ^ 9;",
        "return 'x' * 1000000000;",
        "return a / 0;",
        "(" * 5000,
        "return @;",
    ],
)
def test_a_script_that_cannot_be_carried_out_is_a_fault(script: str) -> None:
    """Never a hang, never another exception."""
    with pytest.raises(ScriptFault):
        run(script, {"a": 5})
