"""A fleet with every kind of object, what a person changes in it past papaya, and what a tenant holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from papaya.kinds.alarm_engine import has_rules
from papaya.resources import copy_folder, locate
from tests.real.tenants import Hand

PROFILE = "Full meter"
Edit = Callable[[Hand], None]
Row = dict[str, Any]
# The tree's levels and every kind of object beside it that a server's version has.
TREE = ("asset", "device")


def full_fleet(folder: Path, version: str) -> Path:
    """Write `manifests/full` for a server's version and return its folder; packages get a description."""
    folder.mkdir(parents=True)
    copy_folder(locate("manifests", "full"), folder)
    path = folder / "fleet.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(".bin}") == 2
    text = text.replace(".bin}", ".bin, description: as built}")
    if not has_rules(version):
        text = without(text, "alarmRules")
    path.write_text(text, encoding="utf-8")
    return folder


def emptied(folder: Path) -> None:
    """Take every object and every device out of the fleet, so that papaya deletes them."""
    path = folder / "fleet.yaml"
    lines: list[str] = []
    skipped = False
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith((" ", "#")):
            key = line.partition(":")[0]
            skipped = key in _EMPTY
            lines += [_EMPTY[key]] if skipped else [line]
        elif not skipped:
            lines.append(line)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


_EMPTY = {
    "profiles": "profiles: {create: true, devices: {}, assets: {}}",
    "customers": "customers: []",
    "ruleChains": "ruleChains: []",
    "dashboards": "dashboards: []",
    "firmware": "firmware: []",
    "software": "software: []",
    "calculatedFields": "calculatedFields: []",
    "alarmRules": "alarmRules: []",
    "safety": "safety: {maxDestroy: 100, maxChangePercent: 100}",
    "sensorSets": "sensorSets: {}",
    "countries": "countries: [{name: INDIA, location: {latitude: 20.59, longitude: 78.96}}]",
}


def without(text: str, section: str) -> str:
    """Return a manifest without one of its sections."""
    lines, skipped = [], False
    for line in text.splitlines():
        if not line.startswith((" ", "#")):
            skipped = line.startswith(f"{section}:")
        if not skipped:
            lines.append(line)
    return "\n".join(lines) + "\n"


def row(hand: Hand, path: str, name: str, key: str = "name") -> Row:
    """Return the object of a list that has a name."""
    (found,) = [one for one in hand.rows(path) if one[key] == name]
    return found


def _save(hand: Hand, path: str, found: Row, **fields: Any) -> None:
    hand.post(path, {**found, **fields})


def _customer(hand: Hand) -> Row:
    return row(hand, "/api/customers", "City of Bengaluru", "title")


def _user(hand: Hand) -> Row:
    (found,) = [one for one in hand.rows("/api/users") if one["authority"] == "CUSTOMER_USER"]
    return found


def _profile(hand: Hand) -> Row:
    return row(hand, "/api/deviceProfiles", PROFILE)


def _page(hand: Hand) -> Row:
    found = row(hand, "/api/tenant/dashboards", "Full page", "title")
    page: Row = hand.get(f"/api/dashboard/{found['id']['id']}")
    return page


def _edit_chain(hand: Hand) -> None:
    chain = row(hand, "/api/ruleChains", "Full meters")
    metadata = hand.get(f"/api/ruleChain/{chain['id']['id']}/metadata")
    (node,) = [one for one in metadata["nodes"] if one["name"] == "Alarms"]
    node["configuration"]["persistAlarmRulesState"] = True
    hand.post("/api/ruleChain/metadata", metadata)


def _edit_page(hand: Hand) -> None:
    page = _page(hand)
    page["configuration"]["description"] = "changed by hand"
    hand.post("/api/dashboard", page)


def _edit_package(path: str) -> Edit:
    def edit(hand: Hand) -> None:
        (found,) = [one for one in hand.rows("/api/otaPackages") if one["title"] == path]
        info = {**(found["additionalInfo"] or {}), "description": "changed by hand"}
        hand.post(
            "/api/otaPackage", {**hand.get(f"/api/otaPackage/info/{_id(found)}"), "additionalInfo": info}
        )

    return edit


def _field(hand: Hand, name: str = "fahrenheit") -> Row:
    (found,) = [
        one
        for one in hand.rows(f"/api/DEVICE_PROFILE/{_id(_profile(hand))}/calculatedFields")
        if one["name"] == name
    ]
    return found


def _edit_field(hand: Hand) -> None:
    found = _field(hand)
    found["configuration"]["expression"] = "t * 2"
    hand.post("/api/calculatedField", found)


def _rule(hand: Hand, name: str = "Tamper") -> Row:
    return row(hand, "/api/alarm/rules", name)


def _edit_rule(hand: Hand) -> None:
    found = _rule(hand)
    found["configuration"]["createRules"]["MAJOR"]["condition"]["expression"]["expression"] = (
        "return door != false;"
    )
    hand.post("/api/alarm/rule", found)


def _edit_set(hand: Hand) -> None:
    profile = _profile(hand)
    if profile["profileData"]["alarms"]:
        (alarm,) = [one for one in profile["profileData"]["alarms"] if one["alarmType"] == "Temperature"]
        alarm["propagateToOwner"] = True
        hand.post("/api/deviceProfile", profile)
    else:
        rule = _rule(hand, "Temperature")
        rule["configuration"]["propagateToOwner"] = True
        hand.post("/api/alarm/rule", rule)


def _rename_set(hand: Hand) -> None:
    profile = _profile(hand)
    if profile["profileData"]["alarms"]:
        (alarm,) = [one for one in profile["profileData"]["alarms"] if one["alarmType"] == "Temperature"]
        alarm["alarmType"] = "Heat"
        hand.post("/api/deviceProfile", profile)
    else:
        _save(hand, "/api/alarm/rule", _rule(hand, "Temperature"), name="Heat")


def _device(hand: Hand) -> Row:
    found: Row = hand.get("/api/tenant/devices", deviceName="FM-0001")
    return found


def _asset(hand: Hand) -> Row:
    found: Row = hand.get("/api/tenant/assets", assetName="Karnataka")
    return found


def _asset_profile(hand: Hand) -> Row:
    return row(hand, "/api/assetProfiles", "Country")


EDITS: Mapping[str, Edit] = {
    "customer": lambda hand: _save(hand, "/api/customer", _customer(hand), email="someone@else.example"),
    "user": lambda hand: _save(hand, "/api/user?sendActivationMail=false", _user(hand), firstName="Ravi"),
    "ruleChain": _edit_chain,
    "dashboard": _edit_page,
    "deviceProfile": lambda hand: _save(hand, "/api/deviceProfile", _profile(hand), description="by hand"),
    "assetProfile": lambda hand: _save(
        hand, "/api/assetProfile", _asset_profile(hand), description="by hand"
    ),
    "firmware": _edit_package("full-meter"),
    "software": _edit_package("full-maps"),
    "firmwareOfProfile": lambda hand: _save(hand, "/api/deviceProfile", _profile(hand), firmwareId=None),
    "softwareOfProfile": lambda hand: _save(hand, "/api/deviceProfile", _profile(hand), softwareId=None),
    "calculatedField": _edit_field,
    "alarmRule": _edit_rule,
    "alarmSet": _edit_set,
    "asset": lambda hand: hand.post(
        f"/api/plugins/telemetry/ASSET/{_id(_asset(hand))}/attributes/SERVER_SCOPE", {"latitude": 13}
    ),
    "device": lambda hand: _save(hand, "/api/device", _device(hand), label="by hand"),
}
RENAMES: Mapping[str, Edit] = {
    "customer": lambda hand: _save(hand, "/api/customer", _customer(hand), title="Someone"),
    "user": lambda hand: _save(
        hand, "/api/user?sendActivationMail=false", _user(hand), email=f"someone-{_user(hand)['email']}"
    ),
    "ruleChain": lambda hand: _save(
        hand, "/api/ruleChain", row(hand, "/api/ruleChains", "Full meters"), name="Someone's"
    ),
    "dashboard": lambda hand: _save(hand, "/api/dashboard", _page(hand), title="Someone's"),
    "deviceProfile": lambda hand: _save(hand, "/api/deviceProfile", _profile(hand), name="Someone's"),
    "assetProfile": lambda hand: _save(hand, "/api/assetProfile", _asset_profile(hand), name="Someone's"),
    "calculatedField": lambda hand: _save(hand, "/api/calculatedField", _field(hand), name="someones"),
    "alarmRule": lambda hand: _save(hand, "/api/alarm/rule", _rule(hand), name="Someone's"),
    "alarmSet": _rename_set,
    "asset": lambda hand: _save(hand, "/api/asset", _asset(hand), name="Someone's"),
    "device": lambda hand: _save(hand, "/api/device", _device(hand), name="Someone's"),
}
# The name of a package never changes, and an assignment has none.
NOTHING_TO_RENAME = {"firmware", "software", "firmwareOfProfile", "softwareOfProfile"}


def held(hand: Hand) -> dict[str, list[str]]:
    """Return the names of everything in a tenant but its administrator, and its relations from the tenant."""
    lists = {
        "/api/customers": "title",
        "/api/users": "email",
        "/api/ruleChains": "name",
        "/api/tenant/dashboards": "title",
        "/api/deviceProfiles": "name",
        "/api/assetProfiles": "name",
        "/api/otaPackages": "title",
        "/api/tenant/devices": "name",
        "/api/tenant/assets": "name",
    }
    found = {path: sorted(one[key] for one in hand.rows(path)) for path, key in lists.items()}
    fields = [
        one["name"]
        for profile in hand.rows("/api/deviceProfiles")
        for one in hand.rows(f"/api/DEVICE_PROFILE/{_id(profile)}/calculatedFields")
    ]
    found["calculatedFields"] = sorted(fields)
    found["alarms"] = sorted(
        alarm["alarmType"]
        for profile in hand.rows("/api/deviceProfiles")
        for alarm in profile["profileData"]["alarms"] or ()
    )
    myself = hand.get("/api/auth/user")
    found["/api/users"].remove(myself["email"])
    tenant = myself["tenantId"]["id"]
    marks = hand.get("/api/relations/info", fromId=tenant, fromType="TENANT")
    found["marks"] = sorted(f"{one['type']} {one['to']['entityType']} {one['toName']}" for one in marks)
    return found


def _id(found: Row) -> str:
    return str(found["id"]["id"])
