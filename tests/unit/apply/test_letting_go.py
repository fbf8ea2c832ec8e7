"""What a run deletes is first let go by the fleet's own objects, also after a run that broke off.

The server refuses to delete what a profile, a device, a rule chain or a calculated field still names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from papaya.engine.plan import Change, Plan, ProfileChange, ResourceChange
from papaya.manifest.model import Fleet
from papaya.sandbox import Sandbox
from papaya.sandbox.edge import Fault
from papaya.workspace.fleet import load_fleet
from tests.unit.apply.run import VERSIONS, Operator, expect
from tests.unit.apply.test_broken_off_objects import broken_off

HEAD = """
apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
safety: {maxDestroy: 100, maxChangePercent: 100}
"""
PLAIN = "profiles: {create: true, device: Meter}\n"
TWO_CHAINS = (
    f"{PLAIN}ruleChains: [{{name: Meters, file: passing-on.json}}, {{name: Storage, file: saving.json}}]\n"
)
ONE_CHAIN = f"{PLAIN}ruleChains: [{{name: Meters, file: saving.json}}]\n"
GOA = "{name: Goa, devices: [{name: PM-1}]}"
PASSING_ON = {
    "type": "org.thingsboard.rule.engine.flow.TbRuleChainInputNode",
    "name": "On",
    "configuration": {"ruleChainId": "papaya://ruleChain/Storage", "forwardMsgToDefaultRuleChain": False},
}
SAVING = {
    "type": "org.thingsboard.rule.engine.telemetry.TbMsgTimeseriesNode",
    "name": "Save",
    "configuration": {"defaultTTL": 0, "skipLatestPersistence": False, "useServerTs": False},
}


class Bench:
    """A server, an operator, and a folder with manifests for it."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.operator = Operator(sandbox)
        self.folder = folder

    def write(self, name: str, content: Any) -> None:
        """Write a file that manifests name."""
        (self.folder / name).write_text(json.dumps(content), encoding="utf-8")

    def fleet(self, text: str, states: str = GOA) -> Fleet:
        """Return the fleet of a manifest."""
        path = self.folder / "fleet.yaml"
        path.write_text(f"{HEAD}{text}countries: [{{name: INDIA, states: [{states}]}}]\n", encoding="utf-8")
        return load_fleet([path])

    def breaks_off(self, fleet: Fleet, after: int) -> None:
        """Apply until so many writes have been carried out."""
        assert broken_off(self.operator, fleet, after, handled=False)

    def fields(self, plan: Plan) -> dict[str, list[tuple[str, object, object]]]:
        """Return what a plan writes into places, devices and objects, by address."""
        told: list[Change | ResourceChange] = [*plan.changes, *plan.resources]
        return {
            str(one.address): [(each.field, each.before, each.after) for each in one.fields]
            for one in told
            if one.action == "update"
        }


@pytest.fixture
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with Sandbox(emulate=getattr(request, "param", VERSIONS[-1])) as sandbox:
        made = Bench(sandbox, tmp_path)
        made.write("page.json", {"title": "x", "configuration": {"widgets": {}, "entityAliases": {}}})
        made.write("passing-on.json", chain(PASSING_ON))
        made.write("saving.json", chain(SAVING))
        yield made
        made.operator.session.close()


def chain(node: dict[str, Any]) -> dict[str, Any]:
    return {
        "ruleChain": {"name": "x", "type": "CORE"},
        "metadata": {"firstNodeIndex": 0, "nodes": [node], "connections": []},
    }


def shown(*names: str, profile: str = "", state: str = "") -> str:
    """Return the text of a manifest with dashboards and rule chains of these names, and who names them."""
    pages = ", ".join(f"{{title: {name}, file: page.json}}" for name in names)
    chains = ", ".join(f"{{name: {name}, file: saving.json}}" for name in names)
    return (
        f"profiles: {{create: true, device: Meter, devices: {{Meter: {{description: Kerbs{profile}}}}}, "
        f"assets: {{State: {{description: States{state}}}}}}}\n"
        f"dashboards: [{pages}]\nruleChains: [{chains}]\n"
    )


def naming(name: str) -> str:
    return f", dashboard: {name}, ruleChain: {name}"


@pytest.mark.parametrize("before", ["One", ""], ids=["named another one", "named none"])
@pytest.mark.parametrize("finished", [True, False], ids=["the next run ended", "no run came between"])
def test_what_a_broken_off_run_wrote_into_a_profile_does_not_keep_the_next_from_deleting_it(
    bench: Bench, before: str, finished: bool
) -> None:
    old = naming(before) if before else ""
    bench.operator.apply(bench.fleet(shown("One", "Two", profile=old, state=old)))
    changed = bench.fleet(shown("One", "Two", profile=naming("Two"), state=naming("Two")))
    # The device profile has been saved, its mark has not been written.
    bench.breaks_off(changed, 1)
    if finished:
        bench.operator.converge(changed)
    nothing = bench.fleet(shown())
    plan = bench.operator.plan(nothing)
    assert not plan.refusals
    assert {"dashboard", "ruleChain"} <= {one[0] for one in bench.fields(plan)["deviceProfile/Meter"]}
    bench.operator.converge(nothing)


@pytest.mark.parametrize(
    ("profiles", "action"),
    [
        ("device: Meter", "update"),
        ("device: Meter, devices: {Meter: {}}", "update"),
        ("device: Meter, devices: {}", "forget"),
        ("device: Gate, devices: {}", "destroy"),
    ],
    ids=["no profiles", "an empty entry", "no entry", "not even a use"],
)
def test_a_profile_whose_entry_left_the_manifest_loses_what_goes_with_it(
    bench: Bench, profiles: str, action: str
) -> None:
    page = "dashboards: [{title: One, file: page.json}]\n"
    full = f"profiles: {{create: true, device: Meter, devices: {{Meter: {{dashboard: One}}}}}}\n{page}"
    bench.operator.converge(bench.fleet(full))
    nothing = bench.fleet(f"profiles: {{create: true, {profiles}}}\ndashboards: []\n")
    plan = bench.operator.plan(nothing)
    assert not plan.refusals
    (change,) = [one for one in plan.resources if str(one.address) == "deviceProfile/Meter"]
    assert change.action == action
    if action == "forget":
        assert change.reason == "no longer in the manifest; it stays on the server without dashboard/One"
    bench.operator.converge(nothing)


@pytest.mark.parametrize("finished", [True, False], ids=["the next run ended", "no run came between"])
def test_nor_does_firmware_that_it_gave_to_a_device(bench: Bench, finished: bool) -> None:
    (bench.folder / "app.bin").write_bytes(b"app")
    packages = ", ".join(
        f'{{title: app, version: "{version}", profile: Meter, file: app.bin}}' for version in "12"
    )
    with_packages = f"{PLAIN}firmware: [{packages}]\n"
    goa = "{name: Goa, devices: [{name: PM-1, firmware: app %s}]}"
    bench.operator.apply(bench.fleet(with_packages, goa % "1"))
    changed = bench.fleet(with_packages, goa % "2")
    bench.breaks_off(changed, 1)
    if finished:
        bench.operator.converge(changed)
    nothing = bench.fleet(f"{PLAIN}firmware: []\n")
    plan = bench.operator.plan(nothing)
    assert not plan.refusals
    assert bench.fields(plan)["device/PM-1"] == [("firmware", "app 2", None)]
    bench.operator.converge(nothing)


def test_a_rule_chain_stops_passing_messages_on_to_one_that_the_same_run_deletes(bench: Bench) -> None:
    bench.operator.converge(bench.fleet(TWO_CHAINS))
    one = bench.fleet(ONE_CHAIN)
    plan = bench.operator.plan(one)
    assert not plan.refusals and plan.destroys == 1
    bench.operator.converge(one)


def test_it_is_not_deleted_where_the_chain_above_could_not_be_saved(bench: Bench) -> None:
    bench.operator.apply(bench.fleet(TWO_CHAINS))
    one = bench.fleet(ONE_CHAIN)
    plan = bench.operator.plan(one)
    undone = not_done(bench, plan, "/api/ruleChain/metadata")
    assert undone == {
        "ruleChain/Meters": "failed",
        "ruleChain/Storage": "skipped: ruleChain/Meters was not done",
    }
    bench.operator.converge(one)


@pytest.mark.parametrize("bench", VERSIONS, indirect=True)
def test_a_calculated_field_stops_reading_a_place_that_the_same_run_deletes(bench: Bench) -> None:
    wanted = f"{PLAIN}calculatedFields: [{{name: double, profile: Meter, file: field.json}}]\n"
    bench.write("field.json", field("Kerala"))
    bench.operator.converge(bench.fleet(wanted, f"{GOA}, {{name: Kerala}}"))
    bench.write("field.json", field("Goa"))
    one = bench.fleet(wanted)
    plan = bench.operator.plan(one)
    assert not plan.refusals and plan.destroys == 1
    assert not_done(bench, plan, "/api/calculatedField") == {
        "asset/Kerala": "skipped: calculatedField/double was not done",
        "calculatedField/double": "failed",
    }
    bench.operator.converge(one)


def field(place: str) -> dict[str, Any]:
    """Return the file of a calculated field that reads a place."""
    argument = {
        "refEntityId": {"entityType": "ASSET", "id": f"papaya://asset/{place}"},
        "refEntityKey": {"key": "t", "type": "TS_LATEST"},
    }
    output = {"name": "double", "type": "TIME_SERIES", "decimalsByDefault": 0}
    configuration = {"arguments": {"t": argument}, "expression": "t * 2", "output": output}
    return {"type": "SIMPLE", "name": "x", "configuration": configuration}


def not_done(bench: Bench, plan: Plan, path: str) -> dict[str, str]:
    """Carry out a plan on a server that refuses writes of a path; return what was not done, and why."""
    sandbox = bench.operator.sandbox
    sandbox.before_reply = lambda method, asked: (
        Fault(status=400) if (method, asked) == ("POST", path) else None
    )
    try:
        result = bench.operator.execute(plan)
    finally:
        sandbox.before_reply = None
    undone = [one for one in result.outcomes if one.status != "done"]
    expect([one for one in undone if one.status not in ("failed", "skipped")])
    return {
        str(one.change.address): one.status if one.status == "failed" else f"{one.status}: {one.reason}"
        for one in undone
        if not isinstance(one.change, ProfileChange)
    }
