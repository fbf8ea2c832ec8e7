"""What is exported of whole fleets plans empty, also after people worked on the server, on both versions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from papaya.api.export import Choice
from papaya.engine.export import Wishes
from papaya.engine.plan import Change, ResourceChange
from papaya.kinds.registry import KINDS
from papaya.manifest.model import Fleet
from papaya.manifest.write import to_yaml
from papaya.runs.export import exported, texts_of, with_objects, write
from papaya.sandbox import Sandbox
from papaya.workspace.fleet import load_fleet
from tests.unit.apply.run import VERSIONS, Operator

SOME = settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
TEXTS = st.sampled_from(["", "a description", "NO", "1.10", "two\nlines", " 日本 "])
MAYBE = st.booleans()


def chain_file(to: str | None) -> dict[str, Any]:
    nodes: list[dict[str, Any]] = [
        {
            "type": "org.thingsboard.rule.engine.telemetry.TbMsgTimeseriesNode",
            "name": "Save",
            "configuration": {"defaultTTL": 0, "skipLatestPersistence": False, "useServerTs": False},
        }
    ]
    if to is not None:
        node = "org.thingsboard.rule.engine.flow.TbRuleChainInputNode"
        nodes.append(
            {
                "type": node,
                "name": "On",
                "configuration": {
                    "ruleChainId": f"papaya://ruleChain/{to}",
                    "forwardMsgToDefaultRuleChain": False,
                },
            }
        )
    metadata = {"firstNodeIndex": 0, "nodes": nodes, "connections": []}
    return {"ruleChain": {"name": "x", "type": "CORE"}, "metadata": metadata}


def dashboard_file(reference: dict[str, str] | None) -> dict[str, Any]:
    filter_ = {"type": "deviceType", "deviceTypes": ["Meter"]}
    one = {"type": "singleEntity", "singleEntity": reference}
    alias = {"id": "a", "alias": "A", "filter": one if reference is not None else filter_}
    return {"title": "x", "configuration": {"widgets": {}, "entityAliases": {"a": alias}, "states": {}}}


@st.composite
def fleets(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Draw a Fleet document with objects of every kind, and the files that it names."""

    def maybe(**more: st.SearchStrategy[Any]) -> dict[str, Any]:
        return {key: draw(value) for key, value in more.items() if draw(MAYBE)}

    files: dict[str, Any] = {"fw.bin": b"firmware", "sw.bin": b"software"}
    names = draw(st.sampled_from([["Metro"], ["Metro", "Ünïcødé & Co"]]))
    customers: list[dict[str, Any]] = [
        {"title": name, **maybe(email=st.just("a@x.example"), description=TEXTS, city=st.just("Goa"))}
        for name in names
    ]
    if draw(MAYBE):
        customers[0]["users"] = [{"email": "asha@x.example", **maybe(firstName=st.just("Asha"))}]
    files["chain.json"] = chain_file(draw(st.sampled_from([None, "Storage"])))
    files["storage.json"] = chain_file(None)
    chains = [
        {"name": "Meters", "file": "chain.json", **maybe(description=TEXTS)},
        {"name": "Storage", "file": "storage.json"},
    ]
    named = st.sampled_from([None, {"entityType": "DEVICE", "id": "papaya://device/PM-1"}])
    files["page.json"] = dashboard_file(draw(named))
    dashboards: list[dict[str, Any]] = [
        {"title": "Page", "file": "page.json", **maybe(customers=st.just(["Metro"]))},
        {"title": "Fleet", "generate": "fleet"},
    ]
    package = {"title": "meter", "version": "1.0", "profile": "Meter", "file": "fw.bin"}
    firmware = [{**package, **maybe(description=TEXTS)}]
    software = [{**package, "title": "maps", "file": "sw.bin"}]
    profile = maybe(
        description=TEXTS,
        ruleChain=st.sampled_from(["Meters", "Root Rule Chain"]),
        dashboard=st.just("Page"),
        transport=st.sampled_from([{"type": "default"}, {"type": "mqtt", "telemetryTopic": "a/b"}]),
        queue=st.just("Main"),
        provisioning=st.just({"strategy": "allowCreate", "key": "k", "secret": {"env": "SECRET"}}),
        firmware=st.just("meter 1.0"),
        software=st.just("maps 1.0"),
        alarms=st.just("fromSensors"),
    )
    profiles: dict[str, Any] = {"create": True, "device": "Meter", "devices": {"Meter": profile}}
    if draw(MAYBE):
        profiles["assets"] = {"State": {"description": "States", **maybe(dashboard=st.just("Page"))}}
    files["field.json"] = {
        "type": "SIMPLE",
        "name": "x",
        "configuration": {
            "arguments": {"t": {"refEntityKey": {"key": "t", "type": "TS_LATEST"}}},
            "expression": "t * 2",
            "output": {"name": "double", "type": "TIME_SERIES", "decimalsByDefault": 0},
        },
    }
    device = {"name": "PM-1", **maybe(customer=st.just("Metro"), firmware=st.just("meter 1.0"))}
    device["sensors"] = [{"key": "t", "name": "T", "warnAbove": draw(st.integers(10, 60))}]
    state = {"name": "Goa", "devices": [device, {"name": "PM-2"}]}
    document = {
        "apiVersion": "papaya/v1",
        "kind": "Fleet",
        "metadata": {"name": "meters"},
        "profiles": profiles,
        "customers": customers,
        "ruleChains": chains,
        "dashboards": dashboards,
        "firmware": firmware,
        "software": software,
        "countries": [{"name": "INDIA", "states": [state]}],
    }
    if draw(MAYBE):
        document["calculatedFields"] = [{"name": "double", "profile": "Meter", "file": "field.json"}]
    return document, files


def written(folder: Path, document: dict[str, Any], files: dict[str, Any]) -> Fleet:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in files.items():
        text = content if isinstance(content, bytes) else json.dumps(content).encode()
        (folder / name).write_bytes(text)
    (folder / "fleet.yaml").write_text(to_yaml(document))
    return load_fleet([folder])


def export_of(operator: Operator, folder: Path) -> Fleet:
    """Return the fleet of an export of everything, written and read."""
    shutil.rmtree(folder, ignore_errors=True)
    made, tree = exported(operator.session, Choice(), Wishes("Country", "State", None))
    made, files = with_objects(operator.session, made, tree, frozenset(KINDS))
    write(folder, {**texts_of(made, "a sandbox", in_folder=True, as_json=False), **files}, force=True)
    return load_fleet([folder])


# What somebody does in ThingsBoard: a list, and what is changed of each of its objects.
EDITS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "customer": ("/api/customers", "/api/customer", {"phone": "+1", "title": "Renamed"}),
    "dashboard": ("/api/tenant/dashboards", "/api/dashboard", {"title": "Renamed", "configuration": {}}),
    "ruleChain": ("/api/ruleChains", "/api/ruleChain", {"name": "Renamed"}),
    "deviceProfile": (
        "/api/deviceProfiles",
        "/api/deviceProfile",
        {"description": "by hand", "name": "Renamed", "defaultQueueName": "Main", "firmwareId": None},
    ),
    "assetProfile": ("/api/assetProfiles", "/api/assetProfile", {"description": "by hand"}),
    "user": ("/api/users", "/api/user?sendActivationMail=false", {"firstName": "by hand"}),
}


def edited(operator: Operator, kind: str, member: str) -> None:
    """Change one member of the first object of a kind that papaya manages."""
    listing, path, members = EDITS[kind]
    rows: Any = operator.session.get(listing, params={"pageSize": 100, "page": 0})
    from_ = {"fromId": operator.session.user().tenant_id, "fromType": "TENANT"}
    told: Any = operator.session.get("/api/relations", params=from_)
    managed = {one["to"]["id"] for one in told if one["type"] == "papaya.owns"}
    row = next((row for row in rows["data"] if row["id"]["id"] in managed), None)
    if row is not None and member in members:
        whole = operator.session.get(f"{path.partition('?')[0]}/{row['id']['id']}")
        assert isinstance(whole, dict)
        operator.session.post(path, {**whole, member: members[member]})


@pytest.mark.parametrize("version", VERSIONS)
@given(
    drawn=fleets(),
    edits=st.lists(
        st.sampled_from([(kind, member) for kind, (_, _, members) in EDITS.items() for member in members]),
        max_size=3,
        unique=True,
    ),
)
@SOME
def test_a_plan_after_an_export_is_empty(
    version: str,
    drawn: tuple[dict[str, Any], dict[str, Any]],
    edits: list[tuple[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.getbasetemp()
    fleet = written(folder / "first", *drawn)
    with Sandbox(emulate=version) as sandbox:
        operator = Operator(sandbox, {"SECRET": "s"})
        operator.converge(fleet)
        for kind, member in edits:
            edited(operator, kind, member)
        again = export_of(operator, folder / "out")
        plan = operator.plan(again)
        assert not plan.refusals
        # What nobody managed is adopted, and nothing is changed, but papaya's own record of former names.
        told: list[Change | ResourceChange] = [*plan.changes, *plan.resources]
        told = [one for one in told if one.fields or not one.adopts]
        renamed = [one for one in told if one.is_quiet and one.address.name == "Renamed"]
        assert [(one.action, str(one.address), one.fields) for one in told if one not in renamed] == []
        assert bool(renamed) <= any(member in ("title", "name") for _, member in edits)
        operator.session.close()
