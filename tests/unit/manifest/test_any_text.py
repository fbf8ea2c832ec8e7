"""Whatever stands in the texts: loading answers with diagnostics and raises nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from papaya.diagnostics import has_errors
from papaya.manifest.expand import bundle_of, document_of
from papaya.manifest.load import Loaded, Source, load
from papaya.manifest.model import Country, Device, Fleet, Profiles, Safety, Server, Tunnel
from papaya.manifest.schema import schema
from papaya.manifest.write import to_yaml
from papaya.resources import locate
from tests.examples import examples

CITY = locate("manifests", "city", "fleet.yaml").read_text(encoding="utf-8")
NATIONAL = locate("manifests", "national", "fleet.yaml").read_text(encoding="utf-8")
GARAGE = locate("manifests", "environments", "fleet.yaml").read_text(encoding="utf-8")
METERS = locate("manifests", "national", "meters.csv").read_text(encoding="utf-8")
PLACES = "\n---\n".join(
    locate("manifests", "national", f"{name}.yaml").read_text(encoding="utf-8")
    for name in ("india", "germany")
)
HEAD = "apiVersion: papaya/v1\nkind: Fleet\nmetadata: {name: f}\n"

KEYS = sorted({key for rule in schema()["$defs"].values() for key in rule.get("properties", {})})
WORDS = st.sampled_from(
    [
        *KEYS,
        "C",
        "S",
        "D",
        "auto",
        "m",
        "s",
        "12",
        "0012",
        "30s",
        "{{ name }}",
        "a b",
        "http://x",
        "<b>",
        "",
        " x ",
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-400, 70_000)
    | st.floats(allow_nan=True, allow_infinity=True)
    | WORDS
    | st.text(max_size=8)
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)
NAMES = st.sampled_from(
    ["C", "S", "D", "E", "PM-1", "x y", "é", "a" * 300, "NO", "22:30", "0o14", "1e3", "~"]
)


def never(asking: Source, name: str) -> str:
    """Read no file."""
    return "there is none"


def checked(loaded: Loaded) -> Loaded:
    """Return what was loaded after a look at what is always so."""
    assert (loaded.fleet is None) == has_errors(loaded.diagnostics)
    assert list(loaded.diagnostics) == sorted(
        loaded.diagnostics, key=lambda d: (d.mark, d.severity, d.summary, d.remedy)
    )
    assert all(diagnostic.summary for diagnostic in loaded.diagnostics)
    return loaded


@given(st.text())
def test_any_text_is_loaded_or_refused(text: str) -> None:
    """Most are refused."""
    checked(load([Source("f.yaml", text)]))


@given(st.text(alphabet="[]{}:,-?&*!|>'\"%@`#\n \tab12.~<", max_size=60))
def test_any_punctuation_is_loaded_or_refused(text: str) -> None:
    """Where YAML is at its strangest."""
    checked(load([Source("f.yaml", HEAD + text)]))


@given(
    st.sampled_from([CITY, NATIONAL, GARAGE]),
    st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 12), st.text(max_size=6) | WORDS), min_size=1, max_size=4
    ),
)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_damaged_manifests_are_loaded_or_refused(text: str, edits: list[tuple[float, int, str]]) -> None:
    """Pieces replaced, inserted and cut out anywhere."""
    for where, length, inserted in edits:
        at = int(where * len(text))
        text = text[:at] + inserted + text[at + length :]
    checked(load([Source("f.yaml", text)], environment="staging" if "staging" in text else None))


@given(st.dictionaries(st.sampled_from(KEYS), TREES, max_size=6))
def test_any_tree_under_known_keys_is_loaded_or_refused(tree: dict[str, Any]) -> None:
    """Right keys with wrong values, in wrong places."""
    checked(load([Source("f.yaml", HEAD + to_yaml(tree))], read_csv=never))


def fields_of(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return mappings with the fields of a definition and mostly fitting values."""
    rule = schema()["$defs"][name]
    fitting: dict[str, st.SearchStrategy[Any]] = {}
    for key in rule["properties"]:
        fitting[key] = SPECIAL.get(key, LEAVES)
    required = {key: fitting.pop(key) for key in rule.get("required", ())}
    return st.fixed_dictionaries(required, optional=fitting)


HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAQHBw2bAJTz4R3nqO2Gyqd0QI0vMCpsJxuBLzgmvHLx"
POINT = st.fixed_dictionaries({"latitude": st.floats(-90, 90), "longitude": st.floats(-180, 180)})
ATTRIBUTES = st.dictionaries(st.text(min_size=1, max_size=6) | WORDS, TREES, max_size=3)
SECRET = st.fixed_dictionaries(
    {"env": st.sampled_from(["T", "T_{{ name }}", "{{ serial | upper }}", "{{ x }}"])}
)
SENSOR = st.fixed_dictionaries(
    {"key": st.sampled_from(["a", "b", "t.c"])},
    optional={
        "every": st.sampled_from(["30s", 2, "500ms"]),
        "warnAbove": st.floats(0, 5),
        "unit": st.just("°C"),
    },
)
SPECIAL: dict[str, st.SearchStrategy[Any]] = {
    "name": NAMES,
    "assetName": NAMES | st.none(),
    "aliases": st.lists(NAMES, max_size=2, unique=True),
    "label": st.text(max_size=5),
    "description": st.text(max_size=5),
    "location": POINT | st.just("auto"),
    "attributes": ATTRIBUTES,
    "sharedAttributes": ATTRIBUTES,
    "sensors": st.sampled_from(["s", ["s"], ["s", "t"], []]) | st.lists(SENSOR, max_size=2),
    "credentials": st.fixed_dictionaries({"accessToken": SECRET}),
    "tunnel": st.sampled_from(
        [
            {"remotePort": "auto"},
            {"remotePort": 5, "forwardPorts": {"web": 6}},
            {},
            {"enabled": False, "user": "x", "hostKeys": [HOST_KEY]},
            {"remotePort": "auto", "host": "other"},
        ]
    ),
    "model": st.sampled_from(["m", None]),
    "profile": NAMES,
    "serial": st.sampled_from(["S1", "S2", "12", "0012"]),
    "protect": st.booleans(),
    "shared": st.booleans(),
    "gateway": st.booleans(),
    "formerly": NAMES,
    "customer": NAMES,
    "only": st.just([]),
    "defaults": st.none(),
    "devices": st.none(),
    "devicesFrom": st.none(),
}
DEVICES = st.lists(fields_of("device"), max_size=3)


@examples(50, 5_000, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(st.data())
def test_what_is_rendered_loads_as_the_same_fleet(data: st.DataObject) -> None:
    """Expanding a fleet loses nothing but the places where it was written."""
    states = data.draw(st.lists(fields_of("state"), max_size=2))
    for state in states:
        state.update({"devices": data.draw(DEVICES)})
    body = {
        "sensorSets": {"s": [{"key": "a", "every": "5s"}], "t": [{"key": "c"}]},
        "models": {"m": data.draw(fields_of("model"))},
        "defaults": {"device": data.draw(fields_of("deviceDefaults"))},
        "tunnel": {
            "host": "h",
            "remotePorts": {"from": 1, "to": 99},
            "hostKeys": [HOST_KEY.replace("MCps", "MCpt")],
            "forwards": {"web": 80},
        },
        "profiles": data.draw(st.sampled_from([{}, {"device": "P"}, {"state": "X", "create": True}])),
        "countries": [{"name": "Country", "states": states}],
    }
    loaded = checked(load([Source("f.yaml", HEAD + to_yaml(body))]))
    assume(loaded.fleet is not None)
    assert loaded.fleet is not None
    written = to_yaml(document_of(loaded.fleet))
    again = load([Source("f.yaml", written)])
    assert again.fleet is not None, (written, again.diagnostics)
    assert unmarked(again.fleet) == unmarked(loaded.fleet)
    for device in loaded.fleet.devices():
        bundle = load([Source("b.yaml", to_yaml(bundle_of(loaded.fleet, device)))])
        assert bundle.fleet is not None, bundle.diagnostics
        (alone,) = bundle.fleet.devices()
        assert device_unmarked(alone) == device_unmarked(device)
        assert bundle.fleet.bundle == device.name
        assert all(place.shared for place in (*bundle.fleet.countries, *bundle.fleet.countries[0].states))


def unmarked(fleet: Fleet) -> Fleet:
    """Return a fleet that does not know where it was written."""
    return replace(
        fleet,
        server=Server(fleet.server.url),
        profiles=replace(fleet.profiles, mark=None) if fleet.profiles != Profiles() else Profiles(),
        safety=Safety(),
        tunnel=replace(fleet.tunnel, mark=None) if isinstance(fleet.tunnel, Tunnel) else None,
        countries=tuple(country_unmarked(country) for country in fleet.countries),
        digest="",
        mark=None,
    )


def country_unmarked(country: Country) -> Country:
    """Return a Country that does not know where it was written."""
    states = tuple(
        replace(state, mark=None, devices=tuple(device_unmarked(device) for device in state.devices))
        for state in country.states
    )
    return replace(country, mark=None, states=states)


def device_unmarked(device: Device) -> Device:
    """Return a device that does not know where it was written."""
    token = device.access_token
    return replace(
        device,
        mark=None,
        access_token=None if token is None else replace(token, mark=None),
        tunnel=None if device.tunnel is None else replace(device.tunnel, mark=None),
    )


CELLS = st.text(alphabet='ab1.,;"\n\r\t é', max_size=6)


@given(
    st.one_of(
        st.text(max_size=80),
        st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=5).map(
            lambda rows: "name,label\n" + "\n".join(",".join(row) for row in rows)
        ),
    )
)
def test_any_table_is_loaded_or_refused(text: str) -> None:
    """With headers that are fields, and with whatever else."""
    body = "countries: [{name: C, states: [{name: S, devicesFrom: {csv: a.csv}}]}]\n"
    checked(load([Source("f.yaml", HEAD + body)], read_csv=lambda *_: Source("a.csv", text, "csv")))


EXPRESSIONS = st.sampled_from(
    [
        "{{ meter_id }}",
        "{{ lat | float }}",
        "{{ lat.x }}",
        "{{ lat ~ lon }}",
        "{{ lat / lon }}",
        "{{ [lat] }}",
        "{{ {'a': lat} }}",
        "{{ row }}",
        "{{ none }}",
        "{{ lat is none }}",
        "{% if lat %}x{% endif %}",
        "{{ lat",
        "{{ 1/0 }}",
        "{{ lat | tojson }}",
        "{{ lat.format }}",
        "{{ lat | list }}",
        "{{ nope }}",
        "{{ ' ' }}",
        "x{{ lat }}",
    ]
)


@given(
    st.dictionaries(
        st.sampled_from(["name", "label", "serial", "model", "sensors", "location", "protect"]), EXPRESSIONS
    )
)
def test_any_expression_is_evaluated_or_refused(fields: dict[str, str]) -> None:
    """In any field of a row."""
    each = {"country": "{{ country }}", "state": "{{ state }}", "name": "{{ meter_id }}", **fields}
    body = HEAD + to_yaml({"devicesFrom": {"csv": "m.csv", "each": each}}) + "---\n" + PLACES
    checked(load([Source("f.yaml", body)], read_csv=lambda *_: Source("m.csv", METERS, "csv")))


def test_the_accelerator_accepts_only_what_jsonschema_accepts() -> None:
    """It may be missing; where it is there, it must not let anything through."""
    accelerated = pytest.importorskip("jsonschema_rs")
    from jsonschema import Draft202012Validator

    rules = {"$ref": "#/$defs/device", "$defs": schema()["$defs"]}
    fast: Callable[[Any], bool] = accelerated.validator_for(rules).is_valid
    slow = Draft202012Validator(rules)

    @given(fields_of("device") | TREES)
    def agree(tree: Any) -> None:
        assert not fast(tree) or slow.is_valid(tree)

    agree()
