"""What the engine does for devices that were provisioned: whose they are, and what a bundle may not touch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from papaya.engine.inventory import PROVISIONED
from papaya.manifest.load import Source, load
from papaya.manifest.model import Fleet, Location
from papaya.sandbox import Sandbox
from tests.unit.apply.run import Operator
from tests.unit.sandbox.client import Client

MANIFEST = """
apiVersion: papaya/v1
kind: Fleet
metadata: {name: %s}
profiles: {device: IoT-Gateway}
countries:
  - name: %s
    %s
    states:
      - name: %s
        %s
        devices: [{name: PM-1, serial: SN-1, location: auto}]
"""
SHARED = "shared: true"


@pytest.fixture
def operator() -> Iterator[Operator]:
    with Sandbox() as sandbox:
        yield Operator(sandbox)


def fleet(
    country: str = "INDIA", state: str = "Karnataka", *, owns: bool = True, bundle: bool = False
) -> Fleet:
    """Return a fleet of one device; one that owns nothing is what provisioning without a manifest makes."""
    shared = "" if owns and not bundle else SHARED
    loaded = load([Source("fleet.yaml", MANIFEST % ("meters", country, shared, state, shared))])
    assert loaded.fleet is not None, loaded.diagnostics
    made = loaded.fleet
    if not owns:
        made = replace(made, name=PROVISIONED)
    return replace(made, bundle="PM-1") if bundle or not owns else made


def test_a_provisioned_device_is_adopted_by_the_fleet_that_comes_to_name_it(operator: Operator) -> None:
    assert operator.execute(operator.plan(fleet(owns=False))).is_complete
    assert operator.plan(fleet(owns=False)).is_empty
    plan = operator.plan(fleet())
    assert plan.refusals == ()
    assert {change.address.name for change in plan.changes if change.adopts} == {"INDIA", "Karnataka", "PM-1"}
    assert operator.execute(plan).is_complete
    assert operator.plan(fleet()).is_empty


def test_what_provisioning_wrote_is_not_removed_by_a_manifest_that_does_not_say_it(
    operator: Operator,
) -> None:
    operator.execute(operator.plan(fleet(owns=False)))
    silent = fleet()
    (country,) = silent.countries
    (state,) = country.states
    device = replace(state.devices[0], serial=None)
    country = replace(country, states=(replace(state, devices=(device,)),))
    plan = operator.plan(replace(silent, countries=(country,)))
    assert all("serial" not in change.writes.delete_server for change in plan.changes)
    assert operator.execute(plan).is_complete
    with Client(operator.sandbox) as client:
        live = client.get("/api/tenant/devices", deviceName="PM-1")
        assert client.attributes(live)["serial"] == "SN-1"


@pytest.mark.parametrize("country", ["INDIA", "NEPAL"])
def test_a_move_leaves_a_place_that_belongs_to_nobody(operator: Operator, country: str) -> None:
    operator.execute(operator.plan(fleet(owns=False)))
    elsewhere = fleet(country, "Bagmati", owns=False)
    plan = operator.plan(elsewhere)
    assert [change.moved_from for change in plan.changes if change.role == "device"] == ["Karnataka"]
    assert operator.execute(plan).is_complete
    assert operator.plan(elsewhere).is_empty


def test_a_bundle_leaves_the_marks_of_its_fleets_places_alone(operator: Operator) -> None:
    operator.execute(operator.plan(fleet()))
    assert operator.plan(fleet(bundle=True)).is_empty
    assert operator.plan(fleet()).is_empty


def test_the_position_that_a_device_found_survives_the_next_apply(operator: Operator) -> None:
    operator.execute(operator.plan(fleet()))
    found = {"latitude": 12.9, "longitude": 77.6, "location.source": "geolocation", "city": "Bengaluru"}
    with Client(operator.sandbox) as client:
        live = client.get("/api/tenant/devices", deviceName="PM-1")
        client.set_attributes(live, found)
        assert operator.plan(fleet()).is_empty
        operator.execute(operator.plan(fleet()))
        assert found.items() <= client.attributes(live).items()
    (country,) = fleet().countries
    (state,) = country.states
    surveyed = replace(state.devices[0], location=Location(12.5, 77.5))
    told = replace(fleet(), countries=(replace(country, states=(replace(state, devices=(surveyed,)),)),))
    assert [change.field for change in operator.plan(told).changes[0].fields] == ["location"]
