"""What a manifest cannot say, or should not, is told and left out; the plan of the rest stays empty."""

from __future__ import annotations

from typing import Any

import pytest

from papaya.api.export import Choice
from papaya.engine.export import Export, Wishes
from papaya.errors import PapayaError
from papaya.manifest.load import Source, load
from papaya.manifest.model import Fleet, Json
from papaya.render.manifest import comment_of
from papaya.runs import export as runs
from papaya.runs.export_remarks import export_remarks
from tests.unit.apply.hand import Person
from tests.unit.apply.run import Operator, differences
from tests.unit.export.trees import exported, fleet_of, read

MANIFEST = """
apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
profiles: {create: true}
countries:
  - name: INDIA
    states:
      - name: Karnataka
        devices:
          - {name: PM-1, serial: SN-1, label: Bay 1, attributes: {bays: 2}}
          - {name: PM-2, location: auto, sensors: [{key: t, every: 30s, warnAbove: 60}]}
      - {name: Kerala}
"""


def manifest(text: str = MANIFEST) -> Fleet:
    loaded = load([Source("fleet.yaml", text)])
    assert loaded.fleet is not None, loaded.diagnostics
    return loaded.fleet


def told(made: Export) -> dict[str, str]:
    return {str(one.entity.address): one.reason for one in made.left_out}


def omitted(made: Export) -> dict[str, str]:
    return {key: reason for reason, keys in made.omissions.by_reason().items() for key, _, _ in keys}


def device(made: Export, name: str) -> dict[str, Any]:
    return next(
        dict(entry)
        for country in made.document["countries"]
        for state in country["states"]
        for entry in state.get("devices", ())
        if entry["name"] == name
    )


def assert_empty(operator: Operator, made: Export) -> None:
    assert differences(operator.plan(fleet_of(made))) == []


def test_a_profile_of_states_that_somebody_renamed_is_known_by_the_records(
    operator: Operator, person: Person
) -> None:
    operator.apply(manifest())
    profiles: Any = operator.session.get("/api/assetProfiles", params={"pageSize": 100, "page": 0})
    (profile,) = [one for one in profiles["data"] if one["name"] == "State"]
    operator.session.post("/api/assetProfile", {**profile, "name": "Depot"}, repeatable=True)
    choice = Choice()
    made, tree = runs.exported(operator.session, choice, Wishes("Country", "State"))
    assert made.document["profiles"]["state"] == "Depot"
    assert made.left_out == ()
    (remark,) = [
        one
        for one in export_remarks(made, tree, is_written=True, state_profile="State")
        if "profile of States" in one
    ]
    assert remark.startswith("The profile of States was State and is now Depot, renamed on the server")
    plan = operator.plan(fleet_of(made))
    assert [change for change in plan.changes if change.action in ("create", "destroy")] == []


def test_an_attribute_deeper_than_papaya_reads_is_left_out_alone(
    operator: Operator, person: Person, caplog: pytest.LogCaptureFixture
) -> None:
    operator.apply(manifest())
    deep: Json = 1
    for _ in range(150):
        deep = [deep]
    person.set("device", person.id("device", "PM-1"), theirs=deep)
    made = exported(operator)
    assert device(made, "PM-1")["attributes"] == {"bays": 2}
    assert_empty(operator, made)
    assert "papaya leaves the attribute theirs out" in caplog.text


def test_a_person_puts_a_device_under_two_states(operator: Operator, person: Person) -> None:
    operator.apply(manifest())
    kerala = person.id("asset", "Kerala")
    person.relate(kerala, "device", person.id("device", "PM-1"))
    stranger = person.create("device", "PM-9")
    for state in ("Kerala", "Karnataka"):
        person.relate(person.id("asset", state), "device", stranger)
    made = exported(operator)
    # papaya knows where it put its own; of a stranger nobody can say.
    assert device(made, "PM-1")["name"] == "PM-1"
    assert told(made) == {"device/PM-9": "under 2 places at once: Karnataka, Kerala"}
    assert_empty(operator, made)


def test_places_and_devices_where_no_manifest_puts_them(operator: Operator, person: Person) -> None:
    operator.apply(manifest())
    india, karnataka = person.id("asset", "INDIA"), person.id("asset", "Karnataka")
    person.relate(india, "device", person.create("device", "Direct"))
    building = person.create("asset", "Tower", "Building")
    person.relate(karnataka, "asset", building)
    person.relate(building, "device", person.create("device", "Inside"))
    person.relate(karnataka, "asset", india)
    person.create("asset", "Loose", "State")
    tree = read(operator)
    made = exported(operator)
    assert told(made) == {
        "device/Direct": "directly under INDIA: a device needs a State",
        "asset/Tower": "under Karnataka, of the profile Building",
        "asset/INDIA": "only its relation from Karnataka: a country stands under nothing alone",
    }
    assert tree.loose_states == ("Loose",)
    assert tree.devices == 4
    assert "asset/Tower (under Karnataka, of the profile Building)" in comment_of(made, "x").replace(
        "\n", " "
    )
    assert_empty(operator, made)


def test_what_is_left_out_and_marked_is_in_danger(operator: Operator, person: Person) -> None:
    operator.apply(manifest())
    person.unrelate(person.id("asset", "Karnataka"), "device", person.id("device", "PM-1"))
    person.relate(person.id("asset", "INDIA"), "device", person.id("device", "PM-1"))
    made = exported(operator)
    assert [one.entity.address.name for one in made.endangered] == ["PM-1"]
    assert [change.action for change in operator.plan(fleet_of(made)).changes] == ["destroy"]


def test_keys_that_are_not_the_operators(operator: Operator, person: Person) -> None:
    id_ = person.create("device", "PM-1")
    state = person.create("asset", "Karnataka", "State")
    person.relate(person.create("asset", "INDIA", "Country"), "asset", state)
    person.relate(state, "device", id_)
    person.set(
        "device", id_, lastActivityTime=5, provisionState="provisioned", location__source="gnss",
        latitude=12.5, longitude=77.5, serial=4711, kept=True, nested={"a": {"b": None}},
        listed=[{"a": None}],
    )  # fmt: skip
    person.set("device", id_, "SHARED_SCOPE", papaya__sensors=[{"key": "t", "colour": "red"}], every=5)
    made = exported(operator)
    entry = device(made, "PM-1")
    assert entry["attributes"] == {"kept": True, "listed": [{"a": None}], "serial": 4711}
    assert entry["sharedAttributes"] == {"every": 5}
    # The device has found this by itself: papaya would only freeze it.
    assert entry["location"] == "auto"
    assert omitted(made) == {
        "active": "the server writes them",
        "lastActivityTime": "the server writes them",
        "provisionState": "papaya and its devices write them",
        "location.source": "papaya and its devices write them",
        "nested": "a manifest cannot hold them",
        "papaya.sensors": "a manifest cannot hold them",
    }
    assert "Left out, because the server writes them: active (1), lastActivityTime (1)." in comment_of(
        made, "x"
    )
    plan = operator.plan(fleet_of(made))
    assert all(change.adopts and not change.fields for change in plan.changes)


def test_what_somebody_else_keeps_on_managed_entities(operator: Operator, person: Person) -> None:
    operator.apply(manifest())
    id_ = person.id("device", "PM-2")
    person.set("device", id_, latitude=12.5, longitude=77.5, note="by hand")
    person.edit("device", "PM-2", label="by hand")
    made = exported(operator)
    entry = device(made, "PM-2")
    assert entry["location"] == "auto"
    assert "label" not in entry and "attributes" not in entry
    assert set(omitted(made)) == {"active", "note", "label"}
    assert_empty(operator, made)
    everything = exported(operator, unmanaged=True)
    assert device(everything, "PM-2")["attributes"] == {"note": "by hand"}
    assert device(everything, "PM-2")["label"] == "by hand"


def test_another_fleets_devices_and_places(operator: Operator, person: Person) -> None:
    operator.apply(manifest())
    other = (
        MANIFEST.replace("name: meters", "name: lamps")
        .replace("PM-", "LAMP-")
        .replace("INDIA", "INDIA\n    shared: true")
    )
    other = other.replace("- name: Karnataka", "- name: Karnataka\n        shared: true").replace(
        "      - {name: Kerala}\n", ""
    )
    operator.apply(manifest(other))
    made = exported(operator, name="lamps")
    assert set(told(made)) == {"device/PM-1", "device/PM-2"}
    [india] = made.document["countries"]
    assert india["shared"] is True and india["states"][0]["shared"] is True
    assert [entry["name"] for entry in india["states"][0]["devices"]] == ["LAMP-1", "LAMP-2"]
    assert_empty(operator, made)
    assert_empty(operator, exported(operator, name="meters"))


def test_an_export_under_a_new_name_takes_everything(operator: Operator) -> None:
    operator.apply(manifest())
    made = exported(operator, name="copies")
    assert made.owners == {"meters": 5}
    plan = operator.plan(fleet_of(made))
    assert {refusal.guard for refusal in plan.refusals} == {"owner"}


def test_ports_become_tunnels_where_their_host_is_named(operator: Operator, person: Person) -> None:
    operator.apply(
        manifest(MANIFEST.replace("attributes: {bays: 2}", "tunnel: {remotePort: 22001, host: b.example}"))
    )
    plain = exported(operator)
    assert device(plain, "PM-1")["attributes"] == {"tunnel.remotePort": 22001}
    assert_empty(operator, plain)
    made = exported(operator, tunnel_host="bastion.example.com")
    assert device(made, "PM-1")["tunnel"] == {"remotePort": 22001}
    assert made.document["tunnel"] == {"host": "bastion.example.com"}
    assert_empty(operator, made)


def test_a_tenant_without_countries_names_its_profiles(operator: Operator, person: Person) -> None:
    person.create("asset", "Tower", "Building")
    with pytest.raises(PapayaError, match="no asset of the profile Country") as raised:
        read(operator)
    assert "Building" in raised.value.remedy
    person.create("asset", "INDIA", "Country")
    with pytest.raises(PapayaError, match="no Country named INDIEN") as raised:
        read(operator, "INDIEN")
    assert "INDIA" in raised.value.remedy


def test_one_country_is_read_without_the_others(operator: Operator) -> None:
    text = MANIFEST + "  - name: NEPAL\n    states: [{name: Bagmati, devices: [{name: PM-7}]}]\n"
    operator.apply(manifest(text))
    tree = read(operator, "NEPAL")
    assert sorted(address.name for address in tree.inventory.entities) == ["Bagmati", "NEPAL", "PM-7"]


def test_a_customer_goes_by_its_title(operator: Operator, person: Person) -> None:
    id_ = person.customer("City of Bengaluru")
    fleet = manifest(MANIFEST.replace("label: Bay 1", "customer: City of Bengaluru"))
    operator.apply(fleet)
    assert person.by_name("device", "PM-1")["customerId"]["id"] == id_
    made = exported(operator)
    assert device(made, "PM-1")["customer"] == "City of Bengaluru"
    assert_empty(operator, made)


def test_what_was_renamed_keeps_its_former_name_while_that_is_free(
    operator: Operator, person: Person
) -> None:
    operator.apply(manifest())
    operator.apply(manifest(MANIFEST.replace("name: PM-1,", "name: PM-01, formerly: PM-1,")))
    made = exported(operator)
    assert device(made, "PM-01")["formerly"] == "PM-1"
    assert_empty(operator, made)
