"""Firmware and software, from the manifest to the device."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from papaya.engine.guard import Consent
from papaya.engine.plan import Plan
from papaya.errors import ManifestError
from papaya.manifest.model import Fleet, Safety
from papaya.sandbox.edge import Fault
from papaya.workspace.fleet import load_fleet
from tests.unit.apply.hand import Person
from tests.unit.apply.run import CONSENT, Operator

HEAD = """
apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
safety: {maxDestroy: 100, maxChangePercent: 100, adopt: always}
"""
TREE = """
countries:
  - name: INDIA
    states:
      - name: Karnataka
        devices: [{name: PM-1}, {name: PM-2}]
"""
PROFILES = "profiles: {create: true, device: Meter, devices: {Meter: {firmware: FIRMWARE}}}\n"
APP = b"papaya meter app\n" * 100


class Workshop:
    """A folder with a manifest and firmware."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.put("app.bin", APP)

    def put(self, name: str, data: bytes) -> None:
        """Write a file of firmware."""
        (self.folder / name).write_bytes(data)

    def fleet(self, firmware: str, *, profiles: str = "", tree: str = TREE) -> Fleet:
        """Return the fleet of a manifest with these packages."""
        told = profiles or "profiles: {create: true, device: Meter}\n"
        (self.folder / "fleet.yaml").write_text(f"{HEAD}{told}firmware: [{firmware}]\n{tree}")
        return load_fleet([self.folder / "fleet.yaml"])


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """Return a folder with one file of firmware."""
    return Workshop(tmp_path)


def package(version: str = "1.0", file: str = "app.bin", more: str = "") -> str:
    return f'{{title: meter-app, version: "{version}", profile: Meter, file: {file}{more}}}'


def assigned(name: str) -> str:
    return PROFILES.replace("FIRMWARE", name)


def live(operator: Operator) -> dict[str, dict[str, Any]]:
    body = operator.session.get("/api/otaPackages", params={"pageSize": 100, "page": 0})
    assert isinstance(body, dict) and isinstance(body["data"], list)
    return {f"{row['title']} {row['version']}": row for row in body["data"] if isinstance(row, dict)}


def profile(operator: Operator, name: str = "Meter") -> dict[str, Any]:
    body = operator.session.get("/api/deviceProfiles", params={"pageSize": 100, "page": 0})
    assert isinstance(body, dict) and isinstance(body["data"], list)
    return next(row for row in body["data"] if isinstance(row, dict) and row["name"] == name)


def told(plan: Plan) -> list[tuple[str, str, list[str]]]:
    return [(one.action, str(one.address), [field.field for field in one.fields]) for one in plan.resources]


def reasons(plan: Plan) -> list[str]:
    return [one.reason for one in plan.refusals]


def test_what_is_published_is_in_sync_and_has_the_checksum_of_the_file(
    operator: Operator, workshop: Workshop
) -> None:
    fleet = workshop.fleet(package(more=", description: First, tag: stable"))
    plan = operator.converge(fleet)
    assert told(plan) == [
        ("create", "firmware/meter-app 1.0", ["profile", "tag", "description", "checksum", "size"])
    ]
    row = live(operator)["meter-app 1.0"]
    assert (row["hasData"], row["checksumAlgorithm"], row["dataSize"]) == (True, "SHA256", len(APP))
    assert row["checksum"] == hashlib.sha256(APP).hexdigest()
    assert row["additionalInfo"]["description"] == "First"


def test_its_requests_are_the_ones_that_the_plan_counts(operator: Operator, workshop: Workshop) -> None:
    operator.converge(workshop.fleet("", profiles=""))
    plan = operator.plan(workshop.fleet(package(), profiles=assigned("meter-app 1.0")))
    before = operator.session.requests_sent
    operator.execute(plan, concurrency=1)
    # Besides, a run looks at a live object just before it changes it: at all marks, and at it.
    looks = 2
    assert operator.session.requests_sent - before == plan.requests.apply + looks


def test_a_description_is_changed_in_place(operator: Operator, workshop: Workshop) -> None:
    operator.converge(workshop.fleet(package()))
    plan = operator.converge(workshop.fleet(package(more=", description: Later")))
    assert told(plan) == [("update", "firmware/meter-app 1.0", ["description"])]


def test_another_file_under_the_same_version_is_refused(operator: Operator, workshop: Workshop) -> None:
    operator.converge(workshop.fleet(package()))
    workshop.put("app.bin", b"other")
    plan = operator.plan(workshop.fleet(package()))
    (refusal,) = plan.refusals
    assert "never changes the file" in refusal.reason
    assert refusal.ways_out[0].how == "give it a new version in the manifest"
    assert refusal.mark is not None and refusal.mark.line == 7 and refusal.mark.column > 0


def test_one_of_the_same_name_and_checksum_is_adopted_and_another_is_not(
    operator: Operator, workshop: Workshop
) -> None:
    fleet = workshop.fleet(package())
    operator.converge(fleet)
    theirs = replace(fleet, name="theirs")
    plan = operator.plan(theirs, replace(CONSENT, take_over=frozenset({"meters"})))
    assert told(plan) == [("update", "firmware/meter-app 1.0", [])]
    workshop.put("app.bin", b"other")
    other = replace(workshop.fleet(package()), name="theirs")
    plan = operator.plan(other, replace(CONSENT, take_over=frozenset({"meters"})))
    assert any("never changes" in reason for reason in reasons(plan))


def test_a_run_that_broke_off_before_the_upload_is_gone_on_with(
    operator: Operator, workshop: Workshop
) -> None:
    fleet = workshop.fleet(package(), profiles=assigned("meter-app 1.0"))
    plan = operator.plan(fleet)

    def lose(method: str, path: str) -> Fault | None:
        return Fault(drop=True) if method == "POST" and path.startswith("/api/otaPackage/") else None

    operator.sandbox.before_reply = lose
    result = operator.execute(plan)
    operator.sandbox.before_reply = None
    assert {str(one.change.address) for one in result.of("failed")} == {"firmware/meter-app 1.0"}  # type: ignore[union-attr]
    assert live(operator)["meter-app 1.0"]["hasData"] is False
    operator.converge(fleet)
    assert list(live(operator)) == ["meter-app 1.0"]
    assert live(operator)["meter-app 1.0"]["hasData"] is True


@pytest.mark.parametrize(
    "path", ["/api/otaPackage", "/api/otaPackage/", "/api/deviceProfile", "/api/relation"]
)
def test_a_lost_answer_changes_nothing(operator: Operator, workshop: Workshop, path: str) -> None:
    fleet = workshop.fleet(package(), profiles=assigned("meter-app 1.0"))
    plan = operator.plan(fleet)
    lost: list[str] = []

    def lose(method: str, asked: str) -> Fault | None:
        meant = asked.startswith(path) and (path.endswith("/") or asked.split("?")[0] == path)
        if method == "POST" and meant and not lost:
            lost.append(asked)
            return Fault(drop=True, handled=True)
        return None

    operator.sandbox.before_reply = lose
    result = operator.execute(plan)
    operator.sandbox.before_reply = None
    assert lost and not result.of("failed")
    assert operator.plan(fleet).is_empty
    assert list(live(operator)) == ["meter-app 1.0"]


def test_a_profile_gets_firmware_of_the_same_run_and_its_devices_are_told(
    operator: Operator, workshop: Workshop, person: Person
) -> None:
    operator.converge(workshop.fleet(package(), profiles=assigned("meter-app 1.0")))
    shared = person.attributes("device", person.id("device", "PM-1"), "SHARED_SCOPE")
    assert (shared["fw_title"], shared["fw_version"], shared["fw_size"]) == ("meter-app", "1.0", len(APP))
    assert shared["fw_checksum"] == hashlib.sha256(APP).hexdigest()


def test_the_next_version_is_asked_about_with_the_number_of_devices(
    operator: Operator, workshop: Workshop
) -> None:
    operator.converge(workshop.fleet(package(), profiles=assigned("meter-app 1.0")))
    both = package() + ", " + package("1.1")
    fleet = workshop.fleet(both, profiles=assigned("meter-app 1.1"))
    plan = operator.plan(fleet)
    (question,) = plan.questions
    assert question.reason == "2 devices of Meter without firmware of their own update to meter-app 1.1"
    assert question.ways_out[
        0
    ].how == "papaya apply --confirm firmwareOfProfile/Meter" or "firmwareOfProfile" in (
        question.ways_out[0].how
    )
    agreed = operator.plan(fleet, replace(CONSENT, confirm=frozenset({"firmwareOfProfile/Meter"})))
    assert not agreed.questions
    operator.execute(agreed)
    assert operator.plan(fleet).is_empty


def test_the_version_before_goes_once_nobody_has_it(operator: Operator, workshop: Workshop) -> None:
    operator.converge(workshop.fleet(package(), profiles=assigned("meter-app 1.0")))
    kept = operator.plan(workshop.fleet("", profiles=assigned("none")))
    assert not kept.refusals
    tree = TREE.replace("{name: PM-1}", "{name: PM-1, firmware: meter-app 1.1}")
    operator.converge(workshop.fleet(package() + ", " + package("1.1"), profiles=assigned("meter-app 1.1")))
    assert (
        operator.plan(workshop.fleet(package("1.1"), profiles=assigned("meter-app 1.1"), tree=tree)).refusals
        == ()
    )
    operator.converge(workshop.fleet(package("1.1"), profiles=assigned("meter-app 1.1"), tree=tree))
    assert list(live(operator)) == ["meter-app 1.1"]


def test_a_package_that_somebody_keeps_is_not_deleted(
    operator: Operator, workshop: Workshop, person: Person
) -> None:
    operator.converge(workshop.fleet(package()))
    id_ = live(operator)["meter-app 1.0"]["id"]
    person.edit("device", "PM-1", firmwareId=id_)
    plan = operator.plan(workshop.fleet(""))
    assert reasons(plan) == ["firmware/meter-app 1.0 cannot be deleted: 1 device uses it: PM-1"]
    person.edit("device", "PM-1", firmwareId=None)
    operator.session.post("/api/deviceProfile", {**profile(operator), "firmwareId": id_})
    plan = operator.plan(workshop.fleet(""))
    assert reasons(plan) == ["firmware/meter-app 1.0 cannot be deleted: 1 device profile uses it: Meter"]


def test_a_deleted_package_leaves_no_mark(operator: Operator, workshop: Workshop) -> None:
    operator.converge(workshop.fleet(package()))
    operator.converge(workshop.fleet(""))
    assert live(operator) == {}
    tenant = operator.session.user().tenant_id
    marks = operator.session.get(
        "/api/relations", params={"fromId": tenant, "fromType": "TENANT", "relationType": "papaya.owns"}
    )
    assert marks == []


def test_devices_layers_and_models_name_firmware(
    operator: Operator, workshop: Workshop, person: Person
) -> None:
    tree = "defaults: {device: {firmware: meter-app 1.0}}\n" + TREE.replace(
        "{name: PM-1}", "{name: PM-1, firmware: meter-app 1.1}"
    )
    both = package() + ", " + package("1.1")
    plan = operator.converge(workshop.fleet(both, tree=tree))
    assert [field.after for field in plan.changes[-1].fields if field.field == "firmware"] == [
        "meter-app 1.0"
    ]
    ids = {name: row["id"] for name, row in live(operator).items()}
    assert person.by_name("device", "PM-1")["firmwareId"] == ids["meter-app 1.1"]
    assert person.by_name("device", "PM-2")["firmwareId"] == ids["meter-app 1.0"]

    person.edit("device", "PM-2", firmwareId=None)
    drifted = operator.plan(workshop.fleet(both, tree=tree))
    assert [(one.before, one.after) for one in drifted.changes[0].fields] == [(None, "meter-app 1.0")]
    assert "1 device will update to meter-app 1.0" in [note.text for note in drifted.notes]
    operator.converge(workshop.fleet(both, tree=tree))

    operator.converge(workshop.fleet(both))
    assert person.by_name("device", "PM-2")["firmwareId"] is None


def test_what_a_manifest_does_not_say_of_firmware_stays(
    operator: Operator, workshop: Workshop, person: Person
) -> None:
    operator.converge(workshop.fleet(package()))
    id_ = live(operator)["meter-app 1.0"]["id"]
    person.edit("device", "PM-1", firmwareId=id_)
    operator.session.post("/api/deviceProfile", {**profile(operator), "firmwareId": id_})
    labeled = TREE.replace("{name: PM-1}", "{name: PM-1, label: Gate}")
    operator.converge(workshop.fleet(package(), tree=labeled))
    assert person.by_name("device", "PM-1")["firmwareId"] == id_
    assert profile(operator)["firmwareId"] == id_


def test_an_assignment_by_hand_is_drift_and_repaired(operator: Operator, workshop: Workshop) -> None:
    fleet = workshop.fleet(package() + ", " + package("1.1"), profiles=assigned("meter-app 1.0"))
    operator.converge(fleet)
    other = live(operator)["meter-app 1.1"]["id"]
    operator.session.post(
        "/api/deviceProfile", {**profile(operator), "firmwareId": other, "description": "x"}
    )
    plan = operator.plan(fleet)
    assert told(plan) == [("update", "firmwareOfProfile/Meter", ["firmware"])]
    operator.execute(operator.plan(fleet, replace(CONSENT, confirm=frozenset({"firmwareOfProfile/Meter"}))))
    assert operator.plan(fleet).is_empty
    # What somebody else keeps on the profile is still there.
    assert profile(operator)["description"] == "x"


def test_many_devices_at_once_need_consent(operator: Operator, workshop: Workshop) -> None:
    names = ", ".join(f"{{name: PM-{number}}}" for number in range(12))
    tree = TREE.replace("{name: PM-1}, {name: PM-2}", names)
    both = package() + ", " + package("1.1")
    first = "defaults: {device: {firmware: meter-app 1.0}}\n" + tree
    operator.converge(workshop.fleet(both, tree=first))
    fleet = workshop.fleet(both, tree=first.replace("1.0", "1.1"))
    careful = replace(fleet, safety=Safety(max_change_percent=50, adopt="always"))
    plan = operator.plan(careful, Consent())
    assert any("12 of 12 live devices (100 %)" in reason and "package" in reason for reason in reasons(plan))


def test_firmware_that_nobody_publishes_is_refused_by_name(operator: Operator, workshop: Workshop) -> None:
    tree = TREE.replace("{name: PM-1}", "{name: PM-1, firmware: meter-app 9}")
    plan = operator.plan(workshop.fleet(package(), tree=tree))
    assert reasons(plan) == ["firmware not found: meter-app 9"]
    plan = operator.plan(workshop.fleet(package(), profiles=assigned("meter-app 9")))
    assert any("firmware/meter-app 9" in reason for reason in reasons(plan))


def faults(workshop: Workshop, firmware: str, **more: str) -> list[str]:
    with pytest.raises(ManifestError) as raised:
        workshop.fleet(firmware, **more)
    return [one.summary for one in raised.value.diagnostics]


def test_what_the_server_would_refuse_is_told_before_anything_is_sent(workshop: Workshop) -> None:
    workshop.put("large.bin", b"\0" * (16 * 1024 * 1024 + 1))
    workshop.put("empty.bin", b"")
    assert (
        "has 16.0 MiB, and the server takes 16 MiB at most" in faults(workshop, package(file="large.bin"))[0]
    )
    assert "is empty" in faults(workshop, package(file="empty.bin"))[0]
    assert "no such file" in faults(workshop, package(file="none.bin"))[0]
    assert "twice" in faults(workshop, package() + ", " + package())[0]
    bare = '{title: meter-app, version: "1", profile: Meter}'
    assert "needs a file or a url" in faults(workshop, bare)[0]
    tree = TREE.replace("{name: PM-1}", "{name: PM-1, profile: Other, firmware: meter-app 1.0}")
    assert "it is for the profile Meter, and PM-1 has Other" in faults(workshop, package(), tree=tree)[0]


def test_a_package_by_url_is_published_without_an_upload(operator: Operator, workshop: Workshop) -> None:
    by_url = (
        '{title: maps, version: "7", profile: Meter, url: "https://example.com/7", '
        "checksum: ab12, checksumAlgorithm: MD5, size: 12}"
    )
    operator.converge(workshop.fleet(by_url, profiles=assigned("maps 7")))
    row = live(operator)["maps 7"]
    assert (row["url"], row["checksum"], row["dataSize"]) == ("https://example.com/7", "ab12", 12)
    operator.converge(
        workshop.fleet(by_url.replace("size: 12", "size: 12, description: x"), profiles=assigned("maps 7"))
    )


def test_a_file_that_changes_after_the_plan_is_not_uploaded(operator: Operator, workshop: Workshop) -> None:
    plan = operator.plan(workshop.fleet(package()))
    workshop.put("app.bin", APP[::-1])
    (failed,) = operator.execute(plan).of("failed")
    assert "is not the file that was planned" in failed.reason
    workshop.put("app.bin", b"short")
    plan = operator.plan(workshop.fleet(package()))
    workshop.put("app.bin", b"longer than before")
    (failed,) = operator.execute(plan).of("failed")
    assert "is not the file that was planned" in failed.reason


def test_a_device_downloads_what_the_manifest_assigns_over_http(
    operator: Operator, workshop: Workshop, person: Person
) -> None:
    operator.converge(workshop.fleet(package(), profiles=assigned("meter-app 1.0")))
    shared = person.attributes("device", person.id("device", "PM-2"), "SHARED_SCOPE")
    answer = requests.get(
        f"{operator.sandbox.url}/api/v1/{person.token('PM-2')}/firmware",
        params={"title": shared["fw_title"], "version": shared["fw_version"]},
        timeout=60,
    )
    assert hashlib.sha256(answer.content).hexdigest() == shared["fw_checksum"]


def test_progress_of_an_upload_is_told(operator: Operator, workshop: Workshop) -> None:
    heard: list[tuple[str, int, int]] = []
    operator.session.on_upload = lambda name, sent, size: heard.append((name, sent, size))
    workshop.put("app.bin", b"x" * 200_000)
    operator.apply(workshop.fleet(package()))
    assert heard[-1] == ("app.bin", 200_000, 200_000)
    assert [sent for _, sent, _ in heard] == sorted(sent for _, sent, _ in heard)


def test_software_and_firmware_are_told_apart(operator: Operator, workshop: Workshop) -> None:
    software = 'software: [{title: maps, version: "1", profile: Meter, file: app.bin}]\n'
    fleet = workshop.fleet(package(), tree=software + TREE)
    plan = operator.converge(fleet)
    assert [address for _, address, _ in told(plan)] == ["software/maps 1", "firmware/meter-app 1.0"]
    gone = operator.plan(workshop.fleet(package(), tree="software: []\n" + TREE))
    assert [(action, address) for action, address, _ in told(gone)] == [("destroy", "software/maps 1")]


def test_firmware_and_software_of_one_profile_come_one_after_the_other(
    operator: Operator, workshop: Workshop
) -> None:
    both = assigned("meter-app 1.0").replace("}}}", ", software: maps 1}}}")
    software = 'software: [{title: maps, version: "1", profile: Meter, file: app.bin}]\n'
    plan = operator.plan(workshop.fleet(package(), profiles=both, tree=software + TREE))

    def slow(method: str, path: str) -> Fault | None:
        # Each would save the profile as it was before the other one, if they ran at once.
        return Fault(delay=0.2) if method == "POST" and path.startswith("/api/deviceProfile") else None

    operator.sandbox.before_reply = slow
    result = operator.execute(plan)
    operator.sandbox.before_reply = None
    assert not result.of("failed")
    assert profile(operator)["firmwareId"] and profile(operator)["softwareId"]


def test_an_assignment_that_was_made_by_hand_is_adopted(operator: Operator, workshop: Workshop) -> None:
    workshop.put("app.bin", b"abc")
    operator.converge(workshop.fleet(package()))
    id_ = next(iter(live(operator).values()))["id"]
    operator.session.post("/api/deviceProfile", {**profile(operator), "firmwareId": id_})
    wanted = workshop.fleet(package(), profiles=assigned("meter-app 1.0"))
    plan = operator.plan(wanted, Consent(destroy=10))
    (one,) = [one for one in plan.resources if one.address.kind == "firmwareOfProfile"]
    assert (one.action, one.adopts, one.fields) == ("update", True, ())
    assert plan.adopts == 1
    operator.converge(wanted)
