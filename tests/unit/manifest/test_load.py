"""From texts to a fleet: layers, environments, places and several files."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from papaya.manifest.load import Source, load
from papaya.manifest.model import Device, Fleet, Location, PortRange
from papaya.resources import locate

Valid = Callable[..., Fleet]
Faults = Callable[..., list[str]]

EXAMPLES = {
    "city": None,
    "demo": None,
    "full": None,
    "national": None,
    "parking-meter": None,
    "environments": "staging",
}


def one_device(fields: str) -> str:
    """Return the body of a manifest with one device."""
    return f"countries: [{{name: C, states: [{{name: S, devices: [{{name: D{fields}}}]}}]}}]\n"


def device_of(fleet: Fleet, name: str = "D") -> Device:
    """Return a device that is there."""
    device = fleet.device(name)
    assert device is not None
    return device


def test_a_manifest_of_nothing_but_a_name_is_a_fleet(fleet: Valid) -> None:
    """Everything else has a default."""
    empty = fleet("")
    assert (empty.name, empty.countries, empty.profiles.device) == ("test", (), "default")


def test_the_city_says_what_it_says() -> None:
    """The example of three meters, end to end."""
    text = locate("manifests", "city", "fleet.yaml").read_text(encoding="utf-8")
    loaded = load([Source("fleet.yaml", text)])
    assert loaded.diagnostics == ()
    assert loaded.fleet is not None
    assert [device.name for device in loaded.fleet.devices()] == ["PM-0001", "PM-0002", "PM-0003"]
    first, _, last = loaded.fleet.devices()
    assert first.location == Location(12.9756, 77.6068)
    assert last.location == "auto"
    assert first.access_token is not None
    assert (first.access_token.env, str(first.access_token.mark)) == ("PM_0001_TOKEN", "fleet.yaml:40:13")
    assert (first.country, first.state, first.profile, first.protect) == (
        "INDIA",
        "Karnataka",
        "IoT-Gateway",
        True,
    )
    assert [sensor.key for sensor in first.sensors] == ["parking.distance_cm", "temperature.celsius"]
    assert first.sensors is last.sensors
    assert str(loaded.fleet.safety.max_destroy_mark) == "fleet.yaml:13:10"
    assert len(loaded.fleet.digest) == 64


def test_layers_merge_with_the_nearest_on_top(fleet: Valid) -> None:
    """Fleet defaults < model < country < state < device; maps merge, lists replace."""
    found = fleet(
        """
sensorSets: {a: [{key: a}], b: [{key: b}]}
defaults:
  device: {sensors: [a], label: fleet, attributes: {fleet: 1, model: 1, country: 1, state: 1, device: 1}}
models: {m: {sensors: [a, b], label: model, attributes: {model: 2, country: 2, state: 2, device: 2}}}
countries:
  - name: C
    defaults: {device: {model: m, label: country, attributes: {country: 3, state: 3, device: 3}}}
    states:
      - name: S
        defaults: {device: {attributes: {state: 4, device: 4}}}
        devices: [{name: D, sensors: b, attributes: {device: 5}}, {name: E}]
"""
    )
    device = device_of(found)
    assert device.attributes == {"fleet": 1, "model": 2, "country": 3, "state": 4, "device": 5}
    assert (device.label, device.model, device.sensor_sets) == ("country", "m", ("b",))
    assert device_of(found, "E").sensor_sets == ("a", "b")


def test_null_drops_an_inherited_key_and_is_never_sent(fleet: Valid) -> None:
    """Also inside of attributes, and where nothing is inherited."""
    found = fleet(
        """
models: {m: {label: x, protect: true}}
defaults:
  device: {model: m, attributes: {a: 1, b: {c: 1, d: 2}}, credentials: {accessToken: {env: "T_{{ name }}"}}}
countries: [{name: C, states: [{name: S, devices: [
  {name: D, label: null, attributes: {a: null, b: {c: null}, e: null}, credentials: null},
  {name: E, model: null}]}]}]
"""
    )
    device = device_of(found)
    assert (device.label, device.protect, device.access_token) == (None, True, None)
    assert device.attributes == {"b": {"d": 2}}
    assert (device_of(found, "E").model, device_of(found, "E").protect) == (None, False)


def test_places_have_layers_of_their_own(fleet: Valid) -> None:
    """`country` and `state` on the fleet, `state` on a Country."""
    found = fleet(
        """
defaults: {country: {label: c, attributes: {x: 1}}, state: {protect: true, attributes: {y: 1, z: 1}}}
countries:
  - {name: C, attributes: {w: 1}, defaults: {state: {attributes: {z: 2}}}, states: [{name: S, label: s}]}
"""
    )
    (country,) = found.countries
    assert (country.label, country.attributes) == ("c", {"x": 1, "w": 1})
    (state,) = country.states
    assert (state.label, state.protect, state.attributes) == ("s", True, {"y": 1, "z": 2})


def test_the_model_of_a_layer_counts_unless_the_device_names_one(fleet: Valid) -> None:
    """A model may be named by defaults, and overruled."""
    found = fleet(
        """
models: {m1: {label: one}, m2: {label: two}}
defaults: {device: {model: m1}}
countries: [{name: C, states: [{name: S, devices: [{name: D}, {name: E, model: m2}]}]}]
"""
    )
    assert [device.label for device in found.devices()] == ["one", "two"]


def test_a_reference_replaces_the_one_that_is_inherited(fleet: Valid) -> None:
    """Env and file are not merged into one reference that has both."""
    found = fleet(
        'defaults: {device: {credentials: {accessToken: {env: "T_{{ name }}"}}}}\n'
        + one_device(", credentials: {accessToken: {file: t}}")
    )
    token = device_of(found).access_token
    assert token is not None
    assert (token.env, token.file) == (None, "t")


def test_secret_patterns_are_filled_in_for_each_device(fleet: Valid) -> None:
    """By field, and by expressions."""
    found = fleet(
        """
defaults: {device: {credentials: {accessToken: {file: "tokens/{{ country }}/{{ name }}"}}}}
countries: [{name: C, states: [{name: S, devices: [
  {name: PM-1}, {name: PM-2, credentials: {accessToken: {env: "{{ name | replace('-', '_') }}_TOKEN"}}}]}]}]
"""
    )
    assert [str(device.access_token) for device in found.devices()] == [
        "file tokens/C/PM-1",
        "env PM_2_TOKEN",
    ]


def test_an_environment_is_merged_over_the_document(fleet: Valid) -> None:
    """By RFC 7396, and what `only` excludes is not there."""
    body = """
server: {url: "http://a", username: u, password: {env: P}}
tunnel: {host: a, remotePorts: {from: 1, to: 9}}
environments:
  one: {server: {url: "http://b", username: null, password: {file: p}}, tunnel: {host: b}}
  two: {safety: {maxDestroy: 3}}
countries: [{name: C, states: [{name: S, devices: [
  {name: D, only: [one], tunnel: {remotePort: auto}}, {name: E, only: two}, {name: F}]}]}]
"""
    one, two = fleet(body, environment="one"), fleet(body, environment="two")
    assert (one.server.url, one.server.username) == ("http://b", None)
    assert one.server.password is not None
    assert (one.server.password.env, one.server.password.file) == (None, "p")
    assert one.tunnel is not None
    assert (one.tunnel.host, one.tunnel.remote_ports) == ("b", PortRange(1, 9))
    tunnel = device_of(one).tunnel
    assert tunnel is not None
    assert tunnel.host == "b"
    assert [[device.name for device in each.devices()] for each in (one, two)] == [["D", "F"], ["E", "F"]]
    assert (two.safety.max_destroy, two.environment, two.environments) == (3, "two", ("one", "two"))


def test_environments_have_to_be_chosen_among(faults: Faults) -> None:
    """None, and one that is not there, both name those that are."""
    body = "environments: {staging: {}, production: {}}\n"
    assert faults(body) == ["fleet.yaml:4:1: this fleet has environments: staging, production"]
    assert faults(body, environment="stagin") == ["fleet.yaml:4:1: there is no environment stagin"]
    assert faults("", environment="x") == ["fleet.yaml:1:1: there is no environment x"]


def test_faults_of_an_environment_stand_where_they_are_written(faults: Faults) -> None:
    """Also those that only come from the merge."""
    assert faults("environments:\n  a: {safety: {maxDestroy: x}}\n", environment="a") == [
        'fleet.yaml:5:28: maxDestroy must be a whole number, not the text "x"'
    ]
    body = "profiles: {devices: {P: {provisioning: {key: k}}}}\nenvironments: {a: {profiles: {state: X}}}\n"
    assert faults(body, environment="a") == [
        'fleet.yaml:4:40: provisioning has no "secret"',
        'fleet.yaml:4:40: provisioning has no "strategy"',
    ]


def test_countries_may_have_documents_of_their_own() -> None:
    """In other files or in the same one; the Fleet's own come first."""
    texts = [
        Source("a.yaml", "apiVersion: papaya/v1\nkind: Country\nname: A\n"),
        Source(
            "fleet.yaml",
            "apiVersion: papaya/v1\nkind: Fleet\nmetadata: {name: f}\ncountries: [{name: B}]\n"
            "---\napiVersion: papaya/v1\nkind: Country\nname: C\nstates: [{name: S}]\n",
        ),
    ]
    loaded = load(texts)
    assert loaded.fleet is not None
    assert [country.name for country in loaded.fleet.countries] == ["B", "A", "C"]


def test_there_is_one_fleet() -> None:
    """None and two are faults."""
    fleet_text = "apiVersion: papaya/v1\nkind: Fleet\nmetadata: {name: f}\n"
    country_text = "apiVersion: papaya/v1\nkind: Country\nname: A\n"

    def told(*texts: str) -> list[str]:
        sources = [Source(f"{number}.yaml", text) for number, text in enumerate(texts)]
        return [f"{fault.mark}: {fault.summary}" for fault in load(sources).diagnostics]

    assert told(fleet_text, fleet_text) == ["1.yaml:1:1: this is a second Fleet; the first one is 0.yaml:1:1"]
    assert told(country_text) == ["0.yaml:1:1: there is no document of kind Fleet"]
    assert told("# nothing\n") == ["0.yaml: there is no document of kind Fleet"]
    assert told(fleet_text, "a: 1\n") == ["1.yaml:1:1: this is no manifest of papaya"]
    assert told(fleet_text, "kind: Countri\n") == [
        '1.yaml:1:7: kind must be Fleet or Country, not the text "Countri"'
    ]
    assert told(fleet_text, "[1, 2]\n") == ["1.yaml:1:1: a manifest is a mapping, not a list"]


def test_profiles_are_declared_or_not(fleet: Valid) -> None:
    """A device without any declared profile is created with the default one, and left alone after that."""
    assert [device_of(fleet(one_device(""))).profile_declared] == [False]
    assert device_of(fleet("profiles: {device: P}\n" + one_device(""))).profile_declared
    assert device_of(fleet(one_device(", profile: Q"))).profile == "Q"


def test_sensor_intervals_are_seconds(fleet: Valid) -> None:
    """Whatever unit they are written in."""
    found = fleet(
        "sensorSets: {s: [{key: a, every: 500ms}, {key: b, every: 1.5m}, {key: c, every: 2}, {key: d}]}\n"
        + one_device(", sensors: [s, {key: e, every: 1h, source: {kind: gpio, pin: 4}}]")
    )
    device = device_of(found)
    assert [sensor.every for sensor in device.sensors] == [0.5, 90.0, 2.0, None, 3600.0]
    assert device.sensor_sets == ("s",)
    assert device.sensors[-1].source == {"kind": "gpio", "pin": 4}


def test_everything_that_a_device_may_say(fleet: Valid) -> None:
    """Each field arrives under its name in the model."""
    found = fleet(
        "tunnel: {host: h, user: u, port: 2222, identityFile: /i, knownHosts: /k, serverVersion: '9.8', "
        "forwards: {web: 80}}\nrenamed: {OLD: D}\n"
        + one_device(
            ", serial: S1, label: l, description: d, customer: c, gateway: true, protect: true, "
            "sharedAttributes: {a: [1, {b: null}]}, tunnel: {remotePort: 20001, user: v, localPort: 2022}"
        )
    )
    device = device_of(found)
    assert (device.serial, device.label, device.description, device.customer) == ("S1", "l", "d", "c")
    assert (device.gateway, device.protect, device.formerly) == (True, True, "OLD")
    assert device.shared_attributes == {"a": [1, {"b": None}]}
    tunnel = device.tunnel
    assert tunnel is not None
    assert (tunnel.remote_port, tunnel.host, tunnel.user, tunnel.port) == (20001, "h", "v", 2222)
    assert (tunnel.identity_file, tunnel.known_hosts, tunnel.local_port) == ("/i", "/k", 2022)
    assert found.tunnel is not None
    assert (found.tunnel.server_version, found.tunnel.forwards) == ("9.8", {"web": 80})


def test_the_digest_is_that_of_every_text(fleet: Valid) -> None:
    """Also of the CSV texts, so that a saved plan notices a changed export."""
    body = "countries: [{name: C, states: [{name: S, devicesFrom: {csv: a.csv}}]}]\n"
    first = fleet(body, csv={"a.csv": "name\nD\n"})
    assert first.digest != fleet(body, csv={"a.csv": "name\nE\n"}).digest
    assert first.digest == fleet(body, csv={"a.csv": "name\nD\n"}).digest


def test_the_garbage_collector_is_as_it_was() -> None:
    """It is off while loading, and only then."""
    import gc

    assert gc.isenabled()
    load([Source("f", "a: 1")])
    assert gc.isenabled()
    gc.disable()
    try:
        load([Source("f", "a: 1")])
        assert not gc.isenabled()
    finally:
        gc.enable()


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_every_shipped_manifest_is_loaded_here(name: str) -> None:
    """A folder that nobody tests would rot; tests/cli/test_validate.py loads them."""
    shipped = {entry.name for entry in locate("manifests").iterdir() if entry.is_dir()}
    assert shipped == EXAMPLES.keys()
    assert any(entry.name.startswith("fleet.yaml") for entry in locate("manifests", name).iterdir())


WHOLE = """
apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
countries: [{name: C, states: [{name: S, devices: [{name: PM-1}, {name: PM-2}]}]}]
"""
BUNDLE = WHOLE.replace("name: meters", "name: meters, bundle: PM-1").replace(", {name: PM-2}", "")


@pytest.mark.parametrize("names", [("PM-1.yaml", "fleet.yaml"), ("pm-1.yaml", "aaa.yaml")])
def test_a_bundle_beside_its_fleet_is_no_second_fleet(names: tuple[str, str]) -> None:
    """`render --device PM-1 -o PM-1.yaml` in the folder of the manifest leaves every command working."""
    texts = [Source(names[0], BUNDLE), Source(names[1], WHOLE), Source("other.yaml", BUNDLE)]
    for sources in (texts, texts[::-1]):
        loaded = load(sources)
        assert loaded.diagnostics == ()
        assert loaded.fleet is not None
        assert (len(list(loaded.fleet.devices())), loaded.fleet.bundle) == (2, None)
    alone = load(texts[:1]).fleet
    assert alone is not None
    assert alone.bundle == "PM-1"


def test_a_bundle_of_another_fleet_is_a_second_fleet() -> None:
    """Whose it is, nobody can know."""
    other = Source("PM-1.yaml", BUNDLE.replace("name: meters", "name: others"))
    (fault,) = load([Source("fleet.yaml", WHOLE), other]).diagnostics
    assert "this is a second Fleet" in fault.summary
