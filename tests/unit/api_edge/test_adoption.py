"""What is there already: adopted, compared with its types, left alone, or somebody else's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from papaya.api.attributes import attributes_of
from papaya.engine.guard import Consent
from papaya.manifest.model import Json, Location, Profiles, SecretReference
from tests.unit.apply.hand import Person
from tests.unit.apply.run import Operator, differences
from tests.unit.engine.fleets import country, device, fleet, karnataka, state

TOKEN = SecretReference(env="T")


def by_hand(person: Person, name: str = "PM-1") -> str:
    """Make the tree of `karnataka` by hand and return the device's id."""
    india = person.create("asset", "INDIA", "Country")
    state_id = person.create("asset", "Karnataka", "State")
    id_ = person.create("device", name, "IoT-Gateway")
    person.relate(india, "asset", state_id)
    person.relate(state_id, "device", id_)
    return id_


def test_adopting_keeps_the_id_and_everything_undeclared(operator: Operator, person: Person) -> None:
    id_ = by_hand(person)
    person.set("device", id_, theirs=1)
    person.edit("device", "PM-1", label="their label", additionalInfo={"a": 1, "description": "theirs"})

    operator.converge(karnataka(device("PM-1", attributes={"a": 1}, gateway=True)))

    body = person.by_name("device", "PM-1")
    assert body["id"]["id"] == id_
    assert body["label"] == "their label"
    assert body["additionalInfo"] == {"a": 1, "description": "theirs", "gateway": True}
    assert person.attributes("device", id_)["theirs"] == 1


def test_a_name_in_other_case_is_adopted_as_it_is(operator: Operator, person: Person) -> None:
    by_hand(person, "pm-1")

    operator.converge(karnataka(device("PM-1", label="new")))

    assert person.names("device") == ["pm-1"]
    assert person.by_name("device", "pm-1")["label"] == "new"


def test_a_name_in_other_case_is_changed_when_the_manifest_says_formerly(
    operator: Operator, person: Person
) -> None:
    by_hand(person, "pm-1")

    operator.converge(karnataka(device("PM-1", formerly="pm-1")))

    assert person.names("device") == ["PM-1"]


@pytest.mark.parametrize(
    ("live", "declared", "changes"),
    [
        (2, 2, False),
        ("2x", "2x", False),
        ("true", True, True),
        (True, "true", True),
        (2.0, 2, False),
        ([1, 2], [1, 2], False),
        ("[1, 2]", [1, 2], True),
        ("", "", False),
    ],
)
def test_an_adoption_compares_types(
    operator: Operator, person: Person, live: Any, declared: Any, changes: bool
) -> None:
    person.set("device", by_hand(person), k=live)
    one = karnataka(device("PM-1", attributes={"k": declared}))
    plan = operator.plan(one)

    assert any(change.writes.set_server for change in plan.changes) is changes
    operator.converge(one)


def test_digits_that_are_a_text_on_the_server_are_set_to_the_declared_number(
    operator: Operator, person: Person
) -> None:
    id_ = by_hand(person)
    person.set("device", id_, k="2")
    operator.converge(karnataka(device("PM-1", attributes={"k": 2})))

    assert person.attributes("device", id_)["k"] == 2


def test_more_adoptions_than_are_read_by_type_say_so(
    operator: Operator, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("papaya.api.survey._TYPED_AT_MOST", 0)
    person.set("device", by_hand(person), k="true")
    one = karnataka(device("PM-1", attributes={"k": True}))

    assert "Attributes of adopted entities compared as text, not by type: PM-1." in [
        note.text for note in operator.plan(one).notes
    ]
    operator.converge(one)


def test_a_spoilt_record_is_written_anew_with_the_right_types(operator: Operator, person: Person) -> None:
    one = karnataka(device("PM-1", attributes={"k": True}))
    operator.converge(one)
    id_ = person.id("device", "PM-1")
    person.set("device", id_, k="true", papaya__applied="spoilt")

    operator.converge(one)

    assert person.attributes("device", id_)["k"] is True


def test_an_attribute_deeper_than_papaya_reads_costs_no_other_attribute(
    operator: Operator, person: Person, caplog: pytest.LogCaptureFixture
) -> None:
    id_ = by_hand(person)
    deep: Json = 1
    for _ in range(150):
        deep = [deep]
    person.set("device", id_, bays="2", theirs=deep)

    operator.converge(karnataka(device("PM-1", attributes={"bays": 2})))

    found = attributes_of(operator.session, id_)
    assert [one.value for one in found if one.key == "bays"] == [2]
    assert "theirs" not in {one.key for one in found}
    assert "papaya leaves the attribute theirs out" in caplog.text


def test_a_half_created_device_is_finished_without_asking(operator: Operator, person: Person) -> None:
    operator.converge(karnataka())
    own: Any = {"papaya": {"fleet": "meters", "run": "r0"}}
    id_ = person.create("device", "PM-1", "IoT-Gateway", additionalInfo=own)
    one = karnataka(device("PM-1", attributes={"k": 1}))
    plan = operator.plan(one, Consent())

    assert not any(change.adopts for change in plan.changes)
    operator.converge(one)
    assert person.id("device", "PM-1") == id_


def test_a_device_of_another_fleet_is_refused_and_taken_over_by_name(
    operator: Operator, person: Person
) -> None:
    theirs = karnataka(device("PM-1", attributes={"k": 1}), name="others")
    operator.converge(theirs)
    ours = karnataka(device("PM-1", attributes={"k": 2}))

    assert {refusal.guard for refusal in operator.plan(ours).refusals} == {"owner"}
    operator.apply(ours, Consent(take_over=frozenset({"others"}), change_percent=100))
    assert differences(operator.plan(ours)) == []
    assert operator.plan(theirs).refusals


def test_a_shared_place_is_left_as_it_is(operator: Operator, person: Person) -> None:
    person.create("asset", "INDIA", "Country", label="theirs")
    before = person.by_name("asset", "INDIA")
    one = fleet(country("INDIA", state("Karnataka", device("PM-1")), shared=True, label="ours"))

    operator.converge(one)

    assert person.by_name("asset", "INDIA") == before
    operator.apply(fleet(country("CHILE")))
    assert person.by_name("asset", "INDIA") == before


def test_two_fleets_stand_under_one_shared_country(operator: Operator, person: Person) -> None:
    ours = fleet(country("INDIA", state("Karnataka", device("PM-1")), shared=True))
    theirs = fleet(country("INDIA", state("Goa", device("PM-2")), shared=True), name="others")
    operator.converge(ours)
    operator.converge(theirs)

    assert operator.plan(ours).is_empty
    operator.apply(fleet(country("INDIA", state("Delhi"), shared=True)))
    assert person.parents("asset", "Goa") == ["INDIA"]
    assert person.names("device") == ["PM-2"]


def test_a_place_that_is_shared_from_now_on_is_released(operator: Operator, person: Person) -> None:
    operator.converge(fleet(country("INDIA", state("Karnataka", device("PM-1")))))
    operator.converge(fleet(country("INDIA", state("Karnataka", device("PM-1")), shared=True)))

    operator.apply(fleet(country("CHILE")))

    assert person.names("asset") == ["CHILE", "INDIA"]


def test_what_is_forgotten_is_nobodys(operator: Operator, person: Person) -> None:
    operator.converge(karnataka(device("PM-1", attributes={"k": 1}, protect=True)))
    one = karnataka()
    operator.converge(replace(one, safety=replace(one.safety, when_removed="forget")))

    body = person.by_name("device", "PM-1")
    assert "papaya" not in (body["additionalInfo"] or {})
    keys = person.attributes("device", body["id"]["id"])
    assert keys["k"] == 1
    assert not [key for key in keys if key.startswith("papaya")]


@pytest.mark.parametrize(
    ("live", "recorded", "check", "secret", "state_of_token"),
    [
        ("t", True, False, "t", "same"),
        ("t", True, False, "u", "differs"),
        ("other", True, False, "t", "same"),
        ("other", True, True, "t", "differs"),
        ("t", False, False, "t", "same"),
        ("other", False, False, "t", "differs"),
        ("t", True, False, None, "unresolved"),
    ],
)
def test_tokens_are_compared_by_record_or_by_reading(
    operator: Operator,
    person: Person,
    live: str,
    recorded: bool,
    check: bool,
    secret: str | None,
    state_of_token: str,
) -> None:
    operator.secrets = {"T": "t"}
    one = karnataka(device("PM-1", access_token=TOKEN))
    if recorded:
        operator.converge(one)
    else:
        by_hand(person)
    set_token(person, "PM-1", live)
    operator.secrets = {"T": secret} if secret else {}
    operator.check_credentials = check

    assert list(operator.read(one).tokens.values()) == [state_of_token]
    if secret:
        operator.apply(one)
        if state_of_token == "differs":
            assert person.token("PM-1") == secret
        operator.check_credentials = False
        assert differences(operator.plan(one)) == []


def set_token(person: Person, name: str, token: str) -> None:
    """Give a device a token by hand."""
    if person.token(name) == token:
        return
    path = f"/api/device/{person.id('device', name)}/credentials"
    body = person.session.get(path)
    assert isinstance(body, dict)
    person.session.post("/api/device/credentials", {**body, "credentialsId": token})


def test_a_device_with_another_kind_of_credentials_differs(operator: Operator, person: Person) -> None:
    id_ = by_hand(person)
    body = person.session.get(f"/api/device/{id_}/credentials")
    assert isinstance(body, dict)
    basic = '{"clientId":"c","userName":"u","password":"p"}'
    changed = {**body, "credentialsType": "MQTT_BASIC", "credentialsId": None, "credentialsValue": basic}
    person.session.post("/api/device/credentials", changed)
    operator.secrets = {"T": "t"}
    one = karnataka(device("PM-1", access_token=TOKEN))

    assert list(operator.read(one).tokens.values()) == ["differs"]
    operator.converge(one)
    assert person.token("PM-1") == "t"


def test_customers_are_found_by_title_and_released(operator: Operator, person: Person) -> None:
    acme, beta = person.customer("Acme"), person.customer("Beta")
    operator.converge(karnataka(device("PM-1", customer="Acme"), device("PM-2")))
    assert person.by_name("device", "PM-1")["customerId"]["id"] == acme
    person.session.post(f"/api/customer/{beta}/device/{person.id('device', 'PM-2')}", None)

    operator.converge(karnataka(device("PM-1"), device("PM-2")))

    assert person.by_name("device", "PM-1")["customerId"]["id"] != acme
    assert person.by_name("device", "PM-2")["customerId"]["id"] == beta


def test_a_doomed_device_is_shown_with_its_activity(operator: Operator, person: Person) -> None:
    operator.converge(karnataka(device("PM-1"), device("PM-2")))
    id_ = person.id("device", "PM-1")
    person.set("device", id_, active=True, lastActivityTime=1_700_000_000_000)
    plan = operator.plan(karnataka())
    told = {c.address.name: (c.live.online, c.live.last_active) for c in plan.changes if c.live}

    assert told == {"PM-1": (True, 1_700_000_000_000), "PM-2": (False, None)}


def test_a_place_that_the_device_found_is_left_to_it(operator: Operator, person: Person) -> None:
    operator.converge(karnataka(device("PM-1", location=Location(1, 2))))
    auto = karnataka(device("PM-1", location="auto"))
    operator.converge(auto)
    id_ = person.id("device", "PM-1")
    assert person.attributes("device", id_)["latitude"] == 1
    person.set("device", id_, latitude=12.5, longitude=77.5, location__source="gps")

    assert operator.plan(auto).is_empty


def test_declaring_a_place_that_the_device_found_says_what_was_found(
    operator: Operator, person: Person
) -> None:
    operator.converge(karnataka(device("PM-1", location="auto")))
    person.set("device", person.id("device", "PM-1"), latitude=12.5, longitude=77.5, location__source="found")
    plan = operator.plan(karnataka(device("PM-1", location=Location(1, 2))))
    (field,) = (field for change in plan.changes for field in change.fields)

    assert field.before == {"latitude": 12.5, "longitude": 77.5, "source": "found"}


def test_neighbours_are_left_alone(operator: Operator, person: Person) -> None:
    by_hand(person)
    other = person.create("device", "PM-99", "IoT-Gateway")
    person.relate(person.id("asset", "Karnataka"), "device", other)
    before = person.by_name("device", "PM-99"), person.attributes("device", other)
    plan = operator.converge(karnataka(device("PM-1")))

    assert [note.text for note in plan.notes] == [
        "Left alone, unmarked and not in the manifest: Karnataka/PM-99."
    ]
    assert (person.by_name("device", "PM-99"), person.attributes("device", other)) == before


def test_a_place_with_a_neighbour_in_it_is_not_destroyed(operator: Operator, person: Person) -> None:
    operator.converge(karnataka(device("PM-1")))
    other = person.create("device", "PM-99", "IoT-Gateway")
    person.relate(person.id("asset", "Karnataka"), "device", other)
    plan = operator.plan(fleet(country("INDIA")))

    assert [refusal.guard for refusal in plan.refusals] == ["orphan"]


def test_one_profile_may_serve_for_countries_and_states(operator: Operator, person: Person) -> None:
    profiles = Profiles(country="Place", state="Place", device="IoT-Gateway", create=True)
    operator.converge(fleet(country("INDIA", state("Goa", device("PM-1"))), profiles=profiles))
    plan = operator.apply(fleet(country("CHILE"), profiles=profiles))

    assert [(change.role, change.address.name) for change in plan.of("destroy")] == [
        ("device", "PM-1"),
        ("state", "Goa"),
        ("country", "INDIA"),
    ]
