"""Which device a run is about, and what of its fleet comes along."""

from __future__ import annotations

from dataclasses import replace

import pytest

from papaya.engine.inventory import PROVISIONED
from papaya.errors import PapayaError, SettingsError
from papaya.manifest.load import Source, load
from papaya.manifest.model import Fleet, Location
from papaya.provision.from_properties import fleet_of, placed_at
from papaya.provision.one_device import one_of
from papaya.settings import Properties, read_properties

MANIFEST = """
apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
profiles:
  device: IoT-Gateway
  devices:
    IoT-Gateway: {provisioning: {strategy: allowCreate, key: k, secret: {env: S}}}
countries:
  - name: INDIA
    states:
      - name: Karnataka
        devices:
          - {name: PM-1, serial: SN-0001, location: auto}
          - {name: PM-2, serial: SN-0002, location: {latitude: 12.9, longitude: 77.5}}
      - {name: Kerala, devices: [{name: PM-3}]}
"""
PROPERTIES = """[thingsboard]
url = http://127.0.0.1:8080
[profiles]
device_profile_name = IoT-Gateway
[assets]
country_name = India
state_name = Karnataka
serial_number = SN-0001
device_name = PM-1
[ssh]
enabled = true
host = bastion.example.com
remote_port = 20001
"""


def fleet() -> Fleet:
    """Return a fleet of three devices."""
    loaded = load([Source("fleet.yaml", MANIFEST)])
    assert loaded.fleet is not None, loaded.diagnostics
    return loaded.fleet


def properties(text: str = PROPERTIES) -> Properties:
    """Return what a config.properties says."""
    read = read_properties(text, "config.properties")
    assert isinstance(read, Properties), read
    return read


def test_only_the_device_and_its_places_come_along() -> None:
    one = one_of(fleet(), "PM-2", None)
    assert [device.name for device in one.fleet.devices()] == ["PM-2"]
    assert [state.name for _, state in one.fleet.states()] == ["Karnataka"]
    assert one.fleet.profiles.devices == ()
    assert (one.path, one.serial, one.surveyed) == (
        ("INDIA", "Karnataka", "PM-2"), "SN-0002", Location(12.9, 77.5)
    )  # fmt: skip


def test_a_device_is_found_by_its_serial_number() -> None:
    assert one_of(fleet(), None, "sn-0002").device.name == "PM-2"
    with pytest.raises(PapayaError, match="no device of the fleet meters has the serial number SN-7"):
        one_of(fleet(), None, "SN-7")


def test_a_name_that_is_not_there_suggests_its_neighbour() -> None:
    with pytest.raises(PapayaError, match="has no device PM-11") as caught:
        one_of(fleet(), "PM-11", None)
    assert caught.value.remedy == "Did you mean PM-1?"


def test_the_wrong_machine_is_refused() -> None:
    with pytest.raises(PapayaError, match="PM-1 has the serial number SN-0001, this machine SN-0002"):
        one_of(fleet(), "PM-1", "SN-0002")
    assert one_of(fleet(), "PM-3", "SN-0003").serial == "SN-0003"


def test_one_of_several_has_to_be_named() -> None:
    with pytest.raises(PapayaError, match="which of the 3 devices") as caught:
        one_of(fleet(), None, None)
    assert "--serial auto" in caught.value.remedy
    assert one_of(replace(fleet(), bundle="PM-3"), None, None).device.name == "PM-3"


def test_a_config_properties_makes_a_fleet_that_nobody_owns() -> None:
    made = fleet_of(properties())
    (country,) = made.countries
    (state,) = country.states
    (device,) = state.devices
    assert (made.name, made.bundle) == (PROVISIONED, "PM-1")
    assert (country.name, country.shared, state.name, state.shared) == ("INDIA", True, "Karnataka", True)
    assert (device.profile, device.serial, device.location) == ("IoT-Gateway", "SN-0001", "auto")
    assert device.tunnel is not None
    assert (device.tunnel.host, device.tunnel.remote_port) == ("bastion.example.com", 20001)
    placed = placed_at(made, Location(1, 2)).countries[0]
    assert (placed.location, placed.states[0].location) == (Location(1, 2), Location(1, 2))


def test_a_name_may_fill_what_the_file_leaves_out_and_not_contradict_it() -> None:
    nameless = properties(PROPERTIES.replace("device_name = PM-1\n", ""))
    assert fleet_of(nameless).bundle == "SN-0001"
    assert fleet_of(nameless, "PM-9").bundle == "PM-9"
    with pytest.raises(SettingsError, match="the device is PM-1, not PM-9"):
        fleet_of(properties(), "PM-9")


def test_what_is_missing_is_told_at_once() -> None:
    with pytest.raises(SettingsError, match="does not say country_name, state_name, device_name"):
        fleet_of(properties("[thingsboard]\nurl = http://127.0.0.1:8080\n"))
