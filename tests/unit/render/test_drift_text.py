"""Drift of hundreds of devices is readable, and everything that apply would refuse is told."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from papaya.engine.drift import DriftReport, drift
from papaya.engine.inventory import Entity
from papaya.engine.planner import make_plan
from papaya.manifest.model import Fleet, Profiles
from papaya.render.drift import drift_json, drift_junit, drift_markdown, drift_text
from tests.unit.engine.fleets import GENEROUS, country, device, fleet, live_of, reading, state, unmarked

NAMES = [f"PM-{number:03}" for number in range(500)]
MANY = fleet(country("INDIA", state("Karnataka", *(device(name, label=f"at {name}") for name in NAMES))))
ONE = fleet(country("INDIA", state("Karnataka", device("PM-1"), device("PM-2"))))


def report_of(wanted: Fleet, entities: list[Entity]) -> DriftReport:
    """Return the drift of a fleet on a server that has these entities."""
    return drift(make_plan(wanted, reading(entities, profiles=("renamed",))))


def devices_with(wanted: Fleet, **fields: object) -> list[Entity]:
    """Return the live fleet, its devices with other values."""
    return [replace(e, **fields) if e.role == "device" else e for e in live_of(wanted)]  # type: ignore[arg-type]


def test_a_renamed_profile_of_500_devices_is_told_once() -> None:
    report = report_of(MANY, devices_with(MANY, profile="renamed"))
    text = drift_text(report)
    assert len(report.drifted) == 500
    assert 'profile: changed on the server: manifest "IoT-Gateway"' in " ".join(text.split())
    assert "INDIA/Karnataka: 500 devices: PM-000…PM-499\n" in text
    assert len(text.splitlines()) < 15
    assert "--full" in text
    whole = drift_text(report, full=True)
    assert all(f"INDIA/Karnataka/{name}\n" in whole for name in NAMES)


def test_a_deleted_state_with_its_500_devices_is_told_once() -> None:
    report = report_of(MANY, [entity for entity in live_of(MANY) if entity.role == "country"])
    text = drift_text(report)
    assert len(report.drifted) == 501
    assert "500 devices: PM-000…PM-499" in text
    assert "  INDIA/Karnataka\n" in text
    assert len(text.splitlines()) < 15


def test_values_that_differ_from_device_to_device_are_told_with_those_of_the_first() -> None:
    live = [replace(e, label=f"hand {e.address.name}") if e.role == "device" else e for e in live_of(MANY)]
    text = " ".join(drift_text(report_of(MANY, live)).split())
    assert 'live "hand PM-000" (values of PM-000)' in text
    assert "PM-007" not in text


def test_what_one_device_has_of_its_own_is_told_beside_what_all_have() -> None:
    live = devices_with(MANY, profile="renamed")
    live = [replace(e, label="mine") if e.address.name == "PM-250" else e for e in live]
    text = drift_text(report_of(MANY, live))
    assert text.count("profile:") == 1
    assert "  INDIA/Karnataka/PM-250\n      label: changed on the server" in text


def test_few_devices_are_told_one_by_one() -> None:
    text = drift_text(report_of(ONE, devices_with(ONE, profile="renamed")))
    assert "  INDIA/Karnataka/PM-1\n" in text
    assert "  INDIA/Karnataka/PM-2\n" in text
    assert "--full" not in text


def test_a_device_whose_mark_became_another_fleets_is_drift_in_every_form() -> None:
    live = [replace(e, owner="others") if e.address.name == "PM-1" else e for e in live_of(ONE)]
    report = report_of(ONE, live)
    assert [str(entity.address) for entity in report.drifted] == ["device/PM-1"]
    text = drift_text(report)
    assert "  INDIA/Karnataka/PM-1\n      managed by fleet others: apply refuses it\n" in text
    assert "Apply refuses this plan: INDIA/Karnataka/PM-1 is managed by fleet others" in " ".join(
        text.split()
    )
    assert "papaya apply --take-over others" in text
    document = json.loads(json.dumps(drift_json(report)))
    assert document["drifted"] == 1
    assert document["entities"] == [
        {
            "address": "device/PM-1",
            "role": "device",
            "path": ["INDIA", "Karnataka", "PM-1"],
            "state": "drifted",
            "reason": "refused",
            "refusal": "managed by fleet others",
            "differences": [],
        }
    ]
    assert [refusal["guard"] for refusal in document["refusals"]] == ["owner"]
    assert "managed by fleet others" in drift_markdown(report)
    assert 'failures="1"' in drift_junit(report)


@pytest.mark.parametrize(("name", "role"), [("INDIA", "country"), ("Karnataka", "state")])
def test_a_place_that_another_fleet_took_is_drift(name: str, role: str) -> None:
    live = [replace(e, owner="others") if e.address.name == name else e for e in live_of(ONE)]
    assert [entity.role for entity in report_of(ONE, live).drifted] == [role]


def test_500_devices_that_another_fleet_took_are_told_once() -> None:
    text = drift_text(report_of(MANY, devices_with(MANY, owner="others")))
    assert text.count(": managed by fleet others") + text.count("      managed by fleet others") == 1
    assert "500 devices: PM-000…PM-499" in text
    assert len(text.splitlines()) < 40


def test_a_mark_that_somebody_removed_is_drift() -> None:
    live = [replace(e, owner=None) if e.address.name == "PM-1" else e for e in live_of(ONE)]
    report = report_of(ONE, live)
    assert len(report.drifted) == 1
    assert "its mark was removed on the server; apply would adopt it" in drift_text(report)


def test_a_device_that_no_fleet_ever_managed_is_pending() -> None:
    live = [unmarked(e) if e.address.name == "PM-1" else e for e in live_of(ONE)]
    report = report_of(ONE, live)
    assert (len(report.drifted), len(report.pending)) == (0, 1)


def test_a_profile_that_is_gone_and_may_not_be_created_is_drift() -> None:
    wanted = replace(ONE, profiles=Profiles(device="gone", create=False))
    wanted = replace(
        wanted,
        countries=fleet(country("INDIA", state("Karnataka", device("PM-1", profile="gone")))).countries,
    )
    report = report_of(wanted, live_of(ONE))
    assert "deviceProfile/gone" in [str(entity.address) for entity in report.drifted]
    assert "Apply refuses this plan: " in drift_text(report)


def test_a_limit_that_apply_would_refuse_is_told_and_is_no_drift_of_its_own() -> None:
    wanted = replace(
        fleet(country("INDIA", state("Karnataka", device("PM-1")))), safety=replace(GENEROUS, max_destroy=0)
    )
    report = report_of(wanted, live_of(ONE))
    assert not report.drifted
    assert "Apply refuses this plan: 1 deletion" in drift_text(report)


def test_a_server_as_it_was_left_has_no_drift() -> None:
    assert drift_text(report_of(MANY, live_of(MANY))).splitlines()[-1].startswith("No drift: 502 entities")
