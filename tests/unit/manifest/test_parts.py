"""Objects that a device profile of a manifest declares as its parts."""

from __future__ import annotations

from dataclasses import replace

import pytest
import yaml

from papaya.diagnostics import Diagnostic
from papaya.engine.desire import desire
from papaya.kinds.faults import faults_of
from papaya.manifest.expand import bundle_of, document_of
from papaya.manifest.load import Source, load
from papaya.manifest.model import Fleet
from tests.unit.manifest.conftest import Load

BODY = """\
profiles:
  device: Meter
  devices:
    Meter: {alarms: %s}
    Other: {}
sensorSets:
  base: [{key: t, name: Temperature, warnAbove: 60, warnBelow: %s, hysteresis: 2}]
countries:
  - name: INDIA
    states:
      - name: Goa
        devices:
          - {name: PM-1, sensors: base}
          - {name: PM-2, sensors: base}
          - {name: PM-3, sensors: [{key: t, name: Temperature, warnAbove: 30}]}
"""


def fleet(loaded: Load, alarms: str = "fromSensors", below: str = "1") -> Fleet:
    found = loaded(BODY % (alarms, below)).fleet
    assert found is not None
    return found


def test_a_profile_declares_an_alarm_set_and_where_it_stands(loaded: Load) -> None:
    (resource,) = fleet(loaded).resources
    assert (resource.kind, resource.name, resource.values) == ("alarmSet", "Meter", {"alarms": "fromSensors"})
    assert resource.mark is not None and resource.mark.line == 7
    assert fleet(loaded).kinds == ("alarmSet",)


def test_none_declares_the_kind_and_no_object(loaded: Load) -> None:
    one = fleet(loaded, "none")
    assert (one.resources, one.kinds) == ((), ("alarmSet",))


def test_a_profile_without_the_key_declares_nothing(loaded: Load) -> None:
    one = fleet(loaded, "null")
    assert (one.resources, one.kinds) == ((), ())


@pytest.mark.parametrize("alarms", ["fromSensors", "none", "null"])
def test_a_resolved_manifest_declares_the_same(loaded: Load, alarms: str) -> None:
    one = fleet(loaded, alarms)
    again = load([Source("fleet.yaml", yaml.safe_dump(document_of(one)))]).fleet
    assert again is not None
    assert [(each.kind, each.name) for each in again.resources] == [(e.kind, e.name) for e in one.resources]
    assert again.kinds == one.kinds


def test_another_word_is_a_fault(loaded: Load) -> None:
    assert loaded(BODY % ("fromSensor", "1")).fleet is None


def test_limits_of_a_device_are_attributes_only_where_alarms_are_declared(loaded: Load) -> None:
    def keys(one: Fleet) -> list[str]:
        return [key for entity in desire(one) for key in entity.server if key.startswith("papaya.limit.")]

    assert len(keys(fleet(loaded))) == 6
    assert keys(fleet(loaded, "null")) == []


def test_a_bundle_neither_changes_alarms_nor_removes_limits(loaded: Load) -> None:
    one = fleet(loaded)
    device = next(device for device in one.devices() if device.name == "PM-3")
    bundle = load([Source("device.yaml", yaml.safe_dump(bundle_of(one, device)))]).fleet
    assert bundle is not None
    assert (bundle.resources, bundle.kinds) == ((), ())
    entity = next(entity for entity in desire(bundle) if entity.address.name == "PM-3")
    assert entity.keeps == ("papaya.limit.",)


def test_limits_between_which_no_alarm_ends_are_a_fault_at_the_device(loaded: Load) -> None:
    found: list[Diagnostic] = [*faults_of(fleet(loaded, below="59"))]
    (summary,) = (fault.summary for fault in found)
    assert summary.startswith("alarm set Meter: the alarm Temperature of PM-1 never ends: ")
    assert "at most 58 and at least 61" in summary
    assert found[0].mark.line > 10
    assert [*faults_of(replace(fleet(loaded), resources=()))] == []
