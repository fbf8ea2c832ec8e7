"""Rules that a schema cannot say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from papaya.manifest.load import Source, load
from papaya.manifest.ports import check_tunnels
from papaya.manifest.report import Report

Faults = Callable[..., list[str]]


def places(text: str) -> str:
    """Return the body of a manifest with Countries."""
    return f"countries: [{text}]\n"


def devices(text: str, head: str = "") -> str:
    """Return the body of a manifest with devices."""
    return head + places(f"{{name: C, states: [{{name: S, devices: [{text}]}}]}}")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{name: D}, {name: D}", "the device D is already there (fleet.yaml:4:52), in C/S"),
        ('{name: " "}', "name is blank"),
        ('{name: ""}', "name is empty"),
        ('{name: "a\\0b"}', "name holds the character NUL, which the server refuses"),
        ('{name: "a<b"}', "name holds markup, which the server refuses"),
        ('{name: "{{ x }}"}', 'name holds "{{", which servers from 4.2 on refuse'),
        (f"{{name: {'é' * 256}}}", "name is longer than 255 characters (256)"),
        (f"{{name: {'😀' * 128}}}", "name is longer than 255 characters (256 in UTF-16)"),
        (f"{{name: D, label: {'x' * 256}}}", "label is longer than 255 characters (256)"),
        ("{name: D, label: <b>}", "label holds markup, which the server refuses"),
        ("{name: D, label: 22:30}", "22:30 is a number to other readers of YAML"),
        ("{name: D, label: 1.10}", "label must be text, not the number 1.10"),
        ("{name: 0012}", "name must be text, not the number 0012"),
        ("{name: D, label: true}", "label must be text, not a truth value true"),
        ("{name: D, serial: 0o14}", "serial must be text, not the number 0o14"),
        ("{name: D, protect: yes}", 'protect must be true or false, not the text "yes"'),
        ("{name: D, model: m}", "there is no model m"),
        ("{name: D, sensors: s}", "there is no sensor set s"),
        ("{name: D, sensors: [{key: a}, {key: a}]}", "the sensor key a stands here twice"),
        ("{name: D, only: [x]}", "there is no environment x"),
        ("{name: D, location: {latitude: 91, longitude: 0}}", "latitude must be at most 90, not 91"),
        ("{name: D, location: {latitude: 0}}", 'location has no "longitude"'),
        (
            "{name: D, location: {latitude: 0, longitude: -180.5}}",
            "longitude must be at least -180, not -180.5",
        ),
        ("{name: D, location: here}", 'location must be auto, not the text "here"'),
        ("{name: D, attributes: {a: 9223372036854775808}}", "a holds the number 9223372036854775808, which"),
        ("{name: D, attributes: {a: [{b: .inf}]}}", "a holds a number that is infinite or none"),
        (
            '{name: D, attributes: {"a,b": 1}}',
            'the key "a,b" holds a comma: the server could never delete it',
        ),
        ('{name: D, attributes: {" ": 1}}', "a key of an attribute is blank"),
        ("{name: D, attributes: {papaya.x: 1}}", 'attributes that begin with "papaya." are papaya\'s own'),
        ("{name: D, sharedAttributes: {active: 1}}", 'the server itself writes the attribute "active"'),
        (
            "{name: D, serial: x, attributes: {serial: y}}",
            'D has the attribute "serial" and the field `serial`',
        ),
        (
            "{name: D, location: auto, attributes: {latitude: 1}}",
            'D has the attribute "latitude" and the field',
        ),
        (
            '{name: D, serial: "0012"}',
            "the serial 0012 is a number to the server, which stores it in another",
        ),
        ("{name: D, tunnel: {remotePort: 1}}", "the tunnel of D leads to no host"),
        (
            '{name: D, tunnel: {host: h, hostKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NT'
            'E5AAAAIJm0aGSpRQ8lw2Vr9EVIrR3o5iG2h9cTLcHbNTQ6VE=="]}}',
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA… in hostKeys is no whole key of that kind",
        ),
        (
            '{name: D, tunnel: {host: h, hostKeys: ["ssh-ed25519 AAAAB3NzaC1yc2EAAA'
            'ADAQABAAABgQDf5z8mFqFqFqFqFqFqFqFqFqFq"]}}',
            "ssh-ed25519 AAAAB3NzaC1yc2EAAAADAQAB… in hostKeys is no whole key of that kind",
        ),
        ("{name: D, formerly: D}", "D is said to have been D, which is the same"),
        (
            "{name: D, formerly: E}, {name: E}",
            "D is said to have been E, which is still here (fleet.yaml:4:76)",
        ),
        ("{name: D, formerly: X}, {name: E, formerly: X}", "both D and E are said to have been X"),
        ("{name: D, credentials: {accessToken: {env: A, file: b}}}", "accessToken says both env and file"),
        ("{name: D, credentials: {accessToken: {}}}", "accessToken says neither env nor file"),
        (
            "{name: D, credentials: {accessToken: {env: A}}}, "
            "{name: E, credentials: {accessToken: {env: A}}}",
            "E and D have one access token (env A), which the server refuses",
        ),
    ],
)
def test_faults_of_devices(faults: Faults, text: str, fault: str) -> None:
    """Each is told alone."""
    found = [one.split(": ", 1)[1][: len(fault)] for one in faults(devices(text))]
    assert found == [fault]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{name: A}, {name: A}", "the Country A is already there (fleet.yaml:4:20)"),
        ("{name: A, aliases: [B]}, {name: B}", "the Country B is already there (fleet.yaml:4:20)"),
        ("{name: A, states: [{name: S}, {name: S}]}", "the State S is already there (fleet.yaml:4:39)"),
        (
            "{name: Georgia, states: [{name: Georgia}]}",
            "the State Georgia would be the same asset as the Country Georgia (fleet.yaml:4:13)",
        ),
        (
            "{name: A, states: [{name: S}]}, {name: B, states: [{name: S}]}",
            "the State S would be the same asset as the State S",
        ),
        ("{name: A, shared: true, formerly: B}", "A is shared, and so not this fleet's to rename from B"),
        ("{name: A, location: auto}", 'location must be a mapping, not the text "auto"'),
        ("{name: A, assetName: B}, {name: B}", "the Country B would be the same asset as the Country A"),
    ],
)
def test_faults_of_places(faults: Faults, text: str, fault: str) -> None:
    """Assets share one namespace."""
    found = [one.split(": ", 1)[1][: len(fault)] for one in faults(places(text))]
    assert found == [fault]


def test_an_asset_name_parts_places_of_one_name(faults: Faults) -> None:
    """That is what the remedy says."""
    assert faults(places("{name: Georgia, states: [{name: Georgia, assetName: Georgia (State)}]}")) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("tunnel: {user: x}\n", "the tunnel has no host"),
        ("metadata2: {}\n", 'there is no key "metadata2" here'),
        ("safety: {maxChangePercent: 101}\n", "maxChangePercent must be at most 100, not 101"),
        ("safety: {adopt: allways}\n", 'adopt must be ask or always or never, not the text "allways"'),
        ("server: {tenant: x}\n", 'tenant: the text "x" is not allowed'),
        ("sensorSets: {s: [{key: a, every: 3x}]}\n", 'every: the text "3x" is not allowed'),
        (
            "sensorSets: {s: [{key: a, warnAbove: 5, alarmAbove: 3}]}\n",
            "alarmAbove 3 is not above warnAbove 5",
        ),
        ("sensorSets: {s: [{key: a, minimum: 5, maximum: 5}]}\n", "maximum 5 is not above minimum 5"),
        ("sensorSets: {s: [{key: a, hysteresis: -1}]}\n", "hysteresis must be at least 0, not -1"),
        ("sensorSets: {s: [{key: a, decimals: 10}]}\n", "decimals must be at most 9, not 10"),
        ("sensorSets: {1s: []}\n", 'the name "1s" is not allowed'),
        ("renamed: {A: 1}\n", "A must be text, not the number 1"),
    ],
)
def test_faults_of_the_fleet(faults: Faults, body: str, fault: str) -> None:
    """Each at its key."""
    assert [one.split(": ", 1)[1] for one in faults(body)] == [fault]


@pytest.mark.parametrize("name", ["1fleet", "", "-x", "a b", "é", "a\\n"])
def test_fleet_names_start_with_a_letter(name: str) -> None:
    """They become part of attributes, files and prompts."""
    loaded = load([Source("f", f'apiVersion: papaya/v1\nkind: Fleet\nmetadata: {{name: "{name}"}}\nx: 1\n')])
    assert len(loaded.diagnostics) == 2
    assert loaded.fleet is None


def test_ports_are_unique_per_host_and_enough(faults: Faults) -> None:
    """Numbers that are written, and those that papaya allots."""
    head = "tunnel: {host: h, remotePorts: {from: 5, to: 6}}\n"
    two = "{name: D, tunnel: {remotePort: 5}}, {name: E, tunnel: {remotePort: 5}}"
    other = "{name: D, tunnel: {remotePort: 5}}, {name: E, tunnel: {remotePort: 5, host: i}}"
    off = "{name: D, tunnel: {remotePort: 5}}, {name: E, tunnel: {remotePort: 5, enabled: false}}"
    auto = two.replace("remotePort: 5", "remotePort: auto")
    assert [one.split(": ", 1)[1] for one in faults(devices(two, head))] == [
        "the port 5 on h leads to D already, so it cannot lead to E"
    ]
    assert faults(devices(other, head)) == faults(devices(off, head)) == faults(devices(auto, head)) == []
    three = auto + ", {name: F, tunnel: {remotePort: auto}}"
    assert faults(devices(three, head)) == [
        "fleet.yaml:4:1: 3 ports are asked for on h, 2 of 5 to 6 are free"
    ]
    assert faults(devices(auto, "tunnel: {host: h}\n"))[0].endswith("and the fleet has none to allot")
    assert faults("tunnel: {host: h, remotePorts: {from: 6, to: 5}}\n") == [
        "fleet.yaml:4:1: the remote ports end (5) before they start (6)"
    ]


def test_more_tunnels_than_a_bastion_has_ports_need_another_bastion() -> None:
    head = "tunnel: {host: h, user: u, remotePorts: {from: 1024, to: 65535}}\n"
    fleet = load(
        [
            Source(
                "f",
                "apiVersion: papaya/v1\nkind: Fleet\nmetadata: {name: f}\n"
                + devices("{name: D, tunnel: {remotePort: auto}}", head),
            )
        ]
    ).fleet
    assert fleet is not None
    for many, remedy in ((64_512, ""), (64_513, "name another one for a part of the fleet")):
        report = Report()
        check_tunnels(fleet, list(fleet.devices()) * many, report)
        faults = [one for one in report.diagnostics if one.severity == "error"]
        assert [remedy in one.remedy for one in faults] == [True] * bool(remedy)


def test_further_forwards_take_ports_too(faults: Faults) -> None:
    """Those that papaya allots count, those that are fixed collide."""
    head = "tunnel: {host: h, remotePorts: {from: 5, to: 6}, forwards: {web: 80}}\n"
    auto = "{name: D, tunnel: {remotePort: auto}}"
    assert faults(devices(auto, head)) == []
    assert faults(devices(f"{auto}, {{name: E, tunnel: {{remotePort: 9}}}}", head)) == [
        "fleet.yaml:4:1: 3 ports are asked for on h, 2 of 5 to 6 are free"
    ]
    one = "{name: D, tunnel: {remotePort: 7, forwardPorts: {web: 7}}}"
    assert [fault.split(": ", 1)[1] for fault in faults(devices(one, head))] == [
        "the port 7 on h leads to D already, so it cannot lead to D (web)"
    ]
    other = "{name: D, tunnel: {remotePort: 7, forwardPorts: {wep: 8}}}"
    assert [fault.split(": ", 1)[1] for fault in faults(devices(other, head))] == [
        "forwardPorts of D names wep, and the fleet has no such forward"
    ]
    spelling = "{name: D, tunnel: {remotePort: 7}}, {name: E, tunnel: {remotePort: 7, host: H}}"
    head = "tunnel: {host: h, remotePorts: {from: 5, to: 6}}\n"
    assert "leads to D already" in faults(devices(spelling, head))[0]


def test_ports_that_the_bastion_may_not_be_able_to_open_are_warned_of_once(warnings: Faults) -> None:
    """Those of root, and those that Linux gives to outgoing connections."""
    low = "remotePorts from 22 to 2000: only root can open ports below 1024 on the bastion"
    high = "from 32768 on Linux gives ports to outgoing connections, and one may hold it"
    fixed = "{name: D, tunnel: {remotePort: 40000}}, {name: E, tunnel: {remotePort: 40001}}"
    head = "tunnel: {host: h, remotePorts: {from: 22, to: 2000}}\n"
    assert [one.split(": ", 1)[1] for one in warnings(devices(fixed, head))] == [
        low,
        f"the port 40000 of D: {high}; the same holds for 1 more",
    ]
    head = "tunnel: {host: h, remotePorts: {from: 20000, to: 40000}}\n"
    assert [one.split(": ", 1)[1] for one in warnings(head)] == [f"remotePorts from 20000 to 40000: {high}"]
    fine = "{name: D, tunnel: {remotePort: 1024}}, {name: E, tunnel: {remotePort: 32767}}"
    head = "tunnel: {host: h, remotePorts: {from: 20000, to: 32767}}\n"
    assert warnings(devices(fine, head)) == []


def test_the_own_forward_has_its_name_for_itself(faults: Faults) -> None:
    """A second one of this name would take its service."""
    assert faults("tunnel: {host: h, forwards: {ssh: 22}}\n") == [
        "fleet.yaml:4:1: a forward cannot be called ssh: so is the one that every device has"
    ]


def test_warnings(warnings: Faults) -> None:
    """What is allowed and rarely meant."""
    text = '{name: "D ", serial: "12"}, {name: "d ", serial: "12"}, '
    text += '{name: E, attributes: {a: "1.50", b: v1, c: 0012}}'
    body = devices(text, "renamed: {X: Y}\n")
    assert [one.split(": ", 1)[1] for one in warnings(body)] == [
        "X is renamed to Y, which is no device here",
        "name begins or ends with a blank, which the server keeps",
        "the serial 12 is bare digits, which the server turns into a number in telemetry "
        "(and 1 more like it)",
        "d  has the serial of D : 12",
        "the devices d  and D  (fleet.yaml:5:52) differ by case only",
        "name begins or ends with a blank, which the server keeps",
        'a is the text "1.50", which servers from 4.2 on store as a number',
        "0012 is the number 12 here, its zeros are lost",
    ]


def test_all_faults_are_told_at_once_and_in_order(faults: Faults) -> None:
    """Those of the schema and those of the rules; what a fault hides is not made up."""
    found = faults(
        "safety: {maxDestroy: x}\n"
        "sensorSets: {s: [{key: 1}]}\n"
        + devices("{nme: A}, {name: D, sensors: s}, {name: D}, {name: E, model: m, lable: x}")
    )
    assert [one.split(":")[1] for one in found] == ["4", "5", "6", "6", "6", "6", "6"]
    assert not any("sensor set" in one for one in found)


def test_unknown_keys_name_what_is_meant(loaded: Callable[..., object]) -> None:
    """By likeness, and by case."""
    from papaya.manifest.load import Loaded

    result = loaded(devices("{name: D, Label: x, sharedAtributes: {}, zzz: 1}"))
    assert isinstance(result, Loaded)
    remedies = [fault.remedy for fault in result.diagnostics]
    assert remedies[:2] == ["did you mean label?", "did you mean sharedAttributes?"]
    assert remedies[2].startswith("known here: attributes, ")
